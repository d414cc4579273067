//! One document over HTTP, within its limits.

use std::error::Error as _;
use std::fmt::Write as _;
use std::time::Duration;

use reqwest::header::{ACCEPT, CACHE_CONTROL, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::{Certificate, Client, Response, Url};

use crate::fetch_settings::FetchSettings;
use crate::refresh::fetch_error::FetchError;

/// A client that follows no redirect, uses no proxy of the environment, and reads no more than it may.
#[derive(Clone, Debug)]
pub(crate) struct JwksClient {
    client: Client,
    max_bytes: usize,
}

/// A body and what its headers say about coming again.
pub(crate) struct Document {
    pub(crate) body: Vec<u8>,
    pub(crate) max_age: Option<Duration>,
}

impl JwksClient {
    /// A client for `url` and what it names. The error quotes what was configured.
    pub(crate) fn new(settings: &FetchSettings, url: &Url) -> Result<Self, String> {
        let mut builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("claimgate/", env!("CARGO_PKG_VERSION")));
        let own_roots = match &settings.ca_file {
            None => Vec::new(),
            Some(path) => {
                let pem = std::fs::read(path)
                    .map_err(|error| format!("ca_file {path:?} cannot be read: {error}"))?;
                let roots =
                    Certificate::from_pem_bundle(&pem).map_err(|_| format!("ca_file {path:?} is not PEM"))?;
                if roots.is_empty() {
                    return Err(format!("ca_file {path:?} holds no certificate"));
                }
                roots
            }
        };
        // Plain http stays plain http, since nothing redirects it: the roots of the system would be read for nothing, and
        // a machine may have none.
        builder = match (url.scheme(), own_roots.is_empty()) {
            ("http", _) => builder.tls_certs_only(own_roots),
            (_, true) => builder,
            (_, false) => builder.tls_certs_merge(own_roots),
        };
        let client = builder
            .build()
            .map_err(|error| format!("the key client cannot be set up: {}", causes(&error)))?;
        Ok(JwksClient { client, max_bytes: settings.max_jwks_bytes })
    }

    /// Fetches one document. The caller bounds the time.
    pub(crate) async fn get(&self, url: &Url) -> Result<Document, FetchError> {
        let request =
            self.client.get(url.clone()).header(ACCEPT, "application/jwk-set+json, application/json");
        let mut response = request.send().await.map_err(unreachable)?;
        check_status(&response)?;
        // The declared length first: a hard error before the first byte. A body that is cut to size would be another set.
        let most = u64::try_from(self.max_bytes).unwrap_or(u64::MAX);
        if response.content_length().is_some_and(|length| length > most) {
            return Err(FetchError::TooLarge(self.max_bytes));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > self.max_bytes {
                return Err(FetchError::TooLarge(self.max_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Document { body, max_age: max_age(response.headers()) })
    }
}

fn check_status(response: &Response) -> Result<(), FetchError> {
    match response.status().as_u16() {
        200 => Ok(()),
        status @ 300..=399 => Err(FetchError::Redirected(status)),
        status => {
            let seconds = text(response.headers(), &RETRY_AFTER).and_then(|value| value.trim().parse().ok());
            Err(FetchError::Status { status, retry_after: seconds.map(Duration::from_secs) })
        }
    }
}

/// `max-age` of `Cache-Control` (RFC 9111, section 5.2.2.1). `no-store` and `no-cache` say nothing about how long keys
/// are good for, and some issuers send them always.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, &CACHE_CONTROL)?;
    let seconds = value.split(',').find_map(|directive| {
        let (name, argument) = directive.split_once('=')?;
        name.trim().eq_ignore_ascii_case("max-age").then(|| argument.trim().trim_matches('"'))
    })?;
    let is_number = !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit());
    // A number beyond what we can count is long: "the cache MUST consider the value to be … 2147483648" (section 1.2.2).
    is_number.then(|| Duration::from_secs(seconds.parse().unwrap_or(2_147_483_648)))
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn unreachable(error: reqwest::Error) -> FetchError {
    FetchError::Unreachable(causes(&error.without_url()))
}

/// The innermost cause is the one that tells: "connection refused" stands below three sentences that say "error".
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a string does not fail.
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_max_age_and_nothing_else() {
        for (value, expected) in [
            ("max-age=300", Some(300)),
            ("public, Max-Age=\"60\", must-revalidate", Some(60)),
            ("max-age=0", Some(0)),
            ("max-age=99999999999999999999999", Some(2_147_483_648)),
            ("s-maxage=300", None),
            ("no-store", None),
            ("max-age=-1", None),
            ("max-age=", None),
            ("max-age", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, value.parse().unwrap());
            assert_eq!(max_age(&headers), expected.map(Duration::from_secs), "{value}");
        }
    }
}
