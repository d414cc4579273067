//! One trusted issuer, as the application describes it.

mod default_key;
mod fetching;
mod key_place;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::algorithm::Algorithm;
use crate::certificate::CertificateValidity;
use crate::config_error::Problems;
use crate::confirmation::Confirmation;
use crate::fetch_settings::FetchSettings;
use crate::key_set::KeySet;
#[cfg(feature = "refresh")]
use crate::key_source::KeySource;
#[cfg(feature = "keystore")]
use crate::key_store::KeyStore;
use crate::meters::IssuerMeters;
use crate::policy::{Audiences, ClaimValues, Policy, media_subtype};
pub(crate) use key_place::Source;

/// One trusted issuer: whose tokens, for which audiences, checked with which keys, by which rules.
///
/// The safe choice is the default everywhere; what loosens it is a call of its own. Of several sources of keys the last one
/// that is named counts; [`keys`](Issuer::keys) takes a set that was put together.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use claimgate_core::Issuer;
///
/// let issuer = Issuer::new("https://idp.example.com")
///     .audience("https://api.example.com")
///     .jwks_uri("https://idp.example.com/jwks")
///     .leeway(Duration::from_secs(30));
/// ```
#[derive(Clone, Debug)]
pub struct Issuer {
    pub(crate) name: String,
    pub(crate) audiences: Audiences,
    pub(crate) source: Source,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) certificate_validity: CertificateValidity,
    pub(crate) certificate_warning: Duration,
    pub(crate) token_types: Vec<String>,
    pub(crate) requires_key_id: bool,
    pub(crate) required_claims: Vec<String>,
    pub(crate) claim_values: Vec<(String, Vec<String>)>,
    pub(crate) leeway: Duration,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) ignores_not_before: bool,
    pub(crate) confirmation: Confirmation,
    pub(crate) scopes_claim: Vec<String>,
    pub(crate) fetch: FetchSettings,
    pub(crate) watch_files: bool,
    #[cfg(feature = "keystore")]
    pub(crate) default_key: Option<KeyStore>,
    #[cfg(feature = "keystore")]
    pub(crate) reread_default_key: Option<Duration>,
}

/// An issuer about whose audience nothing is said yet. It becomes an [`Issuer`] by saying it.
#[derive(Clone, Debug)]
#[must_use = "an issuer is complete once its audience is stated"]
pub struct NeedsAudience {
    issuer: String,
}

impl Issuer {
    /// Trusts the issuer that names itself `issuer` in `iss`, compared byte for byte after JSON unescaping.
    #[expect(clippy::new_ret_no_self, reason = "an issuer without an audience is another type")]
    pub fn new(issuer: impl Into<String>) -> NeedsAudience {
        NeedsAudience { issuer: issuer.into() }
    }

    /// Fetches keys from this JWK Set URL. Without any source, they are found by discovery from the issuer's name
    /// (`OpenID` Connect Discovery 1.0, section 4; RFC 8414, section 3).
    pub fn jwks_uri(self, url: impl Into<String>) -> Self {
        Issuer { source: Source::JwksUri(url.into()), ..self }
    }

    /// Uses the keys of this JWK Set, given as JSON text.
    pub fn jwks(self, json: impl Into<String>) -> Self {
        Issuer { source: Source::JwksText(json.into()), ..self }
    }

    /// Uses the keys of the JWK Set in this file, which is read when the authenticator is built.
    pub fn jwks_file(self, path: impl Into<PathBuf>) -> Self {
        Issuer { source: Source::JwksFile(path.into()), ..self }
    }

    /// Uses the certificates and public keys of this PEM text, for tokens with any `kid` or none.
    pub fn pem(self, text: impl Into<String>) -> Self {
        Issuer { source: Source::Pem { text: text.into(), key_id: None }, ..self }
    }

    /// Uses the certificates and public keys of this PEM text, for tokens with this `kid` or none.
    pub fn pem_with_key_id(self, text: impl Into<String>, key_id: impl Into<String>) -> Self {
        Issuer { source: Source::Pem { text: text.into(), key_id: Some(key_id.into()) }, ..self }
    }

    /// Uses the certificates and public keys in these files, PEM or DER, for tokens with any `kid` or none. A token that names
    /// one of the certificates by thumbprint (`x5t#S256`, `x5t`) means that one.
    pub fn certificates<I: IntoIterator<Item: Into<PathBuf>>>(self, paths: I) -> Self {
        Issuer { source: Source::Certificates(paths.into_iter().map(Into::into).collect()), ..self }
    }

    /// Uses the certificates and public keys in the files of this directory, PEM or DER, which is read when the authenticator
    /// is built. The name of a file without its last extension is the `kid` that its keys answer to. Hidden files, and those
    /// that do not end in `.pem`, `.crt`, `.cer`, `.der` or `.pub`, are left out.
    pub fn key_directory(self, path: impl Into<PathBuf>) -> Self {
        Issuer { source: Source::KeyDirectory(path.into()), ..self }
    }

