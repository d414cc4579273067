//! Keys, and the names they go by.

use super::*;

#[test]
fn n066_keys_that_are_left_out_verify_nothing() {
    let issuer = issuer(Alg::ES256);
    let token = good(&issuer).mint();
    let jwk = issuer.current_key().public_jwk();
    let other = SigningKey::generate(Alg::ES256, "other").public_jwk();
    for (name, changed) in [
        ("use", json!({ "use": "enc" })),
        ("key_ops", json!({ "key_ops": ["encrypt"] })),
        ("alg", json!({ "alg": "ES384" })),
        ("y", json!({ "y": other["y"] })),
        ("kty", json!({ "kty": "oct", "k": "AA" })),
    ] {
        let mut jwk = jwk.clone();
        jwk.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        let jwks = json!({ "keys": [jwk, other] }).to_string();
        let gate = gate(Issuer::new(ISSUER).audience(AUDIENCE).jwks(jwks));
        assert_eq!(kind(&gate, &token), Err(UnknownKey), "{name}");
    }
}

#[test]
fn n069_the_public_part_of_a_private_key_verifies() {
    let issuer = issuer(Alg::ES256);
    let mut jwk = issuer.current_key().public_jwk();
    jwk["d"] = json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE");
    let gate = gate(Issuer::new(ISSUER).audience(AUDIENCE).jwks(json!({ "keys": [jwk] }).to_string()));
    assert_eq!(kind(&gate, &good(&issuer).mint()), Ok(()));
}

#[test]
fn n073_without_kid_few_keys_are_tried_and_many_are_refused() {
    let issuer = issuer(Alg::ES256);
    let token = good(&issuer).without_header("kid").mint();
    for count in 1..=5 {
        let expected = if count <= 4 { Ok(()) } else { Err(AmbiguousKey) };
        assert_eq!(kind(&trust(&issuer), &token), expected, "{count} keys");
        let stranger = good(&issuer).forged().without_header("kid").mint();
        let expected = if count <= 4 { Err(BadSignature) } else { Err(AmbiguousKey) };
        assert_eq!(kind(&trust(&issuer), &stranger), expected, "{count} keys, none of them");
        issuer.add_key(SigningKey::generate(Alg::ES256, format!("more-{count}")));
    }
    assert_eq!(kind(&trust(&issuer), &good(&issuer).mint()), Ok(()), "who names the key is not concerned");
}

#[test]
fn n074_a_kid_is_a_string() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for kid in [json!(1), json!([]), json!(null), json!({}), json!(true), json!(["test-1"])] {
        assert_eq!(
            kind(&gate, &good(&issuer).header("kid", kid.clone()).mint()),
            Err(MalformedToken),
            "{kid}"
        );
    }
}

#[test]
fn n075_a_kid_is_a_name_and_nothing_more() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for kid in ["", "TEST-1", "test-1 ", "../../dev/null", "' OR 1=1 --", "http://127.0.0.1:1/key", "test-*"]
    {
        assert_eq!(kind(&gate, &good(&issuer).kid(kid).mint()), Err(UnknownKey), "{kid}");
    }
}

#[test]
fn n076_a_kid_is_logged_short_and_plain() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for kid in ["test-1\0", "a\r\nINFO let in\u{1b}[0m", "\u{202e}1-tset", &"x".repeat(8_000)] {
        let error = decide(&gate, &good(&issuer).kid(kid).mint()).unwrap_err();
        assert_eq!(error.kind(), UnknownKey, "{kid:?}");
        let logged = error.key_id().unwrap().to_string();
        assert!(logged.len() <= 64 && logged.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{logged:?}");
    }
    let larger = limited(&issuer, 2 << 20);
    assert_eq!(kind(&larger, &good(&issuer).kid("x".repeat(1 << 20)).mint()), Err(UnknownKey));
}

/// A header member that brings a key neither lets its owner in nor keeps others out.
fn ignored(members: &[(&str, Value)], own: &SigningKey) {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for (name, value) in members {
        let attacker = good(&issuer).signed_by(own).header(name, value.clone()).mint();
        assert_eq!(kind(&gate, &attacker), Err(BadSignature), "{name}");
        let honest = good(&issuer).header(name, value.clone()).mint();
        assert_eq!(kind(&gate, &honest), Ok(()), "{name}");
    }
}

#[test]
fn n078_a_token_cannot_say_where_its_key_is() {
    let url = json!("http://127.0.0.1:1/keys");
    ignored(&[("jku", url.clone()), ("x5u", url)], &SigningKey::generate(Alg::ES256, "test-1"));
}

#[test]
fn n079_a_token_cannot_bring_its_key() {
    let own = SigningKey::generate(Alg::ES256, "test-1");
    ignored(&[("jwk", own.public_jwk())], &own);
}

#[test]
fn n080_a_token_cannot_bring_its_certificate() {
    let members = [("x5c", json!(["MIIB"])), ("x5t", json!("AAAA")), ("x5t#S256", json!("AAAA"))];
    ignored(&members, &SigningKey::generate(Alg::ES256, "test-1"));
}

#[test]
fn n081_both_keys_of_one_kid_are_tried() {
    let issuer = issuer(Alg::ES256);
    let first = good(&issuer).mint();
    issuer.add_key(SigningKey::generate(Alg::EdDSA, "test-1"));
    issuer.add_key(SigningKey::generate(Alg::ES256, "test-1"));
    issuer.sign_with("test-1");
    let second = good(&issuer).mint();
    let gate = trust(&issuer);
    assert_eq!(kind(&gate, &first), Ok(()));
    assert_eq!(kind(&gate, &second), Ok(()));
    assert_eq!(kind(&gate, &good(&issuer).forged().mint()), Err(BadSignature));
}
