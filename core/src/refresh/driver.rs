//! What others hold of the task that fetches the keys of an issuer: requests ring it, operators steer it.

use std::hash::{BuildHasher, RandomState};
#[cfg(feature = "watch")]
use std::sync::atomic::AtomicBool;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
#[cfg(feature = "watch")]
use tracing::warn;

use crate::certificate_warning::CertificateWarning;
use crate::control::Control;
use crate::fetch_settings::Start;
use crate::key_demand::{Demand, FetcherGone, KeyDemand, Miss};
use crate::key_set::KeySet;
use crate::live_keys::LiveKeys;
use crate::meters::IssuerMeters;
use crate::moment::Moment;
use crate::refresh::engine::{Answer, Engine, Wanted};
use crate::refresh::fetcher::Fetcher;
use crate::refresh::shared::Shared;
use crate::refresh::task::run;
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

impl Driven {
    /// Begins to fetch into `keys`, first `after` a time. Without a runtime nobody fetches, and every demand is refused.
    pub(crate) fn start(
        fetcher: Fetcher,
        keys: &Arc<LiveKeys>,
        meters: IssuerMeters,
        warning: CertificateWarning,
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
            warning: Mutex::new(warning),
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

    /// Speaks of certificates that end as `warning` does from now on.
    pub(crate) fn warn_as(&self, warning: CertificateWarning) {
        *self.shared.warning() = warning;
    }

    /// Fetches as soon as may be, on nobody's budget. Gives the end of that fetch; none while a set is pinned.
    pub(crate) fn refresh_now(&self) -> Option<impl Future<Output = Result<(), String>> + Send + use<>> {
        let shared = self.shared.clone();
        let generation = shared.engine().refresh_now()?;
        shared.wake.notify_one();
        Some(async move {
            let gone = |_: FetcherGone| "nobody fetches keys any more".to_owned();
            shared.until(|ended| ended >= generation).await.map_err(gone)?;
            if shared.engine().fetched() >= generation {
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

impl KeyDemand for Driven {
    fn demand(&self, miss: Miss<'_>, now: Moment) -> Demand {
        let shared = &self.shared;
        let wanted = Wanted(shared.hasher.hash_one((miss.kind, miss.key_id, miss.thumbprints)));
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

const MOST_WAITING: usize = 1_024;
const RETRY_SOON: Duration = Duration::from_secs(1);
