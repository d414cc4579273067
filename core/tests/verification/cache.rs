//! Tokens that were verified before: the same answer as the first time, or none of them.

use std::sync::Arc;
use std::time::Instant;

use claimgate_core::{KeySet, Moment, TokenCache};

use super::*;
use support::decide_at;

const LEEWAY: i64 = 60;

fn rules(issuer: &TestIssuer) -> Issuer {
    Issuer::new(ISSUER).audience(AUDIENCE).jwks(issuer.jwks())
}

fn cached(rules: Issuer, cache: TokenCache) -> Authenticator {
    Authenticator::builder().issuer(rules).token_cache(cache).build().unwrap()
}

/// The claims that hits share, so that a hit shows.
fn claims(gate: &Authenticator, token: &str) -> Arc<Value> {
    decide(gate, token).unwrap().claims().unwrap()
}

/// Presents `token` twice; the second time is a hit.
fn fill(gate: &Authenticator, token: &str) -> Arc<Value> {
    let first = claims(gate, token);
    assert!(Arc::ptr_eq(&first, &claims(gate, token)), "a hit");
    first
}

fn kind_at(gate: &Authenticator, token: &str, unix: i64) -> Kind {
    decide_at(gate, token, unix).map(drop).map_err(|error| error.kind())
}

#[test]
fn n134_a_cached_token_ends_at_the_instant_at_which_it_would_without_a_cache() {
    let issuer = issuer(Alg::EdDSA);
    let base = || good(&issuer).expires_at(NOW + 300);
    for (name, token) in [
        ("exp alone", base().without("iat")),
        ("with iat", base()),
        ("with nbf", base().without("iat").not_before(NOW)),
        ("with both", base().not_before(NOW)),
        ("exp as a fraction", base().claim("exp", 1_700_000_300.9)),
    ] {
        let token = token.mint();
        let cold = cached(rules(&issuer), TokenCache::disabled());
        let end = NOW + 300 + LEEWAY;
        let start = if token_has_start(&token) { NOW - LEEWAY } else { 0 };
        for (unix, expected) in [
            (end - 1, Ok(())),
            (end, Err(AuthErrorKind::Expired)),
            (end + 1, Err(AuthErrorKind::Expired)),
            (NOW + 315_360_000, Err(AuthErrorKind::Expired)),
            (start, Ok(())),
        ] {
            let gate = cached(rules(&issuer), TokenCache::new());
            fill(&gate, &token);
            assert_eq!(kind_at(&gate, &token, unix), expected, "{name}, cached, {unix}");
            assert_eq!(kind_at(&cold, &token, unix), expected, "{name}, cold, {unix}");
            fill(&gate, &token);
        }
    }
}

fn token_has_start(token: &str) -> bool {
    let payload = tamper::unverified_payload(token).unwrap();
    payload.get("iat").is_some() || payload.get("nbf").is_some()
}

#[test]
fn n134_a_cached_token_is_not_good_before_its_time_when_the_clock_is_set_back() {
    let issuer = issuer(Alg::EdDSA);
    let gate = cached(rules(&issuer), TokenCache::new());
    let not_before = good(&issuer).without("iat").not_before(NOW).mint();
    let issued_at = good(&issuer).issued_at(NOW).mint();
    for (token, expected) in
        [(not_before, AuthErrorKind::NotYetValid), (issued_at, AuthErrorKind::IssuedInFuture)]
    {
        let first = fill(&gate, &token);
        assert_eq!(kind_at(&gate, &token, NOW - LEEWAY), Ok(()));
        assert!(Arc::ptr_eq(&first, &claims(&gate, &token)), "it was a hit");
        assert_eq!(kind_at(&gate, &token, NOW - LEEWAY - 1), Err(expected));
        assert_eq!(kind_at(&gate, &token, NOW - LEEWAY), Ok(()), "and it is good again");
    }
}

