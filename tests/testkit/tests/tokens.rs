//! Tokens and keys, read by somebody else: jsonwebtoken, and aws-lc-rs for the one algorithm it does not know.

use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};
use claimgate_testkit::{Alg, SigningKey, TestIssuer, TokenBuilder, base64url_decode, tamper};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

const AUDIENCE: &str = "https://api.test";

fn good(issuer: &TestIssuer) -> TokenBuilder {
    issuer.token().audience(AUDIENCE)
}

/// What jsonwebtoken says about a token, by the issuer's published set.
fn verify(issuer: &TestIssuer, token: &str) -> Result<Value, String> {
    let set: JwkSet = serde_json::from_str(&issuer.jwks()).unwrap();
    let header = decode_header(token).map_err(|e| e.to_string())?;
    let jwk = set.find(&header.kid.ok_or("no kid")?).ok_or("unknown kid")?;
    let algorithm: Algorithm = jwk.common.key_algorithm.unwrap().try_into().unwrap();
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[issuer.issuer()]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let key = DecodingKey::from_jwk(jwk).map_err(|e| e.to_string())?;
    decode::<Value>(token, &key, &validation).map(|data| data.claims).map_err(|e| e.to_string())
}

fn signed_part(token: &str) -> (&[u8], Vec<u8>) {
    let (input, signature) = token.rsplit_once('.').unwrap();
    (input.as_bytes(), base64url_decode(signature).unwrap())
}

fn aws_algorithm(alg: Alg) -> &'static dyn VerificationAlgorithm {
    match alg {
        Alg::RS256 => &RSA_PKCS1_2048_8192_SHA256,
        Alg::RS384 => &RSA_PKCS1_2048_8192_SHA384,
        Alg::RS512 => &RSA_PKCS1_2048_8192_SHA512,
        Alg::PS256 => &RSA_PSS_2048_8192_SHA256,
        Alg::PS384 => &RSA_PSS_2048_8192_SHA384,
        Alg::PS512 => &RSA_PSS_2048_8192_SHA512,
        Alg::ES256 => &ECDSA_P256_SHA256_FIXED,
        Alg::ES384 => &ECDSA_P384_SHA384_FIXED,
        Alg::ES512 => &ECDSA_P521_SHA512_FIXED,
        Alg::EdDSA => &ED25519,
    }
}

#[test]
fn another_library_verifies_each_algorithm_it_knows() {
    for alg in Alg::ALL.into_iter().filter(|alg| *alg != Alg::ES512) {
        let issuer = TestIssuer::with_algorithm("https://issuer.test", alg);
        let token = good(&issuer).scope("a b").mint();
        let claims = verify(&issuer, &token).unwrap_or_else(|e| panic!("{alg}: {e}"));
        assert_eq!(claims["scope"], "a b", "{alg}");
        assert_eq!(claims["sub"], "test-subject", "{alg}");
        for bad in [tamper::with_flipped_signature(&token), good(&issuer).forged().mint()] {
            assert_eq!(verify(&issuer, &bad), Err("InvalidSignature".to_owned()), "{alg}");
        }
    }
}

/// FIPS 186-5 and RFC 7518, 3.4: r and s of 66 bytes each; x and y as wide.
#[test]
fn es512_verifies_by_the_coordinates_of_its_jwk() {
    let issuer = TestIssuer::with_algorithm("https://issuer.test", Alg::ES512);
    let token = good(&issuer).mint();
    let jwk = issuer.current_key().public_jwk();
    assert_eq!(jwk["crv"], "P-521");
    let coordinate = |name| base64url_decode(jwk[name].as_str().unwrap()).unwrap();
    assert_eq!((coordinate("x").len(), coordinate("y").len()), (66, 66));
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let key = UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, point);
    let (input, signature) = signed_part(&token);
    assert_eq!(signature.len(), 132);
    assert!(key.verify(input, &signature).is_ok());
    let (input, signature) = (input, signed_part(&good(&issuer).forged().mint()).1);
    assert!(key.verify(input, &signature).is_err());
}

