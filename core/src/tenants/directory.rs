//! What is known of tenants, in both directions and within bounds.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::moment::Moment;
use crate::trusted_issuer::TrustedIssuer;

/// Tenants by name. Requests read it without a lock; each change copies the map, whose values are pointers: 10,000 of them in
/// about a millisecond, at most as often as the resolver may be asked.
pub(crate) struct Directory {
    tenants: ArcSwap<HashMap<Arc<str>, Arc<Tenant>>>,
    most: usize,
    writing: Mutex<()>,
    /// The first moment that the directory was asked about. Times within it count from there, on the clock that goes on when
    /// the other is set back.
    start: OnceLock<Moment>,
    swept: AtomicU64,
}

pub(crate) struct Tenant {
    pub(crate) trusted: Arc<TrustedIssuer>,
    pub(crate) resolved: Moment,
    used: AtomicU64,
    asked_again: AtomicU64,
    failed: AtomicBool,
}

impl Tenant {
    /// Whether the resolver had no answer when it was last asked about the tenant.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}

impl Directory {
    pub(crate) fn new(most: usize) -> Self {
        let (tenants, writing) = (ArcSwap::default(), Mutex::default());
        Directory { tenants, most, writing, start: OnceLock::new(), swept: AtomicU64::new(0) }
    }

    /// The tenant, which is in use now.
    pub(crate) fn get(&self, issuer: &str, now: Moment) -> Option<Arc<Tenant>> {
        let tenant = self.tenants.load().get(issuer).cloned()?;
        let now = self.seconds(now);
        // Written once a second and not for each request: all cores would pass the line around.
        if tenant.used.load(Ordering::Relaxed) != now {
            tenant.used.store(now, Ordering::Relaxed);
        }
        Some(tenant)
    }

    /// The tenant, whether it is in use or not.
    pub(crate) fn peek(&self, issuer: &str) -> Option<Arc<TrustedIssuer>> {
        self.tenants.load().get(issuer).map(|tenant| tenant.trusted.clone())
    }

    pub(crate) fn all(&self) -> Vec<Arc<TrustedIssuer>> {
        self.tenants.load().values().map(|tenant| tenant.trusted.clone()).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.tenants.load().len()
    }

    /// Whether it is time to ask the resolver again, which one request in ten seconds is told.
    pub(crate) fn may_ask_again(&self, tenant: &Tenant, now: Moment) -> bool {
        is_time(&tenant.asked_again, ASK_AGAIN_SECONDS, self.seconds(now))
    }

    /// The resolver had no answer about the tenant.
    pub(crate) fn note_failure(&self, issuer: &str) {
        if let Some(tenant) = self.tenants.load().get(issuer) {
            tenant.failed.store(true, Ordering::Relaxed);
        }
    }

    /// Puts the tenant in. Where there is no room, the idlest leaves.
    pub(crate) fn insert(&self, issuer: Arc<str>, trusted: Arc<TrustedIssuer>, now: Moment) {
        let seconds = self.seconds(now);
        let (used, asked_again) = (seconds.into(), seconds.into());
        let tenant = Arc::new(Tenant { trusted, resolved: now, used, asked_again, failed: false.into() });
        self.change(|tenants| {
            if !tenants.contains_key(&issuer) && tenants.len() >= self.most {
                let idlest = tenants.iter().min_by_key(|(_, tenant)| tenant.used.load(Ordering::Relaxed));
                if let Some(name) = idlest.map(|(name, _)| name.clone()) {
                    tenants.remove(&name);
                }
            }
            tenants.insert(issuer, tenant);
        });
    }

    pub(crate) fn remove(&self, issuer: &str) {
        self.change(|tenants| drop(tenants.remove(issuer)));
    }

    /// Whether it is time to look for idle tenants, which one request in a minute is told.
    pub(crate) fn is_sweep_due(&self, now: Moment) -> bool {
        is_time(&self.swept, SWEEP_SECONDS, self.seconds(now))
    }

    /// Lets those go that were not used for so long.
    pub(crate) fn sweep(&self, idle_for: Duration, now: Moment) {
        let now = self.seconds(now);
        let is_idle =
            |tenant: &Tenant| now.saturating_sub(tenant.used.load(Ordering::Relaxed)) > idle_for.as_secs();
        if self.tenants.load().values().any(|tenant| is_idle(tenant)) {
            self.change(|tenants| tenants.retain(|_, tenant| !is_idle(tenant)));
        }
    }

    fn seconds(&self, now: Moment) -> u64 {
        now.since(*self.start.get_or_init(|| now)).as_secs()
    }

    fn change(&self, change: impl FnOnce(&mut HashMap<Arc<str>, Arc<Tenant>>)) {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tenants = HashMap::clone(&self.tenants.load());
        change(&mut tenants);
        self.tenants.store(Arc::new(tenants));
    }
}

/// Whether `every` so many seconds have passed since `last`, for one of those who ask at once.
fn is_time(last: &AtomicU64, every: u64, now: u64) -> bool {
    let before = last.load(Ordering::Relaxed);
    now.saturating_sub(before) >= every
        && last.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
}

/// Names that are nobody's, as keyed hashes: names come from outside and are as long as tokens may be. Two names of one hash
/// would be a chance of one in 2^64, and the later one is refused for a minute.
pub(crate) struct Denied {
    until: HashMap<u64, Moment>,
    order: VecDeque<u64>,
    most: usize,
}

impl Denied {
    pub(crate) fn new(most: usize) -> Self {
        Denied { until: HashMap::new(), order: VecDeque::new(), most }
    }

    pub(crate) fn contains(&self, name: u64, now: Moment) -> bool {
        // `since` is zero for what is still to come.
        self.until.get(&name).is_some_and(|until| now.since(*until).is_zero())
    }

    pub(crate) fn insert(&mut self, name: u64, until: Moment) {
        if self.until.insert(name, until).is_none() {
            self.order.push_back(name);
        }
        while self.order.len() > self.most {
            if let Some(oldest) = self.order.pop_front() {
                self.until.remove(&oldest);
            }
        }
    }
}

const ASK_AGAIN_SECONDS: u64 = 10;
const SWEEP_SECONDS: u64 = 60;

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn names_that_are_nobodys_are_remembered_for_a_time_and_within_bounds() {
        let start = Moment::new(Duration::from_secs(1_000_000), Instant::now());
        let mut denied = Denied::new(2);
        let until = start.later(Duration::from_secs(60));
        denied.insert(1, until);
        denied.insert(1, until);
        denied.insert(2, until);
        assert!(denied.contains(1, start) && denied.contains(2, start));
        denied.insert(3, until);
        assert!(!denied.contains(1, start), "the oldest made room");
        assert!(denied.contains(3, start.later(Duration::from_secs(59))));
        assert!(!denied.contains(3, start.later(Duration::from_secs(61))));
        assert_eq!((denied.until.len(), denied.order.len()), (2, 2));
    }
}
