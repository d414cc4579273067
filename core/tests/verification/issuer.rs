//! Who issued it, for what.

use super::*;

/// Decides about tokens with these issuers.
fn issued_by<const N: usize>(cases: [(Value, Kind); N]) {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for (iss, expected) in cases {
        assert_eq!(kind(&gate, &good(&issuer).claim("iss", iss.clone()).mint()), expected, "{iss}");
    }
}

#[test]
fn n106_iss_is_there() {
    let issuer = issuer(Alg::ES256);
    assert_eq!(kind(&trust(&issuer), &good(&issuer).without("iss").mint()), Err(MissingClaim));
    issued_by([(json!(ISSUER), Ok(())), (json!(null), Err(InvalidClaim)), (json!(""), Err(UnknownIssuer))]);
}

#[test]
fn n107_iss_is_one_string() {
    issued_by([
        (json!([ISSUER]), Err(InvalidClaim)),
        (json!(["https://evil.test", ISSUER]), Err(InvalidClaim)),
        (json!({ "iss": ISSUER }), Err(InvalidClaim)),
        (json!(1), Err(InvalidClaim)),
    ]);
}

#[test]
fn n108_iss_is_compared_to_the_byte() {
    issued_by([
        (json!("https://issuer.test/"), Err(UnknownIssuer)),
        (json!("https://issuer.test.evil"), Err(UnknownIssuer)),
        (json!("https://issuer.tes"), Err(UnknownIssuer)),
        (json!("https://ISSUER.test"), Err(UnknownIssuer)),
        (json!("http://issuer.test"), Err(UnknownIssuer)),
        (json!(" https://issuer.test"), Err(UnknownIssuer)),
        (json!("https://issuer.test\0"), Err(UnknownIssuer)),
    ]);
    let escaped = format!(r#"{{"iss":"https:\/\/issuer.t\u0065st","aud":"{AUDIENCE}","exp":{}}}"#, NOW + 300);
    payloads([("the same string, written otherwise", escaped.as_str(), Ok(()))]);
}

#[test]
fn n109_a_key_is_good_for_its_own_issuer_only() {
    let [first, second] = ["https://one.test", "https://two.test"].map(TestIssuer::new);
    let rules = |issuer: &TestIssuer| Issuer::new(issuer.issuer()).audience(AUDIENCE).jwks(issuer.jwks());
    let gate = Authenticator::builder().issuer(rules(&first)).issuer(rules(&second)).build().unwrap();
    assert_eq!(first.current_key().kid(), second.current_key().kid());
    for issuer in [&first, &second] {
        assert_eq!(kind(&gate, &good(issuer).mint()), Ok(()));
        assert_eq!(kind(&gate, &good(issuer).without_header("kid").mint()), Ok(()));
    }
    for (issuer, key) in [(&first, second.current_key()), (&second, first.current_key())] {
        assert_eq!(kind(&gate, &good(issuer).signed_by(&key).mint()), Err(BadSignature));
        assert_eq!(
            kind(&gate, &good(issuer).signed_by(&key).without_header("kid").mint()),
            Err(BadSignature)
        );
    }
}

#[test]
fn n114_an_id_token_is_no_access_token_where_access_tokens_say_so() {
    let issuer = issuer(Alg::ES256);
    let id_token = good(&issuer).header("typ", "JWT").claim("nonce", "n").mint();
    let strict = Issuer::new(ISSUER).audience(AUDIENCE).jwks(issuer.jwks()).token_types(["at+jwt"]);
    assert_eq!(kind(&gate(strict.clone()), &id_token), Err(AuthErrorKind::WrongType));
    assert_eq!(kind(&gate(strict), &good(&issuer).mint()), Ok(()));
}

#[test]
fn n141_a_leeway_without_bound_is_a_configuration_error() {
    let issuer = issuer(Alg::ES256);
    let build = |leeway| {
        let rules = Issuer::new(ISSUER).audience(AUDIENCE).jwks(issuer.jwks()).leeway(leeway);
        Authenticator::builder().issuer(rules).build()
    };
    assert!(build(Duration::from_secs(300)).is_ok());
    for leeway in [Duration::from_secs(301), Duration::from_nanos(300_000_000_001), Duration::MAX] {
        let error = build(leeway).unwrap_err().to_string();
        assert!(error.contains("leeway") && error.contains("0s to 5m"), "{error}");
    }
}

#[test]
fn n144_an_issuer_without_a_usable_key_is_not_built() {
    let build = |jwks: &str| {
        Authenticator::builder().issuer(Issuer::new(ISSUER).audience(AUDIENCE).jwks(jwks)).build()
    };
    for jwks in ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"AA"}]}"#] {
        assert!(build(jwks).is_err(), "{jwks}");
    }
    assert!(build(&issuer(Alg::ES256).jwks()).is_ok());
}