#[test]
fn pem_is_the_key_that_signed() {
    for alg in Alg::ALL {
        let key = SigningKey::generate(alg, "k");
        let text = key.public_key_pem();
        assert!(text.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{alg}");
        let spki = pem::parse(text).unwrap();
        let public = UnparsedPublicKey::new(aws_algorithm(alg), spki.contents());
        assert!(public.verify(b"input", &key.sign(b"input")).is_ok(), "{alg}");
        assert!(public.verify(b"other", &key.sign(b"input")).is_err(), "{alg}");
    }
}

#[test]
fn jwk_names_its_key_its_algorithm_and_its_use() {
    for alg in Alg::ALL {
        let jwk = SigningKey::generate(alg, "k").public_jwk();
        assert_eq!((&jwk["kid"], &jwk["alg"], &jwk["use"]), (&json!("k"), &json!(alg.name()), &json!("sig")));
        let (kty, members) = match alg {
            Alg::ES256 | Alg::ES384 | Alg::ES512 => ("EC", 7),
            Alg::EdDSA => ("OKP", 6),
            _ => ("RSA", 6),
        };
        assert_eq!(jwk["kty"], kty, "{alg}");
        assert_eq!(jwk.as_object().unwrap().len(), members, "{alg}: nothing private and nothing else");
    }
}

#[test]
fn debug_shows_no_key() {
    let issuer = TestIssuer::new("https://issuer.test");
    let shown = format!("{issuer:?} {:?}", issuer.current_key());
    assert!(shown.contains("test-1"));
    for part in ["EcdsaKeyPair", "Rsa", "public"] {
        assert!(!shown.contains(part), "{shown}");
    }
}

#[test]
fn rotation_signs_with_a_new_key_and_keeps_the_old_one_published() {
    let issuer = TestIssuer::new("https://issuer.test");
    let before = good(&issuer).mint();
    let kid = issuer.rotate();
    assert_eq!(kid, "test-2");
    let after = good(&issuer).mint();
    assert_eq!(decode_header(&after).unwrap().kid.as_deref(), Some("test-2"));
    assert!(verify(&issuer, &before).is_ok() && verify(&issuer, &after).is_ok());

    assert!(issuer.retire("test-1"));
    assert!(!issuer.retire("test-1"), "it is gone already");
    assert_eq!(verify(&issuer, &before), Err("unknown kid".to_owned()));
    assert!(verify(&issuer, &after).is_ok());

    issuer.sign_with("test-1");
    assert_eq!(
        verify(&issuer, &good(&issuer).mint()),
        Err("unknown kid".to_owned()),
        "retired, and still able to sign"
    );
}

#[test]
fn old_keys_retire_together_and_added_keys_do_not_sign() {
    let issuer = TestIssuer::new("https://issuer.test");
    let added = SigningKey::generate(Alg::EdDSA, "added");
    issuer.add_key(added.clone());
    assert_eq!(issuer.current_key().kid(), "test-1");
    assert!(verify(&issuer, &good(&issuer).signed_by(&added).mint()).is_ok());
    issuer.rotate();
    issuer.retire_old_keys();
    let set: Value = serde_json::from_str(&issuer.jwks()).unwrap();
    assert_eq!(set["keys"].as_array().unwrap().len(), 1);
    assert_eq!(set["keys"][0]["kid"], "test-2");
}

#[test]
#[should_panic(expected = "the issuer has no key \"nobody\"")]
fn signing_with_an_unknown_key_is_a_mistake_of_the_test() {
    TestIssuer::new("https://issuer.test").sign_with("nobody");
}

#[test]
fn clones_share_their_keys() {
    let issuer = TestIssuer::new("https://issuer.test");
    let clone = issuer.clone();
    std::thread::spawn(move || clone.rotate()).join().unwrap();
    assert_eq!(issuer.current_key().kid(), "test-2");
}

#[test]
fn another_algorithm_gets_one_published_key() {
    let issuer = TestIssuer::new("https://issuer.test");
    let token = || good(&issuer).algorithm(Alg::EdDSA).mint();
    let (first, second) = (token(), token());
    assert_eq!(decode_header(&first).unwrap().kid, decode_header(&second).unwrap().kid);
    assert!(verify(&issuer, &first).is_ok());
    assert_eq!(issuer.current_key().alg(), Alg::ES256);
}

#[test]
fn defaults_and_the_frozen_clock() {
    let issuer = TestIssuer::new("https://issuer.test");
    let token = issuer.token().at(1_000).mint();
    let header = tamper::unverified_header(&token).unwrap();
    assert_eq!(header, json!({ "alg": "ES256", "kid": "test-1", "typ": "at+jwt" }));
    let mut claims = tamper::unverified_payload(&token).unwrap();
    let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert_ne!(Some(jti), tamper::unverified_payload(&issuer.token().mint()).unwrap().get("jti").cloned());
    assert_eq!(
        claims,
        json!({ "iss": "https://issuer.test", "sub": "test-subject", "iat": 1_000, "exp": 1_300 })
    );
}

#[test]
fn the_builder_says_what_it_was_told() {
    let issuer = TestIssuer::new("https://issuer.test");
    let base = || issuer.token().at(1_000);
    let rows: [(&str, TokenBuilder, &str, Value); 14] = [
        ("subject", base().subject("s"), "sub", json!("s")),
        ("one audience", base().audience("a"), "aud", json!("a")),
        ("audiences", base().audiences(["a", "b"]), "aud", json!(["a", "b"])),
        ("a claim of a wrong type", base().claim("exp", "soon"), "exp", json!("soon")),
        ("without", base().without("exp"), "exp", Value::Null),
        ("back again", base().without("sub").subject("s"), "sub", json!("s")),
        ("claims", base().claims(json!({ "tier": 1 })), "tier", json!(1)),
        ("expires in", base().expires_in(Duration::from_secs(7)), "exp", json!(1_007)),
        (
            "expires in, after all",
            base().expires_at(5).expires_in(Duration::from_secs(7)),
            "exp",
            json!(1_007),
        ),
        ("for ever", base().expires_in(Duration::MAX), "exp", json!(i64::MAX)),
        ("expires at", base().expires_at(5), "exp", json!(5)),
        ("issued at leaves exp", base().issued_at(-5), "exp", json!(1_300)),
        ("not before", base().not_before(9), "nbf", json!(9)),
        ("expired before a clock that comes later", issuer.token().expired().at(1_000), "exp", json!(400)),
    ];
    for (name, builder, claim, value) in rows {
        let claims = tamper::unverified_payload(&builder.mint()).unwrap();
        assert_eq!(claims.get(claim).cloned().unwrap_or_default(), value, "{name}");
    }
    let header = base().header("crit", json!(["x"])).kid("k").without_header("typ").mint();
    assert_eq!(
        tamper::unverified_header(&header).unwrap(),
        json!({ "alg": "ES256", "crit": ["x"], "kid": "k" })
    );
}

#[test]
fn raw_bytes_are_signed_as_they_are() {
    let issuer = TestIssuer::new("https://issuer.test");
    let header = br#"{"alg":"ES256","kid":"test-1","kid":"test-1"}"#;
    let payload = br#"{"sub":"a","sub":"b"}"#;
    let token = issuer.token().raw_header(header).raw_payload(payload).mint();
    let parts: Vec<_> = token.split('.').map(|part| base64url_decode(part).unwrap()).collect();
    assert_eq!((parts[0].as_slice(), parts[1].as_slice()), (header.as_slice(), payload.as_slice()));
    let public = pem::parse(issuer.current_key().public_key_pem()).unwrap();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public.contents());
    assert!(key.verify(signed_part(&token).0, &parts[2]).is_ok());
}

