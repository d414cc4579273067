use std::time::Instant;

use claimgate_testkit::{Alg, TestIssuer};

use super::*;

fn start() -> Moment {
    Moment::new(Duration::from_secs(1_000_000), Instant::now())
}

fn lifetime(loaded: Moment) -> Lifetime {
    let [fresh_for, stale_for] = [600, 3_600].map(Duration::from_secs);
    Lifetime { loaded, fresh_for, stale_for }
}

/// A set of one key with this name.
fn keys(kid: &str) -> KeySet {
    let issuer = TestIssuer::with_algorithm("https://issuer.test", Alg::EdDSA);
    KeySet::from_jwks(&issuer.jwks().replace("test-1", kid)).unwrap()
}

fn serving(live: &LiveKeys, now: Moment) -> Option<String> {
    let snapshot = live.snapshot();
    let usable = snapshot.usable(now)?;
    usable.keys.keys().first()?.key_id().map(str::to_owned)
}

#[test]
fn keys_are_fresh_then_stale_then_expired() {
    let start = start();
    let live = LiveKeys::new(None, Overrides::default());
    assert_eq!(live.snapshot().freshness(start), Freshness::NeverLoaded);
    assert!(live.snapshot().usable(start).is_none());
    live.replace(1, Arc::default(), Some(lifetime(start)));
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
        assert_eq!(live.snapshot().age(now), Some(Duration::from_secs(age)), "{age}");
        assert_eq!(live.snapshot().overdue(now), Duration::from_secs(age.saturating_sub(600)), "{age}");
    }
}

#[test]
fn configured_keys_do_not_age() {
    let start = start();
    let live = LiveKeys::new(Some(KeySet::default()), Overrides::default());
    assert_eq!(live.snapshot().freshness(start.later(Duration::from_secs(1 << 33))), Freshness::Fresh);
    assert_eq!(live.snapshot().age(start), None);
}

#[test]
fn a_pinned_set_serves_until_it_is_unpinned_and_replaced() {
    let start = start();
    let late = start.later(Duration::from_secs(1 << 20));
    let live = LiveKeys::new(None, Overrides::default());
    live.replace(1, Arc::new(keys("fetched")), Some(lifetime(start)));
    live.pin(2, Arc::new(keys("pinned")));
    live.replace(3, Arc::new(keys("late")), Some(lifetime(start)));
    assert_eq!(serving(&live, late).as_deref(), Some("pinned"), "it does not age");
    live.unpin(Some(lifetime(late)));
    assert_eq!(serving(&live, late).as_deref(), Some("pinned"), "what it replaced may be why it was pinned");
    live.replace(4, Arc::new(keys("next")), Some(lifetime(late)));
    assert_eq!(serving(&live, late).as_deref(), Some("next"));
}

#[test]
fn configured_keys_are_back_once_a_pinned_set_is_unpinned() {
    let live = LiveKeys::new(Some(keys("configured")), Overrides::default());
    live.pin(0, Arc::new(keys("pinned")));
    assert_eq!(serving(&live, start()).as_deref(), Some("pinned"));
    live.unpin(None);
    assert_eq!(serving(&live, start()).as_deref(), Some("configured"));
}
