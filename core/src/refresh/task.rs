//! The task of one issuer: fetches when the engine says so, puts keys in place and tells who waits.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
#[cfg(feature = "watch")]
use std::sync::atomic::Ordering;
use std::task::Poll;
#[cfg(feature = "watch")]
use std::time::Duration;

use tokio::sync::watch;
use tracing::{Instrument, info, info_span, warn};

#[cfg(feature = "watch")]
use crate::key_set::KeySet;
use crate::refresh::engine::{Outcome, Step};
use crate::refresh::fetch_error::FetchError;
use crate::refresh::fetched_keys::FetchedKeys;
use crate::refresh::fetcher::Fetcher;
use crate::refresh::shared::Shared;

pub(crate) async fn run(mut fetcher: Fetcher, shared: Arc<Shared>, ended: watch::Sender<u64>) {
    #[cfg(feature = "watch")]
    let mut settling = Settling::default();
    loop {
        #[cfg(feature = "watch")]
        if shared.changed.load(Ordering::Relaxed) {
            settling.settle(shared.keys.snapshot().keys().cloned(), shared.last_error()).await;
            // What changes from the reading on is another change.
            shared.changed.store(false, Ordering::Relaxed);
            let _ = shared.engine().refresh_now();
        }
        // Before the engine is asked: a set that is pinned between its answer and the fetch is heard of all the same.
        let mut dropped = pin!(shared.dropped.notified());
        dropped.as_mut().enable();
        let step = shared.engine().step(shared.clock.now());
        match step {
            Step::Sleep(duration) => {
                // Also what was dropped has ended.
                let settled = shared.engine().settled();
                ended.send_if_modified(|ended| std::mem::replace(ended, settled) != settled);
                // Elapsed or woken, the engine says what follows.
                let _ = tokio::time::timeout(duration, shared.wake.notified()).await;
                shared.tell();
            }
            Step::Fetch { generation } => {
                let span = info_span!(target: "claimgate", "fetch_keys", issuer = &*shared.issuer);
                let mut fetch = pin!(fetcher.fetch().instrument(span));
                let answer = poll_fn(|context| match dropped.as_mut().poll(context) {
                    Poll::Ready(()) => Poll::Ready(None),
                    Poll::Pending => fetch.as_mut().poll(context).map(Some),
                });
                match answer.await {
                    Some(Ok(keys)) => shared.put_in_place(generation, &keys),
                    Some(Err(error)) => shared.note_failure(generation, error),
                    None => shared.engine().abandoned(generation),
                }
                // Before those who wait: whoever hears that the fetch has ended finds it told.
                shared.tell();
                ended.send_replace(generation);
            }
        }
    }
}

impl Shared {
    fn tell(&self) {
        self.keys.tell(&self.meters, self.clock.now());
    }

    fn put_in_place(&self, generation: u64, fetched: &FetchedKeys) {
        let (issuer, now) = (&*self.issuer, self.clock.now());
        let mut engine = self.engine();
        let outcome = Outcome::Keys { max_age: fetched.max_age };
        let Some(fresh) = engine.ended(generation, outcome, now, chance()) else { return };
        let keys = &fetched.keys;
        // Under the lock of the engine: who asks it has either seen these keys or is told that they are there.
        let lifetime = self.lifetime(fresh.since, fresh.lasting);
        self.keys.replace(generation, keys.clone(), Some(lifetime));
        let next = engine.next_attempt(now);
        drop(engine);
        self.note_error(None);
        let (usable, skipped, reason) = (keys.keys().len(), keys.skipped().len(), keys.skipped().next());
        let unchanged = fetched.unchanged;
        self.meters.fetched(if unchanged { "unchanged" } else { "fetched" });
        // Of files that have not changed nothing is said: the log may be a file beside them, and each line a change.
        if !(unchanged && self.stale_for.is_none()) {
            info!(target: "claimgate", issuer, usable, skipped, reason, unchanged, ?next, "keys fetched");
        }
        let private = keys.private_keys();
        if private > 0 {
            warn!(target: "claimgate", issuer, private, "the issuer publishes private keys");
        }
        self.warning().tell(issuer, keys, now);
    }

    fn note_failure(&self, generation: u64, error: FetchError) {
        let (issuer, now) = (&*self.issuer, self.clock.now());
        let outcome = Outcome::Failed { retry_after: error.retry_after() };
        let next = {
            let mut engine = self.engine();
            engine.ended(generation, outcome, now, chance());
            engine.next_attempt(now)
        };
        let cause = error.label();
        self.meters.fetched(cause);
        warn!(target: "claimgate", issuer, cause, ?next, "keys could not be fetched: {error}");
        self.note_error(Some(error));
    }
}

/// A random number from 0 to 1; 0 where there is no randomness, which only costs the jitter.
fn chance() -> f64 {
    let mut bytes = [0; 4];
    match aws_lc_rs::rand::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.0,
    }
}

/// How long to wait between a change and the reading: whoever writes one file mostly writes more. Where the changes are not
/// of the keys, as where a log is written beside them, the wait grows.
#[cfg(feature = "watch")]
#[derive(Default)]
struct Settling {
    read: (Option<Arc<KeySet>>, Option<String>),
    in_vain: u32,
}

#[cfg(feature = "watch")]
impl Settling {
    /// Waits, knowing that `keys` and `error` are what came of the last reading.
    async fn settle(&mut self, keys: Option<Arc<KeySet>>, error: Option<String>) {
        let same_keys = self.read.0.as_ref().zip(keys.as_ref()).is_some_and(|(a, b)| Arc::ptr_eq(a, b));
        let is_same = same_keys && self.read.1 == error;
        self.in_vain = if is_same { self.in_vain.saturating_add(1) } else { 0 };
        self.read = (keys, error);
        let wait = SETTLE.saturating_mul(1 << self.in_vain.min(10));
        tokio::time::sleep(wait.min(LONGEST_SETTLE)).await;
    }
}

#[cfg(feature = "watch")]
const SETTLE: Duration = Duration::from_millis(50);
#[cfg(feature = "watch")]
const LONGEST_SETTLE: Duration = Duration::from_secs(5);
