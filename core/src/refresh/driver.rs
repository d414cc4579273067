//! Does what the engine decides: one task for each issuer, which fetches, puts keys in place and tells who waits.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::fetch_settings::Start;
use crate::key_demand::{Demand, FetcherGone, KeyDemand, Miss};
use crate::live_keys::LiveKeys;
use crate::moment::{Clock, Moment};
use crate::refresh::engine::{Answer, Engine, Outcome, Step, Wanted};
use crate::refresh::remote::Remote;

/// The tasks that fetch keys. They end with it.
pub(crate) struct Driver {
    runtime: Option<Handle>,
    clock: Arc<dyn Clock>,
    issuers: Vec<Driven>,
}

struct Driven {
    shared: Arc<Shared>,
    keys: Arc<LiveKeys>,
    start: Start,
    task: AbortHandle,
}

/// What requests and the task of one issuer share.
///
/// The engine is behind a mutex that is held for the length of a state change, never across a fetch, and never by a
/// request whose key is known. `ended` counts up as fetches end; its sender lives in the task, so that whoever waits is
/// woken when the task is gone, however it went.
struct Shared {
    issuer: Arc<str>,
    engine: Mutex<Engine>,
    wake: Notify,
    ended: watch::Receiver<u64>,
    waiting: AtomicUsize,
    hasher: RandomState,
}

/// An issuer with [`Start::Fail`] had no keys when its first fetch ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysNotReady {
    issuer: Arc<str>,
}

impl Driver {
    pub(crate) fn new(runtime: Option<Handle>, clock: Arc<dyn Clock>) -> Self {
        Driver { runtime, clock, issuers: Vec::new() }
    }

    /// Begins to fetch the keys of `remote` into `keys`. Without a runtime nobody fetches, and every demand is refused.
    pub(crate) fn drive(&mut self, remote: Remote, keys: Arc<LiveKeys>) -> Arc<dyn KeyDemand> {
        let (ended, watched) = watch::channel(0);
        let shared = Arc::new(Shared {
            issuer: remote.issuer.clone(),
            engine: Mutex::new(Engine::new(&remote.settings, self.clock.now())),
            wake: Notify::new(),
            ended: watched,
            waiting: AtomicUsize::new(0),
            hasher: RandomState::new(),
        });
        if let Some(runtime) = &self.runtime {
            let start = remote.settings.start;
            let task = run(remote, shared.clone(), keys.clone(), ended, self.clock.clone());
            let task = runtime.spawn(task).abort_handle();
            self.issuers.push(Driven { shared: shared.clone(), keys, start, task });
        }
        Arc::new(Bell(shared))
    }

    pub(crate) async fn ready(&self) -> Result<(), KeysNotReady> {
        // All fetch at once, so all waits began at once: those of several issuers that are down do not add up.
        let begun = Instant::now();
        for driven in &self.issuers {
            let loaded = || driven.keys.snapshot().usable(self.clock.now()).is_some();
            match driven.start {
                Start::Serve => {}
                Start::Wait(longest) => {
                    // The time being up is no failure: the issuer is served as with `Start::Serve` from here on.
                    let left = longest.saturating_sub(begun.elapsed());
                    let _ = tokio::time::timeout(left, driven.shared.until(|_| loaded())).await;
                }
                Start::Fail => {
                    let ended = driven.shared.until(|ended| ended > 0).await;
                    if ended.is_err() || !loaded() {
                        return Err(KeysNotReady { issuer: driven.shared.issuer.clone() });
                    }
                }
            }
        }
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.issuers.iter().for_each(|issuer| issuer.task.abort());
    }
}

impl Shared {
    fn engine(&self) -> MutexGuard<'_, Engine> {
        // A state change runs to its end or not at all: whatever panicked elsewhere, the engine is whole.
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the count of ended fetches meets `is_enough`.
    async fn until(&self, is_enough: impl Fn(u64) -> bool) -> Result<(), FetcherGone> {
        let mut ended = self.ended.clone();
        ended.wait_for(|ended| is_enough(*ended)).await.map(drop).map_err(|_| FetcherGone)
    }
}

