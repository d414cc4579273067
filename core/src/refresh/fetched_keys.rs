//! Keys as they come from their place, before anything is said of when to come again.

use std::sync::Arc;
use std::time::Duration;

use crate::key_set::KeySet;
use crate::refresh::fetch_error::FetchError;

/// Keys that came, at least one of them usable, and for how long the answer says they are good.
#[derive(Debug)]
pub(crate) struct FetchedKeys {
    pub(crate) keys: Arc<KeySet>,
    pub(crate) max_age: Option<Duration>,
    /// Whether they are those of the last usable answer, to the byte: then they are the same set in memory.
    pub(crate) unchanged: bool,
}

/// Nothing takes the place of usable keys that is none: an issuer without a key signs nothing, so the answer is a mistake.
pub(crate) fn check_usable(keys: &KeySet) -> Result<(), FetchError> {
    if !keys.is_empty() {
        return Ok(());
    }
    let mut skipped = keys.skipped();
    Err(FetchError::NoUsableKey { skipped: skipped.len(), reason: skipped.next().unwrap_or("") })
}
