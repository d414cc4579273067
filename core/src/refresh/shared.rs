//! What requests, operators and the task of one issuer share.

use std::hash::RandomState;
#[cfg(feature = "watch")]
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::certificate_warning::CertificateWarning;
use crate::fetch_settings::Start;
use crate::key_demand::FetcherGone;
use crate::live_keys::{Lifetime, LiveKeys};
use crate::meters::IssuerMeters;
use crate::moment::{Clock, Moment};
use crate::refresh::engine::Engine;
use crate::refresh::fetch_error::FetchError;

/// What requests, operators and the task of one issuer share.
///
/// The engine is behind a mutex that is held for the length of a state change, never across a fetch, and never by a
/// request whose key is known. `ended` counts up as fetches end; its sender lives in the task, so that whoever waits is
/// woken when the task is gone, however it went.
pub(crate) struct Shared {
    pub(crate) issuer: Arc<str>,
    pub(crate) keys: Arc<LiveKeys>,
    pub(crate) meters: IssuerMeters,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) start: Start,
    /// How long fetched keys serve beyond their refresh; none where they do not age.
    pub(crate) stale_for: Option<Duration>,
    pub(crate) interval: Duration,
    pub(crate) engine: Mutex<Engine>,
    pub(crate) warning: Mutex<CertificateWarning>,
    pub(crate) last_error: Mutex<Option<FetchError>>,
    pub(crate) wake: Notify,
    /// Files have changed since they were last read.
    #[cfg(feature = "watch")]
    pub(crate) changed: AtomicBool,
    /// Tells a fetch in flight that nobody wants it any more.
    pub(crate) dropped: Notify,
    pub(crate) ended: watch::Receiver<u64>,
    pub(crate) waiting: AtomicUsize,
    pub(crate) hasher: RandomState,
}

impl Shared {
    pub(crate) fn engine(&self) -> MutexGuard<'_, Engine> {
        // A state change runs to its end or not at all: whatever panicked elsewhere, the engine is whole.
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn warning(&self) -> MutexGuard<'_, CertificateWarning> {
        self.warning.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn last_error(&self) -> Option<String> {
        let error = self.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        error.as_ref().map(FetchError::to_string)
    }

    pub(crate) fn note_error(&self, error: Option<FetchError>) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    pub(crate) fn lifetime(&self, loaded: Moment, fresh_for: Duration) -> Lifetime {
        // What does not age is as if it could be stale for ever.
        Lifetime { loaded, fresh_for, stale_for: self.stale_for.unwrap_or(Duration::MAX) }
    }

    pub(crate) async fn until(&self, is_enough: impl Fn(u64) -> bool) -> Result<(), FetcherGone> {
        let mut ended = self.ended.clone();
        ended.wait_for(|ended| is_enough(*ended)).await.map(drop).map_err(|_| FetcherGone)
    }
}
