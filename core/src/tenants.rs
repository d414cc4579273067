//! The tenants that are known, and the finding out about others.

mod directory;
mod resolution;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tracing::{Instrument, info, info_span, warn};

use crate::budget::Budget;
use crate::control::Control;
use crate::dynamic_issuers::{DynamicIssuers, ResolveError};
use crate::error::LoggedKeyId;
use crate::key_demand::{Fetched, FetcherGone};
use crate::meters::TenantMeters;
use crate::moment::Moment;
use crate::prepared::PreparedIssuer;
use crate::tenants::directory::{Denied, Directory};
use crate::trusted_issuer::TrustedIssuer;

/// Tenants and the resolver that knows them.
///
/// Shared: the directory of known tenants, which requests read without a lock; the desk, behind a mutex that is held for the
/// length of a state change and only by requests of tenants that are not known. Ordered by: a tenant is in the directory
/// before whoever waits for it is woken. Who may be late: a request that found nothing asks the desk, which looks at the
/// directory again.
pub(crate) struct Tenants {
    pub(crate) dynamic: DynamicIssuers,
    pub(crate) meters: TenantMeters,
    realm: Option<Arc<str>>,
    control: Arc<Control>,
    known: Directory,
    desk: Mutex<Desk>,
    waiting: Arc<AtomicUsize>,
    hasher: RandomState,
}

/// What is under way.
struct Desk {
    /// For names that are not known.
    budget: Budget,
    /// For tenants that are: strangers cannot keep the resolver from being asked about these.
    again: Budget,
    denied: Denied,
    resolving: HashMap<Arc<str>, Resolving>,
}

struct Resolving {
    ended: watch::Receiver<()>,
    task: AbortHandle,
}

/// What is known of the name in a token.
pub(crate) enum Found {
    Known(Arc<TrustedIssuer>),
    Nobody,
    /// It is being found out.
    Awaited(Fetched),
    /// It cannot be found out now.
    Refused {
        retry_after: Duration,
    },
}

impl Tenants {
    pub(crate) fn new(dynamic: DynamicIssuers, realm: Option<Arc<str>>, control: Arc<Control>) -> Self {
        let limits = &dynamic.limits;
        let desk = Desk {
            budget: Budget::new(limits.burst, limits.one_per),
            again: Budget::new(limits.burst.saturating_mul(10), limits.one_per / 10),
            denied: Denied::new(limits.denied),
            resolving: HashMap::new(),
        };
        Tenants {
            known: Directory::new(limits.tenants),
            dynamic,
            meters: TenantMeters::new(),
            realm,
            control,
            desk: Mutex::new(desk),
            waiting: Arc::default(),
            hasher: RandomState::new(),
        }
    }

    /// Whether these are the tenants that `dynamic` would have.
    pub(crate) fn are_those_of(&self, dynamic: &DynamicIssuers, realm: Option<&str>) -> bool {
        self.dynamic.is_same(dynamic) && self.realm.as_deref() == realm
    }

    /// The tenant `issuer`. Only if the request `may_ask` is the resolver asked about one that is not known.
    pub(crate) fn find(self: &Arc<Self>, issuer: &str, may_ask: bool, now: Moment) -> Found {
        let limits = &self.dynamic.limits;
        if let Some(tenant) = self.known.get(issuer, now) {
            self.sweep(now);
            let age = now.since(tenant.resolved);
            if age <= limits.keep_for {
                return Found::Known(tenant.trusted.clone());
            }
            // A tenant that nobody asked about for long may be gone, unless it is the resolver that does not answer.
            let stale_for = tenant.trusted.described.fetch.stale_for;
            let grace = if tenant.has_failed() { stale_for.max(limits.keep_for) } else { limits.keep_for };
            if age <= limits.keep_for.saturating_add(grace) {
                // Beside the request: what the resolver says holds for those that come later.
                if self.known.may_ask_again(&tenant, now) {
                    let _ = self.ask(issuer, Asked::Again, now);
                }
                return Found::Known(tenant.trusted.clone());
            }
        }
        if !self.dynamic.covers(issuer) {
            return Found::Nobody;
        }
        if !may_ask {
            let denied = self.desk().denied.contains(self.hasher.hash_one(issuer), now);
            return if denied { Found::Nobody } else { Found::Refused { retry_after: RETRY_SOON } };
        }
        self.ask(issuer, Asked::First, now)
    }

    /// Lets tenants go that nobody uses, now and then, beside the requests.
    fn sweep(self: &Arc<Self>, now: Moment) {
        if let Some(runtime) = self.control.runtime.as_ref().filter(|_| self.known.is_sweep_due(now)) {
            let tenants = Arc::downgrade(self);
            runtime.spawn(async move {
                if let Some(tenants) = tenants.upgrade() {
                    tenants.known.sweep(tenants.dynamic.limits.idle_for, now);
                    tenants.meters.known(|| tenants.count());
                }
            });
        }
    }

    /// All tenants that are known.
    pub(crate) fn all(&self) -> Vec<Arc<TrustedIssuer>> {
        self.known.all()
    }

    /// How many tenants are known.
    pub(crate) fn count(&self) -> usize {
        self.known.len()
    }

    /// The tenant, if it is known, and without counting as its use.
    pub(crate) fn known(&self, issuer: &str) -> Option<Arc<TrustedIssuer>> {
        self.known.peek(issuer)
    }

