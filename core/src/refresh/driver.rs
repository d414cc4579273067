//! Does what the engine decides: one task for each issuer, which fetches, puts keys in place and tells who waits.

use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
#[cfg(feature = "watch")]
use std::sync::atomic::AtomicBool;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tracing::{Instrument, info, info_span, warn};

use crate::control::Control;
use crate::fetch_settings::Start;
use crate::key_demand::{Demand, FetcherGone, KeyDemand, Miss};
use crate::key_set::KeySet;
use crate::live_keys::{Lifetime, LiveKeys};
use crate::meters::IssuerMeters;
use crate::moment::{Clock, Moment};
use crate::refresh::engine::{Answer, Engine, Outcome, Step, Wanted};
use crate::refresh::fetch_error::FetchError;
use crate::refresh::fetched_keys::FetchedKeys;
use crate::refresh::fetcher::Fetcher;
#[cfg(feature = "watch")]
use crate::watch::FileWatch;

/// The task that fetches the keys of one issuer. It ends with it.
pub(crate) struct Driven {
    shared: Arc<Shared>,
    task: Option<AbortHandle>,
    /// Asks for a fetch when files have changed.
    #[cfg(feature = "watch")]
    _watch: Option<FileWatch>,
}

/// What requests, operators and the task of one issuer share.
///
/// The engine is behind a mutex that is held for the length of a state change, never across a fetch, and never by a
/// request whose key is known. `ended` counts up as fetches end; its sender lives in the task, so that whoever waits is
/// woken when the task is gone, however it went.
struct Shared {
    issuer: Arc<str>,
    keys: Arc<LiveKeys>,
    meters: IssuerMeters,
    clock: Arc<dyn Clock>,
    start: Start,
    /// How long fetched keys serve beyond their refresh; none where they do not age.
    stale_for: Option<Duration>,
    interval: Duration,
    engine: Mutex<Engine>,
    last_error: Mutex<Option<FetchError>>,
    wake: Notify,
    /// Files have changed since they were last read.
    #[cfg(feature = "watch")]
    changed: AtomicBool,
    /// Tells a fetch in flight that nobody wants it any more.
    dropped: Notify,
    ended: watch::Receiver<u64>,
    waiting: AtomicUsize,
    hasher: RandomState,
}

impl Driven {
    /// Begins to fetch into `keys`, first `after` a time. Without a runtime nobody fetches, and every demand is refused.
    pub(crate) fn start(
        fetcher: Fetcher,
        keys: &Arc<LiveKeys>,
        meters: IssuerMeters,
        after: Duration,
        control: &Control,
    ) -> Self {
        let (ended, watched) = watch::channel(0);
        let mut engine = Engine::new(&fetcher.settings, after, control.clock.now());
        let pinned = keys.snapshot().keys().filter(|_| keys.snapshot().is_pinned()).cloned();
        if let Some(pinned) = pinned {
            keys.pin(engine.pin(), pinned);
        }
        let shared = Arc::new(Shared {
            issuer: fetcher.issuer.clone(),
            keys: keys.clone(),
            meters,
            clock: control.clock.clone(),
            start: fetcher.settings.start,
            stale_for: fetcher.ages().then_some(fetcher.settings.stale_for),
            interval: fetcher.settings.refresh_interval,
            engine: Mutex::new(engine),
            last_error: Mutex::default(),
            wake: Notify::new(),
            #[cfg(feature = "watch")]
            changed: AtomicBool::new(false),
            dropped: Notify::new(),
            ended: watched,
            waiting: AtomicUsize::new(0),
            hasher: RandomState::new(),
        });
        // Keys that were read when the issuer was built are as old as that.
        let read =
            keys.snapshot().keys().filter(|_| keys.snapshot().age(shared.clock.now()).is_none()).cloned();
        if let Some(read) = read {
            keys.replace(0, read, Some(shared.lifetime(shared.clock.now(), shared.interval)));
        }
        #[cfg(feature = "watch")]
        let watch = watch(&fetcher, &shared);
        let task = control.runtime.as_ref().map(|runtime| runtime.spawn(run(fetcher, shared.clone(), ended)));
        Driven {
            shared,
            task: task.map(|task| task.abort_handle()),
            #[cfg(feature = "watch")]
            _watch: watch,
        }
    }

    /// Fetches as soon as may be, on nobody's budget. Gives the end of that fetch; none while a set is pinned.
    pub(crate) fn refresh_now(&self) -> Option<impl Future<Output = Result<(), String>> + Send + use<>> {
        let shared = self.shared.clone();
        let generation = shared.engine().refresh_now()?;
        shared.wake.notify_one();
        Some(async move {
            let gone = |_: FetcherGone| "nobody fetches keys any more".to_owned();
            shared.until(|ended| ended >= generation).await.map_err(gone)?;
            if shared.engine().loaded() >= generation {
                return Ok(());
            }
            Err(shared.last_error().unwrap_or_else(|| "another set was put in place".to_owned()))
        })
    }

