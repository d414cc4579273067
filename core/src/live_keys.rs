//! The keys that requests read while others are put in their place.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};

use crate::key_set::KeySet;
use crate::moment::Moment;

/// The current keys of one issuer. Readers take a snapshot and keep it for one decision; a writer swaps the whole.
///
/// Shared: one `ArcSwap`. Ordered by: the swap alone. Who may be late: a reader that took its snapshot before the swap
/// decides by the old one, which is the answer that was right when its request arrived.
#[derive(Debug)]
pub(crate) struct LiveKeys(ArcSwap<Snapshot>);

/// The keys at one time, and how long they are good for.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// Which fetch brought the keys: 0 for none, and for those of the configuration.
    generation: u64,
    keys: Option<Arc<KeySet>>,
    lifetime: Option<Lifetime>,
}

#[derive(Clone, Copy, Debug)]
struct Lifetime {
    loaded: Moment,
    fresh_for: Duration,
    stale_for: Duration,
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
    /// No keys yet.
    pub(crate) fn empty() -> Self {
        LiveKeys(ArcSwap::from_pointee(Snapshot::default()))
    }

    /// Keys that do not age: those of the configuration.
    pub(crate) fn fixed(keys: KeySet) -> Self {
        LiveKeys(ArcSwap::from_pointee(Snapshot {
            generation: 0,
            keys: Some(Arc::new(keys)),
            lifetime: None,
        }))
    }

    /// The keys now.
    pub(crate) fn snapshot(&self) -> Guard<Arc<Snapshot>> {
        self.0.load()
    }

    /// Puts `keys`, which the fetch `generation` brought, in the place of all others. They are fresh for `fresh_for` from
    /// `loaded` on and serve for `stale_for` longer.
    pub(crate) fn replace(
        &self,
        generation: u64,
        keys: Arc<KeySet>,
        loaded: Moment,
        fresh_for: Duration,
        stale_for: Duration,
    ) {
        let lifetime = Some(Lifetime { loaded, fresh_for, stale_for });
        self.0.store(Arc::new(Snapshot { generation, keys: Some(keys), lifetime }));
    }
}

impl Snapshot {
    /// The keys, if they may serve at `now`.
    pub(crate) fn usable(&self, now: Moment) -> Option<&KeySet> {
        match self.freshness(now) {
            Freshness::Fresh | Freshness::Stale => self.keys.as_deref(),
            Freshness::NeverLoaded | Freshness::Expired => None,
        }
    }

    /// Which fetch brought the keys.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn keys_are_fresh_then_stale_then_expired() {
        let start = Moment::new(Duration::from_secs(1_000_000), Instant::now());
        let live = LiveKeys::empty();
        assert_eq!(live.snapshot().freshness(start), Freshness::NeverLoaded);
        assert!(live.snapshot().usable(start).is_none());
        live.replace(1, Arc::default(), start, Duration::from_secs(600), Duration::from_secs(3_600));
        for (age, freshness, usable) in [
            (0, Freshness::Fresh, true),
            (600, Freshness::Fresh, true),
            (601, Freshness::Stale, true),
            (4_200, Freshness::Stale, true),
            (4_201, Freshness::Expired, false),
        ] {
            let now = start.later(Duration::from_secs(age));
            assert_eq!(live.snapshot().freshness(now), freshness, "{age}");
            assert_eq!(live.snapshot().usable(now).is_some(), usable, "{age}");
        }
    }

    #[test]
    fn configured_keys_do_not_age() {
        let start = Moment::new(Duration::from_secs(1_000_000), Instant::now());
        let live = LiveKeys::fixed(KeySet::default());
        assert_eq!(live.snapshot().freshness(start.later(Duration::from_secs(1 << 33))), Freshness::Fresh);
    }
}
