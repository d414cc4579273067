//! One question over HTTP, within its limits.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Client, Response, Url};

use crate::subscription::http::answer;
use crate::subscription::http::kept::Asked;
use crate::subscription::{StoreError, Subscribed};

pub(super) struct StoreClient {
    pub(super) client: Client,
    pub(super) url: Url,
    pub(super) bearer: Option<HeaderValue>,
    pub(super) timeout: Duration,
    pub(super) max_bytes: usize,
}

impl StoreClient {
    /// Asks. Errors name neither the client nor what was answered.
    pub(super) async fn ask(&self, asked: &Asked) -> Result<Option<Arc<Subscribed>>, StoreError> {
        let timeout = self.timeout;
        tokio::time::timeout(timeout, self.fetch(asked)).await.unwrap_or_else(|_| {
            Err(StoreError::new(format!("the subscription store has not answered within {timeout:?}")))
        })
    }

    /// The URL as it was configured, for logs.
    pub(super) fn shown(&self) -> &str {
        self.url.as_str()
    }

    async fn fetch(&self, asked: &Asked) -> Result<Option<Arc<Subscribed>>, StoreError> {
        let url = self.url_of(asked);
        let mut request = self.client.get(url.clone()).header(ACCEPT, "application/json");
        if let Some(bearer) = &self.bearer {
            request = request.header(AUTHORIZATION, bearer.clone());
        }
        let response = request.send().await.map_err(unreachable)?;
        // A client of the application's own may follow redirects; where they lead is no place that was configured.
        let seen = response.url();
        if seen.origin() != url.origin() || seen.path() != url.path() || seen.query() != url.query() {
            return Err(StoreError::new("the subscription store has redirected"));
        }
        match response.status().as_u16() {
            200 => answer::read(&self.read(response).await?),
            204 => Ok(None),
            status => {
                Err(StoreError::new(format!("the subscription store has answered with status {status}")))
            }
        }
    }

    /// The question as a URL. Everything but letters and digits is escaped: no key can add a parameter, and no server reads a
    /// plus as a blank.
    fn url_of(&self, asked: &Asked) -> Url {
        let mut query = self.url.query().map(str::to_owned).unwrap_or_default();
        for (name, value) in [
            ("context", &asked.context),
            ("version", &asked.version),
            ("consumerKey", &asked.consumer_key),
            ("issuer", &asked.issuer),
        ] {
            let separator = if query.is_empty() { "" } else { "&" };
            let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
            // Writing to a string does not fail.
            let _ = write!(query, "{separator}{name}={value}");
        }
        let mut url = self.url.clone();
        url.set_query(Some(&query));
        url
    }

    async fn read(&self, mut response: Response) -> Result<Vec<u8>, StoreError> {
        let too_large = || {
            StoreError::new(format!(
                "the subscription store has answered with more than {} bytes",
                self.max_bytes
            ))
        };
        let most = u64::try_from(self.max_bytes).unwrap_or(u64::MAX);
        if response.content_length().is_some_and(|length| length > most) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > self.max_bytes {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Without the URL, which has the consumer key in it. The innermost cause is the one that tells.
fn unreachable(error: reqwest::Error) -> StoreError {
    let error = error.without_url();
    let mut text = format!("the subscription store cannot be reached: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a string does not fail.
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    StoreError::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumer_key_is_one_value_whatever_is_in_it() {
        let client = |url| StoreClient {
            client: Client::builder().tls_certs_only([]).build().unwrap(),
            url: Url::parse(url).unwrap(),
            bearer: None,
            timeout: Duration::from_secs(1),
            max_bytes: 1,
        };
        let url = |base, consumer_key: &str| {
            let asked = Asked {
                context: "/p/1.0".into(),
                version: "1.0".into(),
                issuer: "https://i".into(),
                consumer_key: consumer_key.into(),
            };
            client(base).url_of(&asked).to_string()
        };
        for (base, key, expected) in [
            (
                "http://[::1]/s",
                "Yj_U",
                "http://[::1]/s?context=%2Fp%2F1%2E0&version=1%2E0&consumerKey=Yj%5FU\
                 &issuer=https%3A%2F%2Fi",
            ),
            (
                "http://[::1]/s?a=b",
                "k",
                "http://[::1]/s?a=b&context=%2Fp%2F1%2E0&version=1%2E0&consumerKey=k\
                 &issuer=https%3A%2F%2Fi",
            ),
            (
                "http://[::1]/s",
                "a&issuer=b+c d#é\u{0}%41",
                "http://[::1]/s?context=%2Fp%2F1%2E0&version=1%2E0\
                 &consumerKey=a%26issuer%3Db%2Bc%20d%23%C3%A9%00%2541&issuer=https%3A%2F%2Fi",
            ),
        ] {
            assert_eq!(url(base, key), expected);
        }
    }
}
