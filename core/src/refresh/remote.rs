//! The remote key set of one issuer: where it is, and how it is fetched.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{Digest, SHA256, digest};
use reqwest::Url;

use crate::fetch_settings::FetchSettings;
use crate::key_set::{KeySet, KeySetError};
use crate::refresh::client::{Answer, JwksClient};
use crate::refresh::client_pool::{ClientPool, Tls};
use crate::refresh::discovery::discover;
use crate::refresh::entity_tag::EntityTag;
use crate::refresh::fetch_error::FetchError;
use crate::refresh::fetched_keys::{FetchedKeys, check_usable};
use crate::refresh::host::{is_loopback, is_safe_scheme};

/// Fetches the keys of one issuer.
pub(crate) struct Remote {
    pub(crate) issuer: Arc<str>,
    pub(crate) settings: FetchSettings,
    client: JwksClient,
    place: Place,
    last: Option<LastAnswer>,
}

enum Place {
    JwksUri(Url),
    Discovery { issuer: Url, found: Option<Url> },
}

/// The last usable answer, and what it takes to know it again.
struct LastAnswer {
    url: Url,
    tag: Option<EntityTag>,
    body: Digest,
    max_age: Option<Duration>,
    keys: Arc<KeySet>,
}

impl Remote {
    /// Checks where the keys are to come from. The error quotes what was configured.
    pub(crate) fn new(
        issuer: Arc<str>,
        jwks_uri: Option<&str>,
        settings: &FetchSettings,
        pool: &ClientPool,
    ) -> Result<Self, String> {
        let (key, text) = match jwks_uri {
            Some(jwks_uri) => ("jwks_uri", jwks_uri),
            None => ("discovery from issuer", &*issuer),
        };
        let url = Url::parse(text).map_err(|error| format!("{key} {text:?} is not a URL: {error}"))?;
        if !is_safe_scheme(&url, settings) {
            return Err(match &settings.proxy {
                Some(proxy) if is_loopback(&url) => {
                    format!("{key} {text:?}: https only, since proxy {proxy} is not loopback")
                }
                _ => format!("{key} {text:?}: https only, except from loopback"),
            });
        }
        let tls = match (url.scheme(), jwks_uri) {
            ("http", Some(_)) => Tls::Never,
            ("http", None) => Tls::Possible,
            _ => Tls::Needed,
        };
        let client = JwksClient::new(&issuer, settings, tls, pool)?;
        client.check(&url).map_err(|forbidden| format!("{key} {text:?}: {forbidden}"))?;
        let place = match jwks_uri {
            Some(_) => Place::JwksUri(url),
            None => Place::Discovery { issuer: url, found: None },
        };
        Ok(Remote { issuer, settings: settings.clone(), client, place, last: None })
    }

    /// What was in the files that its client was made of, as a digest.
    pub(crate) fn files(&self) -> Option<[u8; 32]> {
        self.client.files()
    }

    /// Fetches once. The caller bounds the time.
    pub(crate) async fn fetch(&mut self) -> Result<FetchedKeys, FetchError> {
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
        // A tag means something to the place that gave it, and to no other.
        let known = self.last.as_ref().filter(|last| last.url == *url);
        let document = match known.and_then(|last| Some((last, last.tag.as_ref()?))) {
            None => self.client.get(url).await?,
            Some((last, tag)) => match self.client.get_unless(url, tag).await? {
                Answer::Document(document) => document,
                // What the answer leaves out stays as it was (RFC 9111, section 3.2).
                Answer::NotModified { max_age } => return Ok(last.again(max_age.or(last.max_age))),
            },
        };
        let body = digest(&SHA256, &document.body);
        let same = self.last.as_ref().filter(|last| last.body.as_ref() == body.as_ref());
        let (keys, unchanged) = match same {
            Some(last) => (last.keys.clone(), true),
            None => (Arc::new(read(&document.body, self.settings.max_keys)?), false),
        };
        let max_age = document.max_age;
        self.last =
            Some(LastAnswer { url: url.clone(), tag: document.tag, body, max_age, keys: keys.clone() });
        Ok(FetchedKeys { keys, max_age, unchanged })
    }
}

impl LastAnswer {
    fn again(&self, max_age: Option<Duration>) -> FetchedKeys {
        FetchedKeys { keys: self.keys.clone(), max_age, unchanged: true }
    }
}

/// The keys of a fetched document, of which at least one is usable.
fn read(body: &[u8], most: usize) -> Result<KeySet, FetchError> {
    let text = str::from_utf8(body).map_err(|_| FetchError::NotAKeySet)?;
    let keys = KeySet::from_jwks_of_at_most(text, most).map_err(|error| match error {
        KeySetError::TooManyKeys => FetchError::TooManyKeys(most),
        KeySetError::NotAKeySet => FetchError::NotAKeySet,
    })?;
    check_usable(&keys)?;
    Ok(keys)
}

#[cfg(test)]
mod tests;
