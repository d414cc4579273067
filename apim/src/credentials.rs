//! Where the token of a request stands, and what of its header fields goes on to the service.

use std::cell::OnceCell;
use std::fmt;
use std::net::IpAddr;

use claimgate_core::RequestView;

use crate::forwarded_certificate::ForwardedCertificate;
use crate::profile::Profile;

/// A request as the core is to see it: its token in `Authorization`, whatever the field that the API has for it.
///
/// Where the original is copied, a field may hold several credentials, "Basic x, Bearer y": the last `Bearer` counts. Elsewhere two
/// credentials are an error, which is the core's to find.
pub(crate) struct CredentialView<'r, V> {
    request: &'r V,
    field: &'r str,
    /// What was taken out of the field, where it may hold several.
    chosen: Option<Chosen>,
    /// Whose word counts where the host knows of no certificate.
    forwarded: Option<&'r ForwardedCertificate>,
    certificate: OnceCell<Option<Vec<u8>>>,
}

/// The parts of a field with several credentials.
#[derive(Default)]
struct Chosen {
    /// `Bearer` and the token; empty where there is none.
    bearer: String,
    /// The others.
    others: Vec<String>,
}

/// How the header fields of a request change on their way to the service.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HeaderChanges {
    /// Fields that are taken out, whatever they hold.
    pub removed: Vec<String>,
    /// A field that is put in after that.
    pub added: Option<(String, String)>,
}

impl<'r, V: RequestView> CredentialView<'r, V> {
    pub(crate) fn new(request: &'r V, field: &'r str, profile: Profile) -> Self {
        let chosen = profile.is_compatible().then(|| Chosen::of(lines(request, field)));
        CredentialView { request, field, chosen, forwarded: None, certificate: OnceCell::new() }
    }

    /// Believes what a proxy says of the certificate of the client.
    pub(crate) fn believing(self, forwarded: Option<&'r ForwardedCertificate>) -> Self {
        CredentialView { forwarded, ..self }
    }

    /// The field that the token has to be in.
    pub(crate) fn field(&self) -> &str {
        self.field
    }

    /// Whether there is anything in the field, be it of another scheme.
    pub(crate) fn has_credential(&self) -> bool {
        match &self.chosen {
            Some(chosen) => !chosen.bearer.is_empty(),
            None => lines(self.request, self.field).next().is_some(),
        }
    }

    /// The changes for the service: what else stood in the field of the token stays, and the token too if it `keeps_credential`.
    /// Of several tokens only the one that was looked at goes on.
    pub(crate) fn changes(&self, keeps_credential: bool) -> HeaderChanges {
        let Some(Chosen { bearer, others }) = &self.chosen else {
            let removed = if keeps_credential { Vec::new() } else { vec![self.field.to_owned()] };
            return HeaderChanges { removed, added: None };
        };
        let token = Some(bearer).filter(|bearer| keeps_credential && !bearer.is_empty());
        let kept: Vec<&str> = others.iter().chain(token).map(String::as_str).collect();
        let added = (!kept.is_empty()).then(|| (self.field.to_owned(), kept.join(", ")));
        HeaderChanges { removed: vec![self.field.to_owned()], added }
    }

    /// The names of all fields of the request.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.request.headers().map(|(name, _)| name)
    }
}

impl<V: RequestView> RequestView for CredentialView<'_, V> {
    fn method(&self) -> &str {
        self.request.method()
    }

    /// Without the query: a token in it is none here.
    fn target(&self) -> &str {
        self.request.target().split('?').next().unwrap_or_default()
    }

    fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let chosen =
            self.chosen.as_ref().map(|chosen| chosen.bearer.as_bytes()).filter(|text| !text.is_empty());
        let plain = self.chosen.is_none().then(|| lines(self.request, self.field));
        chosen.into_iter().chain(plain.into_iter().flatten()).map(|value| ("authorization", value))
    }

    fn peer_certificate(&self) -> Option<&[u8]> {
        // What a proxy shows of itself is no certificate of its clients.
        match self.forwarded.filter(|forwarded| forwarded.believes(self.request)) {
            Some(forwarded) => {
                self.certificate.get_or_init(|| forwarded.certificate(self.request)).as_deref()
            }
            None => self.request.peer_certificate(),
        }
    }

    fn peer_address(&self) -> Option<IpAddr> {
        self.request.peer_address()
    }
}

