//! One fetch of all keys of an issuer, wherever they are.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use crate::fetch_settings::FetchSettings;
use crate::issuer::Issuer;
use crate::key_source::KeySource;
use crate::refresh::fetch_error::FetchError;
use crate::refresh::fetched_keys::{FetchedKeys, check_usable};
#[cfg(feature = "jwks-client")]
use crate::refresh::remote::Remote;
use crate::source::KeyOrigin;

/// Fetches the keys of one issuer.
pub(crate) struct Fetcher {
    pub(crate) issuer: Arc<str>,
    pub(crate) settings: FetchSettings,
    pub(crate) place: Place,
}

/// Where the keys are.
pub(crate) enum Place {
    #[cfg(feature = "jwks-client")]
    Remote(Box<Remote>),
    Custom(Arc<dyn KeySource>),
    /// The files that this issuer names.
    Files(Box<Issuer>),
}

impl Fetcher {
    /// Whether keys that cannot be fetched again grow too old to serve. Files that cannot be read are a mistake of whoever
    /// writes them, and the keys that they held are still what was configured.
    pub(crate) fn ages(&self) -> bool {
        !matches!(self.place, Place::Files(_))
    }

    /// The files that are read, if files are.
    #[cfg(feature = "watch")]
    pub(crate) fn paths(&self) -> Vec<&std::path::Path> {
        match &self.place {
            Place::Files(issuer) => issuer.source.paths(),
            _ => Vec::new(),
        }
    }

    /// Fetches once, within the time limit. Whatever goes wrong is an error, also a panic: the task that fetches has to live.
    pub(crate) async fn fetch(&mut self) -> Result<FetchedKeys, FetchError> {
        let limit = self.settings.timeout;
        let mut fetch = pin!(self.place.fetch());
        let careful = poll_fn(|context| {
            let poll = catch_unwind(AssertUnwindSafe(|| fetch.as_mut().poll(context)));
            poll.unwrap_or(Poll::Ready(Err(FetchError::Panicked)))
        });
        tokio::time::timeout(limit, careful).await.unwrap_or(Err(FetchError::TimedOut(limit)))
    }
}

impl Place {
    async fn fetch(&mut self) -> Result<FetchedKeys, FetchError> {
        match self {
            #[cfg(feature = "jwks-client")]
            Place::Remote(remote) => remote.fetch().await,
            Place::Custom(source) => {
                let loaded = source.load().await.map_err(|error| FetchError::Source {
                    message: error.message,
                    retry_after: error.retry_after,
                })?;
                check_usable(&loaded.keys)?;
                Ok(FetchedKeys { keys: Arc::new(loaded.keys), max_age: loaded.max_age, unchanged: false })
            }
            Place::Files(issuer) => {
                let issuer = issuer.clone();
                // A key store is opened with thousands of rounds of a hash: not work for a thread that serves requests.
                let read = tokio::task::spawn_blocking(move || KeyOrigin::of(&issuer)).await;
                match read.map_err(|_| FetchError::Panicked)? {
                    Ok(KeyOrigin::Fixed(keys)) => {
                        Ok(FetchedKeys { keys: Arc::new(keys), max_age: None, unchanged: false })
                    }
                    Ok(_) => Err(FetchError::NotAKeySet),
                    Err(message) => Err(FetchError::Source { message, retry_after: None }),
                }
            }
        }
    }
}
