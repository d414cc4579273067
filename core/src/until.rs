//! How long something holds, told to readers that take no lock.

use std::sync::LazyLock;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::moment::Moment;
use crate::published::{Atomic, Machine, Memory};

/// The last moment at which something holds, by each of the two clocks; it holds while neither has passed it.
///
/// The two numbers are stored one after the other. A reader between them sees the earlier limit of one clock and the later of
/// the other, each of which was or is true.
pub(crate) struct Until<M: Memory = Machine> {
    wall: M::Time,
    monotonic: M::Time,
}

/// Such a moment, as nanoseconds on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    wall: i64,
    monotonic: i64,
}

impl Limit {
    /// There is none.
    pub(crate) const NONE: Limit = Limit { wall: i64::MAX, monotonic: i64::MAX };

    /// It is over, whatever the time.
    pub(crate) const OVER: Limit = Limit { wall: i64::MIN, monotonic: i64::MIN };

    /// `duration` after `moment`.
    pub(crate) fn after(moment: Moment, duration: Duration) -> Self {
        let Limit { wall, monotonic } = Limit::at(moment);
        let duration = nanoseconds(duration);
        if duration == i64::MAX {
            return Limit::NONE;
        }
        Limit { wall: wall.saturating_add(duration), monotonic: monotonic.saturating_add(duration) }
    }

    fn at(moment: Moment) -> Self {
        Limit { wall: nanoseconds(moment.unix()), monotonic: since_start(moment.monotonic()) }
    }

    /// The earlier of both, clock by clock.
    pub(crate) fn earlier(self, other: Limit) -> Self {
        Limit { wall: self.wall.min(other.wall), monotonic: self.monotonic.min(other.monotonic) }
    }
}

impl<M: Memory> Until<M> {
    pub(crate) fn new(limit: Limit) -> Self {
        Until { wall: Atomic::new(limit.wall), monotonic: Atomic::new(limit.monotonic) }
    }

    pub(crate) fn set(&self, limit: Limit) {
        self.wall.store(limit.wall, Ordering::Release);
        self.monotonic.store(limit.monotonic, Ordering::Release);
    }

    pub(crate) fn holds_at(&self, now: Moment) -> bool {
        let limit = self.limit();
        if limit == Limit::NONE {
            return true;
        }
        let now = Limit::at(now);
        now.wall <= limit.wall && now.monotonic <= limit.monotonic
    }

    pub(crate) fn limit(&self) -> Limit {
        Limit { wall: self.wall.load(Ordering::Acquire), monotonic: self.monotonic.load(Ordering::Acquire) }
    }
}

/// An `Instant` is no number, but its distance from another is one.
fn since_start(instant: Instant) -> i64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let start = *START;
    match instant.checked_duration_since(start) {
        Some(later) => nanoseconds(later),
        None => -nanoseconds(start.saturating_duration_since(instant)),
    }
}

/// 292 years are as good as for ever.
fn nanoseconds(duration: Duration) -> i64 {
    // Not by way of `as_nanos`: 128 bits cost more than all the rest of a look at the limit.
    let seconds =
        i64::try_from(duration.as_secs()).ok().and_then(|seconds| seconds.checked_mul(1_000_000_000));
    seconds.and_then(|whole| whole.checked_add(duration.subsec_nanos().into())).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_until_either_clock_has_passed_it() {
        let start = Moment::new(Duration::from_secs(1_000), Instant::now());
        let seconds = Duration::from_secs;
        let until: Until = Until::new(Limit::after(start, seconds(10)));
        assert!(until.holds_at(start.later(seconds(10))));
        assert!(!until.holds_at(start.later(seconds(11))));
        let set_back = Moment::new(seconds(10), start.monotonic() + seconds(11));
        let slept = Moment::new(seconds(1_011), start.monotonic());
        assert!(!until.holds_at(set_back) && !until.holds_at(slept));
        until.set(Limit::NONE);
        assert!(until.holds_at(start.later(Duration::MAX)));
        until.set(Limit::OVER);
        assert!(!until.holds_at(start) && !until.holds_at(Moment::new(Duration::ZERO, start.monotonic())));
    }

    #[test]
    fn lasts_as_long_as_a_duration_can() {
        let start = Moment::new(Duration::from_secs(1_000), Instant::now());
        assert_eq!(Limit::after(start, Duration::MAX), Limit::NONE);
    }

    #[test]
    fn an_instant_before_the_start_is_one_too() {
        let Some(early) = Instant::now().checked_sub(Duration::from_secs(5)) else { return };
        let _ = since_start(Instant::now());
        let until: Until =
            Until::new(Limit::after(Moment::new(Duration::ZERO, early), Duration::from_secs(1)));
        assert!(until.holds_at(Moment::new(Duration::ZERO, early)));
        assert!(!until.holds_at(Moment::new(Duration::ZERO, early + Duration::from_secs(2))));
    }
}
