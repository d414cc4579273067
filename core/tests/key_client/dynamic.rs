//! Tenants that a resolver knows.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use claimgate_core::{DynamicIssuers, IssuerResolver, ResolveError, ResolveFuture};
use tokio::sync::Semaphore;

use super::*;
use AuthErrorKind::{IssuerUnavailable, UnknownIssuer};

/// Knows the tenants that it was told of, and counts.
#[derive(Clone)]
struct Registry {
    names: Arc<Mutex<HashSet<String>>>,
    asked: Arc<AtomicUsize>,
    is_down: Arc<Mutex<bool>>,
    open: Arc<Semaphore>,
}

impl Registry {
    fn knowing<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        Registry {
            names: Arc::new(Mutex::new(names.into_iter().map(str::to_owned).collect())),
            asked: Arc::default(),
            is_down: Arc::default(),
            open: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl IssuerResolver for Registry {
    fn resolve<'a>(&'a self, issuer: &'a str) -> ResolveFuture<'a> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let _permit = self.open.acquire().await?;
            if *self.is_down.lock().unwrap() {
                return Err(ResolveError::new("the registry is down"));
            }
            let known = self.names.lock().unwrap().contains(issuer);
            Ok(known
                .then(|| Issuer::new(issuer).audience(AUDIENCE).refresh_cooldown(Duration::from_nanos(1))))
        })
    }
}

/// A served tenant with a path, and the prefix that it is under.
async fn tenant() -> (ServedIssuer, String) {
    let served = TestIssuer::serve_new_at(Alg::ES256, "/t/one").await.unwrap();
    let prefix = format!("{}/t/", served.url());
    (served, prefix)
}

fn gate(dynamic: DynamicIssuers) -> (Authenticator, TestClock) {
    let clock = TestClock::new();
    let gate = Authenticator::builder().clock(clock.clone()).dynamic_issuers(dynamic).build().unwrap();
    (gate, clock)
}

/// A token of a tenant beside the served one, which is nobody's.
fn of(served: &ServedIssuer, name: &str) -> String {
    let issuer = format!("{}/t/{name}", served.url());
    mint(served).claim("iss", issuer).mint()
}

