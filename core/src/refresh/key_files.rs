//! The files that the keys of an issuer are read from, again and again.

#[cfg(feature = "watch")]
use std::path::Path;
use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::issuer::Issuer;
use crate::key_set::KeySet;
use crate::refresh::fetch_error::FetchError;
use crate::refresh::fetched_keys::FetchedKeys;
use crate::source::KeyOrigin;

/// The files of one issuer, and what was last read from them.
pub(crate) struct KeyFiles {
    issuer: Arc<Issuer>,
    last: Option<Arc<KeySet>>,
    /// A reading that outlived the time that it was given. No other begins beside it: on a file system that hangs, each would
    /// hold a thread.
    reading: Option<JoinHandle<Result<KeyOrigin, String>>>,
}

impl KeyFiles {
    pub(crate) fn new(issuer: &Issuer) -> Self {
        KeyFiles { issuer: Arc::new(issuer.clone()), last: None, reading: None }
    }

    #[cfg(feature = "watch")]
    pub(crate) fn paths(&self) -> Vec<&Path> {
        // Many issuers may have one store for that, and each watch is one of the few that a system gives to a user.
        if self.issuer.source.is_default_key() {
            return Vec::new();
        }
        self.issuer.source.paths()
    }

    /// Reads all of them. The caller bounds the time.
    pub(crate) async fn read(&mut self) -> Result<FetchedKeys, FetchError> {
        let issuer = self.issuer.clone();
        // A key store is opened with thousands of rounds of a hash: not work for a thread that serves requests.
        let begin = || tokio::task::spawn_blocking(move || KeyOrigin::of(&issuer));
        let origin = self.reading.get_or_insert_with(begin).await;
        self.reading = None;
        match origin.map_err(|_| FetchError::Panicked)? {
            Ok(KeyOrigin::Fixed(keys)) => Ok(self.known(keys)),
            Ok(_) => Err(FetchError::NotAKeySet),
            Err(message) => Err(FetchError::Source { message, retry_after: None }),
        }
    }

    /// Where the keys are what they were, they are the same set in memory.
    fn known(&mut self, keys: KeySet) -> FetchedKeys {
        let same = self.last.clone().filter(|last| last.is_same(&keys));
        let unchanged = same.is_some();
        let keys = same.unwrap_or_else(|| Arc::new(keys));
        self.last = Some(keys.clone());
        FetchedKeys { keys, max_age: None, unchanged }
    }
}
