//! Keys that tokens name by the certificate that they came in.

use claimgate_core::KeySet;

use super::*;

/// A set of the issuer's key and another, both with thumbprints as a certificate of theirs would have them.
fn certified(issuer: &TestIssuer) -> Authenticator {
    let mut own = issuer.current_key().public_jwk();
    own["x5t"] = base64url([1; 20]).into();
    own["x5t#S256"] = base64url([1; 32]).into();
    let mut other = SigningKey::generate(Alg::ES256, "other").public_jwk();
    other["x5t"] = base64url([2; 20]).into();
    other["x5t#S256"] = base64url([2; 32]).into();
    gate(Issuer::new(ISSUER).audience(AUDIENCE).jwks(json!({ "keys": [own, other] }).to_string()))
}

#[test]
fn a_thumbprint_names_the_key_where_kid_names_none() {
    let issuer = issuer(Alg::ES256);
    let gate = certified(&issuer);
    let (sha1, sha256) = (|byte| base64url([byte; 20]), |byte| base64url([byte; 32]));
    let hexadecimal = |byte: u8, length| base64url(format!("{byte:02x}").repeat(length)) + "==";
    for (name, kid, x5t, x5t_s256, expected) in [
        ("kid alone", Some("test-1"), None, None, Ok(())),
        ("kid before thumbprints", Some("test-1"), Some(sha1(2)), Some(sha256(2)), Ok(())),
        ("an unknown kid", Some("gone"), None, None, Err(UnknownKey)),
        ("an unknown kid and SHA-256", Some("gone"), None, Some(sha256(1)), Ok(())),
        ("an unknown kid and SHA-1", Some("gone"), Some(sha1(1)), None, Ok(())),
        ("an unknown kid and unknown ones", Some("gone"), Some(sha1(3)), Some(sha256(3)), Err(UnknownKey)),
        ("SHA-256", None, None, Some(sha256(1)), Ok(())),
        ("SHA-256 before SHA-1", None, Some(sha1(2)), Some(sha256(1)), Ok(())),
        ("SHA-256 of another", None, Some(sha1(1)), Some(sha256(2)), Err(BadSignature)),
        ("SHA-1", None, Some(sha1(1)), None, Ok(())),
        ("SHA-1 after an unknown SHA-256", None, Some(sha1(1)), Some(sha256(3)), Ok(())),
        ("unknown ones and no kid: every key is tried", None, Some(sha1(3)), Some(sha256(3)), Ok(())),
        ("one in the place of the other", Some("gone"), Some(sha256(1)), Some(sha1(1)), Err(UnknownKey)),
        ("SHA-1 in hexadecimal", Some("gone"), Some(hexadecimal(1, 20)), None, Ok(())),
        ("SHA-1 of another in hexadecimal", None, Some(hexadecimal(2, 20)), None, Err(BadSignature)),
        ("SHA-256 in hexadecimal", Some("gone"), None, Some(hexadecimal(1, 32)), Ok(())),
        ("SHA-256 in hexadecimal in x5t", Some("gone"), Some(hexadecimal(1, 32)), None, Ok(())),
        ("SHA-256 in both", None, Some(hexadecimal(2, 32)), Some(sha256(1)), Ok(())),
        ("unknown in hexadecimal", Some("gone"), Some(hexadecimal(3, 20)), None, Err(UnknownKey)),
    ] {
        let mut token = good(&issuer).without_header("kid");
        for (member, value) in [("kid", kid.map(str::to_owned)), ("x5t", x5t), ("x5t#S256", x5t_s256)] {
            if let Some(value) = value {
                token = token.header(member, value);
            }
        }
        assert_eq!(kind(&gate, &token.mint()), expected, "{name}");
    }
}

#[test]
fn a_thumbprint_is_a_string() {
    let issuer = issuer(Alg::ES256);
    let gate = certified(&issuer);
    for member in ["x5t", "x5t#S256"] {
        for value in [json!(1), json!(null), json!([]), json!({}), json!(true)] {
            let token = good(&issuer).header(member, value.clone()).mint();
            assert_eq!(kind(&gate, &token), Err(MalformedToken), "{member} {value}");
        }
        for value in ["", "AAAA", "not base64url!"] {
            let token = good(&issuer).header(member, value).mint();
            assert_eq!(kind(&gate, &token), Ok(()), "{member} {value}");
        }
    }
}

#[test]
fn a_thumbprint_that_is_none_leaves_a_jwk_as_good_as_it_is() {
    for value in [json!(1), json!(""), json!("AAAA"), json!(null), json!([])] {
        let issuer = issuer(Alg::ES256);
        let mut jwk = issuer.current_key().public_jwk();
        jwk["x5t"] = value.clone();
        jwk["x5t#S256"] = value.clone();
        let keys = KeySet::from_jwks(&json!({ "keys": [jwk] }).to_string()).unwrap();
        assert_eq!((keys.keys().len(), keys.skipped().len()), (1, 0), "{value}");
        let gate = gate(Issuer::new(ISSUER).audience(AUDIENCE).keys(keys));
        assert_eq!(kind(&gate, &good(&issuer).mint()), Ok(()), "{value}");
    }
}

#[test]
fn a_key_tells_the_last_second_of_its_certificate() {
    let issuer = issuer(Alg::ES256);
    let mut params = rcgen::CertificateParams::new([]).unwrap();
    params.not_after = rcgen::date_time_ymd(2023, 11, 15);
    let certificate = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
    for (name, keys, expected) in [
        ("certificate", KeySet::from_pem(&certificate.pem(), None).unwrap(), Some(1_700_006_400)),
        ("JWK", KeySet::from_jwks(&issuer.jwks()).unwrap(), None),
    ] {
        assert_eq!(keys.keys()[0].not_after(), expected, "{name}");
    }
}
