//! How many requests applications and their users may make.
//!
//! Three quotas are looked at for a request, each as far as the token or the configuration names one:
//!
//! | Quota | Of whom | Fault |
//! |---|---|---|
//! | spike arrest | an application at an API | 900807 |
//! | subscription tier | an application at an API | 900804 |
//! | application tier | a user of an application | 900803 |
//!
//! 1. A window begins with the first request and ends after its time: with `10PerMin`, ten requests within 60 seconds of the
//!    first one pass, the eleventh is denied until the 60 seconds are over, and the next one after that begins another window.
//!    At the border of two windows up to twice the number can therefore pass in a short time, as with the original.
//! 2. A request takes from all its windows or from none: where one of them has nothing left, the others lose nothing.
//! 3. Where several have nothing left, the first one of the table is told, and as the time to come again the end of the last
//!    of them, since before that the request would be denied again.
//! 4. A subscription with `stop_on_quota_reach = false` lets every request through. Its tier would decide nothing, so nothing
//!    is counted for it; its spike arrest and the tier of the application hold all the same.
//! 5. Policies of one length share a window: a token with a new tier of `20PerMin` finds what was used under `10PerMin`.
//!    Policies of different length count each on their own.
//!
//! Spike arrest uses the same windows, and no leaky bucket such as the GCRA of the crate `governor`. That refills all the time:
//! with five a minute the sixth request would pass after 12 seconds, where it has to be denied for the rest of the minute;
//! 19 requests would pass in a minute of `10PerMin`; and it takes at once what rule 2 may have to leave.
//!
//! # Clocks
//!
//! In one process a window ends when either clock of [`Moment`] says so. A wall clock that is set back therefore prolongs no
//! window, a machine that wakes up finds its windows ended, and a wall clock that is set forward ends them once too early.
//! In Redis, the clock of its server counts.
//!
//! # Memory
//!
//! In one process there is room for [`max_windows`](QuotasBuilder::max_windows), of about 100 bytes each whatever the names in
//! tokens are. When they are used up, windows that have ended make room. When all are live, requests that have a window go on
//! as ever, and those that need another one are denied until there is room (429, with the time of that): to throw a live
//! window away would give somebody a quota anew. The log says so, at most once a minute.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use claimgate_core::Moment;

use crate::fault::Fault;
use crate::quota::demand::{Demand, Demands, Level};
use crate::quota::policy::Bound;
use crate::quota::windows::Windows;
use crate::told::Told;

mod demand;
#[cfg(feature = "redis")]
mod outage;
mod policy;
#[cfg(feature = "redis")]
mod redis_windows;
mod windows;

#[cfg(feature = "redis")]
pub use outage::OnOutage;
pub use policy::{NotAQuotaPolicy, QuotaPolicies, QuotaPolicy};
#[cfg(feature = "redis")]
pub use redis_windows::{NotARedisUrl, RedisQuotas};

/// Counts requests and denies those over a quota. See the [module](self) for the rules.
pub struct Quotas {
    policies: QuotaPolicies,
    counts: Counts,
    told: Told,
}

/// What [`Quotas`] are made of.
#[derive(Debug, Default)]
pub struct QuotasBuilder {
    policies: QuotaPolicies,
    max_windows: Option<usize>,
    #[cfg(feature = "redis")]
    redis: Option<RedisQuotas>,
}

/// Who uses what.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(Debug))]
pub struct Usage<'a> {
    /// What tells the application from all others: its universal identifier, number or consumer key.
    pub application: &'a str,
    /// The user, with the tenant.
    pub user: &'a str,
    /// The name of the application's policy, for each user of it. Without one there is no such quota.
    pub application_tier: Option<&'a str>,
    /// The context of the API and its version, such as `/pizzashack/1.0.0:1.0.0`.
    pub api: &'a str,
    /// The name of the subscription's policy. Without one there is no such quota.
    pub subscription_tier: Option<&'a str>,
    /// Whether a request over the quota of the subscription is denied.
    pub stop_on_quota_reach: bool,
    /// How many requests a burst may have, and in which time in seconds. 0 requests mean that there is no limit; 0 seconds
    /// count as one.
    pub spike_arrest: Option<(u32, u64)>,
}

/// What came of it.
pub enum Taken {
    /// The request goes on.
    Allowed,
    /// It does not.
    Denied(Fault),
    /// Redis is asked. In one process it does not occur.
    Later(TakenFuture),
}

/// The answer of Redis. It needs a tokio runtime with time and I/O. Dropped before it is ready, the request may have been
/// counted or not.
pub type TakenFuture = Pin<Box<dyn Future<Output = Result<(), Fault>> + Send>>;

