//! Counters and gauges of the recorder that was installed when they were made.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use metrics::{Counter, Gauge, SharedString, Unit, counter, describe_counter, describe_gauge, gauge};

use crate::error::{AuthError, AuthErrorKind};
use crate::key_demand::MissKind;
use crate::meters::KeyMeasures;
#[cfg(feature = "refresh")]
use crate::refresh::FetchError;

/// What is counted and measured of one issuer, or of several that share a label. Cheap to clone.
///
/// By default nothing is prepared. Refusals are counted all the same: a route that stands behind no authentication has no
/// issuer to take this from.
#[derive(Clone, Default)]
pub(crate) struct IssuerMeters(Option<Arc<Prepared>>);

/// What is counted and measured of the issuers that a resolver knows, under one label: their names come from outside, and
/// there are as many as there are tenants.
pub(crate) struct TenantMeters {
    pub(crate) issuer: IssuerMeters,
    known: Gauge,
    spent: Counter,
}

struct Prepared {
    accepted: Counter,
    anonymous: Counter,
    /// In the order of the kinds.
    refused: [Counter; AuthErrorKind::ALL.len()],
    keys: Option<KeyMeters>,
}

/// What there is to tell where somebody has keys.
struct KeyMeters {
    fetches: Box<[(&'static str, Counter)]>,
    unknown_key: Counter,
    bad_signature: Counter,
    gauges: Option<KeyGauges>,
}

struct KeyGauges {
    usable: Gauge,
    age: Gauge,
    stale: Gauge,
    /// Nothing is told any more: the issuer has left the configuration, while a request may keep its refresher going.
    is_retired: AtomicBool,
}

impl IssuerMeters {
    /// Those of an issuer of the configuration.
    pub(crate) fn configured(issuer: &Arc<str>) -> Self {
        let label = SharedString::from(issuer.clone());
        let gauges = KeyGauges::new(&label);
        IssuerMeters::prepared(&label, Some(KeyMeters::new(&label, Some(gauges))))
    }

    /// Those of tokens whose issuer nobody knows, and of requests that have no token.
    pub(crate) fn nobody() -> Self {
        IssuerMeters::prepared(&NOBODY, None)
    }

    fn prepared(issuer: &SharedString, keys: Option<KeyMeters>) -> Self {
        IssuerMeters(Some(Arc::new(Prepared {
            accepted: decisions(issuer, ACCEPTED),
            anonymous: decisions(issuer, ANONYMOUS),
            refused: AuthErrorKind::ALL.map(|kind| decisions(issuer, kind.as_str())),
            keys,
        })))
    }

    /// A token was accepted or refused.
    pub(crate) fn decided<T>(&self, result: &Result<T, AuthError>) {
        match result {
            Ok(_) => self.accepted(),
            Err(error) => self.refused(error.kind()),
        }
    }

    /// A token was accepted.
    pub(crate) fn accepted(&self) {
        if let Some(prepared) = &self.0 {
            prepared.accepted.increment(1);
        }
    }

    /// A request went on without a credential.
    pub(crate) fn anonymous(&self) {
        if let Some(prepared) = &self.0 {
            prepared.anonymous.increment(1);
        }
    }

    /// A request was refused.
    pub(crate) fn refused(&self, kind: AuthErrorKind) {
        match self.0.as_ref().and_then(|prepared| prepared.refused.get(kind as usize)) {
            Some(refused) => refused.increment(1),
            None => decisions(&NOBODY, kind.as_str()).increment(1),
        }
    }

    /// A fetch of keys ended so.
    pub(crate) fn fetched(&self, outcome: &'static str) {
        let fetches = self.keys_meters().map(|keys| &keys.fetches).into_iter().flatten();
        if let Some((_, fetches)) = fetches.into_iter().find(|(prepared, _)| *prepared == outcome) {
            fetches.increment(1);
        }
    }

    /// A request would have caused a fetch, and the budget for that is spent.
    pub(crate) fn spent(&self, kind: MissKind) {
        if let Some(keys) = self.keys_meters() {
            match kind {
                MissKind::UnknownKey => keys.unknown_key.increment(1),
                MissKind::BadSignature => keys.bad_signature.increment(1),
            }
        }
    }

    /// How the keys are now.
    pub(crate) fn keys(&self, measure: impl FnOnce() -> KeyMeasures) {
        let gauges = self.keys_meters().and_then(|keys| keys.gauges.as_ref());
        if let Some(gauges) = gauges.filter(|gauges| !gauges.is_retired.load(Ordering::Relaxed)) {
            let KeyMeasures { usable, age, overdue } = measure();
            gauges.usable.set(as_number(usable));
            gauges.age.set(age.map_or(f64::NAN, |age| age.as_secs_f64()));
            gauges.stale.set(overdue.as_secs_f64());
        }
    }

    /// The issuer is not trusted any more. A gauge cannot be taken back, and one that stood still would keep an alert going.
    pub(crate) fn retire(&self) {
        if let Some(gauges) = self.keys_meters().and_then(|keys| keys.gauges.as_ref()) {
            gauges.is_retired.store(true, Ordering::Relaxed);
            for gauge in [&gauges.usable, &gauges.age, &gauges.stale] {
                gauge.set(f64::NAN);
            }
        }
    }

    fn keys_meters(&self) -> Option<&KeyMeters> {
        self.0.as_ref()?.keys.as_ref()
    }
}

impl TenantMeters {
    pub(crate) fn new() -> Self {
        let keys = KeyMeters::new(&DYNAMIC, None);
        let meters = TenantMeters {
            issuer: IssuerMeters::prepared(&DYNAMIC, Some(keys)),
            known: gauge!(TENANTS),
            spent: refusals(&DYNAMIC, "resolver"),
        };
        meters.known(|| 0);
        meters
    }

    /// How many tenants are known.
    pub(crate) fn known(&self, count: impl FnOnce() -> usize) {
        self.known.set(as_number(count()));
    }

    /// A request would have caused a question to the resolver, and the budget for that is spent.
    pub(crate) fn spent(&self) {
        self.spent.increment(1);
    }
}

impl KeyMeters {
    fn new(issuer: &SharedString, gauges: Option<KeyGauges>) -> Self {
        let fetches =
            |outcome| (outcome, counter!(FETCHES, "issuer" => issuer.clone(), "outcome" => outcome));
        KeyMeters {
            fetches: outcomes().map(fetches).collect(),
            unknown_key: refusals(issuer, "unknown_key"),
            bad_signature: refusals(issuer, "bad_signature"),
            gauges,
        }
    }
}

impl KeyGauges {
    fn new(issuer: &SharedString) -> Self {
        KeyGauges {
            usable: gauge!(KEYS, "issuer" => issuer.clone()),
            age: gauge!(AGE, "issuer" => issuer.clone()),
            stale: gauge!(STALE, "issuer" => issuer.clone()),
            is_retired: AtomicBool::new(false),
        }
    }
}

/// Tells the recorder what the names mean.
pub(crate) fn describe() {
    describe_counter!(DECISIONS, Unit::Count, "Decisions about requests, by what was decided.");
    describe_counter!(FETCHES, Unit::Count, "Fetches of keys that have ended, by how.");
    describe_counter!(
        REFUSALS,
        Unit::Count,
        "Fetches that a request did not cause, since a budget was spent."
    );
    describe_gauge!(
        KEYS,
        Unit::Count,
        "Keys that tokens are judged by; 0 where there are none, or all are revoked."
    );
    describe_gauge!(AGE, Unit::Seconds, "How long ago the keys were asked for.");
    describe_gauge!(STALE, Unit::Seconds, "For how long the refresh of the keys has been overdue.");
    describe_gauge!(TENANTS, Unit::Count, "Issuers that are known from the resolver.");
}

fn decisions(issuer: &SharedString, decision: &'static str) -> Counter {
    counter!(DECISIONS, "issuer" => issuer.clone(), "decision" => decision)
}

fn refusals(issuer: &SharedString, budget: &'static str) -> Counter {
    counter!(REFUSALS, "issuer" => issuer.clone(), "budget" => budget)
}

/// All of them from the start: what rises from nothing to one is no rise to who computes rates.
fn outcomes() -> impl Iterator<Item = &'static str> {
    #[cfg(feature = "refresh")]
    return ["fetched", "unchanged"].into_iter().chain(FetchError::LABELS);
    #[cfg(not(feature = "refresh"))]
    std::iter::empty()
}

/// Exact up to 2^32, and nobody has so many.
fn as_number(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}

/// Meters are no rule: two policies that differ in nothing else are the same.
impl PartialEq for IssuerMeters {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for IssuerMeters {}

impl fmt::Debug for IssuerMeters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("IssuerMeters")
    }
}

const DECISIONS: &str = "claimgate_decisions_total";
const FETCHES: &str = "claimgate_key_fetches_total";
const REFUSALS: &str = "claimgate_budget_refusals_total";
const KEYS: &str = "claimgate_keys";
const AGE: &str = "claimgate_keys_age_seconds";
const STALE: &str = "claimgate_keys_stale_seconds";
const TENANTS: &str = "claimgate_tenants";

const ACCEPTED: &str = "accepted";
const ANONYMOUS: &str = "anonymous";
/// The label of every issuer that a resolver knows. No configured issuer is called so: theirs are URLs.
const DYNAMIC: SharedString = SharedString::const_str("dynamic");
/// Prometheus takes an empty label for none at all.
const NOBODY: SharedString = SharedString::const_str("");
