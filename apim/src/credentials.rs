//! Where the token of a request stands, and what of its header fields goes on to the service.

use claimgate_core::RequestView;

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
}

/// The parts of a field with several credentials.
#[derive(Debug, PartialEq, Eq)]
struct Chosen {
    /// `Bearer` and the token; empty where there is none.
    bearer: String,
    /// The others.
    others: Vec<String>,
}

/// How the header fields of a request change on their way to the service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderChanges {
    /// Fields that are taken out, whatever they hold.
    pub removed: Vec<String>,
    /// A field that is put in after that.
    pub added: Option<(String, String)>,
}

impl<'r, V: RequestView> CredentialView<'r, V> {
    pub(crate) fn new(request: &'r V, field: &'r str, profile: Profile) -> Self {
        let chosen = profile.is_compatible().then(|| Chosen::of(lines(request, field)));
        CredentialView { request, field, chosen }
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

    /// The changes for the service: the token is gone, and what else stood in its field stays.
    pub(crate) fn changes(&self) -> HeaderChanges {
        let others = self.chosen.as_ref().filter(|chosen| !chosen.others.is_empty());
        HeaderChanges {
            removed: vec![self.field.to_owned()],
            added: others.map(|chosen| (self.field.to_owned(), chosen.others.join(", "))),
        }
    }
}

impl<V: RequestView> RequestView for CredentialView<'_, V> {
    fn method(&self) -> &str {
        self.request.method()
    }

    fn target(&self) -> &str {
        self.request.target()
    }

    fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let chosen =
            self.chosen.as_ref().map(|chosen| chosen.bearer.as_bytes()).filter(|text| !text.is_empty());
        let plain = self.chosen.is_none().then(|| lines(self.request, self.field));
        chosen.into_iter().chain(plain.into_iter().flatten()).map(|value| ("authorization", value))
    }

    fn peer_certificate(&self) -> Option<&[u8]> {
        self.request.peer_certificate()
    }
}

fn lines<'r, V: RequestView>(request: &'r V, field: &'r str) -> impl Iterator<Item = &'r [u8]> {
    request.headers().filter(move |(name, _)| name.eq_ignore_ascii_case(field)).map(|(_, value)| value)
}

impl Chosen {
    /// Several lines of a field are one list (RFC 9110, section 5.2).
    fn of<'r>(lines: impl Iterator<Item = &'r [u8]>) -> Self {
        let (mut bearer, mut others) = (String::new(), Vec::new());
        for line in lines {
            for part in
                String::from_utf8_lossy(line).split(',').map(str::trim).filter(|part| !part.is_empty())
            {
                match part.split_once([' ', '\t']) {
                    Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer") => {
                        bearer = format!("Bearer {}", token.trim().trim_matches('"'));
                    }
                    _ => others.push(part.to_owned()),
                }
            }
        }
        Chosen { bearer, others }
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
        (values, view.changes().added.map(|(_, value)| value))
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
            (&["Bearer"], vec!["Bearer"], vec![], Some("Bearer")),
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
        assert_eq!(view.changes().removed, ["X-Api-Auth"]);
    }
}
