//! Issuers that are not known when the service starts: tenants, which a resolver of the application's knows.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use crate::config_error::Problems;
use crate::fetch_settings::FetchSettings;
use crate::issuer::Issuer;
use crate::refresh::is_safe_scheme;

/// Says how an issuer is to be trusted that is not known yet, or that it is not.
///
/// It is asked for what a token claims to be from, before anything of the token is verified; the name begins with one of the
/// configured prefixes and is a URL in its canonical form, and that is all that may be assumed of it.
///
/// # Example
///
/// ```
/// use claimgate_core::{Authenticator, DynamicIssuers, Issuer, IssuerResolver, ResolveFuture};
///
/// struct Tenants;
///
/// # async fn is_tenant(name: &str) -> Result<bool, std::io::Error> { Ok(name == "pizza") }
/// impl IssuerResolver for Tenants {
///     fn resolve<'a>(&'a self, issuer: &'a str) -> ResolveFuture<'a> {
///         Box::pin(async move {
///             let name = issuer.strip_prefix("https://idp.example.com/tenants/").unwrap_or_default();
///             let known = is_tenant(name).await?;
///             Ok(known.then(|| Issuer::new(issuer).audience("https://api.example.com")))
///         })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let gate = Authenticator::builder()
///     .dynamic_issuers(DynamicIssuers::new(Tenants).prefix("https://idp.example.com/tenants/"))
///     .build();
/// # assert!(gate.is_ok());
/// # }
/// ```
pub trait IssuerResolver: Send + Sync + 'static {
    /// The issuer of this name, if it is one: its keys by discovery, or from wherever the [`Issuer`] says.
    ///
    /// # Errors
    ///
    /// A [`ResolveError`]; any error turns into one. The request is then answered with a 503, and a tenant that is known
    /// already stays. Its text goes to the log.
    fn resolve<'a>(&'a self, issuer: &'a str) -> ResolveFuture<'a>;
}

/// What [`IssuerResolver::resolve`] gives.
pub type ResolveFuture<'a> = Pin<Box<dyn Future<Output = Result<Option<Issuer>, ResolveError>> + Send + 'a>>;

/// Why a resolver could not say whether there is such an issuer.
#[derive(Debug)]
pub struct ResolveError(pub(crate) String);

/// Trust in issuers that a resolver knows, within limits.
///
/// 1. Only names that begin with a configured prefix reach the resolver. A prefix ends in `/`, so that no other host begins
///    like it, and a name with `..`, a query or another spelling of a URL is nobody's.
/// 2. The resolver has a budget of its own. When that is empty, requests of unknown tenants get a 503 at once
///    ([`IssuerUnavailable`](crate::AuthErrorKind::IssuerUnavailable)); tenants that are known have another, which no stranger
///    can spend.
/// 3. What it says is kept, in both directions and within bounds: tenants for [`keep_for`](Self::keep_for), after which they
///    are asked about beside the requests, and names that are nobody's for [`deny_for`](Self::deny_for).
/// 4. Keys of tenants are fetched behind a guard against link-local and metadata addresses
///    ([`Issuer::guard_addresses`]), since their names come from outside.
///
/// A reload keeps the tenants that are known if its builder has a clone of the same `DynamicIssuers`, and the realm is the same;
/// else all are asked about anew, within the budget.
///
/// Issuers that are configured by name come first; their names never reach the resolver.
#[derive(Clone)]
pub struct DynamicIssuers {
    pub(crate) resolver: Arc<dyn IssuerResolver>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) limits: TenantLimits,
    pub(crate) guards_addresses: bool,
}

/// How much of a resolver may be asked, and how much is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TenantLimits {
    pub(crate) tenants: usize,
    pub(crate) keep_for: Duration,
    pub(crate) idle_for: Duration,
    pub(crate) denied: usize,
    pub(crate) deny_for: Duration,
    pub(crate) burst: u32,
    pub(crate) one_per: Duration,
    pub(crate) timeout: Duration,
}

impl DynamicIssuers {
    /// Trusts what `resolver` knows, once a prefix is named.
    pub fn new(resolver: impl IssuerResolver) -> Self {
        DynamicIssuers {
            resolver: Arc::new(resolver),
            prefixes: Vec::new(),
            limits: TenantLimits::default(),
            guards_addresses: true,
        }
    }

