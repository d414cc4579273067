//! Algorithms, and secrets that are none.

use super::*;

#[test]
fn n053_an_unsigned_token_is_refused() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    assert_eq!(kind(&gate, &good(&issuer).unsigned().mint()), Err(AlgorithmNotAllowed));
    let emptied = tamper::with_signature(&good(&issuer).mint(), []);
    assert_eq!(kind(&gate, &emptied), Err(BadSignature));
}

#[test]
fn n054_none_is_no_algorithm_in_any_case() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for name in ["none", "None", "NONE", "nOnE", "none ", "non\u{435}"] {
        let unsigned = good(&issuer).unsigned().header("alg", name).mint();
        assert_eq!(kind(&gate, &unsigned), Err(AlgorithmNotAllowed), "{name}");
    }
}

#[test]
fn n055_none_is_refused_with_a_good_signature_too() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for name in ["none", "None"] {
        let signed = good(&issuer).header("alg", name).mint();
        assert_eq!(kind(&gate, &signed), Err(AlgorithmNotAllowed), "{name}");
    }
    assert_eq!(kind(&gate, &good(&issuer).mint()), Ok(()));
}

#[test]
fn n056_an_algorithm_is_there_and_a_string() {
    headers([
        ("absent", r#"{"kid":"test-1"}"#, Err(AlgorithmNotAllowed)),
        ("empty", r#"{"alg":"","kid":"test-1"}"#, Err(AlgorithmNotAllowed)),
        ("unknown", r#"{"alg":"ES256K","kid":"test-1"}"#, Err(AlgorithmNotAllowed)),
        ("of another case", r#"{"alg":"es256","kid":"test-1"}"#, Err(AlgorithmNotAllowed)),
        ("a number", r#"{"alg":1,"kid":"test-1"}"#, Err(MalformedToken)),
        ("null", r#"{"alg":null,"kid":"test-1"}"#, Err(MalformedToken)),
        ("an array", r#"{"alg":["ES256"],"kid":"test-1"}"#, Err(MalformedToken)),
    ]);
}

/// Whatever of a public key an attacker takes for the secret of an HMAC, under HS256 and under the key's own algorithm.
fn confused(secrets: impl Fn(&SigningKey, &TestIssuer) -> Vec<Vec<u8>>) {
    for alg in [Alg::RS256, Alg::ES256, Alg::EdDSA] {
        let issuer = issuer(alg);
        let key = issuer.current_key();
        let mut unbound = key.public_jwk();
        unbound.as_object_mut().unwrap().remove("alg");
        let rules = || Issuer::new(ISSUER).audience(AUDIENCE);
        let gates = [
            ("JWK", trust(&issuer)),
            ("JWK without alg", gate(rules().jwks(json!({ "keys": [unbound] }).to_string()))),
            ("PEM", gate(rules().pem(key.public_key_pem()))),
        ];
        for (from, gate) in &gates {
            assert_eq!(kind(gate, &good(&issuer).mint()), Ok(()), "{alg} key from {from}");
            for secret in secrets(&key, &issuer) {
                let hs256 = good(&issuer).signed_with_secret(secret.clone()).mint();
                assert_eq!(kind(gate, &hs256), Err(AlgorithmNotAllowed), "{alg} key from {from}");
                let disguised = good(&issuer).header("alg", alg.name()).signed_with_secret(secret).mint();
                assert_eq!(kind(gate, &disguised), Err(BadSignature), "{alg} key from {from}");
            }
        }
    }
}

fn spki(key: &SigningKey) -> Vec<u8> {
    pem::parse(key.public_key_pem()).unwrap().into_contents()
}

#[test]
fn n057_the_pem_of_a_key_is_no_secret() {
    confused(|key, _| {
        let pem = key.public_key_pem();
        vec![pem.trim_end().into(), pem.replace('\n', "\r\n").into(), pem.into(), Vec::new()]
    });
}

#[test]
fn n058_the_der_of_a_key_is_no_secret() {
    confused(|key, _| {
        let spki = spki(key);
        // The key itself ends the structure: 32 bytes of Ed25519, 65 of P-256, PKCS#1 of RSA from byte 24 on.
        let tail = |length: usize| spki[spki.len().saturating_sub(length)..].to_vec();
        vec![tail(32), tail(65), tail(spki.len() - 24), spki.clone()]
    });
}

#[test]
fn n059_the_jwk_of_a_key_is_no_secret() {
    confused(|key, issuer| vec![key.public_jwk().to_string().into(), issuer.jwks().into()]);
}

#[test]
fn n060_the_numbers_of_a_key_are_no_secret() {
    confused(|key, _| {
        let jwk = key.public_jwk();
        let number = jwk.get("n").or(jwk.get("x")).unwrap().as_str().unwrap().to_owned();
        let base64 = key.public_key_pem().lines().filter(|line| !line.starts_with('-')).collect::<String>();
        vec![claimgate_testkit::base64url_decode(&number).unwrap(), number.into(), base64.into()]
    });
}

#[test]
fn n063_a_key_that_names_no_algorithm_takes_none_of_the_symmetric_ones() {
    let issuer = issuer(Alg::RS256);
    let mut jwk = issuer.current_key().public_jwk();
    jwk.as_object_mut().unwrap().remove("alg");
    let gate = gate(Issuer::new(ISSUER).audience(AUDIENCE).jwks(json!({ "keys": [jwk] }).to_string()));
    assert_eq!(kind(&gate, &good(&issuer).mint()), Ok(()));
    for name in ["HS256", "HS384", "HS512"] {
        let token = good(&issuer).signed_with_secret("").header("alg", name).mint();
        assert_eq!(kind(&gate, &token), Err(AlgorithmNotAllowed), "{name}");
    }
}

#[test]
fn n062_the_algorithm_is_that_of_the_key_and_of_the_configuration() {
    let issuer = issuer(Alg::RS256);
    let gate = trust(&issuer);
    for (name, expected) in [
        ("RS256", Ok(())),
        ("PS256", Err(KeyMismatch)),
        ("RS384", Err(KeyMismatch)),
        ("ES256", Err(KeyMismatch)),
        ("EdDSA", Err(KeyMismatch)),
        ("HS256", Err(AlgorithmNotAllowed)),
    ] {
        assert_eq!(kind(&gate, &good(&issuer).header("alg", name).mint()), expected, "{name}");
    }
    let ec = support::issuer(Alg::ES384);
    assert_eq!(
        kind(&trust(&ec), &good(&ec).header("alg", "ES256").mint()),
        Err(KeyMismatch),
        "another curve"
    );
    let allowed = |algorithms: &[Algorithm]| {
        let rules = Issuer::new(ISSUER).audience(AUDIENCE).jwks(issuer.jwks());
        support::gate(rules.algorithms(algorithms.iter().copied()))
    };
    let token = good(&issuer).mint();
    assert_eq!(kind(&allowed(&[Algorithm::RS256, Algorithm::ES256]), &token), Ok(()));
    assert_eq!(kind(&allowed(&[Algorithm::PS256, Algorithm::ES256]), &token), Err(AlgorithmNotAllowed));
}

#[test]
fn eddsa_and_ed25519_are_two_names_of_one_algorithm() {
    let issuer = issuer(Alg::EdDSA);
    for jwk_name in ["EdDSA", "Ed25519"] {
        let jwks = issuer.jwks().replace("\"alg\":\"EdDSA\"", &format!("\"alg\":\"{jwk_name}\""));
        let gate = gate(Issuer::new(ISSUER).audience(AUDIENCE).jwks(jwks).algorithms([Algorithm::EdDSA]));
        for name in ["EdDSA", "Ed25519"] {
            assert_eq!(kind(&gate, &good(&issuer).header("alg", name).mint()), Ok(()), "{jwk_name} {name}");
        }
        assert_eq!(kind(&gate, &good(&issuer).header("alg", "Ed448").mint()), Err(AlgorithmNotAllowed));
    }
}