/// Where requests are counted.
enum Counts {
    Here(Windows),
    #[cfg(feature = "redis")]
    Redis(redis_windows::RedisWindows),
}

impl Quotas {
    /// Begins with the policies of the original, counted in this process.
    pub fn builder() -> QuotasBuilder {
        QuotasBuilder::default()
    }

    /// Takes one request from every quota that there is for it, or from none of them.
    ///
    /// A denial is a [`Fault`] with the time to come again: 900807, 900804 or 900803. With Redis it is 900900 while that
    /// does not answer, unless requests are then let through.
    pub fn take(&self, usage: &Usage<'_>, now: Moment) -> Taken {
        let demands = self.demands(usage, now);
        if demands.iter().all(Option::is_none) {
            return Taken::Allowed;
        }
        match &self.counts {
            Counts::Here(windows) => match windows.take(&demands, now) {
                Ok(()) => Taken::Allowed,
                Err(denial) => Taken::Denied(denial.into_fault(now)),
            },
            #[cfg(feature = "redis")]
            Counts::Redis(windows) => windows.take(&demands, now),
        }
    }

    /// Whether somebody has to be asked over the network.
    pub(crate) fn may_wait(&self) -> bool {
        !matches!(self.counts, Counts::Here(_))
    }

    /// In the order in which denials are told.
    fn demands<'a>(&self, usage: &Usage<'a>, now: Moment) -> Demands<'a> {
        let demand = |level, other, bound| Demand { level, application: usage.application, other, bound };
        let spike = usage.spike_arrest.filter(|(limit, _)| *limit > 0).and_then(|(limit, seconds)| {
            QuotaPolicy::new(limit.into(), std::time::Duration::from_secs(seconds.max(1))).bound()
        });
        let subscription = usage.subscription_tier.filter(|_| usage.stop_on_quota_reach);
        [
            spike.map(|bound| demand(Level::Spike, usage.api, bound)),
            subscription
                .and_then(|tier| self.bound(tier, now))
                .map(|bound| demand(Level::Subscription, usage.api, bound)),
            usage
                .application_tier
                .and_then(|tier| self.bound(tier, now))
                .map(|bound| demand(Level::Application, usage.user, bound)),
        ]
    }

    /// Nothing for any number of requests.
    fn bound(&self, tier: &str, now: Moment) -> Option<Bound> {
        let policy = self.policies.known(tier).unwrap_or_else(|| {
            if self.told.again(now) {
                tracing::warn!(
                    target: "claimgate",
                    "tokens name a quota tier that is not configured: the policy for unknown tiers holds"
                );
            }
            self.policies.policy(tier)
        });
        policy.bound()
    }
}

impl QuotasBuilder {
    /// The policies by name; those of the original if nothing is said.
    pub fn policies(self, policies: QuotaPolicies) -> Self {
        QuotasBuilder { policies, ..self }
    }

    /// How many windows there may be in this process: one for each user of an application, and up to two for each application
    /// at each API. 100,000 if nothing is said, which is about 10 MiB. They are spread evenly over 64 parts, each of which has
    /// at least one; so the first windows find no room when about nine tenths are used. With Redis it means nothing.
    pub fn max_windows(self, windows: usize) -> Self {
        QuotasBuilder { max_windows: Some(windows), ..self }
    }

    /// Counts in Redis, so that several processes share the quotas.
    #[cfg(feature = "redis")]
    pub fn redis(self, redis: RedisQuotas) -> Self {
        QuotasBuilder { redis: Some(redis), ..self }
    }

    /// The quotas, with nothing used.
    pub fn build(self) -> Quotas {
        let here = || Counts::Here(Windows::new(self.max_windows.unwrap_or(MAX_WINDOWS)));
        #[cfg(feature = "redis")]
        let counts = match self.redis {
            Some(redis) => Counts::Redis(redis_windows::RedisWindows::new(redis)),
            None => here(),
        };
        #[cfg(not(feature = "redis"))]
        let counts = here();
        Quotas { policies: self.policies, counts, told: Told::default() }
    }
}

impl fmt::Debug for Quotas {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = match &self.counts {
            Counts::Here(_) => "in this process",
            #[cfg(feature = "redis")]
            Counts::Redis(_) => "in Redis",
        };
        formatter
            .debug_struct("Quotas")
            .field("policies", &self.policies)
            .field("counts", &counts)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Taken::Allowed => formatter.write_str("Allowed"),
            Taken::Denied(fault) => formatter.debug_tuple("Denied").field(fault).finish(),
            Taken::Later(_) => formatter.write_str("Later"),
        }
    }
}

const MAX_WINDOWS: usize = 100_000;

#[cfg(test)]
mod tests;
