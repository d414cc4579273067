use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use claimgate_core::{Clock, Moment};

/// A clock that stands still until a test moves it. Clones are the same clock.
///
/// ```
/// use std::time::Duration;
/// use claimgate_core::Clock;
/// use claimgate_testkit::TestClock;
///
/// let clock = TestClock::at(1_700_000_000);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().unix_seconds(), 1_700_000_060);
/// ```
#[derive(Clone, Debug)]
pub struct TestClock(Arc<Mutex<Moment>>);

impl TestClock {
    /// A clock that shows so many seconds since 1970.
    pub fn at(unix: u64) -> Self {
        Self(Arc::new(Mutex::new(Moment::new(Duration::from_secs(unix), Instant::now()))))
    }

    /// Lets time pass, on the wall clock and on the monotonic one.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.later(by);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Moment {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