#[test]
fn a_reload_that_ignores_nbf_or_does_not_any_more_counts_for_cached_tokens_too() {
    let issuer = issuer(Alg::EdDSA);
    let token = good(&issuer).without("iat").not_before(NOW).mint();
    let builder = |rules| Authenticator::builder().issuer(rules);
    for cache in [TokenCache::new(), TokenCache::disabled()] {
        let gate = cached(rules(&issuer), cache);
        for _ in 0..2 {
            assert_eq!(kind_at(&gate, &token, NOW - LEEWAY), Ok(()));
            assert_eq!(kind_at(&gate, &token, NOW - LEEWAY - 1), Err(AuthErrorKind::NotYetValid));
            gate.reload(builder(rules(&issuer).ignore_not_before()).token_cache(cache)).unwrap();
            for unix in [NOW, NOW - LEEWAY - 1, 0, NOW + 300 + LEEWAY - 1] {
                assert_eq!(kind_at(&gate, &token, unix), Ok(()), "{unix}");
            }
            assert_eq!(kind_at(&gate, &token, NOW + 300 + LEEWAY), Err(AuthErrorKind::Expired));
            assert_eq!(kind_at(&gate, &token, NOW), Ok(()));
            gate.reload(builder(rules(&issuer)).token_cache(cache)).unwrap();
        }
    }
}

#[test]
fn n135_a_key_that_is_removed_takes_its_cached_tokens_along() {
    let issuer = issuer(Alg::EdDSA);
    let other = SigningKey::generate(Alg::EdDSA, "other");
    let token = good(&issuer).mint();
    let others = json!({ "keys": [other.public_jwk()] }).to_string();
    let both = json!({ "keys": [other.public_jwk(), issuer.current_key().public_jwk()] }).to_string();
    let gate = cached(rules(&issuer), TokenCache::new());
    let first = fill(&gate, &token);
    gate.replace_keys(ISSUER, KeySet::from_jwks(&both).unwrap()).unwrap();
    assert!(Arc::ptr_eq(&first, &claims(&gate, &token)), "its key is there");
    gate.replace_keys(ISSUER, KeySet::from_jwks(&others).unwrap()).unwrap();
    assert_eq!(kind(&gate, &token), Err(UnknownKey));
    gate.unpin(ISSUER).unwrap();
    assert_eq!(kind(&gate, &token), Ok(()));
}

#[test]
fn n135_another_key_of_the_same_name_does_not_revive_cached_tokens() {
    let issuer = issuer(Alg::EdDSA);
    let token = good(&issuer).mint();
    let gate = cached(rules(&issuer), TokenCache::new());
    fill(&gate, &token);
    for (key, expected) in [
        (SigningKey::generate(Alg::EdDSA, "test-1"), BadSignature),
        (SigningKey::generate(Alg::ES256, "test-1"), KeyMismatch),
    ] {
        let jwks = json!({ "keys": [key.public_jwk()] }).to_string();
        gate.replace_keys(ISSUER, KeySet::from_jwks(&jwks).unwrap()).unwrap();
        assert_eq!(kind(&gate, &token), Err(expected));
    }
}

#[test]
fn n135_a_key_that_is_revoked_takes_its_cached_tokens_along_at_once() {
    let issuer = issuer(Alg::EdDSA);
    let token = good(&issuer).mint();
    let gate = cached(rules(&issuer), TokenCache::new());
    for _ in 0..3 {
        fill(&gate, &token);
        gate.revoke_key(ISSUER, "test-1").unwrap();
        assert_eq!(kind(&gate, &token), Err(AuthErrorKind::RevokedKey));
        gate.restore_key(ISSUER, "test-1").unwrap();
        assert_eq!(kind(&gate, &token), Ok(()));
    }
}