    /// Lets names that begin with `prefix` reach the resolver: an `https` URL that ends in `/`. May be called for several.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefixes.push(prefix.into());
        self
    }

    /// How many tenants are kept. The one that was not heard of for the longest time makes room. Default 10,000.
    pub fn max_tenants(mut self, tenants: usize) -> Self {
        self.limits.tenants = tenants;
        self
    }

    /// How long a tenant serves before the resolver is asked again, beside the requests. Default 10 min. One that comes after
    /// twice this time waits for the answer. While the resolver fails, a tenant serves for [`Issuer::stale_for`] longer.
    pub fn keep_for(mut self, time: Duration) -> Self {
        self.limits.keep_for = time;
        self
    }

    /// How long a tenant is kept that no token comes from, and its keys refreshed. Default 1 h.
    pub fn idle_for(mut self, time: Duration) -> Self {
        self.limits.idle_for = time;
        self
    }

    /// How many names that are nobody's are remembered; the oldest make room. Default 10,000.
    pub fn max_denied(mut self, names: usize) -> Self {
        self.limits.denied = names;
        self
    }

    /// How long a name that is nobody's is remembered. Default 1 min.
    pub fn deny_for(mut self, time: Duration) -> Self {
        self.limits.deny_for = time;
        self
    }

    /// How often the resolver is asked about names that are not known: `burst` at once, then one in each `one_per`. Default 100,
    /// and one in 100 ms. About tenants that are known it is asked ten times as often at most.
    pub fn budget(mut self, burst: u32, one_per: Duration) -> Self {
        (self.limits.burst, self.limits.one_per) = (burst, one_per);
        self
    }

    /// How long the resolver may take. Default 5 s.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.limits.timeout = time;
        self
    }

    /// Fetches keys of tenants from any address. For tenants whose keys come through a proxy or a client of the application's,
    /// which exclude the guard.
    ///
    /// # Security
    ///
    /// Whoever can name a tenant, or answers for one, can then have this machine send requests to addresses that only it
    /// reaches, such as the metadata service of a cloud.
    pub fn danger_without_address_guard(self) -> Self {
        DynamicIssuers { guards_addresses: false, ..self }
    }

    /// Whether what `self` trusts and how is what `other` does.
    pub(crate) fn is_same(&self, other: &DynamicIssuers) -> bool {
        Arc::ptr_eq(&self.resolver, &other.resolver)
            && self.prefixes == other.prefixes
            && self.limits == other.limits
            && self.guards_addresses == other.guards_addresses
    }

    pub(crate) fn check(&self, problems: &mut Problems) {
        let mut problem = |message: String| problems.add("dynamic issuers", message);
        if self.prefixes.is_empty() {
            problem("no prefix: every token could name an issuer".to_owned());
        }
        for prefix in &self.prefixes {
            if !is_canonical(prefix) || !prefix.ends_with('/') {
                problem(format!("prefix {prefix:?}: an https URL in canonical form that ends in \"/\""));
            }
        }
        let limits = &self.limits;
        if limits.tenants == 0 {
            problem("max_tenants = 0: no tenant could be kept".to_owned());
        }
        if limits.burst == 0 || limits.one_per.is_zero() {
            problem(format!("budget = {} and one per {:?}: both from 1", limits.burst, limits.one_per));
        }
        if limits.denied == 0 {
            problem("max_denied = 0: every token of a stranger would be asked about".to_owned());
        }
        let times =
            [("keep_for", limits.keep_for), ("deny_for", limits.deny_for), ("timeout", limits.timeout)];
        for (name, time) in times {
            if time.is_zero() {
                problem(format!("{name} = 0s: nothing could meet it"));
            }
        }
    }

    /// Whether `issuer` may be asked about.
    pub(crate) fn covers(&self, issuer: &str) -> bool {
        if issuer.len() > LONGEST_NAME {
            return false;
        }
        let has_prefix = self.prefixes.iter().any(|prefix| issuer.starts_with(prefix.as_str()));
        has_prefix && is_canonical(issuer)
    }
}

