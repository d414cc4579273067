//! Answers that are no usable key set.

use super::*;

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
