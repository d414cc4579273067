//! The key client against an issuer that misbehaves, over real sockets on loopback.
#![cfg(feature = "jwks-client")]

mod support;

use std::future::Future;
use std::time::Duration;

use claimgate_core::{
    AuthError, AuthErrorKind, Authenticator, Decision, Issuer, Pending, Refusal, Start, VerifiedToken,
};
use claimgate_testkit::{Alg, Behaviour, Route, ServedIssuer, SigningKey, TestIssuer, TokenBuilder};
use serde_json::json;
use tokio::runtime::{Handle, Runtime};

use AuthErrorKind::{BadSignature, KeysUnavailable, UnknownKey};
use support::{AUDIENCE, TestClock};

const HOUR: Duration = Duration::from_secs(3_600);
const INTERVAL: Duration = Duration::from_secs(600);
/// Far beyond what any step here takes: whoever hangs fails.
const PATIENCE: Duration = Duration::from_secs(20);

async fn served() -> ServedIssuer {
    TestIssuer::serve_new(Alg::ES256).await.unwrap()
}

/// Requests may cause a fetch as often as they like, so that a test need not wait for the budget.
fn over(served: &ServedIssuer) -> Issuer {
    Issuer::new(served.issuer().issuer())
        .audience(AUDIENCE)
        .jwks_uri(served.jwks_uri())
        .refresh_interval(INTERVAL)
        .refresh_cooldown(Duration::from_nanos(1))
        .start(Start::Wait(PATIENCE))
}

fn token(served: &ServedIssuer) -> TokenBuilder {
    served.issuer().token().audience(AUDIENCE)
}

/// An authenticator that has its keys.
async fn loaded(issuer: Issuer) -> Authenticator {
    let gate = support::gate(issuer);
    patiently(gate.ready()).await.unwrap();
    gate
}

async fn patiently<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("nothing waits for ever")
}

async fn ask(gate: &Authenticator, token: &str) -> Result<VerifiedToken, AuthError> {
    match gate.authenticate_token(token, gate.now()) {
        Decision::Decided(result) => result,
        Decision::Pending(pending) => patiently(pending).await,
    }
}

async fn kind(gate: &Authenticator, token: &str) -> Result<(), AuthErrorKind> {
    ask(gate, token).await.map(drop).map_err(|error| error.kind())
}

fn decided(gate: &Authenticator, token: &str) -> Result<(), AuthErrorKind> {
    match gate.authenticate_token(token, gate.now()) {
        Decision::Decided(result) => result.map(drop).map_err(|error| error.kind()),
        Decision::Pending(_) => panic!("a decision was to be made at once"),
    }
}

fn pending(gate: &Authenticator, token: &str) -> Pending {
    match gate.authenticate_token(token, gate.now()) {
        Decision::Pending(pending) => pending,
        Decision::Decided(result) => panic!("decided at once: {result:?}"),
    }
}

