//! How the keys of an issuer are fetched, and what happens while they are not there.

use std::fmt;
use std::path::PathBuf;
#[cfg(feature = "jwks-client")]
use std::sync::Arc;
use std::time::Duration;

/// How keys are fetched over the network. Equal ones make clients that do the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FetchSettings {
    pub(crate) start: Start,
    pub(crate) refresh_interval: Duration,
    pub(crate) refresh_burst: u32,
    pub(crate) refresh_cooldown: Duration,
    pub(crate) stale_for: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_jwks_bytes: usize,
    pub(crate) max_keys: usize,
    pub(crate) jwks_hosts: Vec<String>,
    pub(crate) allow_insecure_http: bool,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) client_identity: Option<PathBuf>,
    /// What is in these two files, as a digest, once they were read: they may change under their names.
    pub(crate) files: Option<[u8; 32]>,
    pub(crate) proxy: Option<ProxyUrl>,
    /// Whether connections to addresses such as those of metadata services are refused.
    pub(crate) guard: bool,
    #[cfg(feature = "jwks-client")]
    pub(crate) http_client: Option<HttpClient>,
}

/// The URL of a proxy. It may hold a password, which is not shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ProxyUrl(String);

/// A client of the application's own. It has no equality but that of being the same one.
#[cfg(feature = "jwks-client")]
#[derive(Clone)]
pub(crate) struct HttpClient(Arc<reqwest::Client>);

/// What [`Authenticator::ready`](crate::Authenticator::ready) does while an issuer's keys are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// It does not wait: requests get a 503 until the keys are there. The default.
    Serve,
    /// It waits for the keys, at most so long, and then serves as with [`Start::Serve`].
    Wait(Duration),
    /// It fails when the first fetch brings no keys.
    Fail,
}

impl FetchSettings {
    /// Whether keys that were fetched by `self` may serve until the first fetch by `other`: not if `other` would have refused
    /// the way they came, or trusts other servers.
    #[cfg(feature = "refresh")]
    pub(crate) fn is_as_strict_as(&self, other: &FetchSettings) -> bool {
        (self.guard || !other.guard)
            && (!self.allow_insecure_http || other.allow_insecure_http)
            && self.jwks_hosts == other.jwks_hosts
            && self.files == other.files
    }

    pub(crate) fn check(&self, problem: &mut impl FnMut(String)) {
        if self.refresh_interval < Duration::from_secs(1) {
            problem(format!("refresh_interval = {:?}: at least 1s", self.refresh_interval));
        }
        if !(1..=MOST_IN_A_BURST).contains(&self.refresh_burst) {
            problem(format!("refresh_burst = {}: from 1 to {MOST_IN_A_BURST}", self.refresh_burst));
        }
        if self.refresh_cooldown.is_zero() {
            problem("refresh_cooldown = 0s: every unknown kid would cause a fetch".to_owned());
        }
        if self.timeout.is_zero() {
            problem("fetch_timeout = 0s: no fetch could meet it".to_owned());
        }
        for (name, value) in [("max_jwks_bytes", self.max_jwks_bytes), ("max_keys", self.max_keys)] {
            if value == 0 {
                problem(format!("{name} = 0: no key set could meet it"));
            }
        }
        if self.guard
            && let Some(proxy) = &self.proxy
        {
            problem(format!(
                "proxy = {proxy} and guard_addresses = true: a proxy looks names up itself, so the guard could not see \
                 where they lead"
            ));
        }
        #[cfg(feature = "jwks-client")]
        if self.http_client.is_some() {
            let said = [
                ("guard_addresses", self.guard),
                ("proxy", self.proxy.is_some()),
                ("ca_file", self.ca_file.is_some()),
                ("client_identity_file", self.client_identity.is_some()),
            ];
            for (name, _) in said.iter().filter(|(_, is_said)| *is_said) {
                problem(format!(
                    "{name} and http_client: how a client of your own connects is its own affair"
                ));
            }
        }
    }
}

/// More would be no budget: whoever sends that many names within one cooldown is a flood.
const MOST_IN_A_BURST: u32 = 10;

impl ProxyUrl {
    #[cfg_attr(not(feature = "jwks-client"), expect(dead_code, reason = "only the key client connects"))]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for ProxyUrl {
    fn from(url: T) -> Self {
        ProxyUrl(url.into())
    }
}

