//! The keys that requests read while others are put in their place.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use arc_swap::Guard;

use crate::header::KnownHeaders;
use crate::key_set::KeySet;
use crate::lasting::Lasting;
use crate::meters::{IssuerMeters, KeyMeasures};
use crate::moment::Moment;
use crate::published::Edition;
use crate::revoked_keys::RevokedKeys;
use crate::until::Limit;

/// The current keys of one issuer. Readers take a snapshot and keep it for one decision; a writer swaps the whole.
///
/// Shared: what is published, for readers; one mutex among writers, which are the refresher and the levers of operators.
/// Ordered by: the swap, which happens under the mutex, see [`Lasting`]. Who may be late: a reader that took its snapshot before
/// the swap decides by the old one, which is the answer that was right when its request arrived.
pub(crate) struct LiveKeys {
    published: Lasting<Snapshot>,
    /// The headers of tokens that these keys have verified.
    headers: KnownHeaders,
    written: Mutex<Written>,
    /// Those in whose place these are since a reload. Requests that began before it still look at them.
    before: OnceLock<Weak<LiveKeys>>,
}

/// The keys at one time, and how long they are good for.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// Which fetch brought the keys: 0 for none, and for those of the configuration.
    generation: u64,
    keys: Option<Arc<KeySet>>,
    lifetime: Option<Lifetime>,
    revoked: RevokedKeys,
    is_pinned: bool,
}

/// What was said of the keys, from which each snapshot is made.
#[derive(Debug, Default)]
struct Written {
    /// What was published before, for one swap more: else the last reader of it would have to free a set of keys.
    previous: Option<Arc<Edition<Snapshot>>>,
    generation: u64,
    loaded: Option<Arc<KeySet>>,
    lifetime: Option<Lifetime>,
    overrides: Overrides,
}

/// What operators have said about the keys of one issuer, against its source.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    pub(crate) revoked: RevokedKeys,
    pub(crate) pinned: Option<Arc<KeySet>>,
}

impl Overrides {
    /// What they mean for tokens that name no key, where these have a key of their own: of a pinned set, its default key alone.
    pub(crate) fn for_unnamed(&self) -> Self {
        let pinned = self.pinned.as_ref().map(|keys| Arc::new(keys.default_alone()));
        Overrides { pinned, ..self.clone() }
    }
}

/// How long keys that were fetched may serve.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetime {
    pub(crate) loaded: Moment,
    pub(crate) fresh_for: Duration,
    pub(crate) stale_for: Duration,
}

/// The keys that may serve, and those among them that may not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UsableKeys<'a> {
    pub(crate) keys: &'a KeySet,
    pub(crate) revoked: &'a RevokedKeys,
}

/// How far keys may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// No keys came yet.
    NeverLoaded,
    /// The last refresh is due to have succeeded, and has.
    Fresh,
    /// A refresh is overdue; the keys still serve.
    Stale,
    /// The keys are too old to serve.
    Expired,
}

impl LiveKeys {
    /// The keys of the configuration, which do not age, or none yet; under what operators have said of the issuer.
    pub(crate) fn new(configured: Option<KeySet>, overrides: Overrides) -> Self {
        let loaded = configured.map(Arc::new);
        let written = Written { previous: None, generation: 0, loaded, lifetime: None, overrides };
        let snapshot = written.snapshot();
        let limit = snapshot.limit();
        LiveKeys {
            published: Lasting::new(snapshot, limit),
            headers: KnownHeaders::default(),
            written: Mutex::new(written),
            before: OnceLock::new(),
        }
    }

    /// The keys now.
    pub(crate) fn snapshot(&self) -> Guard<Arc<Edition<Snapshot>>> {
        self.published.load()
    }

    /// Whether a key that was found good in the snapshot of this number still is: nothing but time has passed since, and not
    /// too much of it.
    pub(crate) fn are_as_good_as(&self, number: u64, now: Moment) -> bool {
        self.published.holds(number, now)
    }

    /// The headers of tokens that these keys have verified.
    pub(crate) fn headers(&self) -> &KnownHeaders {
        &self.headers
    }

    /// Tells `meters` how the keys are now.
    pub(crate) fn tell(&self, meters: &IssuerMeters, now: Moment) {
        meters.keys(|| self.snapshot().measures(now));
    }

    /// Puts `keys`, which the fetch `generation` brought, in the place of all others, unless a set is pinned.
    pub(crate) fn replace(&self, generation: u64, keys: Arc<KeySet>, lifetime: Option<Lifetime>) {
        self.write(|written| {
            if written.overrides.pinned.is_none() {
                // The same keys stay the same set, so that what was found under them stands.
                let keys = written.loaded.take().filter(|loaded| loaded.is_same(&keys)).unwrap_or(keys);
                (written.generation, written.loaded, written.lifetime) = (generation, Some(keys), lifetime);
            }
        });
    }

    /// Goes on with the keys of `before`, which are from the same place, until the first fetch of its own.
    pub(crate) fn inherit(&self, before: &LiveKeys) {
        let (loaded, lifetime) = before.read(|written| (written.loaded.clone(), written.lifetime));
        self.write(|written| (written.loaded, written.lifetime) = (loaded, lifetime));
    }

    /// Puts `keys` in the place of all others, whatever is fetched, until they are unpinned.
    pub(crate) fn pin(&self, generation: u64, keys: Arc<KeySet>) {
        self.write(|written| {
            written.generation = generation;
            written.overrides.pinned = Some(keys);
        });
    }

