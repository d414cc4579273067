//! The configuration of an API manager that is there already: `deployment.toml` of versions 3 and 4, and `api-manager.xml` of version 2.
//!
//! What a gateway needs of it is read, with the defaults of the original. What is for other parts of the original is passed over;
//! what looks like a mistake is told.

mod backend_jwt;
mod duration;
mod findings;
mod issuer_section;
mod notice;
mod running;
mod section;
mod toml_file;
mod trusted;
#[cfg(feature = "xml")]
mod xml_elements;
#[cfg(feature = "xml")]
mod xml_file;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use claimgate_core::{Authenticator, CertificateValidity, ConfigError, ConfigProblem};

use crate::demo_keys;
use crate::deployment::findings::Findings;
use crate::profile::Profile;
use crate::trust_store::TrustStore;

pub use backend_jwt::{BackendJwtConfig, Encoding, Signing};
pub(crate) use findings::single;
pub use notice::Notice;

/// What the configuration of an API manager says to its gateway.
///
/// # Example
///
/// ```
/// use claimgate_apim::{Deployment, Profile};
///
/// let (deployment, notices) = Deployment::from_toml(r#"
///     [[apim.jwt.issuer]]
///     name = "https://localhost:9443/oauth2/token"
///     jwks.url = "https://localhost:9443/oauth2/jwks"
/// "#)?;
/// for notice in &notices {
///     println!("{notice}");
/// }
/// assert_eq!(deployment.trusted(Profile::Strict).len(), 1);
/// # Ok::<(), claimgate_core::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Deployment {
    /// `[[apim.jwt.issuer]]`, in the order of the file. No two have one name.
    pub issuers: Vec<JwtIssuer>,
    /// `[apim.oauth_config]`.
    pub oauth: OauthConfig,
    /// `apim.jwt_authentication.subscription_validation_via_km`: subscriptions are looked up for every token, whatever it says of
    /// them. Default false.
    pub subscription_validation_via_km: bool,
    /// `[truststore]`: the keys of issuers without a JWK Set, and for those with one that of tokens without a `kid`.
    pub trust_store: Option<TrustStore>,
    /// `truststore.enforce_certificate_validity = true`, a key of our own: keys of the trust store check no token outside the dates of
    /// their certificates, in any profile. Default false ([`CertificateValidity::Ignore`]), as the original never looks at them.
    pub certificate_validity: CertificateValidity,
    /// `truststore.certificate_warning`, a key of our own: how long before the log says that a certificate ends, where the dates count
    /// ([`Issuer::certificate_warning`](claimgate_core::Issuer::certificate_warning)). Default 30 days.
    pub certificate_warning: Duration,
    /// `oauth.timestamp_skew`: how far clocks may differ, 0 s to 5 min. Default 0 s.
    pub leeway: Duration,
    /// `apim.token.validation.enforce_type_header_validation`: tokens have to be `at+jwt`. Default false.
    pub enforce_type_header: bool,
    /// `[apim.cache.gateway_token]`: tokens at the gateway, from 1 s to 365 days. Default on. See
    /// [`verified_tokens`](Self::verified_tokens).
    pub token_cache: CacheConfig,
    /// `[apim.cache.km_token]`: tokens at the key manager. Default off.
    pub key_manager_cache: CacheConfig,
    /// `[apim.cache.jwt_claim]`: claims of users. Default on.
    pub claim_cache: CacheConfig,
    /// `[apim.jwt]`.
    pub backend_jwt: BackendJwtConfig,
    /// `apim.certificate_reloader.period`: how often the trust store is read again, from 1 s. Default 600 s. For issuers without a JWK
    /// Set it is read whenever it changes, too.
    pub certificate_reload: Duration,
    allow_demo_keys: bool,
}

