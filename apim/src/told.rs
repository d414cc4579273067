//! What the log has been told of.

use std::sync::atomic::{AtomicI64, Ordering};

use claimgate_core::Moment;

/// Lets one line a minute through for something that every request could cause.
#[derive(Debug)]
pub(crate) struct Told {
    /// Seconds since 1970-01-01T00:00:00Z.
    last: AtomicI64,
}

impl Told {
    /// Whether to tell it now.
    pub(crate) fn again(&self, now: Moment) -> bool {
        let now = now.unix_seconds();
        let last = self.last.load(Ordering::Relaxed);
        // A clock that was set back must not silence it.
        now.abs_diff(last) >= 60
            && self.last.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl Default for Told {
    fn default() -> Self {
        Told { last: AtomicI64::new(i64::MIN) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn tells_once_a_minute_also_when_the_clock_is_set_back() {
        let at = |second| Moment::new(Duration::from_secs(second), Instant::now());
        let told = Told::default();
        for (second, expected) in [
            (1_000, true),
            (1_000, false),
            (1_059, false),
            (1_060, true),
            (1_100, false),
            (10, true),
            (69, false),
        ] {
            assert_eq!(told.again(at(second)), expected, "at {second}");
        }
    }
}
