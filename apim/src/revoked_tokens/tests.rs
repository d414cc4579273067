use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

const NOW: u64 = 1_700_000_000;
const ONE: &str = "https://one.example.com";
const OTHER: &str = "https://other.example.com";

fn at(unix: u64) -> Moment {
    Moment::new(Duration::from_secs(unix), Instant::now())
}

fn date(unix: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(unix)
}

impl RevokedTokens {
    /// Revokes at [`NOW`], for five minutes.
    fn add(&self, issuer: Option<&str>, token_id: &str) -> Result<(), RevocationError> {
        self.revoke(issuer, token_id, date(NOW + 300), at(NOW))
    }

    fn has(&self, issuer: &str, token_id: &str, unix: u64) -> bool {
        self.contains(issuer, || Some(token_id), at(unix))
    }
}

#[test]
fn a_token_is_revoked_for_one_issuer_or_for_all() {
    let revoked = RevokedTokens::new();
    revoked.add(Some(ONE), "of-one").unwrap();
    revoked.add(None, "of-all").unwrap();
    for (issuer, token_id, expected) in [
        (ONE, "of-one", true),
        (OTHER, "of-one", false),
        ("", "of-one", false),
        (ONE, "of-all", true),
        (OTHER, "of-all", true),
        (ONE, "of-On", false),
        (ONE, "Of-one", false),
        (ONE, "of-one ", false),
        (ONE, "of-on", false),
        (ONE, "", false),
    ] {
        assert_eq!(revoked.has(issuer, token_id, NOW), expected, "{issuer:?} {token_id:?}");
    }
    assert!(!revoked.contains(ONE, || None, at(NOW)), "a token without an identifier");
}

#[test]
fn the_parts_of_a_name_are_kept_apart() {
    let revoked = RevokedTokens::new();
    revoked.add(Some("ab"), "c").unwrap();
    revoked.add(Some(""), "x").unwrap();
    assert!(revoked.has("ab", "c", NOW) && revoked.has("", "x", NOW));
    for (issuer, token_id) in [("a", "bc"), ("", "abc"), ("abc", ""), ("any", "x"), ("x", "x")] {
        assert!(!revoked.has(issuer, token_id, NOW), "{issuer:?} {token_id:?}");
    }
}

#[test]
fn a_revocation_outlives_its_token_by_the_largest_leeway() {
    let part = Duration::from_nanos(1);
    for (until, end) in [(date(NOW + 10), NOW + 310), (date(NOW + 10) + part, NOW + 311)] {
        let revoked = RevokedTokens::new();
        revoked.revoke(None, "a", until, at(NOW)).unwrap();
        assert!(revoked.has(ONE, "a", end - 1));
        assert!(!revoked.has(ONE, "a", end));
        assert!(revoked.has(ONE, "a", end - 1), "only time has ended it");
    }
}

#[test]
fn of_two_revocations_of_a_token_the_longer_counts() {
    for untils in [[10, 20], [20, 10]] {
        let revoked = RevokedTokens::at_most(1);
        for until in untils {
            revoked.revoke(Some(ONE), "a", date(NOW + until), at(NOW)).unwrap();
        }
        assert!(revoked.has(ONE, "a", NOW + 319) && !revoked.has(ONE, "a", NOW + 320), "{untils:?}");
    }
}

#[test]
fn what_cannot_be_revoked_is_told() {
    let revoked = RevokedTokens::new();
    for (token_id, until, expected) in [
        ("", date(NOW + 300), Err(RevocationError::NoIdentifier)),
        ("a", date(NOW - 300), Err(RevocationError::Expired)),
        ("a", UNIX_EPOCH - Duration::from_secs(1), Err(RevocationError::Expired)),
        ("a", date(NOW - 299), Ok(())),
        ("b", date(1 << 40), Ok(())),
    ] {
        assert_eq!(revoked.revoke(None, token_id, until, at(NOW)), expected, "{token_id} {until:?}");
    }
    for (error, told) in [
        (RevocationError::Full { most: 7 }, "there are 7 revocations that still count, and no more may be"),
        (RevocationError::NoIdentifier, "the identifier is empty"),
        (RevocationError::Expired, "the token has expired"),
    ] {
        assert_eq!(error.to_string(), told);
    }
}

#[test]
fn a_full_list_refuses_and_forgets_nobody_who_counts() {
    let revoked = RevokedTokens::at_most(3);
    for (token_id, until) in [("a", 100), ("b", 50), ("c", 100)] {
        revoked.revoke(Some(ONE), token_id, date(NOW + until), at(NOW)).unwrap();
    }
    let full = Err(RevocationError::Full { most: 3 });
    let refused = |token_id: &str, now| revoked.revoke(Some(ONE), token_id, date(NOW + 900), at(now));
    for now in [NOW, NOW + 349] {
        assert_eq!(refused("d", now), full);
        assert!(["a", "b", "c"].iter().all(|token_id| revoked.has(ONE, token_id, now)));
        assert!(!revoked.has(ONE, "d", now));
    }
    // Whoever is there needs no room.
    assert_eq!(revoked.add(Some(ONE), "c"), Ok(()));
    // `b` is over and makes room, wherever it stands.
    assert_eq!(refused("d", NOW + 350), Ok(()));
    assert_eq!(refused("e", NOW + 350), full);
    assert!(["a", "c", "d"].iter().all(|token_id| revoked.has(ONE, token_id, NOW + 350)));
    assert!(!revoked.has(ONE, "b", NOW + 349), "it has left");

    assert_eq!(RevokedTokens::at_most(0).add(None, "a"), Err(RevocationError::Full { most: 0 }));
}