/// One issuer of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwtIssuer {
    /// What tokens have in `iss`, to the byte.
    pub name: String,
    /// Where its keys are published; without, they are in the trust store, under the `kid` as alias.
    pub jwks_url: Option<String>,
    /// The claim that names the client. Default: `consumerKey`, or else `azp`.
    pub consumer_key_claim: Option<String>,
    /// The claim that holds the scopes: see [`scopes_claim`](Self::scopes_claim()).
    pub scopes_claim: Option<String>,
    /// Claims that get another name.
    pub claim_mapping: Vec<MappedClaim>,
    /// Has no effect: no claim is mapped by default.
    pub disable_default_claim_mapping: bool,
}

/// A claim that gets another name. Its value stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedClaim {
    /// What the issuer calls it.
    pub remote: String,
    /// What it is called from here on.
    pub local: String,
}

/// Where tokens come from and go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthConfig {
    /// The header field that tokens come in. Default `Authorization`.
    pub auth_header: String,
    /// Whether the service behind the gateway gets to see the token. Default false.
    pub enable_outbound_auth_header: bool,
    /// Whether a token that is bound to a client certificate (`cnf`, RFC 8705) needs that certificate. Default false.
    pub certificate_bound: bool,
}

/// A cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheConfig {
    /// Whether there is one.
    pub enabled: bool,
    /// How long an entry lives. Default 900 s.
    pub expiry: Duration,
}

impl Deployment {
    /// Reads the text of a `deployment.toml`, and no other file. Relative paths in it start at the working directory.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with everything that is wrong. Its problems quote key and value, but never a password.
    pub fn from_toml(text: &str) -> Result<(Self, Vec<Notice>), ConfigError> {
        toml_file::read(text, Path::new(""))
    }