/// Quoted, and without what stands before the host. The last `@` is where it ends, also in what is no URL.
impl fmt::Display for ProxyUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.rsplit_once('@') {
            None => write!(formatter, "{:?}", self.0),
            Some((before, rest)) => {
                let scheme = before.split_once("://").map(|(scheme, _)| format!("{scheme}://"));
                write!(formatter, "{:?}", format!("{}…@{rest}", scheme.unwrap_or_default()))
            }
        }
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(feature = "jwks-client")]
impl HttpClient {
    pub(crate) fn new(client: reqwest::Client) -> Self {
        HttpClient(Arc::new(client))
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.0
    }
}

#[cfg(feature = "jwks-client")]
impl PartialEq for HttpClient {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A client shows its default header fields, in which there may be a credential.
#[cfg(feature = "jwks-client")]
impl fmt::Debug for HttpClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HttpClient(..)")
    }
}

impl Default for FetchSettings {
    fn default() -> Self {
        FetchSettings {
            start: Start::Serve,
            refresh_interval: Duration::from_secs(600),
            // A rotation and a mistyped token at once still leave one try.
            refresh_burst: 2,
            refresh_cooldown: Duration::from_secs(10),
            stale_for: Duration::from_secs(3_600),
            timeout: Duration::from_secs(5),
            max_jwks_bytes: 1 << 20,
            max_keys: 256,
            jwks_hosts: Vec::new(),
            allow_insecure_http: false,
            ca_file: None,
            client_identity: None,
            files: None,
            proxy: None,
            guard: false,
            #[cfg(feature = "jwks-client")]
            http_client: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_a_proxy_is_not_shown() {
        for (proxy, shown) in [
            ("http://proxy.example:3128", r#""http://proxy.example:3128""#),
            ("http://user:secret@proxy.example:3128", r#""http://…@proxy.example:3128""#),
            ("http://user:sec/ret@proxy.example", r#""http://…@proxy.example""#),
            ("http://user:sec@ret@proxy.example", r#""http://…@proxy.example""#),
            ("user:secret@proxy.example", r#""…@proxy.example""#),
        ] {
            let settings =
                FetchSettings { proxy: Some(proxy.into()), guard: true, ..FetchSettings::default() };
            let mut problems = Vec::new();
            settings.check(&mut |problem| problems.push(problem));
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(
                problems[0].starts_with(&format!("proxy = {shown} and guard_addresses = true: ")),
                "{problems:?}"
            );
            assert!(!format!("{settings:?}").contains("secret"), "{settings:?}");
        }
    }

    #[cfg(feature = "jwks-client")]
    #[test]
    fn settings_are_equal_when_they_do_the_same() {
        let client = HttpClient::new(reqwest::Client::builder().tls_certs_only([]).build().unwrap());
        let with = |client: &HttpClient| FetchSettings {
            http_client: Some(client.clone()),
            ..FetchSettings::default()
        };
        assert_eq!(FetchSettings::default(), FetchSettings::default());
        assert_eq!(with(&client), with(&client).clone());
        assert_ne!(with(&client), with(&HttpClient::new(client.client().clone())));
        assert_ne!(with(&client), FetchSettings::default());
        assert_ne!(FetchSettings { guard: true, ..FetchSettings::default() }, FetchSettings::default());
    }

    #[cfg(feature = "jwks-client")]
    #[test]
    fn a_client_of_the_applications_own_connects_as_it_likes() {
        let client = HttpClient::new(reqwest::Client::builder().tls_certs_only([]).build().unwrap());
        let settings = FetchSettings {
            http_client: Some(client),
            guard: true,
            proxy: Some("http://proxy.example".into()),
            ca_file: Some("ca.pem".into()),
            client_identity: Some("client.pem".into()),
            ..FetchSettings::default()
        };
        let mut problems = Vec::new();
        settings.check(&mut |problem| problems.push(problem));
        for name in ["guard_addresses", "proxy", "ca_file", "client_identity_file"] {
            let expected = format!("{name} and http_client: ");
            assert!(problems.iter().any(|problem| problem.starts_with(&expected)), "{name} in {problems:?}");
        }
    }
}
