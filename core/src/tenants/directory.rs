//! What is known of tenants, in both directions and within bounds.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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
}

pub(crate) struct Tenant {
    pub(crate) trusted: Arc<TrustedIssuer>,
    pub(crate) resolved: Moment,
    /// In seconds of the wall clock, which is all that choosing the idlest takes.
    used: AtomicI64,
    asked_again: AtomicI64,
}

impl Tenant {
    /// Whether it is time to ask the resolver again, which one request in ten seconds is told.
    pub(crate) fn may_ask_again(&self, now: Moment) -> bool {
        let (now, last) = (now.unix_seconds(), self.asked_again.load(Ordering::Relaxed));
        let is_time = now.saturating_sub(last) >= ASK_AGAIN_SECONDS;
        is_time && self.asked_again.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl Directory {
    pub(crate) fn new(most: usize) -> Self {
        Directory { tenants: ArcSwap::default(), most, writing: Mutex::default() }
    }

    /// The tenant, which is in use now.
    pub(crate) fn get(&self, issuer: &str, now: Moment) -> Option<Arc<Tenant>> {
        let tenant = self.tenants.load().get(issuer).cloned()?;
        let now = now.unix_seconds();
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

    pub(crate) fn len(&self) -> usize {
        self.tenants.load().len()
    }

    pub(crate) fn all(&self) -> Vec<Arc<TrustedIssuer>> {
        self.tenants.load().values().map(|tenant| tenant.trusted.clone()).collect()
    }

    /// Puts the tenant in. Those that were not used `idle_for` so long leave, and where that is not enough, the idlest.
    pub(crate) fn insert(
        &self,
        issuer: Arc<str>,
        trusted: Arc<TrustedIssuer>,
        idle_for: Duration,
        now: Moment,
    ) {
        let (used, asked_again) = (now.unix_seconds().into(), now.unix_seconds().into());
        let tenant = Arc::new(Tenant { trusted, resolved: now, used, asked_again });
        self.change(|tenants| {
            let idle = i64::try_from(idle_for.as_secs()).unwrap_or(i64::MAX);
            let since = now.unix_seconds().saturating_sub(idle);
            tenants.retain(|_, tenant| tenant.used.load(Ordering::Relaxed) >= since);
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

    fn change(&self, change: impl FnOnce(&mut HashMap<Arc<str>, Arc<Tenant>>)) {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tenants = HashMap::clone(&self.tenants.load());
        change(&mut tenants);
        self.tenants.store(Arc::new(tenants));
    }
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

const ASK_AGAIN_SECONDS: i64 = 10;

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