#[test]
fn attacks_look_as_they_should() {
    let issuer = TestIssuer::new("https://issuer.test");
    let secret = issuer.current_key().public_key_pem();
    let confused = good(&issuer).signed_with_secret(secret.clone()).mint();
    let header = tamper::unverified_header(&confused).unwrap();
    assert_eq!(header, json!({ "alg": "HS256", "kid": "test-1", "typ": "at+jwt" }));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let (input, tag) = signed_part(&confused);
    assert!(hmac::verify(&key, input, &tag).is_ok());

    let unsigned = good(&issuer).unsigned().mint();
    assert!(unsigned.ends_with('.'));
    assert_eq!(tamper::unverified_header(&unsigned).unwrap()["alg"], "none");

    assert_eq!(verify(&issuer, &good(&issuer).expired().mint()), Err("ExpiredSignature".to_owned()));
    let token = good(&issuer).mint();
    let promoted = tamper::with_claim(&token, "scope", "admin");
    assert_eq!(tamper::unverified_payload(&promoted).unwrap()["scope"], "admin");
    assert_eq!(verify(&issuer, &promoted), Err("InvalidSignature".to_owned()));
    assert_eq!(tamper::with_signature("a.b.c", []), "a.b.");
    assert_eq!(tamper::with_header("a.b.c", b""), ".b.c");
}
