//! Who may change what is trusted: one at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::live_keys::Overrides;
use crate::moment::Clock;
#[cfg(feature = "jwks-client")]
use crate::refresh::ClientPool;

/// What everything that is trusted hangs on, and what outlives a reload. Requests do not come here but for the clock.
///
/// What operators have said of an issuer is kept by its name: it holds also when the issuer is described anew, or taken out
/// and put back.
pub(crate) struct Control {
    pub(crate) clock: Arc<dyn Clock>,
    #[cfg(feature = "refresh")]
    pub(crate) runtime: Option<tokio::runtime::Handle>,
    /// What keys are fetched with, for all issuers.
    #[cfg(feature = "jwks-client")]
    pub(crate) clients: ClientPool,
    overrides: Mutex<HashMap<Arc<str>, Overrides>>,
    reloading: Mutex<()>,
}

/// The right to change what is trusted, held while it is changed.
pub(crate) type Changing<'a> = MutexGuard<'a, HashMap<Arc<str>, Overrides>>;

impl Control {
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        #[cfg(feature = "refresh")] runtime: Option<tokio::runtime::Handle>,
    ) -> Self {
        Control {
            clock,
            #[cfg(feature = "refresh")]
            runtime,
            #[cfg(feature = "jwks-client")]
            clients: ClientPool::default(),
            overrides: Mutex::default(),
            reloading: Mutex::default(),
        }
    }

    /// Waits for whoever reloads now. Held while files are read, which levers do not wait for.
    pub(crate) fn reload(&self) -> MutexGuard<'_, ()> {
        self.reloading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for whoever changes something now. Never held across an await or a fetch.
    pub(crate) fn change(&self) -> Changing<'_> {
        // Each override is assigned whole, so a panic elsewhere leaves none half said.
        self.overrides.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
