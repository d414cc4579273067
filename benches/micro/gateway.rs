//! What the rules of an API manager take on top of the cached check: claims mapped, scopes, a subscription that the token names,
//! and a quota.

use std::hint::black_box;
use std::time::Duration;

use claimgate_benches::{Bar, Row};
use claimgate_testkit::Alg;
use claimgate_tower::TokenCache;
use claimgate_tower::apim::quota::{QuotaPolicies, QuotaPolicy, Quotas};
use claimgate_tower::apim::{ApiManager, ClaimMapping, IssuerRules, KeyPlace, Passage, ResourceTable};
use serde_json::json;

use crate::Failure;
use crate::gates::{accepts, gate};
use crate::mint::Mint;
use crate::request::Request;
use crate::timing::Comparison;

/// The request of the benchmarks is for `/orders/17`.
const RESOURCES: &str = r#"
    [[api]]
    name = "Orders"
    context = "/orders"
    version = "1.0.0"

    [[api.resource]]
    path = "/{orderId}"
    methods = ["GET"]
    scopes = ["orders:admin", "orders:read"]
"#;

pub(crate) fn measure(runs: usize) -> Result<Vec<Row>, Failure> {
    let mint = Mint::new(Alg::RS256);
    let key = mint.keys().first().ok_or("no key")?;
    let subscribed =
        json!([{"context": "/orders", "version": "1.0.0", "subscriptionTier": "Huge", "publisher": "admin"}]);
    let token = mint
        .draft(key)
        .claim("consumerKey", "Yj_Uefhtiv15Nmfx1A8RjRWCTf4a")
        .claim("application", json!({"id": 2, "name": "TestApp", "tier": "Huge", "owner": "admin"}))
        .claim("subscribedAPIs", subscribed)
        .claim("tierInfo", json!({"Huge": {"stopOnQuotaReach": true}}))
        .mint();
    let request = &Request::new(&token);
    let gate = gate(&mint, TokenCache::new())?;
    let now = gate.now();

    // Large enough that no run uses it up.
    let huge = QuotaPolicy::new(u64::from(u32::MAX), Duration::from_secs(3600));
    let quotas = Quotas::builder().policies(QuotaPolicies::new().add("Huge", huge)).build();
    let mapping = ClaimMapping::new().rename("email", "http://wso2.org/claims/emailaddress");
    let rules = IssuerRules::new(KeyPlace::JwkSet).mapping(mapping);
    let manager = ApiManager::builder(gate.clone(), ResourceTable::from_toml(RESOURCES)?);
    let manager = manager.issuer(mint.name(), rules).quotas(quotas).build()?;
    let admits = || matches!(black_box(manager.check(black_box(request))), Passage::Decided(Ok(_)));

    let mut comparison = Comparison::default();
    let plain = comparison.arm(|| accepts(&gate, request, now) && gate.now().unix_seconds() > 0);
    let by_rules = comparison.arm(admits);
    let times = comparison.run(runs)?;
    Ok(vec![Row::of(
        "gateway: resource, mapping, scopes, subscription and quota over the plain cached check, µs",
        Bar::AtMost(2.0),
        times.each(|time| (time(by_rules) - time(plain)) / 1000.0),
        times.told_against(by_rules, plain),
    )])
}
