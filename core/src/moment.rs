//! What time it is, on both clocks.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// One instant as the wall clock and the monotonic clock tell it.
///
/// Tokens are judged by the wall clock, since their `exp` and `nbf` are dates. The age of keys is the larger of both
/// ages: the monotonic clock stands still while a machine sleeps, and the wall clock can be set back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    unix: Duration,
    monotonic: Instant,
}

impl Moment {
    /// The moment at which `unix` has passed since 1970-01-01T00:00:00Z and the monotonic clock reads `monotonic`.
    pub fn new(unix: Duration, monotonic: Instant) -> Self {
        Moment { unix, monotonic }
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, as in a `NumericDate` (RFC 7519, section 2).
    pub fn unix_seconds(self) -> i64 {
        i64::try_from(self.unix.as_secs()).unwrap_or(i64::MAX)
    }

    pub(crate) fn unix(self) -> Duration {
        self.unix
    }

    pub(crate) fn monotonic(self) -> Instant {
        self.monotonic
    }

    /// How long ago `earlier` was: the larger of what the two clocks say, zero if both say it is still to come.
    pub fn since(self, earlier: Moment) -> Duration {
        let wall = self.unix.saturating_sub(earlier.unix);
        let monotonic = self.monotonic.saturating_duration_since(earlier.monotonic);
        wall.max(monotonic)
    }

    /// The moment `duration` later on both clocks; the last representable one where a clock cannot count so far.
    #[must_use]
    pub fn later(self, duration: Duration) -> Moment {
        Moment {
            unix: self.unix.saturating_add(duration),
            monotonic: self.monotonic.checked_add(duration).unwrap_or(self.monotonic),
        }
    }
}

/// Where the time comes from. The adapters read it once per request; everything below takes the [`Moment`].
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> Moment;
}

/// The clocks of the machine: the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        // A clock before 1970 counts as the end of time: every token has expired then, which refuses.
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::MAX);
        Moment::new(unix, Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_is_the_larger_of_the_two_clocks() {
        let start = Moment::new(Duration::from_secs(1_000), Instant::now());
        let slept = Moment::new(Duration::from_secs(5_000), start.monotonic);
        let set_back = Moment::new(Duration::from_secs(10), start.monotonic + Duration::from_secs(7));
        assert_eq!(slept.since(start), Duration::from_secs(4_000));
        assert_eq!(set_back.since(start), Duration::from_secs(7));
        assert_eq!(start.since(start.later(Duration::from_secs(1))), Duration::ZERO);
    }
}
