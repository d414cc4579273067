//! How a store over HTTP is set up.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use claimgate_core::{Clock, ConfigError, ConfigProblem, SystemClock};
use quick_cache::sync::Cache;
use reqwest::header::HeaderValue;
use reqwest::{Client, Url};
use tokio::runtime::Handle;

use crate::subscription::http::HttpSubscriptions;
use crate::subscription::http::client::StoreClient;
use crate::subscription::http::flights::Flights;
use crate::subscription::http::kept::Times;
use crate::told::Told;

/// Settings of [`HttpSubscriptions`].
#[derive(Clone)]
pub struct HttpSubscriptionsBuilder {
    url: String,
    times: Times,
    timeout: Duration,
    max_entries: usize,
    max_in_flight: usize,
    max_bytes: usize,
    bearer: Option<String>,
    client: Option<Client>,
    allow_insecure_http: bool,
    runtime: Option<Handle>,
    clock: Arc<dyn Clock>,
}

impl HttpSubscriptionsBuilder {
    pub(super) fn new(url: String) -> Self {
        HttpSubscriptionsBuilder {
            url,
            times: Times {
                keep_for: Duration::from_secs(60),
                deny_for: Duration::from_secs(10),
                stale_for: Duration::from_secs(3_600),
                retry_after: Duration::from_secs(1),
            },
            timeout: Duration::from_secs(2),
            max_entries: 10_000,
            max_in_flight: 256,
            max_bytes: 16_384,
            bearer: None,
            client: None,
            allow_insecure_http: false,
            runtime: None,
            clock: Arc::new(SystemClock),
        }
    }

    /// How long a subscription counts before the service is asked again. Default 1 min: so long may one that was blocked go on.
    pub fn keep_for(mut self, time: Duration) -> Self {
        self.times.keep_for = time;
        self
    }

    /// How long it counts that there is no subscription. Default 10 s: so long may a new one have to wait.
    pub fn deny_for(mut self, time: Duration) -> Self {
        self.times.deny_for = time;
        self
    }

    /// How much longer the last answer counts while the service fails. Default 1 h; zero for not at all.
    pub fn stale_for(mut self, time: Duration) -> Self {
        self.times.stale_for = time;
        self
    }

    /// How long the service is not asked again about a client after it has failed. Default 1 s.
    pub fn retry_after(mut self, time: Duration) -> Self {
        self.times.retry_after = time;
        self
    }

    /// How long the service may take for an answer, connecting included. Default 2 s: so long may a request have to wait.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// About how many answers are kept. Those that are hardly used make room. Default 10,000.
    pub fn max_entries(mut self, entries: usize) -> Self {
        self.max_entries = entries;
        self
    }

    /// How many questions may be on their way. What comes then is refused, or gets the last answer. Default 256.
    pub fn max_in_flight(mut self, questions: usize) -> Self {
        self.max_in_flight = questions;
        self
    }