#[test]
fn a_full_list_has_room_as_soon_as_one_is_over() {
    let revoked = RevokedTokens::at_most(2);
    let add = |token_id: &str, end, now| {
        revoked.revoke(None, token_id, date(NOW + end - 300), at(NOW + now)).map_err(drop)
    };
    for (token_id, end, now, expected) in [
        ("a", 1_000, 0, Ok(())),
        ("long", 9_000, 0, Ok(())),
        ("b", 2_000, 999, Err(())),
        ("b", 2_000, 1_000, Ok(())),
        ("c", 3_000, 1_999, Err(())),
        ("c", 3_000, 2_000, Ok(())),
        // The clock is set back.
        ("d", 1_500, 500, Err(())),
        ("d", 4_000, 2_999, Err(())),
        ("d", 4_000, 3_000, Ok(())),
    ] {
        assert_eq!(add(token_id, end, now), expected, "{token_id} at {now}");
    }
}

#[test]
fn many_are_found_and_no_others() {
    let revoked = RevokedTokens::at_most(20_000);
    for number in 0..20_000 {
        let until = NOW + if number % 2 == 0 { 10 } else { 1_000 };
        revoked.revoke(Some(ONE), &format!("{number}"), date(until), at(NOW)).unwrap();
    }
    for number in 0..40_000 {
        let found = revoked.has(ONE, &format!("{number}"), NOW);
        assert_eq!(found, number < 20_000, "{number}");
        let found = revoked.has(ONE, &format!("{number}"), NOW + 310);
        assert_eq!(found, number < 20_000 && number % 2 == 1, "{number}");
    }
    assert_eq!(revoked.add(None, "more"), Err(RevocationError::Full { most: 20_000 }));
    for number in 0..10_000 {
        revoked.revoke(None, &format!("{number}"), date(NOW + 1_000), at(NOW + 310)).unwrap();
    }
    let full = revoked.revoke(None, "more", date(NOW + 1_000), at(NOW + 310));
    assert_eq!(full, Err(RevocationError::Full { most: 20_000 }));
    assert_eq!(format!("{revoked:?}"), "RevokedTokens { count: 20000, .. }");
}

#[test]
fn without_revocations_no_identifier_is_asked_for() {
    let revoked = RevokedTokens::new();
    let asked = || panic!("nothing is revoked");
    assert!(!revoked.contains(ONE, asked, at(NOW)));
    revoked.add(None, "a").unwrap();
    // The last one leaves when another comes to its part, or when there is no room.
    assert!(revoked.revoke(None, "a", date(NOW + 2_000), at(NOW + 1_000)).is_ok());
    assert_eq!(format!("{revoked:?}"), "RevokedTokens { count: 1, .. }");
}

#[test]
fn readers_miss_nothing_that_was_revoked_before_they_looked() {
    let revoked = RevokedTokens::new();
    let (written, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let count = written.load(Ordering::Acquire);
                    let missed = (0..count).find(|number| !revoked.has(ONE, &format!("{number}"), NOW));
                    assert_eq!(missed, None, "of {count}");
                }
            });
        }
        let writers = [0, 1].map(|odd| {
            let (revoked, written) = (&revoked, &written);
            scope.spawn(move || {
                for number in (odd..500).step_by(2) {
                    // In turns, so that everybody below the number is there.
                    while written.load(Ordering::Acquire) != number {
                        thread::yield_now();
                    }
                    revoked.add(Some(ONE), &format!("{number}")).unwrap();
                    revoked.revoke(None, &format!("short {number}"), date(NOW - 299), at(NOW)).unwrap();
                    written.store(number + 1, Ordering::Release);
                }
            })
        });
        for writer in writers {
            writer.join().unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

#[derive(Clone, Debug)]
enum Step {
    Revoke { issuer: Option<&'static str>, token_id: u8, lasts: u64 },
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let issuer = prop::sample::select(vec![None, Some(ONE), Some(OTHER)]);
    prop_oneof![
        5 => (issuer, 0..6_u8, 0..900_u64)
            .prop_map(|(issuer, token_id, lasts)| Step::Revoke { issuer, token_id, lasts }),
        2 => (0..400_u64).prop_map(Step::Pass),
    ]
}

proptest! {
    /// Against a map from which everything goes at its second.
    #[test]
    fn it_is_a_bounded_map(steps in prop::collection::vec(step(), 1..60), most in 0..12_usize) {
        let revoked = RevokedTokens::at_most(most);
        let (mut model, mut now) = (HashMap::new(), NOW);
        for step in steps {
            match step {
                Step::Pass(seconds) => now += seconds,
                Step::Revoke { issuer, token_id, lasts } => {
                    let until = now + lasts - 300;
                    let told = revoked.revoke(issuer, &token_id.to_string(), date(until), at(now));
                    let key = (issuer, token_id);
                    let expected = if lasts == 0 {
                        Err(RevocationError::Expired)
                    } else if !model.contains_key(&key) && model.len() >= most {
                        Err(RevocationError::Full { most })
                    } else {
                        let end = model.entry(key).or_insert(0);
                        *end = now.saturating_add(lasts).max(*end);
                        Ok(())
                    };
                    prop_assert_eq!(told, expected);
                }
            }
            model.retain(|_, end| now < *end);
            for issuer in [ONE, OTHER] {
                for token_id in 0..6_u8 {
                    let expected = [None, Some(issuer)].iter().any(|issuer| model.contains_key(&(*issuer, token_id)));
                    prop_assert_eq!(revoked.has(issuer, &token_id.to_string(), now), expected);
                }
            }
        }
    }
}
