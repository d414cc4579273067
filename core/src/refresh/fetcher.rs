//! One fetch of all keys of an issuer, wherever they are.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use crate::fetch_settings::FetchSettings;
use crate::key_source::KeySource;
use crate::refresh::fetch_error::FetchError;
use crate::refresh::fetched_keys::{FetchedKeys, check_usable};
use crate::refresh::key_files::KeyFiles;
#[cfg(feature = "jwks-client")]
use crate::refresh::remote::Remote;

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
    Files(Box<KeyFiles>),
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
            Place::Files(files) => files.paths(),
            Place::Custom(_) => Vec::new(),
            #[cfg(feature = "jwks-client")]
            Place::Remote(_) => Vec::new(),
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
            Place::Files(files) => files.read().await,
        }
    }
}