fn mint(served: &ServedIssuer) -> TokenBuilder {
    served.issuer().token().at(support::NOW).audience(AUDIENCE).expires_in(HOUR * 24)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_is_asked_about_once_and_known_from_then_on() {
    let (served, prefix) = tenant().await;
    let mut registry = Registry::knowing([served.issuer().issuer()]);
    registry.open = Arc::new(Semaphore::new(0));
    let (gate, _) = gate(DynamicIssuers::new(registry.clone()).prefix(prefix));
    let text = mint(&served).mint();
    let waiting: Vec<_> = (0..50).map(|_| pending(&gate, &text)).collect();
    registry.open.add_permits(1);
    for pending in waiting {
        assert!(patiently(pending).await.is_ok(), "the first requests, at once");
    }
    assert_eq!(decided(&gate, &text), Ok(()));
    assert_eq!((registry.asked(), served.jwks_requests()), (1, 1));
    let status = gate.status().remove(0);
    assert!(status.is_dynamic() && status.is_usable(), "{status:?}");
    served.issuer().rotate();
    assert_eq!(kind(&gate, &mint(&served).mint()).await, Ok(()), "its keys are kept as any issuer's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_are_nobodys_are_remembered() {
    let (served, prefix) = tenant().await;
    let registry = Registry::knowing([]);
    let (gate, clock) = gate(DynamicIssuers::new(registry.clone()).prefix(prefix));
    let text = of(&served, "nobody");
    assert_eq!(kind(&gate, &text).await, Err(UnknownIssuer));
    for _ in 0..100 {
        assert_eq!(decided(&gate, &text), Err(UnknownIssuer));
    }
    assert_eq!(registry.asked(), 1);
    clock.advance(Duration::from_secs(61));
    assert_eq!(kind(&gate, &text).await, Err(UnknownIssuer));
    assert_eq!(registry.asked(), 2, "and forgotten after a minute");
    assert_eq!(served.jwks_requests() + served.discovery_requests(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n110_no_name_outside_of_the_prefixes_reaches_the_resolver() {
    let (served, prefix) = tenant().await;
    let registry = Registry::knowing([served.issuer().issuer()]);
    let (gate, _) = gate(DynamicIssuers::new(registry.clone()).prefix(prefix));
    for issuer in ["https://evil.test/t/one", "http://127.0.0.1/t/one", "", "x"] {
        let text = mint(&served).claim("iss", issuer).mint();
        assert_eq!(decided(&gate, &text), Err(UnknownIssuer), "{issuer:?}");
    }
    for name in ["../u", "a?b", "a#b", "%2e%2e/u", "a b"] {
        assert_eq!(decided(&gate, &of(&served, name)), Err(UnknownIssuer), "{name:?}");
    }
    assert_eq!(
        decided(&gate, &mint(&served).at(support::NOW - 86_400 * 2).mint()),
        Err(AuthErrorKind::Expired)
    );
    assert_eq!(registry.asked(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_names_spends_the_budget_and_touches_no_known_tenant() {
    let (served, prefix) = tenant().await;
    let registry = Registry::knowing([served.issuer().issuer()]);
    let dynamic = DynamicIssuers::new(registry.clone()).prefix(prefix).budget(5, HOUR).max_denied(2);
    let (gate, clock) = gate(dynamic);
    let text = mint(&served).mint();
    assert_eq!(kind(&gate, &text).await, Ok(()));
    for number in 0..200 {
        let answer = kind(&gate, &of(&served, &format!("nobody-{number}"))).await;
        assert_eq!(answer, Err(if number < 4 { UnknownIssuer } else { IssuerUnavailable }), "{number}");
        assert_eq!(decided(&gate, &text), Ok(()));
    }
    assert_eq!(registry.asked(), 5);
    clock.advance(Duration::from_secs(601));
    assert_eq!(decided(&gate, &text), Ok(()), "known, and overdue");
    eventually(|| registry.asked() == 6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resolver_that_fails_is_a_503_and_known_tenants_stay() {
    let (served, prefix) = tenant().await;
    let registry = Registry::knowing([served.issuer().issuer()]);
    let (gate, clock) = gate(DynamicIssuers::new(registry.clone()).prefix(prefix));
    *registry.is_down.lock().unwrap() = true;
    let text = mint(&served).mint();
    assert_eq!(kind(&gate, &text).await, Err(IssuerUnavailable));
    *registry.is_down.lock().unwrap() = false;
    assert_eq!(kind(&gate, &text).await, Ok(()), "nothing is remembered of a failure");
    *registry.is_down.lock().unwrap() = true;
    clock.advance(Duration::from_secs(601));
    for _ in 0..20 {
        assert_eq!(decided(&gate, &text), Ok(()), "asked about beside the requests");
    }
    eventually(|| registry.asked() == 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_that_is_gone_is_refused_once_the_resolver_was_asked_again() {
    let (served, prefix) = tenant().await;
    let registry = Registry::knowing([served.issuer().issuer()]);
    let (gate, clock) = gate(DynamicIssuers::new(registry.clone()).prefix(prefix));
    let text = mint(&served).mint();
    assert_eq!(kind(&gate, &text).await, Ok(()));
    registry.names.lock().unwrap().clear();
    assert_eq!(decided(&gate, &text), Ok(()));
    clock.advance(Duration::from_secs(601));
    assert_eq!(decided(&gate, &text), Ok(()), "the request that asks does not wait");
    eventually(|| decided(&gate, &text) == Err(UnknownIssuer)).await;
    assert!(gate.status().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_idlest_tenant_makes_room() {
    let tenants = [tenant().await, tenant().await, tenant().await];
    let registry = Registry::knowing(tenants.iter().map(|(served, _)| served.issuer().issuer()));
    let dynamic = DynamicIssuers::new(registry.clone()).max_tenants(2);
    let dynamic = tenants.iter().fold(dynamic, |dynamic, (_, prefix)| dynamic.prefix(prefix));
    let (gate, clock) = gate(dynamic);
    for (served, _) in &tenants {
        assert_eq!(kind(&gate, &mint(served).mint()).await, Ok(()));
        clock.advance(Duration::from_secs(1));
    }
    assert_eq!(gate.status().len(), 2);
    assert_eq!(kind(&gate, &mint(&tenants[0].0).mint()).await, Ok(()), "asked about anew");
    assert_eq!(registry.asked(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f11_who_hangs_up_stops_no_finding_out() {
    let (served, prefix) = tenant().await;
    let mut registry = Registry::knowing([served.issuer().issuer()]);
    registry.open = Arc::new(Semaphore::new(0));
    let (gate, _) = gate(DynamicIssuers::new(registry.clone()).prefix(prefix));
    let text = mint(&served).mint();
    drop(pending(&gate, &text));
    registry.open.add_permits(1);
    assert_eq!(kind(&gate, &text).await, Ok(()));
    assert_eq!(registry.asked(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn levers_and_reloads_hold_for_tenants_too() {
    let (served, prefix) = tenant().await;
    let registry = Registry::knowing([served.issuer().issuer()]);
    let dynamic = DynamicIssuers::new(registry.clone()).prefix(prefix);
    let (gate, _) = gate(dynamic.clone());
    let text = mint(&served).mint();
    assert_eq!(kind(&gate, &text).await, Ok(()));
    gate.reload(Authenticator::builder().dynamic_issuers(dynamic.clone())).unwrap();
    assert_eq!(decided(&gate, &text), Ok(()), "the same resolver, the same tenants");
    gate.revoke_key(served.issuer().issuer(), "test-1").unwrap();
    assert_eq!(decided(&gate, &text), Err(AuthErrorKind::RevokedKey));
    gate.reload(Authenticator::builder().dynamic_issuers(dynamic.deny_for(HOUR))).unwrap();
    assert_eq!(kind(&gate, &text).await, Err(AuthErrorKind::RevokedKey), "though it was forgotten meanwhile");
    assert_eq!(registry.asked(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_that_was_never_heard_of_comes_without_the_key_that_was_revoked() {
    let (served, prefix) = tenant().await;
    let (name, keys) = (served.issuer().issuer(), served.issuer().jwks());
    let (gate, _) = gate(DynamicIssuers::new(Registry::knowing([name])).prefix(prefix));
    let thumbprint = claimgate_core::KeySet::from_jwks(&keys).unwrap().keys()[0].thumbprint();
    gate.revoke_thumbprint(name, thumbprint);
    assert_eq!(kind(&gate, &mint(&served).mint()).await, Err(AuthErrorKind::RevokedKey));
    gate.restore_thumbprint(name, thumbprint).unwrap();
    assert_eq!(decided(&gate, &mint(&served).mint()), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_that_nobody_uses_leaves() {
    let (served, prefix) = tenant().await;
    let (other, other_prefix) = tenant().await;
    let registry = Registry::knowing([served.issuer().issuer(), other.issuer().issuer()]);
    let dynamic = DynamicIssuers::new(registry).prefix(prefix).prefix(other_prefix).keep_for(HOUR * 24);
    let (gate, clock) = gate(dynamic);
    for tenant in [&served, &other] {
        assert_eq!(kind(&gate, &mint(tenant).mint()).await, Ok(()));
    }
    clock.advance(HOUR + Duration::from_secs(2));
    assert_eq!(decided(&gate, &mint(&served).mint()), Ok(()));
    eventually(|| gate.status().len() == 1).await;
    assert_eq!(gate.status()[0].issuer(), served.issuer().issuer());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_that_comes_after_long_is_asked_about_before_it_is_let_in() {
    let (served, prefix) = tenant().await;
    let registry = Registry::knowing([served.issuer().issuer()]);
    let (gate, clock) = gate(DynamicIssuers::new(registry.clone()).prefix(prefix));
    let text = mint(&served).mint();
    assert_eq!(kind(&gate, &text).await, Ok(()));
    registry.names.lock().unwrap().clear();
    clock.advance(HOUR / 2);
    assert_eq!(kind(&gate, &text).await, Err(UnknownIssuer));
    assert_eq!(registry.asked(), 2);
}
