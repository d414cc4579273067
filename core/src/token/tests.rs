use std::collections::HashMap;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use claimgate_testkit::TestIssuer;
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::published::NEVER;
use crate::{Authenticator, Decision, Issuer};

#[derive(Debug, PartialEq, Deserialize)]
struct Person {
    sub: String,
    tier: String,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Tier {
    tier: String,
}

#[derive(Debug, Deserialize)]
struct Numbered {
    #[expect(dead_code, reason = "no token of these tests has it as a number")]
    tier: u32,
}

fn verified(claims: serde_json::Value) -> VerifiedToken {
    const NOW: i64 = 1_700_000_000;
    let issuer = TestIssuer::new("https://issuer.test");
    let gate = Authenticator::builder()
        .realm("tests")
        .issuer(Issuer::new("https://issuer.test").any_audience().jwks(issuer.jwks()))
        .build()
        .unwrap();
    let token = issuer.token().at(NOW).claims(claims).mint();
    let now = Moment::new(Duration::from_secs(1_700_000_000), Instant::now());
    match gate.authenticate_token(&token, now) {
        Decision::Decided(token) => token.unwrap(),
        Decision::Pending(_) => panic!("the key is known"),
    }
}

#[test]
fn claims_are_parsed_once_for_each_type() {
    let token = verified(json!({ "tier": "gold" }));
    let person: Arc<Person> = token.claims().unwrap();
    assert_eq!(*person, Person { sub: "test-subject".to_owned(), tier: "gold".to_owned() });
    let tier: Arc<Tier> = token.clone().claims().unwrap();
    assert_eq!(tier.tier, "gold");
    assert!(Arc::ptr_eq(&person, &token.claims().unwrap()));
    assert!(Arc::ptr_eq(&tier, &token.claims().unwrap()));
    let map: Arc<HashMap<String, serde_json::Value>> = token.clone().claims().unwrap();
    assert_eq!(map["tier"], "gold");
    assert!(Arc::ptr_eq(&person, &token.clone().claims().unwrap()), "behind two other types");
}

#[test]
fn claims_that_do_not_fit_are_an_error_each_time_and_spoil_nothing() {
    let token = verified(json!({ "tier": "gold" }));
    for _ in 0..2 {
        let error = token.claims::<Numbered>().unwrap_err();
        assert_eq!(error.kind(), AuthErrorKind::ClaimsShape);
        assert!(!error.to_string().contains("gold"), "{error}");
        assert_eq!(token.claims::<Tier>().unwrap().tier, "gold");
    }
}

#[test]
fn many_threads_share_one_parsed_value_of_each_type() {
    const THREADS: usize = 8;
    for _ in 0..200 {
        let token = verified_cheaply();
        let barrier = Barrier::new(THREADS);
        let (people, tiers): (Vec<Arc<Person>>, Vec<Arc<Tier>>) = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        (token.claims().unwrap(), token.claims().unwrap())
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).unzip()
        });
        assert!(people.iter().all(|person| Arc::ptr_eq(person, &people[0])));
        assert!(tiers.iter().all(|tier| Arc::ptr_eq(tier, &tiers[0])));
    }
}

/// The same verified payload without a signature each time: what is shared below is one token's own.
fn verified_cheaply() -> VerifiedToken {
    static TOKEN: OnceLock<VerifiedToken> = OnceLock::new();
    let first = &TOKEN.get_or_init(|| verified(json!({ "tier": "gold" }))).0;
    VerifiedToken(Arc::new(TokenBody {
        payload: JsonObject::parse(first.payload.text()).ok().unwrap(),
        header: first.header.clone(),
        policy: first.policy.clone(),
        keys: first.keys.clone(),
        key: first.key.clone(),
        subject: None,
        scopes: TokenScopes::default(),
        times: first.times,
        bound_to: None,
        verified_at: first.verified_at,
        parsed: OnceLock::new(),
        standing: Standing::new(NEVER),
        mark: OnceLock::new(),
    }))
}

#[test]
fn tells_what_was_verified() {
    let token = verified(json!({ "tier": "g\u{f6}ld", "scope": "read write", "n": { "a": [1, 2] } }));
    assert_eq!(token.issuer(), "https://issuer.test");
    assert_eq!(token.subject(), Some("test-subject"));
    assert_eq!(token.key_id(), Some("test-1"));
    assert_eq!(token.scopes().collect::<Vec<_>>(), ["read", "write"]);
    assert!(token.has_scope("read") && !token.has_scope("rea") && !token.has_scope("read write"));
    assert_eq!(token.expires_at(), 1_700_000_300);
    assert_eq!(token.realm(), Some("tests"));
    assert_eq!(token.raw_claim("n"), Some(r#"{"a":[1,2]}"#));
    assert_eq!(token.raw_claim("absent"), None);
    assert!(token.raw_claims().starts_with('{') && token.raw_claims().ends_with('}'));
}

#[test]
fn a_token_without_sub_has_no_subject() {
    let issuer = TestIssuer::new("https://issuer.test");
    let gate = Authenticator::builder()
        .issuer(Issuer::new("https://issuer.test").any_audience().jwks(issuer.jwks()))
        .build()
        .unwrap();
    let token = issuer.token().at(1_700_000_000).without("sub").mint();
    let now = Moment::new(Duration::from_secs(1_700_000_000), Instant::now());
    let Decision::Decided(Ok(token)) = gate.authenticate_token(&token, now) else { panic!("not verified") };
    assert_eq!(token.subject(), None);
    assert_eq!(token.scopes().count(), 0);
}

#[test]
fn n145_debug_shows_nothing_that_the_token_says() {
    let token = verified(json!({ "tier": "gold", "sub": "alice" }));
    let debug = format!("{token:?}");
    assert!(debug.contains("https://issuer.test") && debug.contains("test-1"), "{debug}");
    assert!(!debug.contains("alice") && !debug.contains("gold"), "{debug}");
}