#[test]
fn n136_tokens_that_are_alike_are_told_apart() {
    let issuer = issuer(Alg::EdDSA);
    let cold = cached(rules(&issuer), TokenCache::disabled());
    let padding = "x".repeat(6_000);
    let of = |subject: &str| good(&issuer).claim("jti", "1").subject(subject).claim("zz", &*padding).mint();
    for cache in [TokenCache::new(), TokenCache::new().keep_token_text()] {
        let gate = cached(rules(&issuer), cache);
        for subject in ["alice", "malle", "alicf", "alice"] {
            let token = of(subject);
            assert_eq!(fill(&gate, &token)["sub"], subject, "of one length, alike at both ends");
            for (name, changed) in [
                ("another payload", tamper::with_claim(&token, "sub", "root")),
                ("another signature", tamper::with_flipped_signature(&token)),
                ("no signature", token[..=token.rfind('.').unwrap()].to_owned()),
                ("a character less", token[..token.len() - 1].to_owned()),
                ("a character more", format!("{token}A")),
                ("another header", tamper::with_header(&token, r#"{"alg":"none"}"#)),
            ] {
                let found = kind(&gate, &changed);
                assert!(found.is_err() && found == kind(&cold, &changed), "{name}: {found:?}");
            }
            assert_eq!(kind(&gate, &token), Ok(()));
        }
    }
}

#[test]
fn n137_what_one_route_has_cached_says_nothing_to_a_stricter_one() {
    let issuer = issuer(Alg::EdDSA);
    let token = good(&issuer).scope("read").mint();
    let loose = cached(rules(&issuer), TokenCache::new());
    let stricter = Issuer::new(ISSUER).audience("https://other.test").jwks(issuer.jwks());
    let strict = cached(stricter, TokenCache::new());
    fill(&loose, &token);
    assert_eq!(kind(&strict, &token), Err(AuthErrorKind::WrongAudience));
    fill(&loose, &token);
}

#[test]
fn n137_a_stricter_configuration_is_asked_about_cached_tokens_too() {
    let issuer = issuer(Alg::EdDSA);
    let token = good(&issuer).expires_in(Duration::from_secs(600)).mint();
    let gate = cached(rules(&issuer), TokenCache::new());
    let other_audience = Issuer::new(ISSUER).audience("https://other.test").jwks(issuer.jwks());
    let builder = |rules| Authenticator::builder().issuer(rules);
    let late = rules(&issuer).leeway(Duration::ZERO);
    for (name, stricter, expected) in [
        ("audience", builder(other_audience), AuthErrorKind::WrongAudience),
        ("algorithms", builder(rules(&issuer).algorithms([Algorithm::ES256])), AlgorithmNotAllowed),
        ("claims", builder(rules(&issuer).required_claims(["tenant"])), MissingClaim),
        ("values", builder(rules(&issuer).claim("sub", ["other"])), AuthErrorKind::ClaimMismatch),
        ("types", builder(rules(&issuer).token_types(["JWT"])), AuthErrorKind::WrongType),
        (
            "lifetime",
            builder(rules(&issuer).max_lifetime(Duration::from_secs(599))),
            AuthErrorKind::LifetimeTooLong,
        ),
        ("length", builder(rules(&issuer)).max_token_bytes(token.len() - 1), TokenTooLarge),
    ] {
        fill(&gate, &token);
        gate.reload(stricter).unwrap();
        assert_eq!(kind(&gate, &token), Err(expected), "{name}");
        gate.reload(builder(rules(&issuer))).unwrap();
        assert_eq!(kind(&gate, &token), Ok(()), "{name}");
    }
    let end = NOW + 600;
    assert_eq!(kind_at(&gate, &token, end), Ok(()));
    gate.reload(builder(late)).unwrap();
    assert_eq!(kind_at(&gate, &token, end), Err(AuthErrorKind::Expired), "leeway");
}

/// How old a token is says the clock that says more: neither a sleeping machine nor a clock that is set back prolongs its time.
#[test]
fn a_signature_counts_for_its_time_to_live_by_either_clock() {
    let issuer = issuer(Alg::EdDSA);
    let start = Instant::now();
    let at = |wall: i64, monotonic: u64| {
        let unix = Duration::from_secs(u64::try_from(NOW + wall).unwrap());
        Moment::new(unix, start + Duration::from_secs(monotonic))
    };
    for (name, wall, monotonic, is_hit) in [
        ("a second before", 99, 99, true),
        ("at the end", 100, 100, false),
        ("after a sleep", 100, 1, false),
        ("set back", -50, 100, false),
        ("set back, a second before", -50, 99, true),
    ] {
        for cache in [TokenCache::new(), TokenCache::new().keep_token_text()] {
            let gate = cached(rules(&issuer), cache.time_to_live(Duration::from_secs(100)));
            let token = good(&issuer).mint();
            let ask = |wall, monotonic| match gate.authenticate_token(&token, at(wall, monotonic)) {
                Decision::Decided(verified) => verified.unwrap().claims::<Value>().unwrap(),
                Decision::Pending(_) => panic!("the key is known"),
            };
            let first = ask(0, 0);
            // To be used does not make it younger.
            assert!(Arc::ptr_eq(&first, &ask(1, 1)));
            let later = ask(wall, monotonic);
            assert_eq!(Arc::ptr_eq(&first, &later), is_hit, "{name}");
            assert!(Arc::ptr_eq(&later, &ask(wall, monotonic)), "{name}: from here on it counts anew");
        }
    }
}

#[test]
fn the_time_to_live_is_within_bounds_and_no_reload_changes_it() {
    let issuer = issuer(Alg::EdDSA);
    let builder = |cache| Authenticator::builder().issuer(rules(&issuer)).token_cache(cache);
    let day = Duration::from_secs(86_400);
    for (time, told) in [
        (Duration::ZERO, Some("cache: time_to_live = 0ns: from 1s to 365d")),
        (Duration::from_millis(999), Some("cache: time_to_live = 999ms: from 1s to 365d")),
        (Duration::from_secs(1), None),
        (day * 365, None),
        (day * 366, Some("cache: time_to_live = 31622400s: from 1s to 365d")),
    ] {
        let built = builder(TokenCache::new().time_to_live(time)).build();
        assert_eq!(built.err().map(|error| error.to_string()).as_deref(), told);
        builder(TokenCache::disabled().time_to_live(time)).build().unwrap();
    }
    let cache = TokenCache::new().time_to_live(day);
    let gate = builder(cache).build().unwrap();
    gate.reload(builder(cache)).unwrap();
    for other in [TokenCache::new(), cache.time_to_live(day * 2), TokenCache::disabled()] {
        let error = gate.reload(builder(other)).unwrap_err();
        assert_eq!(error.to_string(), "cache: it is set up once, at the start");
    }
}

/// A cache of one: whatever else was kept would take the place of the one token.
#[test]
fn n139_no_number_of_invalid_tokens_takes_a_place() {
    let issuer = issuer(Alg::EdDSA);
    let gate = cached(rules(&issuer), TokenCache::new().capacity(1));
    let token = good(&issuer).mint();
    let first = fill(&gate, &token);
    for number in 0..2_000 {
        let subject = format!("{number}");
        let junk = [
            (tamper::with_claim(&token, "sub", &*subject), BadSignature),
            (tamper::with_signature(&token, format!("{number:064}")), BadSignature),
            (tamper::with_claim(&token, "iss", format!("https://{number}.test")), UnknownIssuer),
            (tamper::with_header(&token, json!({ "alg": "EdDSA", "kid": subject }).to_string()), UnknownKey),
        ];
        for (text, expected) in junk {
            assert_eq!(kind(&gate, &text), Err(expected), "{number}");
        }
    }
    for number in 0..200 {
        let expired = good(&issuer).subject(format!("{number}")).expired().mint();
        assert_eq!(kind(&gate, &expired), Err(AuthErrorKind::Expired));
        assert_eq!(kind(&gate, &expired), Err(AuthErrorKind::Expired), "also the second time");
    }
    assert!(Arc::ptr_eq(&first, &claims(&gate, &token)));
}
