//! The wait for the first keys, before a server listens.

use std::fmt;
use std::sync::Arc;

use tokio::time::Instant;

use crate::fetch_settings::Start;
use crate::moment::Clock;
use crate::refresh::driver::Driven;

/// An issuer with [`Start::Fail`] had no keys when its first fetch ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysNotReady {
    issuer: Arc<str>,
    reason: Option<String>,
}

/// Waits for each of `driven` as its start says.
pub(crate) async fn ready<'d>(
    driven: impl Iterator<Item = &'d Driven>,
    clock: &dyn Clock,
) -> Result<(), KeysNotReady> {
    // All fetch at once, so all waits began at once: those of several issuers that are down do not add up.
    let begun = Instant::now();
    for driven in driven {
        let loaded = || driven.has_keys(clock.now());
        match driven.start_rule() {
            Start::Serve => {}
            Start::Wait(longest) => {
                // The time being up is no failure: the issuer is served as with `Start::Serve` from here on.
                let left = longest.saturating_sub(begun.elapsed());
                let _ = tokio::time::timeout(left, driven.until(|_| loaded())).await;
            }
            Start::Fail => {
                let ended = driven.until(|ended| ended > 0 || loaded()).await;
                if ended.is_err() || !loaded() {
                    return Err(KeysNotReady {
                        issuer: driven.issuer().clone(),
                        reason: driven.last_error(),
                    });
                }
            }
        }
    }
    Ok(())
}

impl KeysNotReady {
    /// The issuer whose keys could not be fetched.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
}

impl fmt::Display for KeysNotReady {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no keys could be fetched for issuer {:?}", self.issuer)?;
        self.reason.as_ref().map_or(Ok(()), |reason| write!(formatter, ": {reason}"))
    }
}

impl std::error::Error for KeysNotReady {}