    /// How many bytes an answer may have. Default 16,384.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sends `Authorization: Bearer token` with each question.
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.bearer = Some(token.into());
        self
    }

    /// Asks with a client of the application's own, for roots, identities and proxies of its own. Its redirects are refused.
    pub fn http_client(mut self, client: Client) -> Self {
        self.client = Some(client);
        self
    }

    /// Lets the URL be `http` on other hosts than loopback.
    ///
    /// # Security
    ///
    /// Whoever is on the way can then give and take subscriptions, and reads the bearer token.
    pub fn danger_allow_insecure_http(mut self) -> Self {
        self.allow_insecure_http = true;
        self
    }

    /// The runtime that questions are asked on. Default that of the caller of [`build`](Self::build).
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Where the time comes from. Default the clocks of the machine.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The store. Nobody is asked yet.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with everything that is wrong: a URL that is none, limits of zero, no runtime.
    pub fn build(self) -> Result<HttpSubscriptions, ConfigError> {
        let mut problems = Vec::new();
        let mut problem = |message: String| problems.push(ConfigProblem::new("subscription store", message));
        for (name, time) in
            [("keep_for", self.times.keep_for), ("deny_for", self.times.deny_for), ("timeout", self.timeout)]
        {
            if time.is_zero() {
                problem(format!("{name} = 0s: nothing could meet it"));
            }
        }
        for (name, limit) in [
            ("max_entries", self.max_entries),
            ("max_in_flight", self.max_in_flight),
            ("max_bytes", self.max_bytes),
        ] {
            if limit == 0 {
                problem(format!("{name} = 0: nothing could meet it"));
            }
        }
        let url = self.parsed_url().map_err(&mut problem).ok();
        let client = url.as_ref().and_then(|url| self.connect(url).map_err(&mut problem).ok());
        let bearer = self.bearer.as_deref().and_then(|token| header(token).map_err(&mut problem).ok());
        let runtime = self.runtime.or_else(|| Handle::try_current().ok());
        if runtime.is_none() {
            problem("no tokio runtime: build within one, or name it".to_owned());
        }
        match (url, client, runtime) {
            (Some(url), Some(client), Some(runtime)) if problems.is_empty() => {
                let (timeout, max_bytes) = (self.timeout, self.max_bytes);
                Ok(HttpSubscriptions(Arc::new(Flights {
                    client: StoreClient { client, url, bearer, timeout, max_bytes },
                    cache: Cache::new(self.max_entries),
                    in_the_air: Mutex::new(HashMap::new()),
                    most: self.max_in_flight,
                    times: self.times,
                    clock: self.clock,
                    runtime,
                    is_down: AtomicBool::new(false),
                    told: Told::default(),
                })))
            }
            _ => Err(problems.into_iter().collect()),
        }
    }

    fn parsed_url(&self) -> Result<Url, String> {
        let shown = &self.url;
        let url = Url::parse(shown).map_err(|error| format!("url {shown:?}: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            // It is not quoted: there is a password in it.
            return Err("url: a user and a password are no part of it".to_owned());
        }
        let is_safe = match url.scheme() {
            "https" => true,
            "http" => self.allow_insecure_http || is_loopback(&url),
            _ => false,
        };
        if !is_safe || url.fragment().is_some() {
            return Err(format!("url {shown:?}: https, or http on loopback, without a fragment"));
        }
        Ok(url)
    }

    /// A client that follows no redirect and uses no proxy of the environment, whatever features of reqwest other crates of the
    /// program turn on.
    fn connect(&self, url: &Url) -> Result<Client, String> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let mut builder = Client::builder()
            .tls_backend_rustls()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .user_agent(concat!("claimgate/", env!("CARGO_PKG_VERSION")));
        if url.scheme() == "http" {
            // The roots of the system would be read for nothing.
            builder = builder.tls_certs_only([]);
        }
        builder.build().map_err(|error| format!("the client cannot be set up: {error}"))
    }
}

fn header(token: &str) -> Result<HeaderValue, String> {
    let value = HeaderValue::from_str(&format!("Bearer {token}"));
    // It is not quoted: it is a secret.
    let mut value =
        value.map_err(|_| "bearer_token: it has characters that no header field may have".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// 127.0.0.0/8, `[::1]` and `localhost`, which "always resolves to the loopback address" (RFC 6761, section 6.3).
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    address.parse().map_or(host.eq_ignore_ascii_case("localhost"), |address: IpAddr| address.is_loopback())
}

/// Without the bearer token.
impl fmt::Debug for HttpSubscriptionsBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HttpSubscriptionsBuilder")
            .field("times", &self.times)
            .field("timeout", &self.timeout)
            .field("max_entries", &self.max_entries)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_url_is_one_that_answers_can_be_trusted_from() {
        for (url, good) in [
            ("https://control.example/subscriptions", true),
            ("https://control.example/subscriptions?tenant=a", true),
            ("http://127.0.0.1:8080/subscriptions", true),
            ("http://[::1]/subscriptions", true),
            ("http://localhost/subscriptions", true),
            ("http://control.example/subscriptions", false),
            ("http://localhost.example/subscriptions", false),
            ("http://127.0.0.1.example/", false),
            ("https://control.example/#a", false),
            ("https://user:secret@control.example/", false),
            ("file:///etc/subscriptions", false),
            ("subscriptions", false),
            ("", false),
        ] {
            let built = HttpSubscriptions::builder(url).build();
            assert_eq!(built.is_ok(), good, "{url}");
            let error = built.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(!error.contains("secret"), "{error}");
        }
        let insecure = HttpSubscriptions::builder("http://control.example/").danger_allow_insecure_http();
        assert!(insecure.build().is_ok());
    }

    #[test]
    fn tells_everything_that_is_wrong_and_no_secret() {
        let error = HttpSubscriptions::builder("ftp://control.example/")
            .keep_for(Duration::ZERO)
            .deny_for(Duration::ZERO)
            .timeout(Duration::ZERO)
            .max_entries(0)
            .max_in_flight(0)
            .max_bytes(0)
            .bearer_token("secret\n")
            .build()
            .unwrap_err();
        assert_eq!(error.problems().len(), 9, "{error}");
        assert!(error.to_string().contains("\"ftp://control.example/\""), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[tokio::test]
    async fn debug_shows_no_secret() {
        let builder = HttpSubscriptions::builder("https://control.example/").bearer_token("secret");
        assert!(!format!("{builder:?}").contains("secret"));
        assert!(!format!("{:?}", builder.build().unwrap()).contains("secret"));
    }
}
