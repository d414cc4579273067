//! The key of tokens that name none, beside keys that are fetched.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;
use tracing::warn;

use crate::key::VerificationKey;
use crate::key_set::KeySet;
use crate::key_store::KeyStore;
use crate::refresh::fetched_keys::FetchedKeys;

/// The default key of one issuer, read anew from its store with each fetch, and put beside the keys that the fetch brings.
///
/// It goes into the set that is put in place, and so counts for requests as every key does: all at once, until the next set.
/// Whatever is wrong with the store stops no fetch, since the fetched keys have nothing to do with it.
pub(crate) struct DefaultKey {
    issuer: Arc<str>,
    store: Arc<KeyStore>,
    /// As it was last read; none where the store has no such alias.
    key: Option<VerificationKey>,
    /// No other begins beside it: on a file system that hangs, each would hold a thread.
    reading: Option<Reading>,
    /// What was last told of a store that cannot be read.
    told: Option<String>,
    last: Option<Whole>,
}

type Reading = JoinHandle<Result<Option<VerificationKey>, String>>;

/// A set that was fetched, and the one with the default key.
struct Whole {
    fetched: Arc<KeySet>,
    keys: Arc<KeySet>,
}

impl DefaultKey {
    /// Reads the store. The error names it, and never its password.
    pub(crate) fn new(issuer: Arc<str>, store: &KeyStore) -> Result<Self, String> {
        let key = store.default_key()?;
        Ok(DefaultKey { issuer, store: Arc::new(store.clone()), key, reading: None, told: None, last: None })
    }

    /// Begins to read the store, which may have changed since it was last read.
    pub(crate) fn begin(&mut self) {
        // One that has ended is of a fetch that brought no keys, and the file may be another since.
        if self.reading.as_ref().is_none_or(JoinHandle::is_finished) {
            let store = self.store.clone();
            // A key store is opened with thousands of rounds of a hash: not work for a thread that serves requests.
            self.reading = Some(spawn_blocking(move || store.default_key()));
        }
    }

    /// The default key beside the keys that were fetched, once it is read. What cannot be read `within` this time leaves it as it was.
    pub(crate) async fn beside(&mut self, fetched: FetchedKeys, within: Duration) -> FetchedKeys {
        if let Some(reading) = &mut self.reading {
            let read = timeout(within, reading).await;
            if read.is_ok() {
                self.reading = None;
            }
            match read {
                Ok(Ok(Ok(key))) => (self.key, self.told) = (key, None),
                Ok(Ok(Err(error))) => self.keep(error),
                Ok(Err(_)) => self.keep("its reader panicked".to_owned()),
                Err(_) => self.keep("its store is not read in time".to_owned()),
            }
        }
        self.put_beside(fetched)
    }

    fn keep(&mut self, error: String) {
        if self.told.as_ref() != Some(&error) {
            warn!(target: "claimgate", issuer = &*self.issuer, "the default key stays as it was: {error}");
            self.told = Some(error);
        }
    }

    /// Where both are what they were, they are the same set in memory.
    fn put_beside(&mut self, fetched: FetchedKeys) -> FetchedKeys {
        let is_same = |last: &&Whole| {
            let keys = (last.keys.default_key(), &self.key);
            let has_same = match keys {
                (Some(before), Some(now)) => before.is_same(now),
                (before, now) => before.is_none() && now.is_none(),
            };
            has_same && Arc::ptr_eq(&last.fetched, &fetched.keys)
        };
        if let Some(last) = self.last.as_ref().filter(is_same) {
            return FetchedKeys { keys: last.keys.clone(), ..fetched };
        }
        let keys = Arc::new(fetched.keys.with_default(self.key.clone()));
        self.last = Some(Whole { fetched: fetched.keys, keys: keys.clone() });
        FetchedKeys { keys, unchanged: false, ..fetched }
    }
}

#[cfg(test)]
mod tests;
