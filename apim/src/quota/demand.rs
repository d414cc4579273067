//! What one request takes, and from which windows.

use crate::fault::{Fault, FaultCode};
use crate::quota::policy::Bound;
use claimgate_core::Moment;
use std::time::Duration;

/// Which quota a window is of. The order is the one in which a denial is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// A burst of one application at one API.
    Spike,
    /// One application at one API.
    Subscription,
    /// One user of one application.
    Application,
}

/// One request, of one window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand<'a> {
    pub(super) level: Level,
    pub(super) application: &'a str,
    /// The user or the API, as the level says.
    pub(super) other: &'a str,
    pub(super) bound: Bound,
}

/// What one request takes: all or nothing.
pub(super) type Demands<'a> = [Option<Demand<'a>>; 3];

/// A window has nothing left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Denial {
    /// The first one in the order of the levels.
    pub(super) level: Level,
    /// How long it is until none of those that have nothing left stands in the way.
    pub(super) wait: Duration,
}

impl Level {
    fn code(self) -> FaultCode {
        match self {
            Level::Spike => FaultCode::SpikeArrest,
            Level::Subscription => FaultCode::SubscriptionQuota,
            Level::Application => FaultCode::ApplicationQuota,
        }
    }

    /// What the window is called in keys.
    #[cfg(feature = "redis")]
    pub(super) fn name(self) -> &'static str {
        match self {
            Level::Spike => "spike",
            Level::Subscription => "subscription",
            Level::Application => "application",
        }
    }
}

impl Denial {
    /// Adds another window that has nothing left.
    pub(super) fn and(denial: Option<Denial>, level: Level, wait: Duration) -> Denial {
        denial.map_or(Denial { level, wait }, |first| Denial { wait: first.wait.max(wait), ..first })
    }

    /// As the client is told. The second is rounded up: whoever comes in the one that is named finds the window ended.
    pub(super) fn into_fault(self, now: Moment) -> Fault {
        let end = now.later(self.wait.saturating_add(Duration::from_nanos(999_999_999))).unix_seconds();
        Fault::new(self.level.code()).next_access(u64::try_from(end).unwrap_or_default())
    }
}