    /// Uses the trusted certificates of this key store. Their aliases are the `kid`s of tokens.
    #[cfg(feature = "keystore")]
    pub fn keystore(self, store: KeyStore) -> Self {
        Issuer { source: Source::KeyStore(store), ..self }
    }

    /// Uses these keys.
    pub fn keys(self, keys: KeySet) -> Self {
        Issuer { source: Source::Keys(keys), ..self }
    }

    /// Loads keys from `source`, as a URL is fetched: ahead of need, and when a token names one that is not there.
    #[cfg(feature = "refresh")]
    pub fn key_source(self, source: impl KeySource) -> Self {
        Issuer { source: Source::Custom(Arc::new(source)), ..self }
    }

    /// Reads the files of keys again when they change, at each `refresh_interval`, and when a token names a key that is not
    /// there, as whole sets. A file that cannot be read any more is told in the log, and its keys go on to serve. Default: files
    /// are read once, when the authenticator is built.
    ///
    /// Changes are heard of from the directories of the files, so a file may be replaced by another of its name, or be a link.
    #[cfg(feature = "watch")]
    pub fn watch_files(self) -> Self {
        Issuer { watch_files: true, ..self }
    }

    /// Accepts these algorithms only. Default: every asymmetric one that a key of the issuer allows.
    pub fn algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Issuer { algorithms: algorithms.into_iter().collect(), ..self }
    }

    /// Whether the dates of a certificate decide about the key in it. Default: [`CertificateValidity::Ignore`].
    pub fn certificate_validity(self, certificate_validity: CertificateValidity) -> Self {
        Issuer { certificate_validity, ..self }
    }

    /// How long before a certificate ends the log says so, with [`CertificateValidity::Check`]: one line (`WARN`) for all keys, with
    /// what the first to end is called, its end, and how many there are. Default 30 days; those that have ended are told in any case.
    ///
    /// It is said when the keys are read at the start and at a reload, and again whenever they are fetched or read anew, the same at
    /// most once a day. Files that are read once ([`watch_files`](Self::watch_files) is not said) are spoken of once.
    pub fn certificate_warning(self, ahead: Duration) -> Self {
        Issuer { certificate_warning: ahead, ..self }
    }

    /// Accepts tokens of these types (`typ`), compared without regard to case and to a leading `application/`; a token
    /// without `typ` counts as `JWT`. Default: `at+jwt` and `JWT`. With `at+jwt` alone, ID tokens are kept out
    /// (RFC 9068, section 2.1).
    pub fn token_types<I: IntoIterator<Item: Into<String>>>(self, types: I) -> Self {
        Issuer { token_types: strings(types), ..self }
    }

    /// Refuses tokens without a `kid`, whichever key has signed them. Default: they are tried with the keys that fit, four at most.
    pub fn require_key_id(self) -> Self {
        Issuer { requires_key_id: true, ..self }
    }

    /// Refuses tokens that lack one of these claims. Default: none beyond `iss` and `exp`, which are always required.
    pub fn required_claims<I: IntoIterator<Item: Into<String>>>(self, claims: I) -> Self {
        Issuer { required_claims: strings(claims), ..self }
    }

    /// Refuses tokens whose claim `name` is not one of `values`. May be called for several claims.
    pub fn claim<I: IntoIterator<Item: Into<String>>>(mut self, name: impl Into<String>, values: I) -> Self {
        self.claim_values.push((name.into(), strings(values)));
        self
    }

    /// How far clocks may differ: 0 s to 5 min, default 60 s. Widens `exp`, `nbf` and `iat`.
    pub fn leeway(self, leeway: Duration) -> Self {
        Issuer { leeway, ..self }
    }

    /// Refuses tokens whose `exp` lies further than this from `iat`, and tokens without `iat`. Default: no such limit.
    pub fn max_lifetime(self, longest: Duration) -> Self {
        Issuer { max_lifetime: Some(longest), ..self }
    }

    /// Takes tokens before their `nbf` too. Of the wrong type it is refused all the same. Default: they are refused.
    ///
    /// # Security
    ///
    /// A token that is issued ahead for a later time, such as that of a contract which begins next month, is good at once.
    pub fn ignore_not_before(self) -> Self {
        Issuer { ignores_not_before: true, ..self }
    }

    /// What becomes of tokens that are bound to a key of the client (`cnf`). Default: [`Confirmation::Refuse`].
    pub fn confirmation(self, confirmation: Confirmation) -> Self {
        Issuer { confirmation, ..self }
    }

    /// Takes the scopes from the claim at this path: one name, or the names of nested members from the outside in. A dot in
    /// a name is part of the name. Default: `["scope"]`.
    pub fn scopes_claim<I: IntoIterator<Item: Into<String>>>(self, path: I) -> Self {
        Issuer { scopes_claim: strings(path), ..self }
    }

    /// Whether its files are read again when they change.
    #[cfg(feature = "refresh")]
    pub(crate) fn watches_files(&self) -> bool {
        self.watch_files && !self.source.paths().is_empty()
    }

    /// Whether its keys come from the same place by the same rules as those of `other`.
    pub(crate) fn keys_as(&self, other: &Issuer) -> bool {
        self.source == other.source && self.fetch == other.fetch && self.watch_files == other.watch_files
    }

    /// All problems of the description in one text, for a description that is made while the service runs.
    #[cfg(feature = "jwks-client")]
    pub(crate) fn checked(&self) -> Result<(), String> {
        let mut problems = Problems::default();
        self.check(&mut problems);
        problems.or(()).map_err(|error| error.to_string())
    }

    /// Checks what can be checked without reading files, and tells every problem.
    pub(crate) fn check(&self, problems: &mut Problems) {
        let place = format!("issuer {:?}", self.name);
        let mut problem = |message: String| problems.add(place.clone(), message);
        if self.name.is_empty() {
            problem("the name of an issuer is empty".to_owned());
        }
        if self.audiences == Audiences::OneOf(Box::default()) {
            problem("audiences = []: name at least one, or say any_audience".to_owned());
        }
        if let Audiences::OneOf(audiences) = &self.audiences
            && audiences.iter().any(|audience| audience.is_empty())
        {
            problem("audiences: \"\" is no audience".to_owned());
        }
        if self.algorithms.is_empty() {
            problem("algorithms = []: name at least one".to_owned());
        }
        if self.token_types.is_empty() {
            problem("token_types = []: name at least one".to_owned());
        }
        if self.scopes_claim.is_empty() {
            problem("scopes_claim = []: name a claim".to_owned());
        }
        for (name, values) in &self.claim_values {
            if values.is_empty() {
                problem(format!("claims.{name} = []: no token could meet it"));
            }
        }
        // A leeway of hours would make `exp` meaningless, and an unbounded one would never let a token expire.
        if self.leeway > Duration::from_secs(300) {
            problem(format!("leeway = {:?}: from 0s to 5m", self.leeway));
        }
        if let Some(longest) = self.max_lifetime.filter(|longest| *longest < Duration::from_secs(1)) {
            problem(format!(
                "max_lifetime = {longest:?}: dates are whole seconds, so no token could meet it"
            ));
        }
        self.fetch.check(&mut problem);
        self.check_default_key(&mut problem);
    }

    /// The rules for the tokens of this issuer.
    pub(crate) fn policy(&self, realm: Option<Arc<str>>) -> Policy {
        let boxed = |strings: &[String]| strings.iter().map(|text| text.as_str().into()).collect();
        Policy {
            issuer: self.name.as_str().into(),
            realm,
            audiences: self.audiences.clone(),
            algorithms: self.algorithms.clone().into(),
            certificate_validity: self.certificate_validity,
            token_types: self.token_types.iter().map(|name| media_subtype(name).into()).collect(),
            requires_key_id: self.requires_key_id,
            required_claims: boxed(&self.required_claims),
            claim_values: self
                .claim_values
                .iter()
                .map(|(claim, values)| ClaimValues { claim: claim.as_str().into(), accepted: boxed(values) })
                .collect(),
            leeway: self.leeway,
            max_lifetime: self.max_lifetime,
            ignores_not_before: self.ignores_not_before,
            confirmation: self.confirmation,
            scopes_claim: boxed(&self.scopes_claim),
            meters: IssuerMeters::default(),
        }
    }
}

