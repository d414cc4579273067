//! How much is measured.

use std::time::Duration;

use crate::trouble::Trouble;

pub(crate) struct Size {
    /// Counts and decisions alone are judged, and no time: so it can run beside other things.
    pub(crate) is_small: bool,
    pub(crate) runs: usize,
    /// Good requests in a second.
    pub(crate) rate: u32,
    pub(crate) connections: usize,
    /// Requests with made-up `kid`s in a second, on connections of their own.
    pub(crate) flood_rate: u32,
    pub(crate) flood_connections: usize,
    pub(crate) warm_up: Duration,
    pub(crate) calm: Duration,
    pub(crate) hang: Duration,
    pub(crate) fault: Duration,
    pub(crate) rotation: Duration,
    /// Of the phases that rotate. In the full size it is longer than the time between two rotations, so that the budget
    /// of requests is smaller than their need.
    pub(crate) cooldown: Duration,
}

impl Size {
    pub(crate) fn full() -> Self {
        Size {
            is_small: false,
            runs: 5,
            rate: 2_000,
            connections: 50,
            flood_rate: 1_000,
            flood_connections: 50,
            warm_up: Duration::from_secs(1),
            calm: Duration::from_secs(10),
            hang: Duration::from_secs(30),
            fault: Duration::from_secs(15),
            rotation: Duration::from_secs(20),
            cooldown: Duration::from_secs(2),
        }
    }

    pub(crate) fn small() -> Self {
        Size {
            is_small: true,
            runs: 1,
            rate: 200,
            connections: 10,
            flood_rate: 100,
            flood_connections: 10,
            warm_up: Duration::from_millis(100),
            calm: Duration::from_millis(500),
            hang: Duration::from_secs(2),
            fault: Duration::from_secs(2),
            rotation: Duration::from_millis(4_500),
            cooldown: Duration::from_secs(1),
        }
    }

    pub(crate) fn lasting(&self, trouble: Trouble) -> Duration {
        match trouble {
            Trouble::Hang => self.hang,
            Trouble::Errors | Trouble::HugeBody => self.fault,
            Trouble::Rotation | Trouble::Flood => self.rotation,
        }
    }
}
