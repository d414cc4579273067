use serde_json::{Value, json};

use super::*;

/// RFC 7517, appendix A.1.
fn ec() -> Value {
    json!({
        "kty": "EC", "crv": "P-256", "kid": "1",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    })
}

fn rsa() -> Value {
    let n = base64url::encode(&crate::key::tests::modulus(2048));
    json!({ "kty": "RSA", "kid": "1", "n": n, "e": "AQAB" })
}

/// RFC 8037, appendix A.2.
fn okp() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
}

/// The key with these members set, or taken out where the value is `null`.
fn with(mut jwk: Value, members: Value) -> Value {
    let to = jwk.as_object_mut().unwrap();
    let Value::Object(members) = members else { panic!("members are an object") };
    for (name, value) in members {
        if value.is_null() {
            to.remove(&name)
        } else {
            to.insert(name, value)
        };
    }
    jwk
}

fn algorithms(jwk: &str) -> Result<Vec<&'static str>, &'static str> {
    let jwk = Jwk::parse(jwk).map_err(|reason| reason.0)?;
    Ok(jwk.key.algorithms().map(Algorithm::name).collect())
}

type Case = (&'static str, Value, Result<&'static [&'static str], &'static str>);

fn check<const N: usize>(cases: [Case; N]) {
    for (name, jwk, expected) in cases {
        assert_eq!(algorithms(&jwk.to_string()), expected.map(<[_]>::to_vec), "{name}");
    }
}

const RSA: &[&str] = &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const SYMMETRIC: &str = "a symmetric key is no public key";
const SIZE: &str = "an RSA modulus has 2048 to 8192 bits";
const EXPONENT: &str = "an RSA exponent is odd, at least 3 and at most 33 bits";
const TYPE: &str = "kty is no key type that is supported";
const CURVE: &str = "crv is no curve that is supported";
const ABSENT: &str = "a member that makes up the key is missing";
const TEXT: &str = "a member is no string";
const BASE64URL: &str = "a member is not base64url";
const ALG: &str = "alg is no signature algorithm that is supported";
const MISFIT: &str = "alg does not fit the type of the key";

#[test]
fn n061_a_symmetric_key_is_no_public_key() {
    let secret = json!({ "kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75" });
    check([
        ("oct", secret.clone(), Err(SYMMETRIC)),
        ("oct for HS256", with(secret.clone(), json!({ "alg": "HS256" })), Err(SYMMETRIC)),
        ("oct that says RS256", with(secret, json!({ "alg": "RS256" })), Err(SYMMETRIC)),
        ("RSA for HS256", with(rsa(), json!({ "alg": "HS256" })), Err(ALG)),
        ("EC for none", with(ec(), json!({ "alg": "none" })), Err(ALG)),
    ]);
}

#[test]
fn n062_a_key_that_names_an_algorithm_checks_that_one_only() {
    check([
        ("none named", rsa(), Ok(RSA)),
        ("RS256", with(rsa(), json!({ "alg": "RS256" })), Ok(&["RS256"])),
        ("PS512", with(rsa(), json!({ "alg": "PS512" })), Ok(&["PS512"])),
        ("EdDSA", with(okp(), json!({ "alg": "EdDSA" })), Ok(&["EdDSA"])),
        ("Ed25519", with(okp(), json!({ "alg": "Ed25519" })), Ok(&["EdDSA"])),
        ("for encryption", with(rsa(), json!({ "alg": "RSA-OAEP" })), Err(ALG)),
        ("of another case", with(rsa(), json!({ "alg": "rs256" })), Err(ALG)),
        ("empty", with(rsa(), json!({ "alg": "" })), Err(ALG)),
        ("not a string", with(rsa(), json!({ "alg": ["RS256"] })), Err(TEXT)),
    ]);
}

#[test]
fn n064_an_algorithm_of_another_key_type_takes_the_key_out() {
    check([
        ("RSA for ES256", with(rsa(), json!({ "alg": "ES256" })), Err(MISFIT)),
        ("EC for RS256", with(ec(), json!({ "alg": "RS256" })), Err(MISFIT)),
        ("OKP for ES256", with(okp(), json!({ "alg": "ES256" })), Err(MISFIT)),
        ("kty of another case", with(rsa(), json!({ "kty": "rsa" })), Err(TYPE)),
        ("kty absent", with(rsa(), json!({ "kty": null })), Err(TYPE)),
        ("kty not a string", with(rsa(), json!({ "kty": 1 })), Err(TEXT)),
        ("kty of the future", with(rsa(), json!({ "kty": "AKP" })), Err(TYPE)),
        ("RSA that says EC", with(rsa(), json!({ "kty": "EC" })), Err(CURVE)),
        ("EC that says RSA", with(ec(), json!({ "kty": "RSA" })), Err(ABSENT)),
    ]);
}

#[test]
fn n065_a_curve_decides_the_algorithm() {
    check([
        ("P-256", ec(), Ok(&["ES256"])),
        ("P-256 for ES256", with(ec(), json!({ "alg": "ES256" })), Ok(&["ES256"])),
        ("P-256 for ES384", with(ec(), json!({ "alg": "ES384" })), Err(MISFIT)),
        (
            "P-256 that says P-384",
            with(ec(), json!({ "crv": "P-384" })),
            Err("a coordinate does not have the length of its curve"),
        ),
        ("secp256k1", with(ec(), json!({ "crv": "secp256k1" })), Err(CURVE)),
        ("crv absent", with(ec(), json!({ "crv": null })), Err(CURVE)),
        ("crv not a string", with(ec(), json!({ "crv": 256 })), Err(TEXT)),
        ("EC on Ed25519", with(ec(), json!({ "crv": "Ed25519" })), Err(CURVE)),
        ("Ed25519", okp(), Ok(&["EdDSA"])),
        ("Ed448", with(okp(), json!({ "crv": "Ed448" })), Err(CURVE)),
        ("X25519", with(okp(), json!({ "crv": "X25519" })), Err(CURVE)),
        ("OKP on P-256", with(okp(), json!({ "crv": "P-256" })), Err(CURVE)),
    ]);
}

#[test]
fn n066_a_key_for_another_use_is_left_out() {
    const USE: &str = "use is not sig";
    const OPERATIONS: &str = "key_ops does not allow to verify";
    check([
        ("neither", ec(), Ok(&["ES256"])),
        ("sig", with(ec(), json!({ "use": "sig" })), Ok(&["ES256"])),
        ("enc", with(ec(), json!({ "use": "enc" })), Err(USE)),
        ("empty", with(ec(), json!({ "use": "" })), Err(USE)),
        ("another case", with(ec(), json!({ "use": "SIG" })), Err(USE)),
        ("not a string", with(ec(), json!({ "use": ["sig"] })), Err(TEXT)),
        ("verify", with(ec(), json!({ "key_ops": ["verify"] })), Ok(&["ES256"])),
        ("sign and verify", with(ec(), json!({ "key_ops": ["sign", "verify"] })), Ok(&["ES256"])),
        ("sign", with(ec(), json!({ "key_ops": ["sign"] })), Err(OPERATIONS)),
        ("no operation", with(ec(), json!({ "key_ops": [] })), Err(OPERATIONS)),
        ("an operation that is no string", with(ec(), json!({ "key_ops": [1] })), Err(OPERATIONS)),
        ("not an array", with(ec(), json!({ "key_ops": "verify" })), Err("key_ops is an array")),
        ("sig and encrypt", with(ec(), json!({ "use": "sig", "key_ops": ["encrypt"] })), Err(OPERATIONS)),
        ("enc and verify", with(ec(), json!({ "use": "enc", "key_ops": ["verify"] })), Err(USE)),
    ]);
}

#[test]
fn n067_a_weak_rsa_key_is_left_out() {
    let n = |bits| base64url::encode(&crate::key::tests::modulus(bits));
    check([
        ("1024 bits", with(rsa(), json!({ "n": n(1024) })), Err(SIZE)),
        ("2047 bits", with(rsa(), json!({ "n": n(2047) })), Err(SIZE)),
        ("2048 bits", with(rsa(), json!({ "n": n(2048) })), Ok(RSA)),
        ("8193 bits", with(rsa(), json!({ "n": n(8193) })), Err(SIZE)),
        ("e = 1", with(rsa(), json!({ "e": "AQ" })), Err(EXPONENT)),
        ("e = 3", with(rsa(), json!({ "e": "Aw" })), Ok(RSA)),
        ("e is a number", with(rsa(), json!({ "e": 65537 })), Err(TEXT)),
        ("e empty", with(rsa(), json!({ "e": "" })), Err(EXPONENT)),
        ("n absent", with(rsa(), json!({ "n": null })), Err(ABSENT)),
        ("e absent", with(rsa(), json!({ "e": null })), Err(ABSENT)),
        ("e padded", with(rsa(), json!({ "e": "AQAB=" })), Err(BASE64URL)),
        ("e not canonical", with(rsa(), json!({ "e": "Ax" })), Err(BASE64URL)),
        ("n in the standard alphabet", with(rsa(), json!({ "n": "+/+/" })), Err(BASE64URL)),
        ("e with white space", with(rsa(), json!({ "e": "AQ AB" })), Err(BASE64URL)),
    ]);
}

#[test]
fn n069_of_a_private_key_the_public_part_is_used_and_the_leak_is_told() {
    let is_private = |jwk: Value| Jwk::parse(&jwk.to_string()).unwrap().is_private;
    assert!(!is_private(ec()));
    assert!(is_private(with(ec(), json!({ "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE" }))));
    // RFC 7518, section 6.3.2: whoever has one of them has the key.
    for member in ["d", "p", "q", "dp", "dq", "qi"] {
        assert!(is_private(with(rsa(), json!({ member: "AQAB" }))), "{member}");
    }
    assert!(!is_private(rsa()));
}

#[test]
fn two_members_of_one_name_take_the_key_out() {
    let twice = ec().to_string().replace('{', r#"{"kty":"RSA","#);
    let escaped = ec().to_string().replace('{', r#"{"\u006bty":"RSA","#);
    for text in [twice.as_str(), &escaped, "[]", "1", "null", "\"RSA\""] {
        assert_eq!(algorithms(text), Err("a key is a JSON object without duplicates"), "{text}");
    }
    assert_eq!(algorithms("{}"), Err(TYPE));
}

#[test]
fn n074_a_kid_is_a_string() {
    for kid in [json!(1), json!(["1"]), json!({}), json!(true)] {
        assert_eq!(algorithms(&with(ec(), json!({ "kid": kid })).to_string()), Err(TEXT), "{kid}");
    }
    let named = Jwk::parse(&ec().to_string()).unwrap();
    assert_eq!(named.key.key_id(), Some("1"));
    let unnamed = Jwk::parse(&with(ec(), json!({ "kid": null })).to_string()).unwrap();
    assert_eq!(unnamed.key.key_id(), None);
    assert_eq!(*unnamed.key.name(), KeyName::Unnamed, "only keys of the configuration stand for any");
}