impl NeedsAudience {
    /// Requires that `aud` names this audience: the identifier of your own service.
    pub fn audience(self, audience: impl Into<String>) -> Issuer {
        self.audiences([audience])
    }

    /// Requires that `aud` names one of these audiences.
    pub fn audiences<I: IntoIterator<Item: Into<String>>>(self, audiences: I) -> Issuer {
        let audiences = audiences.into_iter().map(|audience| audience.into().into_boxed_str()).collect();
        self.with(Audiences::OneOf(audiences))
    }

    /// Takes tokens for any audience, and tokens without one.
    ///
    /// # Security
    ///
    /// Every service that this issuer's users call can then call yours in their name with the token that it got
    /// (RFC 9700, section 2.3).
    pub fn any_audience(self) -> Issuer {
        self.with(Audiences::Any)
    }

    fn with(self, audiences: Audiences) -> Issuer {
        Issuer {
            name: self.issuer,
            audiences,
            source: Source::Discovery,
            algorithms: Algorithm::ALL.into(),
            certificate_validity: CertificateValidity::default(),
            certificate_warning: Duration::from_secs(30 * 86_400),
            token_types: strings(["at+jwt", "JWT"]),
            requires_key_id: false,
            required_claims: Vec::new(),
            claim_values: Vec::new(),
            leeway: Duration::from_secs(60),
            max_lifetime: None,
            ignores_not_before: false,
            confirmation: Confirmation::default(),
            scopes_claim: strings(["scope"]),
            fetch: FetchSettings::default(),
            watch_files: false,
            #[cfg(feature = "keystore")]
            default_key: None,
            #[cfg(feature = "keystore")]
            reread_default_key: None,
        }
    }
}

fn strings<I: IntoIterator<Item: Into<String>>>(values: I) -> Vec<String> {
    values.into_iter().map(Into::into).collect()
}