/// What a request rings when it misses a key.
struct Bell(Arc<Shared>);

impl KeyDemand for Bell {
    fn demand(&self, miss: Miss<'_>, now: Moment) -> Demand {
        let Bell(shared) = self;
        let wanted = Wanted(shared.hasher.hash_one((miss.kind, miss.key_id)));
        // Each who waits holds a connection: beyond this many, coming again is better for everybody.
        if shared.waiting.load(Ordering::Relaxed) >= MOST_WAITING {
            return Demand::Busy { retry_after: RETRY_SOON };
        }
        let answer = shared.engine().demand(miss.kind, wanted, miss.seen, now);
        match answer {
            Answer::AlreadyThere => Demand::AlreadyThere,
            Answer::Refused { retry_after } => Demand::Refused { retry_after },
            Answer::Await { generation, conclusive } => {
                shared.wake.notify_one();
                let place = Place::take(shared);
                let fetched = Box::pin(async move { place.0.until(|ended| ended >= generation).await });
                Demand::Awaited { fetched, conclusive }
            }
        }
    }
}

/// One of the places to wait in, given back when dropped.
struct Place(Arc<Shared>);

impl Place {
    fn take(shared: &Arc<Shared>) -> Self {
        shared.waiting.fetch_add(1, Ordering::Relaxed);
        Place(shared.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn run(
    mut remote: Remote,
    shared: Arc<Shared>,
    keys: Arc<LiveKeys>,
    ended: watch::Sender<u64>,
    clock: Arc<dyn Clock>,
) {
    loop {
        let step = shared.engine().step(clock.now());
        match step {
            Step::Sleep(duration) => {
                // Elapsed or woken, the engine says what follows.
                let _ = tokio::time::timeout(duration, shared.wake.notified()).await;
            }
            Step::Fetch { generation } => {
                fetch(&mut remote, &shared, &keys, generation, &*clock).await;
                ended.send_replace(generation);
            }
        }
    }
}

async fn fetch(remote: &mut Remote, shared: &Shared, keys: &LiveKeys, generation: u64, clock: &dyn Clock) {
    let fetched = remote.fetch().await;
    let now = clock.now();
    let issuer = &*shared.issuer;
    match fetched {
        Ok(fetched) => {
            let outcome = Outcome::Keys { max_age: fetched.max_age };
            let mut engine = shared.engine();
            let Some(fresh) = engine.ended(generation, outcome, now, chance()) else { return };
            let (usable, skipped) = (fetched.keys.keys().len(), fetched.keys.skipped().len());
            let (private, reason) = (fetched.keys.private_keys(), fetched.keys.skipped().next());
            // Under the lock of the engine: who asks it has either seen these keys or is told that they are there.
            keys.replace(generation, fetched.keys, fresh.since, fresh.lasting, remote.settings.stale_for);
            let next = engine.next_attempt(now);
            drop(engine);
            let unchanged = fetched.unchanged;
            info!(target: "claimgate", issuer, usable, skipped, reason, unchanged, ?next, "keys fetched");
            if private > 0 {
                warn!(target: "claimgate", issuer, private, "the issuer publishes private keys");
            }
        }
        Err(error) => {
            let outcome = Outcome::Failed { retry_after: error.retry_after() };
            let next = {
                let mut engine = shared.engine();
                engine.ended(generation, outcome, now, chance());
                engine.next_attempt(now)
            };
            let cause = error.label();
            warn!(target: "claimgate", issuer, cause, ?next, "keys could not be fetched: {error}");
        }
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

const MOST_WAITING: usize = 1_024;
const RETRY_SOON: Duration = Duration::from_secs(1);

impl KeysNotReady {
    /// The issuer whose keys could not be fetched; the log says why.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
}

impl fmt::Display for KeysNotReady {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no keys could be fetched for issuer {:?}", self.issuer)
    }
}

impl std::error::Error for KeysNotReady {}