/// Whether the text is a URL that any reader takes for the same: what a dot segment, a backslash or an escape would make of it
/// must not lead out of its prefix. http is for loopback, as everywhere.
fn is_canonical(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_safe = is_safe_scheme(&url, &FetchSettings::default());
    let has_more = url.query().is_some()
        || url.fragment().is_some()
        || url.has_authority() && !url.username().is_empty();
    // The parser gives an empty path its slash; the names of issuers often come without.
    let same = url.as_str() == text || url.as_str().strip_suffix('/') == Some(text);
    // An escaped dot or slash is another character to whoever unescapes before splitting the path.
    let lower = text.to_ascii_lowercase();
    let is_escaped = ["%2e", "%2f", "%5c"].iter().any(|escape| lower.contains(escape));
    is_safe && same && !has_more && !is_escaped && url.password().is_none()
}

impl ResolveError {
    /// An error with this text.
    pub fn new(message: impl Into<String>) -> Self {
        ResolveError(message.into())
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

// No `std::error::Error` for it: it is made from any error, and `From<Self>` would be there twice.
impl<E: Error> From<E> for ResolveError {
    fn from(error: E) -> Self {
        ResolveError(error.to_string())
    }
}

/// Limits, not what the resolver holds.
impl fmt::Debug for DynamicIssuers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DynamicIssuers")
            .field("prefixes", &self.prefixes)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Default for TenantLimits {
    fn default() -> Self {
        TenantLimits {
            tenants: 10_000,
            keep_for: Duration::from_secs(600),
            idle_for: Duration::from_secs(3_600),
            denied: 10_000,
            deny_for: Duration::from_secs(60),
            burst: 100,
            one_per: Duration::from_millis(100),
            timeout: Duration::from_secs(5),
        }
    }
}

/// Far beyond what any issuer is called; it bounds what a stranger can have kept, asked and fetched.
const LONGEST_NAME: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;

    impl IssuerResolver for Nobody {
        fn resolve<'a>(&'a self, _: &'a str) -> ResolveFuture<'a> {
            Box::pin(async { Ok(None) })
        }
    }

    #[test]
    fn names_cannot_lead_out_of_their_prefix() {
        let dynamic = DynamicIssuers::new(Nobody).prefix("https://idp.example/t/");
        for (issuer, covered) in [
            ("https://idp.example/t/a", true),
            ("https://idp.example/t/a/", true),
            ("https://idp.example/t/a/b", true),
            ("https://idp.example/t/", true),
            ("https://idp.example/t", false),
            ("https://idp.example/u/a", false),
            ("https://idp.example/t/../u", false),
            ("https://idp.example/t/./a", false),
            ("https://idp.example/t/%2e%2e/u", false),
            ("https://idp.example/t/%2E./u", false),
            ("https://idp.example/t/..%2fu", false),
            ("https://idp.example/t/a%5c..", false),
            ("https://idp.example/t/..\\u", false),
            ("https://idp.example/t/a?b", false),
            ("https://idp.example/t/a#b", false),
            ("https://idp.example/t/a b", false),
            ("https://idp.example/t/a\n", false),
            ("HTTPS://idp.example/t/a", false),
            ("https://idp.example:443/t/a", false),
            ("https://idp.example@evil.example/t/a", false),
            ("http://idp.example/t/a", false),
            ("", false),
        ] {
            assert_eq!(dynamic.covers(issuer), covered, "{issuer:?}");
        }
    }

    #[test]
    fn a_prefix_names_a_whole_host() {
        for (prefix, good) in [
            ("https://idp.example/", true),
            ("https://idp.example/t/", true),
            ("http://127.0.0.1:8080/", true),
            ("https://idp.example", false),
            ("https://idp.example/t", false),
            ("https://", false),
            ("http://idp.example/", false),
            ("https://a@idp.example/", false),
            ("", false),
        ] {
            let mut problems = Problems::default();
            DynamicIssuers::new(Nobody).prefix(prefix).check(&mut problems);
            assert_eq!(problems.or(()).is_ok(), good, "{prefix:?}");
        }
    }
}