    /// Ends the pin. With a `lifetime`, the pinned set serves for so long, until a fetch that begins from now on replaces
    /// it; what was loaded before may be the very reason of the pin. Without, the keys of the configuration are back.
    pub(crate) fn unpin(&self, lifetime: Option<Lifetime>) {
        self.write(|written| {
            let pinned = written.overrides.pinned.take();
            if lifetime.is_some() {
                (written.loaded, written.lifetime) = (pinned, lifetime);
            }
        });
    }

    /// Says that these are in the place of `before`.
    pub(crate) fn follow(&self, before: &Arc<LiveKeys>) {
        // Only whoever makes them says so, once.
        let _ = self.before.set(Arc::downgrade(before));
    }

    /// Takes the keys in `revoked` out of use, and no others; also for requests that began before a reload and wait.
    pub(crate) fn revoke(&self, revoked: RevokedKeys) {
        if let Some(before) = self.before.get().and_then(Weak::upgrade) {
            before.revoke(revoked.clone());
        }
        self.write(|written| written.overrides.revoked = revoked);
    }

    fn write(&self, change: impl FnOnce(&mut Written)) {
        // A panic while writing leaves values that are whole, each assigned at once.
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut written);
        written.previous = Some(self.publish(written.snapshot()));
    }

    /// Only the holder of the mutex does.
    fn publish(&self, next: Snapshot) -> Arc<Edition<Snapshot>> {
        let (before, limit) = (self.published.load(), next.limit());
        let (allows_as_much, has_same_keys) = (next.allows_what(&before), next.has_keys_of(&before));
        let before = self.published.publish(next, limit, allows_as_much);
        if !has_same_keys {
            self.headers.clear();
        }
        before
    }

    fn read<T>(&self, look: impl FnOnce(&Written) -> T) -> T {
        look(&self.written.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Written {
    fn snapshot(&self) -> Snapshot {
        let Overrides { revoked, pinned } = self.overrides.clone();
        let is_pinned = pinned.is_some();
        Snapshot {
            generation: self.generation,
            keys: pinned.or_else(|| self.loaded.clone()),
            lifetime: self.lifetime.filter(|_| !is_pinned),
            revoked,
            is_pinned,
        }
    }
}

impl Snapshot {
    /// The keys, if they may serve at `now`.
    pub(crate) fn usable(&self, now: Moment) -> Option<UsableKeys<'_>> {
        match self.freshness(now) {
            Freshness::Fresh | Freshness::Stale => {
                Some(UsableKeys { keys: self.keys.as_deref()?, revoked: &self.revoked })
            }
            Freshness::NeverLoaded | Freshness::Expired => None,
        }
    }

    /// Whether everything that `before` allowed is allowed here, and as long.
    fn allows_what(&self, before: &Snapshot) -> bool {
        self.has_keys_of(before)
            && self.revoked == before.revoked
            && self.limit().earlier(before.limit()) == before.limit()
    }

    fn has_keys_of(&self, before: &Snapshot) -> bool {
        match (&self.keys, &before.keys) {
            (Some(own), Some(others)) => Arc::ptr_eq(own, others),
            (own, others) => own.is_none() && others.is_none(),
        }
    }

    /// Until when the keys may serve.
    fn limit(&self) -> Limit {
        match (&self.keys, self.lifetime) {
            (None, _) => Limit::OVER,
            (Some(_), None) => Limit::NONE,
            (Some(_), Some(Lifetime { loaded, fresh_for, stale_for })) => {
                Limit::after(loaded, fresh_for.saturating_add(stale_for))
            }
        }
    }

    /// The keys, whether they may serve or not.
    pub(crate) fn keys(&self) -> Option<&Arc<KeySet>> {
        self.keys.as_ref()
    }

    /// Which fetch brought the keys.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether an operator has put the keys in place.
    pub(crate) fn is_pinned(&self) -> bool {
        self.is_pinned
    }

    pub(crate) fn revoked(&self) -> &RevokedKeys {
        &self.revoked
    }

    /// How old the keys are; none for those that do not age.
    pub(crate) fn age(&self, now: Moment) -> Option<Duration> {
        self.lifetime.map(|lifetime| now.since(lifetime.loaded))
    }

    /// For how long the refresh of the keys has been overdue.
    #[allow(dead_code, reason = "asked by metrics")]
    pub(crate) fn overdue(&self, now: Moment) -> Duration {
        let lifetime = self.lifetime.map(|lifetime| (now.since(lifetime.loaded), lifetime.fresh_for));
        lifetime.map_or(Duration::ZERO, |(age, fresh_for)| age.saturating_sub(fresh_for))
    }

    fn measures(&self, now: Moment) -> KeyMeasures {
        let usable = self.usable(now).map_or(0, |usable| {
            usable.keys.keys().iter().filter(|key| !usable.revoked.contains(key)).count()
        });
        KeyMeasures { usable, age: self.age(now), overdue: self.overdue(now) }
    }

    pub(crate) fn freshness(&self, now: Moment) -> Freshness {
        match (&self.keys, self.lifetime) {
            (None, _) => Freshness::NeverLoaded,
            (Some(_), None) => Freshness::Fresh,
            (Some(_), Some(lifetime)) => {
                let age = now.since(lifetime.loaded);
                if age <= lifetime.fresh_for {
                    Freshness::Fresh
                } else if age <= lifetime.fresh_for.saturating_add(lifetime.stale_for) {
                    Freshness::Stale
                } else {
                    Freshness::Expired
                }
            }
        }
    }
}

/// The keys in place.
impl fmt::Debug for LiveKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LiveKeys").field("published", &self.published).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
