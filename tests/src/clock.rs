use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use claimgate_core::{Clock, Moment};

/// A clock that stands still until a test moves it. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct SettableClock(Arc<Mutex<Moment>>);

impl SettableClock {
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

impl Clock for SettableClock {
    fn now(&self) -> Moment {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