fn lines<'r, V: RequestView>(request: &'r V, field: &'r str) -> impl Iterator<Item = &'r [u8]> {
    request.headers().filter(move |(name, _)| name.eq_ignore_ascii_case(field)).map(|(_, value)| value)
}

impl Chosen {
    /// Several lines of a field are one list (RFC 9110, section 5.2). A list that nobody would send holds no credential.
    fn of<'r>(lines: impl Iterator<Item = &'r [u8]>) -> Self {
        let (mut chosen, mut count) = (Chosen::default(), 0);
        for line in lines {
            let line = String::from_utf8_lossy(line);
            for part in line.split(',').map(str::trim).filter(|part| !part.is_empty()) {
                count += 1;
                if count > MOST_CREDENTIALS {
                    return Chosen::default();
                }
                chosen.add(part);
            }
        }
        chosen
    }

    fn add(&mut self, part: &str) {
        let (scheme, token) = part.split_once([' ', '\t']).unwrap_or((part, ""));
        if scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty() {
            self.bearer = format!("Bearer {}", token.trim().trim_matches('"'));
        } else if !scheme.trim_matches('"').eq_ignore_ascii_case("Bearer") {
            // What looks like a token and is none must not pass for one that was looked at.
            self.others.push(part.to_owned());
        }
    }
}

/// More than any client has.
const MOST_CREDENTIALS: usize = 16;

/// The names, and no value: some of them are passwords.
impl fmt::Debug for HeaderChanges {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let added = self.added.as_ref().map(|(name, _)| name);
        formatter
            .debug_struct("HeaderChanges")
            .field("removed", &self.removed)
            .field("added", &added)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Request(Vec<(&'static str, &'static str)>);

    impl RequestView for Request {
        fn method(&self) -> &'static str {
            "GET"
        }

        fn target(&self) -> &'static str {
            "/"
        }

        fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
            self.0.iter().map(|(name, value)| (*name, value.as_bytes()))
        }
    }

    fn seen(profile: Profile, lines: &[&'static str]) -> (Vec<String>, Option<String>) {
        let request = Request(lines.iter().map(|line| ("X-Auth", *line)).collect());
        let view = CredentialView::new(&request, "x-auth", profile);
        let values = view.headers().map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect();
        (values, view.changes(false).added.map(|(_, value)| value))
    }

    #[test]
    fn several_credentials_are_read_only_where_the_original_is_copied() {
        for (lines, strict, compatible, others) in [
            (&["Bearer a"][..], vec!["Bearer a"], vec!["Bearer a"], None),
            (&["bEARER  \"a\""], vec!["bEARER  \"a\""], vec!["Bearer a"], None),
            (&["Basic x, Bearer a"], vec!["Basic x, Bearer a"], vec!["Bearer a"], Some("Basic x")),
            (
                &["Bearer a, Bearer b , Basic x"],
                vec!["Bearer a, Bearer b , Basic x"],
                vec!["Bearer b"],
                Some("Basic x"),
            ),
            (&["Basic x", "Bearer a"], vec!["Basic x", "Bearer a"], vec!["Bearer a"], Some("Basic x")),
            (&["Basic x"], vec!["Basic x"], vec![], Some("Basic x")),
            (&["Bearer"], vec!["Bearer"], vec![], None),
            (&["\"Bearer x\", Bearer a"], vec!["\"Bearer x\", Bearer a"], vec!["Bearer a"], None),
            (&[], vec![], vec![], None),
        ] {
            assert_eq!(
                seen(Profile::Strict, lines),
                (strict.iter().map(ToString::to_string).collect(), None),
                "{lines:?}"
            );
            for profile in [Profile::Version3, Profile::Version4] {
                let expected =
                    (compatible.iter().map(ToString::to_string).collect(), others.map(str::to_owned));
                assert_eq!(seen(profile, lines), expected, "{lines:?}");
            }
        }
    }

    #[test]
    fn other_fields_hold_no_credential() {
        let request = Request(vec![("authorization", "Bearer a"), ("cookie", "x")]);
        let view = CredentialView::new(&request, "X-Api-Auth", Profile::Strict);
        assert!(!view.has_credential());
        assert_eq!(view.headers().count(), 0);
        assert_eq!(view.changes(false).removed, ["X-Api-Auth"]);
    }
}
