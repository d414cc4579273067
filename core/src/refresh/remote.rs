//! The remote key set of one issuer: where it is, and how it is fetched.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use crate::fetch_settings::FetchSettings;
use crate::key_set::{KeySet, KeySetError};
use crate::refresh::client::JwksClient;
use crate::refresh::discovery::discover;
use crate::refresh::fetch_error::FetchError;

/// Fetches the keys of one issuer.
pub(crate) struct Remote {
    pub(crate) issuer: Arc<str>,
    pub(crate) settings: FetchSettings,
    client: JwksClient,
    place: Place,
}

enum Place {
    JwksUri(Url),
    Discovery { issuer: Url, found: Option<Url> },
}

/// Keys that came, and for how long the answer says they are good.
pub(crate) struct FetchedKeys {
    pub(crate) keys: KeySet,
    pub(crate) max_age: Option<Duration>,
}

impl Remote {
    /// Checks where the keys are to come from. The error quotes what was configured.
    pub(crate) fn new(
        issuer: Arc<str>,
        jwks_uri: Option<&str>,
        settings: &FetchSettings,
    ) -> Result<Self, String> {
        let (key, text) = match jwks_uri {
            Some(jwks_uri) => ("jwks_uri", jwks_uri),
            None => ("discovery from issuer", &*issuer),
        };
        let url = Url::parse(text).map_err(|error| format!("{key} {text:?} is not a URL: {error}"))?;
        if !is_safe_scheme(&url, settings.allow_insecure_http) {
            return Err(format!("{key} {text:?}: https only, except from loopback"));
        }
        let client = JwksClient::new(settings, &url)?;
        let place = match jwks_uri {
            Some(_) => Place::JwksUri(url),
            None => Place::Discovery { issuer: url, found: None },
        };
        Ok(Remote { issuer, settings: settings.clone(), client, place })
    }

    /// Fetches once, within the time limit.
    pub(crate) async fn fetch(&mut self) -> Result<FetchedKeys, FetchError> {
        let limit = self.settings.timeout;
        let result = tokio::time::timeout(limit, self.fetch_unbounded()).await;
        result.unwrap_or(Err(FetchError::TimedOut(limit)))
    }

    async fn fetch_unbounded(&mut self) -> Result<FetchedKeys, FetchError> {
        let url = match &mut self.place {
            Place::JwksUri(url) => url,
            // Looked up each time: where an issuer has moved its keys, the old place may go on to answer with old ones.
            Place::Discovery { issuer, found } => {
                match discover(&self.client, &self.issuer, issuer, &self.settings).await {
                    Ok(url) => found.insert(url),
                    Err(error) => found.as_mut().filter(|_| error.is_outage()).ok_or(error)?,
                }
            }
        };
        let document = self.client.get(url).await?;
        let text = str::from_utf8(&document.body).map_err(|_| FetchError::NotAKeySet)?;
        let most = self.settings.max_keys;
        let keys = KeySet::from_jwks_of_at_most(text, most).map_err(|error| match error {
            KeySetError::TooManyKeys => FetchError::TooManyKeys(most),
            KeySetError::NotAKeySet => FetchError::NotAKeySet,
        })?;
        // Never in the place of usable keys: an issuer without a key signs nothing, so the answer is a mistake.
        if keys.is_empty() {
            let skipped = keys.skipped();
            return Err(FetchError::NoUsableKey {
                skipped: skipped.len(),
                reason: keys.skipped().next().unwrap_or(""),
            });
        }
        Ok(FetchedKeys { keys, max_age: document.max_age })
    }
}

/// https, or http where nobody sits on the way, or where the configuration says so.
pub(crate) fn is_safe_scheme(url: &Url, allow_insecure_http: bool) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => allow_insecure_http || is_loopback(url),
        _ => false,
    }
}

/// 127.0.0.0/8, `[::1]` and `localhost`, which "always resolves to the loopback address" (RFC 6761, section 6.3).
pub(crate) fn is_loopback(url: &Url) -> bool {
    match host(url) {
        Ok(address) => address.is_loopback(),
        Err(name) => name.eq_ignore_ascii_case("localhost"),
    }
}

/// Whether a connection to `url` may end on this machine: loopback, and what else systems take for it. Wider than
/// [`is_loopback`], which says what plain http is safe for.
pub(crate) fn may_be_this_machine(url: &Url) -> bool {
    match host(url) {
        Ok(address) => {
            let address = address.to_canonical();
            address.is_loopback() || address.is_unspecified()
        }
        // With a dot at its end it is the same name, and names below it are loopback too.
        Err(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

fn host(url: &Url) -> Result<IpAddr, &str> {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.parse().map_err(|_| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback() {
        for (url, good) in [
            ("https://a.example/jwks", true),
            ("http://127.0.0.1:80/jwks", true),
            ("http://127.9.9.9/jwks", true),
            ("http://[::1]:80/jwks", true),
            ("http://localhost/jwks", true),
            ("http://LOCALHOST/jwks", true),
            ("http://a.example/jwks", false),
            ("http://localhost.a.example/jwks", false),
            ("http://127.0.0.1.a.example/jwks", false),
            ("http://[::ffff:10.0.0.1]/jwks", false),
            ("http://0.0.0.0/jwks", false),
            ("ftp://127.0.0.1/jwks", false),
        ] {
            assert_eq!(is_safe_scheme(&Url::parse(url).unwrap(), false), good, "{url}");
        }
    }
}