/// Until the swap that follows an answer is done: the answer can be seen from here, the swap cannot.
async fn eventually(condition: impl Fn() -> bool) {
    patiently(async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f01_ready_waits_as_it_was_told() {
    let dead = served().await;
    dead.stop().await;
    let ready = async |start| patiently(support::gate(over(&dead).start(start)).ready()).await;
    assert_eq!(ready(Start::Serve).await, Ok(()));
    assert_eq!(ready(Start::Wait(Duration::from_millis(50))).await, Ok(()), "the time is up, and it serves");
    assert_eq!(ready(Start::Fail).await.unwrap_err().issuer(), dead.issuer().issuer());

    let held = served().await;
    held.set_jwks(Behaviour::Hold);
    for start in [Start::Wait(PATIENCE), Start::Fail] {
        let asked = held.jwks_requests();
        let gate = support::gate(over(&held).start(start));
        let waiting = tokio::spawn(async move { (gate.ready().await, gate) });
        patiently(held.wait_for_jwks_requests(asked + 1)).await;
        held.release();
        let (ready, gate) = patiently(waiting).await.unwrap();
        assert_eq!(ready, Ok(()), "{start:?}");
        assert_eq!(decided(&gate, &token(&held).mint()), Ok(()), "{start:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn f01_the_waits_for_several_issuers_do_not_add_up() {
    let (first, second) = (served().await, served().await);
    let wait = Duration::from_secs(10);
    let hanging = |served: &ServedIssuer| {
        served.set_jwks(Behaviour::Hang);
        over(served).start(Start::Wait(wait)).fetch_timeout(HOUR)
    };
    let gate = Authenticator::builder().issuer(hanging(&first)).issuer(hanging(&second)).build().unwrap();
    let begun = tokio::time::Instant::now();
    gate.ready().await.unwrap();
    let waited = begun.elapsed();
    assert!(waited >= wait && waited < wait + Duration::from_secs(1), "{waited:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f02_without_keys_it_heals_by_itself() {
    let served = served().await;
    served.stop().await;
    let gate = support::gate(over(&served));
    assert_eq!(kind(&gate, &token(&served).mint()).await, Err(KeysUnavailable));
    served.start_again().await.unwrap();
    assert_eq!(kind(&gate, &token(&served).mint()).await, Ok(()));
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f06_without_keys_the_answer_is_503_and_no_challenge() {
    let served = served().await;
    served.stop().await;
    let gate = support::gate(over(&served));
    let error = ask(&gate, &token(&served).mint()).await.unwrap_err();
    assert_eq!(error.kind(), KeysUnavailable);
    let refusal = Refusal::new(&error, Some("r"));
    assert_eq!(refusal.status(), 503);
    let names: Vec<_> = refusal.headers().map(|(name, _)| name).collect();
    assert_eq!(names, ["retry-after"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f02_a_service_that_nobody_calls_heals_by_the_schedule() {
    let served = served().await;
    served.set_jwks(Behaviour::Sequence(vec![Behaviour::status(500), Behaviour::Normal]));
    let gate = support::gate(over(&served).refresh_interval(Duration::from_secs(1)));
    patiently(gate.ready()).await.unwrap();
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
    assert_eq!(served.jwks_requests(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f03_with_keys_an_outage_is_not_felt() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    served.stop().await;
    for _ in 0..100 {
        assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
    }
    assert_eq!(served.jwks_requests(), 1);
}

/// An issuer that goes down once its keys have come, and the clock of its client.
struct Outage {
    served: ServedIssuer,
    clock: TestClock,
    gate: Authenticator,
    known: String,
    unknown: String,
}

impl Outage {
    async fn begin() -> Self {
        let (served, clock) = (served().await, TestClock::new());
        let rules = over(&served).stale_for(HOUR);
        let gate = Authenticator::builder().clock(clock.clone()).issuer(rules).build().unwrap();
        patiently(gate.ready()).await.unwrap();
        let mint = served.issuer().token().at(support::NOW).audience(AUDIENCE).expires_in(HOUR * 24);
        let (known, unknown) = (mint.mint(), mint.kid("unknown").mint());
        served.stop().await;
        Outage { served, clock, gate, known, unknown }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f04_stale_keys_serve_for_a_while() {
    let Outage { served, clock, gate, known, .. } = Outage::begin().await;
    clock.advance(INTERVAL + Duration::from_secs(1));
    assert_eq!(decided(&gate, &known), Ok(()));
    clock.advance(Duration::from_secs(3_599));
    assert_eq!(decided(&gate, &known), Ok(()), "the last moment");
    assert_eq!(served.jwks_requests(), 1, "and nobody waits for the issuer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f05_keys_that_are_too_old_are_none_until_others_come() {
    let Outage { served, clock, gate, known, .. } = Outage::begin().await;
    clock.advance(INTERVAL + HOUR + Duration::from_nanos(1));
    let error = ask(&gate, &known).await.unwrap_err();
    assert_eq!(error.kind(), KeysUnavailable);
    assert_eq!(Refusal::new(&error, None).status(), 503);
    served.start_again().await.unwrap();
    assert_eq!(kind(&gate, &known).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n147_an_unknown_key_is_the_tokens_fault_only_while_the_set_is_fresh() {
    let Outage { clock, gate, unknown, .. } = Outage::begin().await;
    assert_eq!(kind(&gate, &unknown).await, Err(UnknownKey));
    clock.advance(INTERVAL);
    assert_eq!(kind(&gate, &unknown).await, Err(UnknownKey), "the last moment of freshness");
    clock.advance(Duration::from_secs(1));
    assert_eq!(kind(&gate, &unknown).await, Err(KeysUnavailable), "stale");
    clock.advance(HOUR);
    assert_eq!(kind(&gate, &unknown).await, Err(KeysUnavailable), "expired");
}

async fn is_given_up(behaviour: Behaviour) {
    let served = served().await;
    served.set_jwks(behaviour.clone());
    let gate = support::gate(over(&served).fetch_timeout(Duration::from_millis(100)));
    assert_eq!(kind(&gate, &token(&served).mint()).await, Err(KeysUnavailable), "{behaviour:?}");
    served.set_jwks(Behaviour::Normal);
    assert_eq!(kind(&gate, &token(&served).mint()).await, Ok(()), "{behaviour:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f08_an_answer_that_does_not_come_is_given_up() {
    is_given_up(Behaviour::Hang).await;
    is_given_up(Behaviour::HangAfterHeaders).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f09_an_answer_that_trickles_is_given_up() {
    is_given_up(Behaviour::Trickle(Duration::from_millis(5))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f10_keys_too_old_are_fetched_once_for_all_who_wait() {
    let served = served().await;
    let clock = TestClock::new();
    let gate = Authenticator::builder().clock(clock.clone()).issuer(over(&served)).build().unwrap();
    patiently(gate.ready()).await.unwrap();
    served.set_jwks(Behaviour::Hold);
    clock.advance(HOUR * 24);
    let token = served.issuer().token().at(support::NOW).audience(AUDIENCE).expires_in(HOUR * 48).mint();
    let waiting: Vec<_> = (0..1_000).map(|_| pending(&gate, &token)).collect();
    patiently(served.wait_for_jwks_requests(2)).await;
    served.release();
    for pending in waiting {
        assert!(patiently(pending).await.is_ok());
    }
    assert_eq!(served.jwks_requests(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f11_a_caller_who_leaves_takes_no_fetch_with_him() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    served.set_jwks(Behaviour::Hold);
    served.issuer().rotate();
    let token = token(&served).mint();
    drop(pending(&gate, &token));
    patiently(served.wait_for_jwks_requests(2)).await;
    served.release();
    eventually(|| matches!(gate.authenticate_token(&token, gate.now()), Decision::Decided(Ok(_)))).await;
    assert_eq!(served.jwks_requests(), 2);
}

/// An answer that is no usable key set is a failed refresh: the keys stay, and nobody gets in by it.
async fn keeps_its_keys_at(cases: Vec<(&str, Behaviour)>, settings: impl Fn(Issuer) -> Issuer) {
    for (name, behaviour) in cases {
        let served = served().await;
        let gate = loaded(settings(over(&served))).await;
        let old = token(&served).mint();
        served.set_jwks(behaviour.clone());
        served.issuer().rotate();
        let new = token(&served).mint();
        assert_eq!(kind(&gate, &new).await, Err(UnknownKey), "{name}");
        assert_eq!(served.jwks_requests(), 2, "{name}");
        assert_eq!(decided(&gate, &old), Ok(()), "{name}");
        served.set_jwks(Behaviour::Normal);
        assert_eq!(kind(&gate, &new).await, Ok(()), "{name}, healed");

        served.set_jwks(behaviour);
        let fresh = support::gate(settings(over(&served)));
        assert_eq!(kind(&fresh, &old).await, Err(KeysUnavailable), "{name}, from the start");
    }
}

fn keys(keys: &serde_json::Value) -> Behaviour {
    Behaviour::body(json!({ "keys": keys }).to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f12_what_is_no_key_set_changes_nothing() {
    let html = b"<!doctype html><title>Sign in</title>".to_vec();
    let cases = vec![
        ("html", Behaviour::Body(html, Some("text/html".to_owned()))),
        ("nothing", Behaviour::body("")),
        ("not UTF-8", Behaviour::body(b"{\"keys\":[\xff]}".to_vec())),
        ("cut off", Behaviour::body("{\"keys\":[")),
        ("204", Behaviour::status(204)),
        ("404", Behaviour::status(404)),
        ("500", Behaviour::status(500)),
        ("a connection reset", Behaviour::Close),
    ];
    keeps_its_keys_at(cases, |issuer| issuer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_an_empty_set_changes_nothing() {
    let cases = vec![
        ("an object", Behaviour::body("{}")),
        ("no key", keys(&json!([]))),
        ("null", Behaviour::body("{\"keys\":null}")),
    ];
    keeps_its_keys_at(cases, |issuer| issuer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f15_a_set_without_a_usable_key_changes_nothing() {
    let mut encryption = SigningKey::generate(Alg::ES256, "test-1").public_jwk();
    encryption["use"] = json!("enc");
    let cases = vec![
        ("for encryption", keys(&json!([encryption]))),
        ("of an unknown type", keys(&json!([{ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AA" }]))),
        ("symmetric", keys(&json!([{ "kty": "oct", "k": "AA", "kid": "test-1" }]))),
        ("without its numbers", keys(&json!([{ "kty": "RSA", "kid": "test-1" }]))),
    ];
    keeps_its_keys_at(cases, |issuer| issuer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f14_odd_keys_are_no_hindrance() {
    let served = served().await;
    let good = served.issuer().current_key().public_jwk();
    served.set_jwks(keys(&json!([{ "kty": "oct", "k": "AA" }, null, { "kty": "AKP" }, good, "key"])));
    let gate = loaded(over(&served)).await;
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f42_a_content_type_is_no_hindrance() {
    for content_type in [Some("application/octet-stream"), Some("text/html"), None] {
        let served = served().await;
        let body = served.issuer().jwks().into_bytes();
        served.set_jwks(Behaviour::Body(body, content_type.map(str::to_owned)));
        let gate = loaded(over(&served)).await;
        assert_eq!(decided(&gate, &token(&served).mint()), Ok(()), "{content_type:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f16_a_body_beyond_the_limit_is_refused_and_not_cut() {
    const LIMIT: u64 = 10_000;
    let cases = vec![
        ("undeclared", Behaviour::Huge(LIMIT + 1)),
        ("declared", Behaviour::HugeDeclared(LIMIT + 1)),
        ("without end", Behaviour::Huge(u64::MAX)),
        ("declared without end", Behaviour::HugeDeclared(1 << 60)),
    ];
    keeps_its_keys_at(cases, |issuer| issuer.max_jwks_bytes(10_000)).await;
    for behaviour in [Behaviour::Huge(LIMIT), Behaviour::HugeDeclared(LIMIT)] {
        let served = served().await;
        served.set_jwks(behaviour.clone());
        let gate = loaded(over(&served).max_jwks_bytes(10_000)).await;
        assert_eq!(decided(&gate, &token(&served).mint()), Ok(()), "{behaviour:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f17_a_set_of_too_many_keys_changes_nothing() {
    let many = |count| vec![json!({ "kty": "oct", "k": "AA" }); count];
    let served = served().await;
    let good = served.issuer().current_key().public_jwk();
    let with_good = |count: usize| {
        let mut all = many(count - 1);
        all.push(good.clone());
        keys(&json!(all))
    };
    served.set_jwks(with_good(256));
    let gate = loaded(over(&served)).await;
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()), "as many as allowed");
    served.set_jwks(with_good(257));
    assert_eq!(kind(&gate, &token(&served).kid("other").mint()).await, Err(UnknownKey));
    let fresh = support::gate(over(&served));
    assert_eq!(kind(&fresh, &token(&served).mint()).await, Err(KeysUnavailable));
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
    let wider = loaded(over(&served).max_keys(257)).await;
    assert_eq!(decided(&wider, &token(&served).mint()), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f18_a_redirect_is_not_followed() {
    let elsewhere = served().await;
    let served = served().await;
    for to in [elsewhere.jwks_uri(), served.jwks_uri()] {
        served.set_jwks(Behaviour::Redirect(to.to_owned()));
        assert_eq!(
            kind(&support::gate(over(&served)), &token(&served).mint()).await,
            Err(KeysUnavailable),
            "{to}"
        );
    }
    assert_eq!(elsewhere.jwks_requests(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n143_a_redirect_changes_no_keys() {
    let elsewhere = served().await;
    let cases = vec![("elsewhere", Behaviour::Redirect(elsewhere.jwks_uri().to_owned()))];
    keeps_its_keys_at(cases, |issuer| issuer).await;
    assert_eq!(elsewhere.jwks_requests(), 0);
}

/// Keys by discovery from the issuer's name.
fn discovered(served: &ServedIssuer) -> Issuer {
    Issuer::new(served.issuer().issuer())
        .audience(AUDIENCE)
        .refresh_cooldown(Duration::from_nanos(1))
        .start(Start::Wait(PATIENCE))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_found_by_discovery_of_either_kind() {
    for path in ["", "/", "/tenant"] {
        let served = TestIssuer::serve_new_at(Alg::ES256, path).await.unwrap();
        let gate = loaded(discovered(&served)).await;
        assert_eq!(decided(&gate, &token(&served).mint()), Ok(()), "OpenID, {path:?}");
        served.set(Route::OpenIdConfiguration, Behaviour::status(404));
        let gate = loaded(discovered(&served)).await;
        assert_eq!(decided(&gate, &token(&served).mint()), Ok(()), "RFC 8414, {path:?}");
        assert_eq!(served.requests(Route::OAuthAuthorizationServer), 1, "{path:?}");
    }
}

/// Metadata that does not lead to keys, and what is not asked because of it.
async fn leads_nowhere(served: &ServedIssuer, other: &ServedIssuer, documents: Vec<(&str, String)>) {
    for (what, document) in documents {
        served.set_discovery(Behaviour::body(document));
        let gate = support::gate(discovered(served));
        assert_eq!(kind(&gate, &token(served).mint()).await, Err(KeysUnavailable), "{what}");
        served.set_discovery(Behaviour::Normal);
        assert_eq!(kind(&gate, &token(served).mint()).await, Ok(()), "{what}, healed");
    }
    assert_eq!(other.jwks_requests(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f19_metadata_that_leads_astray_is_not_followed() {
    let (served, other) = (served().await, served().await);
    let name = served.issuer().issuer();
    let keys_at = |jwks_uri: serde_json::Value| json!({ "issuer": name, "jwks_uri": jwks_uri }).to_string();
    let (own, foreign) = (served.jwks_uri(), other.jwks_uri());
    let documents = vec![
        ("no jwks_uri", json!({ "issuer": name }).to_string()),
        ("no string", keys_at(json!([own]))),
        ("no URL", keys_at(json!("/jwks"))),
        ("a file", keys_at(json!("file:///etc/hostname"))),
        ("plain http elsewhere", keys_at(json!("http://keys.test/jwks"))),
        ("two", format!(r#"{{"issuer":"{name}","jwks_uri":"{foreign}","jwks_uri":"{own}"}}"#)),
        ("html", "<!doctype html>".to_owned()),
    ];
    leads_nowhere(&served, &other, documents).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f20_metadata_of_another_issuer_is_refused() {
    let (served, other) = (served().await, served().await);
    let name = served.issuer().issuer();
    let of =
        |issuer: serde_json::Value| json!({ "issuer": issuer, "jwks_uri": other.jwks_uri() }).to_string();
    let documents = vec![
        ("another", of(json!(other.issuer().issuer()))),
        ("a slash more", of(json!(format!("{name}/")))),
        ("in an array", of(json!([name]))),
        ("none", json!({ "jwks_uri": other.jwks_uri() }).to_string()),
    ];
    leads_nowhere(&served, &other, documents).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f22_retry_after_is_honoured() {
    let served = served().await;
    served.set_jwks(Behaviour::Status(503, vec![("retry-after".to_owned(), "30".to_owned())]));
    let gate = support::gate(over(&served));
    patiently(served.wait_for_jwks_requests(1)).await;
    let error = ask(&gate, &token(&served).mint()).await.unwrap_err();
    assert_eq!(error.kind(), KeysUnavailable);
    let error = ask(&gate, &token(&served).mint()).await.unwrap_err();
    let wait = error.retry_after().unwrap();
    assert!(wait > Duration::from_secs(25) && wait <= Duration::from_secs(30), "{wait:?}");
    let asked = served.jwks_requests();
    for _ in 0..50 {
        assert_eq!(decided(&gate, &token(&served).mint()), Err(KeysUnavailable), "and nobody is sent there");
    }
    assert_eq!(served.jwks_requests(), asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f24_the_schedule_brings_new_keys_and_takes_old_ones() {
    let served = served().await;
    let gate = loaded(over(&served).refresh_interval(Duration::from_secs(1))).await;
    let old = token(&served).mint();
    assert_eq!(decided(&gate, &old), Ok(()));
    served.issuer().rotate();
    served.issuer().retire("test-1");
    let new = token(&served).mint();
    // Nobody asks for the new key before it is there.
    eventually(|| !matches!(gate.authenticate_token(&old, gate.now()), Decision::Decided(Ok(_)))).await;
    assert_eq!(decided(&gate, &new), Ok(()));
    assert_eq!(kind(&gate, &old).await, Err(UnknownKey));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f29_a_removed_key_stops_working_with_the_next_fetch() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    let old = token(&served).mint();
    served.issuer().rotate();
    assert_eq!(kind(&gate, &token(&served).mint()).await, Ok(()));
    assert_eq!(decided(&gate, &old), Ok(()), "both are published");
    served.issuer().retire("test-1");
    assert_eq!(kind(&gate, &token(&served).kid("none").mint()).await, Err(UnknownKey));
    assert_eq!(kind(&gate, &old).await, Err(UnknownKey));
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f32_a_set_that_is_rolled_back_takes_its_keys_along() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    let old = token(&served).mint();
    let kid = served.issuer().rotate();
    let new = token(&served).mint();
    assert_eq!(kind(&gate, &new).await, Ok(()));
    served.issuer().retire(&kid);
    assert_eq!(kind(&gate, &token(&served).kid("none").mint()).await, Err(UnknownKey));
    assert_eq!(kind(&gate, &new).await, Err(UnknownKey), "no grace");
    assert_eq!(decided(&gate, &old), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f25_two_hundred_requests_with_one_unknown_kid_cause_one_fetch_that_answers_them() {
    for is_published in [true, false] {
        let served = served().await;
        let gate = loaded(over(&served)).await;
        served.set_jwks(Behaviour::Hold);
        if is_published {
            served.issuer().rotate();
        }
        let token = token(&served);
        let token = if is_published { token.mint() } else { token.kid("nobody").mint() };
        let waiting: Vec<_> = (0..200).map(|_| pending(&gate, &token)).collect();
        patiently(served.wait_for_jwks_requests(2)).await;
        served.release();
        let expected = if is_published { Ok(()) } else { Err(UnknownKey) };
        for pending in waiting {
            assert_eq!(patiently(pending).await.map(drop).map_err(|error| error.kind()), expected);
        }
        assert_eq!(served.jwks_requests(), 2, "the first is that of the start");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f25_who_comes_during_the_fetch_for_another_key_is_answered_too() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    served.set_jwks(Behaviour::Hold);
    let stranger = pending(&gate, &token(&served).kid("nobody").mint());
    patiently(served.wait_for_jwks_requests(2)).await;
    // The answer that is on its way was made before this key.
    served.issuer().rotate();
    let late = pending(&gate, &token(&served).mint());
    let late = tokio::spawn(late);
    served.release();
    assert_eq!(patiently(stranger).await.unwrap_err().kind(), UnknownKey);
    patiently(served.wait_for_jwks_requests(3)).await;
    served.release();
    assert!(patiently(late).await.unwrap().is_ok());
    assert_eq!(served.jwks_requests(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f26_a_flood_of_unknown_kids_causes_two_fetches() {
    let served = served().await;
    let gate = loaded(over(&served).refresh_cooldown(HOUR)).await;
    for number in 0..300 {
        let junk = token(&served).kid(format!("junk-{number}")).mint();
        assert_eq!(kind(&gate, &junk).await, Err(UnknownKey));
    }
    assert_eq!(served.jwks_requests(), 1 + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n077_a_flood_of_unknown_kids_is_refused_at_once() {
    let served = served().await;
    let gate = loaded(over(&served).refresh_cooldown(HOUR)).await;
    let junk: Vec<_> = (0..10).map(|number| token(&served).kid(format!("junk-{number}")).mint()).collect();
    for token in &junk[..2] {
        assert_eq!(kind(&gate, token).await, Err(UnknownKey));
    }
    let known = token(&served).mint();
    for token in junk.iter().cycle().take(10_000) {
        assert_eq!(decided(&gate, token), Err(UnknownKey));
    }
    assert_eq!(decided(&gate, &known), Ok(()));
    assert_eq!(served.jwks_requests(), 1 + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f27_the_schedule_goes_on_during_a_flood() {
    let served = served().await;
    let gate = loaded(over(&served).refresh_cooldown(HOUR).refresh_interval(Duration::from_secs(1))).await;
    for number in 0..50 {
        let junk = token(&served).kid(format!("junk-{number}")).mint();
        assert_eq!(kind(&gate, &junk).await, Err(UnknownKey));
    }
    served.issuer().rotate();
    let new = token(&served).mint();
    eventually(|| matches!(gate.authenticate_token(&new, gate.now()), Decision::Decided(Ok(_)))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f26_junk_that_no_key_could_save_causes_no_fetch() {
    let served = served().await;
    let rules = over(&served).algorithms([claimgate_core::Algorithm::ES256]);
    let gate = loaded(rules).await;
    let unknown = || token(&served).kid("unknown");
    let signature = unknown().mint().rsplit_once('.').unwrap().0.to_owned();
    for (name, junk, expected) in [
        ("expired", unknown().expired().mint(), UnknownKey),
        ("for another audience", unknown().audience("https://other.test").mint(), UnknownKey),
        ("of another type", unknown().header("typ", "dpop+jwt").mint(), UnknownKey),
        ("not for bearers", unknown().claim("cnf", json!({})).mint(), UnknownKey),
        (
            "an algorithm that is not allowed",
            unknown().header("alg", "RS256").mint(),
            AuthErrorKind::AlgorithmNotAllowed,
        ),
        ("a signature that is no base64url", format!("{signature}.a"), AuthErrorKind::MalformedToken),
        (
            "an unknown issuer",
            unknown().claim("iss", "http://127.0.0.1:1").mint(),
            AuthErrorKind::UnknownIssuer,
        ),
    ] {
        assert_eq!(decided(&gate, &junk), Err(expected), "{name}");
    }
    assert_eq!(served.jwks_requests(), 1);
    assert_eq!(kind(&gate, &unknown().mint()).await, Err(UnknownKey));
    assert_eq!(served.jwks_requests(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f30_a_new_key_under_an_old_kid_is_fetched_when_a_signature_fails() {
    let served = served().await;
    let gate = loaded(over(&served).refresh_cooldown(HOUR)).await;
    let old = token(&served).mint();
    served.issuer().retire("test-1");
    let replaced = SigningKey::generate(Alg::ES256, "test-1");
    served.issuer().add_key(replaced.clone());
    let new = token(&served).signed_by(&replaced).mint();
    assert_eq!(kind(&gate, &new).await, Ok(()));
    assert_eq!(decided(&gate, &old), Err(BadSignature), "and its budget is used up");
    assert_eq!(decided(&gate, &token(&served).forged().mint()), Err(BadSignature));
    assert_eq!(served.jwks_requests(), 2);
    assert_eq!(kind(&gate, &token(&served).kid("unknown").mint()).await, Err(UnknownKey));
    assert_eq!(served.jwks_requests(), 3, "the budget for unknown keys is another");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f30_a_new_key_of_another_type_under_an_old_kid_is_fetched_too() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    let old = served.issuer().current_key();
    let new = SigningKey::generate(Alg::EdDSA, old.kid());
    let text = token(&served).signed_by(&new).mint();
    served.set_jwks(keys(&json!([new.public_jwk()])));
    assert_eq!(kind(&gate, &text).await, Ok(()));
}

/// The old place may go on to answer, with keys that nobody takes out any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f29_keys_that_have_moved_are_found_where_they_are() {
    let (served, moved) = (served().await, served().await);
    let gate = loaded(discovered(&served)).await;
    let issuer = served.issuer().issuer();
    let metadata = json!({ "issuer": issuer, "jwks_uri": moved.jwks_uri() });
    served.set_discovery(Behaviour::body(metadata.to_string()));
    let text = token(&served).signed_by(&moved.issuer().current_key()).kid("moved").mint();
    let mut key = moved.issuer().current_key().public_jwk();
    key["kid"] = "moved".into();
    moved.set_jwks(keys(&json!([key])));
    assert_eq!(kind(&gate, &text).await, Ok(()));
    // Metadata that does not come is no reason to forget where they are.
    served.set_discovery(Behaviour::status(503));
    let requests = moved.jwks_requests();
    let unknown = token(&served).kid("nobody").mint();
    assert_eq!(kind(&gate, &unknown).await, Err(UnknownKey));
    assert_eq!(moved.jwks_requests(), requests + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f33_issuers_do_not_feel_each_other() {
    let (good, bad) = (served().await, served().await);
    bad.set_jwks(Behaviour::Hang);
    let limit = Duration::from_millis(300);
    let gate = Authenticator::builder()
        .issuer(over(&good))
        .issuer(over(&bad).start(Start::Serve).fetch_timeout(limit))
        .build()
        .unwrap();
    patiently(gate.ready()).await.unwrap();
    let waiting = pending(&gate, &token(&bad).mint());
    for _ in 0..100 {
        assert_eq!(decided(&gate, &token(&good).mint()), Ok(()));
    }
    good.issuer().rotate();
    assert_eq!(kind(&gate, &token(&good).mint()).await, Ok(()));
    assert_eq!(patiently(waiting).await.unwrap_err().kind(), KeysUnavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f34_two_who_wait_for_a_fetch_that_fails_are_both_told() {
    let served = served().await;
    served.set_jwks(Behaviour::Sequence(vec![Behaviour::Hold, Behaviour::status(500)]));
    let gate = support::gate(over(&served));
    patiently(served.wait_for_jwks_requests(1)).await;
    let waiting =
        [pending(&gate, &token(&served).mint()), pending(&gate, &token(&served).kid("other").mint())];
    served.stop().await;
    for pending in waiting {
        assert_eq!(patiently(pending).await.unwrap_err().kind(), KeysUnavailable);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f35_clones_share_their_keys_and_their_fetches() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    let clones: Vec<_> = (0..8).map(|_| gate.clone()).collect();
    served.issuer().rotate();
    let token = token(&served).mint();
    let tasks: Vec<_> = clones
        .into_iter()
        .map(|gate| {
            tokio::spawn({
                let token = token.clone();
                async move { kind(&gate, &token).await }
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(patiently(task).await.unwrap(), Ok(()));
    }
    assert_eq!(served.jwks_requests(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f38_cache_control_that_forbids_keeping_does_not_make_it_hammer() {
    let served = served().await;
    served.set_jwks(Behaviour::headers([("cache-control", "max-age=0, no-store")]));
    let clock = TestClock::new();
    let gate = Authenticator::builder().clock(clock.clone()).issuer(over(&served)).build().unwrap();
    patiently(gate.ready()).await.unwrap();
    let mint = || served.issuer().token().at(support::NOW).audience(AUDIENCE).expires_in(HOUR * 24);
    served.stop().await;
    let unknown = mint().kid("unknown").mint();
    clock.advance(Duration::from_secs(60));
    assert_eq!(kind(&gate, &unknown).await, Err(UnknownKey), "fresh for a minute");
    clock.advance(Duration::from_secs(1));
    assert_eq!(kind(&gate, &unknown).await, Err(KeysUnavailable), "stale then");
    assert_eq!(decided(&gate, &mint().mint()), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f39_the_last_clone_takes_the_task_with_it() {
    let served = served().await;
    let tasks = || Handle::current().metrics().num_alive_tasks();
    served.set_jwks(Behaviour::Hold);
    let before = tasks();
    let gate = support::gate(over(&served));
    let clone = gate.clone();
    patiently(served.wait_for_jwks_requests(1)).await;
    let waiting = pending(&clone, &token(&served).mint());
    drop(gate);
    drop(clone);
    assert!(tasks() > before, "who waits holds it too");
    drop(waiting);
    // The server's connection ends as its client is gone.
    eventually(|| tasks() <= before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f39_when_the_fetching_runtime_ends_waiters_get_503_and_do_not_hang() {
    let served = served().await;
    served.set_jwks(Behaviour::Hold);
    let runtime = Runtime::new().unwrap();
    let gate =
        Authenticator::builder().runtime(runtime.handle().clone()).issuer(over(&served)).build().unwrap();
    let token = token(&served).mint();
    let waiting: Vec<_> = (0..10).map(|_| tokio::spawn(pending(&gate, &token))).collect();
    patiently(served.wait_for_jwks_requests(1)).await;
    runtime.shutdown_background();
    for waiting in waiting {
        assert_eq!(patiently(waiting).await.unwrap().unwrap_err().kind(), KeysUnavailable);
    }
    assert_eq!(kind(&gate, &token).await, Err(KeysUnavailable), "later ones too");
    assert_eq!(patiently(gate.ready()).await, Ok(()), "the wait is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f39_keys_serve_on_when_the_fetching_runtime_ends() {
    let served = served().await;
    let runtime = Runtime::new().unwrap();
    let gate =
        Authenticator::builder().runtime(runtime.handle().clone()).issuer(over(&served)).build().unwrap();
    patiently(gate.ready()).await.unwrap();
    runtime.shutdown_background();
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
    assert_eq!(kind(&gate, &token(&served).kid("unknown").mint()).await, Err(KeysUnavailable));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_a_thousand_who_wait_send_the_next_away_with_503() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    served.set_jwks(Behaviour::Hold);
    served.issuer().rotate();
    let (known, new) = (token(&served).kid("test-1").forged().mint(), token(&served).mint());
    let waiting: Vec<_> = (0..1_024).map(|_| pending(&gate, &new)).collect();
    assert_eq!(decided(&gate, &new), Err(KeysUnavailable), "the key may be on its way");
    assert_eq!(decided(&gate, &known), Err(BadSignature), "this one has a key");
    patiently(served.wait_for_jwks_requests(2)).await;
    served.release();
    for pending in waiting {
        assert!(patiently(pending).await.is_ok());
    }
    assert_eq!(decided(&gate, &new), Ok(()));
}

#[test]
fn a_key_client_without_a_runtime_is_a_configuration_error() {
    let rules = Issuer::new("http://127.0.0.1:1").audience(AUDIENCE);
    let error = Authenticator::builder().issuer(rules).build().unwrap_err().to_string();
    assert!(error.contains("tokio runtime"), "{error}");
}

#[tokio::test]
async fn n110_an_unknown_issuer_causes_no_request() {
    let (trusted, stranger) = (served().await, served().await);
    let gate = support::gate(over(&trusted));
    patiently(trusted.wait_for_jwks_requests(1)).await;
    for _ in 0..20 {
        assert_eq!(decided(&gate, &token(&stranger).mint()), Err(AuthErrorKind::UnknownIssuer));
    }
    assert_eq!((stranger.jwks_requests(), stranger.discovery_requests()), (0, 0));
    assert_eq!(trusted.jwks_requests(), 1);
}
