//! All orders in which threads may see limits come and go, up to a number of preemptions; see the model of `Published`.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use loom::sync::Arc as Shared;
use loom::thread;

use super::*;
use crate::published::model::{Watched, in_every_order};

type Keys = Lasting<&'static str, Watched>;

fn at(seconds: u64) -> Moment {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    Moment::new(Duration::from_secs(1_000), *START).later(Duration::from_secs(seconds))
}

fn until(seconds: u64) -> Limit {
    Limit::after(at(0), Duration::from_secs(seconds))
}

/// Publishes in one thread what `write` does, and asks in another, which also looks at what is in place.
fn ask_while(
    first: Limit,
    write: impl Fn(&Keys) + Copy + Send + Sync + 'static,
    ask: impl Fn(&Keys) + Copy + Send + Sync + 'static,
) {
    in_every_order(move || {
        let keys = Shared::new(Lasting::new("first", first));
        let writer = thread::spawn({
            let keys = keys.clone();
            move || write(&keys)
        });
        ask(&keys);
        writer.join().unwrap();
        ask(&keys);
    });
}

const FIRST: u64 = 1;

/// Keys that have ended, and in their place others that have not.
fn ended_keys_stay_ended(holds: fn(&Keys) -> bool) {
    ask_while(
        until(10),
        |keys| {
            keys.publish("others", until(20), false);
        },
        move |keys| assert!(!holds(keys), "the keys of the first edition have ended"),
    );
}

#[test]
fn no_edition_lives_longer_by_the_limit_of_the_next() {
    ended_keys_stay_ended(|keys| keys.holds(FIRST, at(15)));
}

#[test]
#[should_panic(expected = "have ended")]
fn the_number_asked_for_before_the_limit_would_let_keys_live_longer() {
    ended_keys_stay_ended(|keys| keys.published.is_current(FIRST) && keys.until.holds_at(at(15)));
}

/// The same keys for a shorter time.
fn shorter_is_shorter(publish: fn(&Keys)) {
    ask_while(until(20), publish, |keys| {
        let edition = keys.load();
        if ***edition == "shorter" {
            assert!(!keys.holds(edition.number(), at(15)) && !keys.holds(FIRST, at(15)), "they have ended");
            assert!(keys.holds(edition.number(), at(5)));
        }
    });
}

#[test]
fn a_limit_is_never_later_than_that_of_the_edition_in_place() {
    shorter_is_shorter(|keys| {
        keys.publish("shorter", until(10), false);
    });
}

#[test]
#[should_panic(expected = "they have ended")]
fn a_limit_that_came_nearer_after_the_swap_would_be_too_late() {
    shorter_is_shorter(|keys| {
        keys.published.replace("shorter");
        keys.until.set(until(10));
    });
}

#[test]
fn an_edition_between_two_longer_ones_ends_by_its_own_limit() {
    ask_while(
        until(20),
        |keys| {
            keys.publish("shorter", until(10), false);
            keys.publish("longer", until(20), false);
        },
        |keys| {
            let edition = keys.load();
            if ***edition == "shorter" {
                assert!(!keys.holds(edition.number(), at(15)), "it has ended");
            }
            if ***edition != "first" {
                assert!(!keys.holds(FIRST, at(5)), "it is gone");
            }
        },
    );
}

/// The same keys for longer: those that were found good stay so, and for longer only once that is in place.
fn longer_is_longer(publish: fn(&Keys)) {
    ask_while(until(10), publish, |keys| {
        assert!(keys.holds(FIRST, at(5)));
        let holds = keys.holds(FIRST, at(15));
        assert!(!holds || ***keys.load() == "longer", "nobody has said so yet");
        assert!(!keys.holds(FIRST, at(25)));
    });
}

#[test]
fn renewed_keys_hold_on_and_for_longer_once_they_are_in_place() {
    longer_is_longer(|keys| {
        keys.publish("longer", until(20), true);
    });
}

#[test]
#[should_panic(expected = "nobody has said so yet")]
fn a_limit_that_moved_away_before_the_swap_would_be_too_early() {
    longer_is_longer(|keys| {
        keys.until.set(until(20));
        keys.published.renew("longer");
    });
}
