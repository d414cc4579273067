//! What is done while Redis does not answer.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use claimgate_core::Moment;

/// What becomes of requests while Redis does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnOutage {
    /// They are denied: 900900, with status 503. The default, since a quota that an outage switches off is none: whoever wants
    /// more than it gives needs only to bring Redis down.
    #[default]
    Deny,
    /// They go on uncounted. For quotas that protect a price and not the service.
    Allow,
}

/// Whether Redis is asked.
///
/// After a failure nobody asks for [`PAUSE`]; then one request does, and while its answer is out the others still do not. So
/// during an outage one request in each pause waits, and no other. All of it is atomics: a request that reads an old value
/// asks once too often or is decided as in the outage that has just ended, and nothing else comes of it.
#[derive(Debug, Default)]
pub(super) struct Outage {
    /// The times below are counted from here.
    begin: OnceLock<Moment>,
    down: AtomicBool,
    /// In milliseconds.
    pause_until: AtomicU64,
}

/// The right to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// As always.
    Usual,
    /// To learn whether it is back.
    Probe,
}

impl Outage {
    /// Whether a request may ask now.
    pub(super) fn attempt(&self, now: Moment) -> Option<Attempt> {
        if !self.down.load(Ordering::Acquire) {
            return Some(Attempt::Usual);
        }
        let now = self.millis(now);
        let until = self.pause_until.load(Ordering::Relaxed);
        // A pause that is longer than any was written before a clock was set back.
        if now < until && until - now <= PAUSE {
            return None;
        }
        let won = self.pause_until.compare_exchange(
            until,
            now.saturating_add(PAUSE),
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        won.is_ok().then_some(Attempt::Probe)
    }

    /// The request that came at `now` has no answer. Says whether this is news or what a probe has found.
    pub(super) fn failed(&self, attempt: Attempt, now: Moment, reason: &dyn std::fmt::Display) -> bool {
        // Before `down`, so that whoever sees that waits.
        if !self.down.load(Ordering::Relaxed) {
            self.pause_until.store(self.millis(now).saturating_add(PAUSE), Ordering::Relaxed);
        }
        let is_news = !self.down.swap(true, Ordering::AcqRel);
        if is_news {
            tracing::warn!(target: "claimgate", %reason, "redis does not answer: quotas are not counted");
        }
        is_news || attempt == Attempt::Probe
    }

    /// There was an answer. One to a request that asked before the failure of another says nothing of what came after.
    pub(super) fn succeeded(&self, attempt: Attempt) {
        if attempt == Attempt::Probe && self.down.swap(false, Ordering::AcqRel) {
            tracing::warn!(target: "claimgate", "redis answers again: quotas are counted");
        }
    }

    fn millis(&self, now: Moment) -> u64 {
        let begin = *self.begin.get_or_init(|| now);
        u64::try_from(now.since(begin).as_millis()).unwrap_or(u64::MAX - PAUSE)
    }
}

/// How long a request waits for Redis.
pub(super) const PATIENCE: Duration = Duration::from_millis(50);

/// In milliseconds, from when the request came that had no answer: its own patience, and 100 in which nobody asks.
const PAUSE: u64 = 150;

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn start() -> Moment {
        Moment::new(Duration::from_secs(1_000), Instant::now())
    }

    #[test]
    fn one_request_in_each_pause_asks_while_it_is_down() {
        let (outage, start) = (Outage::default(), start());
        let at = |millis| outage.attempt(start.later(Duration::from_millis(millis)));
        assert_eq!(at(0), Some(Attempt::Usual));
        assert!(outage.failed(Attempt::Usual, start, &"gone"));
        assert!(!outage.failed(Attempt::Usual, start.later(Duration::from_millis(49)), &"gone"));
        for (millis, expected) in [
            (0, None),
            (149, None),
            (150, Some(Attempt::Probe)),
            (150, None),
            (299, None),
            // The first probe was dropped, or has failed.
            (300, Some(Attempt::Probe)),
            (449, None),
        ] {
            assert_eq!(at(millis), expected, "at {millis}");
        }
        outage.succeeded(Attempt::Usual);
        assert_eq!(at(449), None, "the answer is older than the failure");
        outage.succeeded(Attempt::Probe);
        assert_eq!(at(449), Some(Attempt::Usual));
        assert_eq!(at(449), Some(Attempt::Usual));
    }

    #[test]
    fn a_clock_that_is_set_back_prolongs_no_pause() {
        let monotonic = Instant::now();
        let at = |seconds| Moment::new(Duration::from_secs(seconds), monotonic);
        let outage = Outage::default();
        assert_eq!(outage.attempt(at(1_000)), Some(Attempt::Usual));
        outage.failed(Attempt::Usual, at(1_000), &"gone");
        assert_eq!(outage.attempt(at(5_000)), Some(Attempt::Probe));
        assert_eq!(outage.attempt(at(1_000)), Some(Attempt::Probe));
    }
}