    /// Puts `keys` in place until they are unpinned. The fetch in flight is dropped.
    pub(crate) fn pin(&self, keys: Arc<KeySet>) {
        // Under the lock of the engine: who asks it has either seen these keys or is told that they are there.
        let mut engine = self.shared.engine();
        self.shared.keys.pin(engine.pin(), keys);
        drop(engine);
        self.shared.dropped.notify_waiters();
        self.shared.wake.notify_one();
    }

    /// Fetches again. The pinned set serves until keys have come.
    pub(crate) fn unpin(&self) {
        let now = self.shared.clock.now();
        let mut engine = self.shared.engine();
        engine.unpin(now);
        self.shared.keys.unpin(Some(self.shared.lifetime(now, self.shared.interval)));
        drop(engine);
        self.shared.wake.notify_one();
    }

    /// Why the last fetch failed; none if it did not.
    pub(crate) fn last_error(&self) -> Option<String> {
        self.shared.last_error()
    }

    /// How long until the schedule's next fetch.
    pub(crate) fn next_attempt(&self, now: Moment) -> Option<Duration> {
        self.shared.engine().next_attempt(now)
    }

    pub(crate) fn issuer(&self) -> &Arc<str> {
        &self.shared.issuer
    }

    pub(crate) fn start_rule(&self) -> Start {
        self.shared.start
    }

    pub(crate) fn has_keys(&self, now: Moment) -> bool {
        self.shared.keys.snapshot().usable(now).is_some()
    }

    /// Waits until `is_enough`, which is asked after each fetch with the count of those that have ended.
    pub(crate) async fn until(&self, is_enough: impl Fn(u64) -> bool) -> Result<(), FetcherGone> {
        self.shared.until(is_enough).await
    }
}

/// Watches the files that the keys are read from. Where that cannot be, they are still read again on schedule.
#[cfg(feature = "watch")]
fn watch(fetcher: &Fetcher, shared: &Arc<Shared>) -> Option<FileWatch> {
    let paths = fetcher.paths();
    if paths.is_empty() {
        return None;
    }
    let shared = shared.clone();
    let issuer = shared.issuer.clone();
    let watch = FileWatch::start(paths, move || {
        shared.changed.store(true, Ordering::Relaxed);
        shared.wake.notify_one();
    });
    watch.inspect_err(|error| warn!(target: "claimgate", issuer = &*issuer, "{error}")).ok()
}

impl Drop for Driven {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Shared {
    fn engine(&self) -> MutexGuard<'_, Engine> {
        // A state change runs to its end or not at all: whatever panicked elsewhere, the engine is whole.
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last_error(&self) -> Option<String> {
        let error = self.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        error.as_ref().map(FetchError::to_string)
    }

    fn note_error(&self, error: Option<FetchError>) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    fn lifetime(&self, loaded: Moment, fresh_for: Duration) -> Lifetime {
        // What does not age is as if it could be stale for ever.
        Lifetime { loaded, fresh_for, stale_for: self.stale_for.unwrap_or(Duration::MAX) }
    }

    async fn until(&self, is_enough: impl Fn(u64) -> bool) -> Result<(), FetcherGone> {
        let mut ended = self.ended.clone();
        ended.wait_for(|ended| is_enough(*ended)).await.map(drop).map_err(|_| FetcherGone)
    }
}

impl KeyDemand for Driven {
    fn demand(&self, miss: Miss<'_>, now: Moment) -> Demand {
        let shared = &self.shared;
        let wanted = Wanted(shared.hasher.hash_one((miss.kind, miss.key_id)));
        // Each who waits holds a connection: beyond this many, coming again is better for everybody.
        if shared.waiting.load(Ordering::Relaxed) >= MOST_WAITING {
            return Demand::Busy { retry_after: RETRY_SOON };
        }
        let answer = shared.engine().demand(miss.kind, wanted, miss.seen, now);
        match answer {
            Answer::AlreadyThere => Demand::AlreadyThere,
            Answer::Refused { retry_after } => Demand::Refused { retry_after },
            Answer::Spent { retry_after } => {
                shared.meters.spent(miss.kind);
                Demand::Refused { retry_after }
            }
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

async fn run(mut fetcher: Fetcher, shared: Arc<Shared>, ended: watch::Sender<u64>) {
    loop {
        #[cfg(feature = "watch")]
        if shared.changed.load(Ordering::Relaxed) {
            // Whoever writes one file mostly writes more, and files that change all the time are not read all the time. What
            // changes from the reading on is another change.
            tokio::time::sleep(SETTLE).await;
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
                    None => {}
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
        info!(target: "claimgate", issuer, usable, skipped, reason, unchanged, ?next, "keys fetched");
        let private = keys.private_keys();
        if private > 0 {
            warn!(target: "claimgate", issuer, private, "the issuer publishes private keys");
        }
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

#[cfg(feature = "watch")]
const SETTLE: Duration = Duration::from_millis(50);
const MOST_WAITING: usize = 1_024;
const RETRY_SOON: Duration = Duration::from_secs(1);
