//! What is counted and measured, by the names that dashboards know. `docs/observability.md` tells what each is for.
//!
//! Handles are made when an issuer is trusted and not when something happens: a decision costs one addition, and no label is
//! ever made of what a token says. Without the feature `metrics` all of this is empty.

#[cfg(feature = "metrics")]
mod recorded;
#[cfg(not(feature = "metrics"))]
mod unrecorded;

use std::time::Duration;

#[cfg(feature = "metrics")]
pub(crate) use recorded::{IssuerMeters, TenantMeters, describe};
#[cfg(not(feature = "metrics"))]
pub(crate) use unrecorded::{IssuerMeters, TenantMeters, describe};

/// How the keys of an issuer are at one time.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "nobody asks"))]
pub(crate) struct KeyMeasures {
    pub(crate) usable: usize,
    /// None for keys that do not age, and where there are none.
    pub(crate) age: Option<Duration>,
    pub(crate) overdue: Duration,
}