    /// Reads the `deployment.toml` at `path`, and no other file. Relative paths in it start where it is.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with everything that is wrong.
    pub fn from_file(path: impl AsRef<Path>) -> Result<(Self, Vec<Notice>), ConfigError> {
        let path = path.as_ref();
        let text = read_at_most(path).map_err(|error| single(format!("{path:?} cannot be read: {error}")))?;
        toml_file::read(&text, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads the text of an `api-manager.xml`, in which there are no issuers yet: add them to [`issuers`](Self::issuers).
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with everything that is wrong.
    #[cfg(feature = "xml")]
    pub fn from_xml(text: &str) -> Result<(Self, Vec<Notice>), ConfigError> {
        xml_file::read(text)
    }

    /// Allows keys whose private part is public, such as those that the original comes with. For trying things out.
    ///
    /// # Security
    ///
    /// Whoever looks for that private key on the web can make tokens that are good.
    pub fn danger_allow_demo_keys(self) -> Self {
        Deployment { allow_demo_keys: true, ..self }
    }

    /// Whether [`danger_allow_demo_keys`](Self::danger_allow_demo_keys) was said.
    pub fn allows_demo_keys(&self) -> bool {
        self.allow_demo_keys
    }

    /// Reads the trust store, if there is one, and looks for keys whose private part is public. Where demo keys are allowed, and
    /// in the compatible profiles, they are notices.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] that names the file when it cannot be read, or with each demo key in it.
    pub fn check_keys(&self, profile: Profile) -> Result<Vec<Notice>, ConfigError> {
        let Some(store) = &self.trust_store else { return Ok(Vec::new()) };
        // Beside JWK Sets only the default key counts, so that only that can be wrong.
        let keys = if self.issuers.iter().any(|issuer| issuer.jwks_url.is_none()) {
            store.keys()?.keys().to_vec()
        } else {
            store.default_key()?.into_iter().collect()
        };
        let found = keys.iter().filter_map(|key| {
            let certificate = demo_keys::certificate_of(key)?;
            let (place, alias) = (store.to_string(), key.key_id().map(str::to_owned));
            Some(Notice::DemoKey { place, alias, certificate })
        });
        let found: Vec<_> = found.collect();
        if !self.refuses_demo_keys(profile) || found.is_empty() {
            return Ok(found);
        }
        Err(found.iter().map(|notice| ConfigProblem::new("", notice.to_string())).collect())
    }

    /// Takes demo keys out of use where they are refused, also those that an issuer publishes in its JWK Set.
    /// [`check_keys`](Self::check_keys) cannot see these.
    pub fn distrust_demo_keys(&self, profile: Profile, authenticator: &Authenticator) {
        if !self.refuses_demo_keys(profile) {
            return;
        }
        for issuer in &self.issuers {
            authenticator.deny_thumbprints(&issuer.name, &demo_keys::thumbprints().collect::<Vec<_>>());
        }
    }

    fn refuses_demo_keys(&self, profile: Profile) -> bool {
        !self.allow_demo_keys && !profile.is_compatible()
    }

    /// The rules that are about more than one table.
    fn check_issuers(&self, findings: &mut Findings) {
        if self.issuers.is_empty() {
            findings.notice(Notice::NoIssuer);
        }
        let mut names = HashSet::new();
        for issuer in &self.issuers {
            let name = &issuer.name;
            if !names.insert(name) {
                findings
                    .problem("apim.jwt.issuer", format!("name = {name:?}: there is another of this name"));
            }
            match (&issuer.jwks_url, &self.trust_store) {
                (None, None) => findings.problem(
                    format!("apim.jwt.issuer {name:?}"),
                    "it has neither jwks.url nor is there a [truststore] with its keys",
                ),
                (Some(_), Some(store)) if store.is_directory() => {
                    findings.notice(Notice::KeyIdNeeded { issuer: name.clone() });
                }
                _ => {}
            }
            findings.notice(Notice::AnyAudience { issuer: name.clone() });
        }
        let of_store = self.issuers.iter().filter(|issuer| issuer.jwks_url.is_none());
        let issuers: Vec<_> = of_store.map(|issuer| issuer.name.clone()).collect();
        if self.trust_store.is_some() && issuers.len() > 1 {
            findings.notice(Notice::SharedTrustStore { issuers });
        }
    }
}

impl Default for Deployment {
    fn default() -> Self {
        Deployment {
            issuers: Vec::new(),
            oauth: OauthConfig::default(),
            subscription_validation_via_km: false,
            trust_store: None,
            certificate_validity: CertificateValidity::Ignore,
            certificate_warning: Duration::from_secs(30 * 86_400),
            leeway: Duration::ZERO,
            enforce_type_header: false,
            token_cache: CacheConfig { enabled: true, expiry: CACHED },
            key_manager_cache: CacheConfig { enabled: false, expiry: CACHED },
            claim_cache: CacheConfig { enabled: true, expiry: CACHED },
            backend_jwt: BackendJwtConfig::default(),
            certificate_reload: Duration::from_secs(600),
            allow_demo_keys: false,
        }
    }
}

impl JwtIssuer {
    /// An issuer without anything but its name.
    pub fn named(name: impl Into<String>) -> Self {
        JwtIssuer {
            name: name.into(),
            jwks_url: None,
            consumer_key_claim: None,
            scopes_claim: None,
            claim_mapping: Vec::new(),
            disable_default_claim_mapping: false,
        }
    }

    /// The claim that holds the scopes, as the issuer calls it: `scopes_claim`, or the one that is mapped to `scope`, or `scope`.
    /// The original passes over the mapping, although its manual tells to make one.
    pub fn scopes_claim(&self) -> &str {
        let mapped = || self.claim_mapping.iter().find(|mapping| mapping.local == "scope");
        let mapped = || mapped().map(|mapping| mapping.remote.as_str());
        self.scopes_claim.as_deref().or_else(mapped).unwrap_or("scope")
    }
}

impl Default for OauthConfig {
    fn default() -> Self {
        OauthConfig {
            auth_header: "Authorization".to_owned(),
            enable_outbound_auth_header: false,
            certificate_bound: false,
        }
    }
}

/// A byte more than is allowed tells that there is more.
fn read_at_most(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MOST_BYTES as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

/// A hundred times what such files have. Reading takes time and memory in proportion.
const MOST_BYTES: usize = 1 << 20;

/// What core allows.
const LONGEST_LEEWAY: Duration = Duration::from_secs(300);

/// What core allows.
const TIMES_OF_TOKENS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(365 * 86_400);

const CACHED: Duration = Duration::from_secs(900);

#[cfg(test)]
mod tests;