    fn ask(self: &Arc<Self>, issuer: &str, asked: Asked, now: Moment) -> Found {
        if asked == Asked::First && self.waiting.load(Ordering::Relaxed) >= MOST_WAITING {
            return Found::Refused { retry_after: RETRY_SOON };
        }
        let mut desk = self.desk();
        if desk.denied.contains(self.hasher.hash_one(issuer), now) {
            return Found::Nobody;
        }
        if let Some(resolving) = desk.resolving.get(issuer) {
            return Found::Awaited(wait(resolving.ended.clone(), Waiting::one_of(&self.waiting)));
        }
        // Whoever was overtaken by the very answer it asks for.
        if let Some(tenant) =
            self.known.get(issuer, now).filter(|tenant| now.since(tenant.resolved).is_zero())
        {
            return Found::Known(tenant.trusted.clone());
        }
        let Some(runtime) = &self.control.runtime else {
            return Found::Refused { retry_after: RETRY_SOON };
        };
        let budget = match asked {
            Asked::First => &mut desk.budget,
            Asked::Again => &mut desk.again,
        };
        if !budget.take(now) {
            self.meters.spent();
            return Found::Refused { retry_after: self.dynamic.limits.one_per.max(RETRY_SOON) };
        }
        let (sender, ended) = watch::channel(());
        let name: Arc<str> = issuer.into();
        let claimed = LoggedKeyId::new(issuer);
        let span = info_span!(target: "claimgate", "resolve_tenant", issuer = %claimed);
        let (tenants, realm) = (Arc::downgrade(self), self.realm.clone());
        let resolving = resolve(tenants, self.dynamic.clone(), name.clone(), realm, sender);
        let task = runtime.spawn(resolving.instrument(span));
        let found = Found::Awaited(wait(ended.clone(), Waiting::one_of(&self.waiting)));
        desk.resolving.insert(name, Resolving { ended, task: task.abort_handle() });
        found
    }

    /// What the resolver said of `issuer` holds from here on.
    fn settle(&self, issuer: &Arc<str>, answer: Result<Option<PreparedIssuer>, ResolveError>) {
        let now = self.control.clock.now();
        match answer {
            Ok(Some(prepared)) => {
                // No lever comes between the look at what operators have said and the tenant being known.
                let changing = self.control.change();
                let before = self.known.peek(issuer);
                let overrides = changing.get(issuer).cloned().unwrap_or_default();
                let trusted =
                    prepared.trust(before.as_deref(), overrides, self.meters.issuer.clone(), &self.control);
                self.known.insert(issuer.clone(), Arc::new(trusted), now);
                info!(target: "claimgate", issuer = &**issuer, "tenant resolved");
            }
            Ok(None) => {
                let until = now.later(self.dynamic.limits.deny_for);
                self.desk().denied.insert(self.hasher.hash_one(&**issuer), until);
                // After that: no request finds neither.
                self.known.remove(issuer);
            }
            Err(error) => {
                self.known.note_failure(issuer);
                // The name is a stranger's until the resolver knows it.
                let issuer = LoggedKeyId::new(issuer);
                warn!(target: "claimgate", %issuer, "tenant could not be resolved: {error}");
            }
        }
        self.meters.known(|| self.count());
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        // Each change of the desk is one call on one of its parts.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Tenants {
    fn drop(&mut self) {
        self.desk().resolving.values().for_each(|resolving| resolving.task.abort());
    }
}

/// Why the resolver is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    First,
    Again,
}

/// Asks the resolver, and lets what it says hold from here on.
async fn resolve(
    tenants: Weak<Tenants>,
    dynamic: DynamicIssuers,
    issuer: Arc<str>,
    realm: Option<Arc<str>>,
    ended: watch::Sender<()>,
) {
    let clients = match tenants.upgrade() {
        Some(tenants) => tenants.control.clone(),
        None => return,
    };
    let answer = resolution::ask(dynamic, issuer.clone(), realm, clients).await;
    // Taken off the desk however this ends, and before whoever waits is woken.
    let off_the_desk = OnDesk(&tenants, &issuer);
    if let Some(tenants) = tenants.upgrade() {
        tenants.settle(&issuer, answer);
    }
    drop(off_the_desk);
    drop(ended);
}

/// A name on the desk, which is taken off when this is dropped.
struct OnDesk<'t>(&'t Weak<Tenants>, &'t str);

impl Drop for OnDesk<'_> {
    fn drop(&mut self) {
        if let Some(tenants) = self.0.upgrade() {
            tenants.desk().resolving.remove(self.1);
        }
    }
}

/// One of those who wait, counted.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn one_of(waiting: &Arc<AtomicUsize>) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(waiting.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Ends when the finding out has ended, however it did: the sender is dropped then, also with the runtime it ran on.
fn wait(mut ended: watch::Receiver<()>, place: Waiting) -> Fetched {
    Box::pin(async move {
        let _ = ended.changed().await;
        drop(place);
        Ok::<(), FetcherGone>(())
    })
}

/// Each who waits holds a connection: beyond this many, coming again is better for everybody.
const MOST_WAITING: usize = 1_024;
const RETRY_SOON: Duration = Duration::from_secs(1);
