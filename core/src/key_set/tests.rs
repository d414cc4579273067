use claimgate_testkit::{Alg, SigningKey};
use serde_json::{Value, json};

use super::*;
use crate::algorithm::Algorithm;
use crate::error::AuthErrorKind;
use crate::key_selection::KeyHint;

fn jwk(alg: Alg, kid: &str) -> Value {
    SigningKey::generate(alg, kid).public_jwk()
}

fn set(keys: &[Value]) -> KeySet {
    KeySet::from_jwks(&json!({ "keys": keys }).to_string()).unwrap()
}

/// How many keys are to be tried for a token with this `kid`.
fn tried(set: &KeySet, kid: Option<&str>, algorithm: Algorithm) -> Result<usize, AuthErrorKind> {
    let hint = KeyHint { key_id: kid, ..KeyHint::default() };
    set.candidates(hint, algorithm, None).map(|candidates| candidates.iter().count())
}

#[test]
fn f14_one_odd_key_does_not_take_the_others_with_it() {
    let good = jwk(Alg::ES256, "good");
    let twice = good.to_string().replace('{', r#"{"kty":"EC","#);
    let text = format!(
        r#"{{"other":1,"keys":[{{"kty":"oct","k":"AA"}},{{"kty":"AKP","alg":"ML-DSA-44"}},null,{twice},{good},
           {{"kty":"RSA","n":"AQAB","e":"AQAB"}},[],"key"]}}"#
    );
    let set = KeySet::from_jwks(&text).unwrap();
    assert_eq!(set.keys().iter().map(VerificationKey::key_id).collect::<Vec<_>>(), [Some("good")]);
    let skipped: Vec<_> = set.skipped().collect();
    assert_eq!(skipped.len(), 7);
    assert_eq!(
        skipped[..3],
        [
            "a symmetric key is no public key",
            "kty is no key type that is supported",
            "a key is a JSON object without duplicates"
        ]
    );
    assert_eq!(tried(&set, None, Algorithm::ES256), Ok(1));
}

#[test]
fn n069_private_keys_are_counted() {
    let mut private = jwk(Alg::ES256, "a");
    private["d"] = json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE");
    let set = set(&[private, jwk(Alg::ES256, "b")]);
    assert_eq!((set.keys().len(), set.private_keys()), (2, 1));
}

#[test]
fn f12_what_is_no_key_set_is_refused_whole() {
    let key = jwk(Alg::ES256, "a");
    for (name, text) in [
        ("empty", String::new()),
        ("html", "<!doctype html><title>Sign in</title>".to_owned()),
        ("no keys", "{}".to_owned()),
        ("keys is null", r#"{"keys":null}"#.to_owned()),
        ("keys is an object", r#"{"keys":{}}"#.to_owned()),
        ("keys twice", format!(r#"{{"keys":[{key}],"keys":[{key}]}}"#)),
        ("a bare key", key.to_string()),
        ("a bare array of keys", format!("[{key}]")),
        ("an array in the place of the object", format!("[[{key}]]")),
        ("trailing data", format!(r#"{{"keys":[{key}]}}x"#)),
        ("cut off", format!(r#"{{"keys":[{key}]"#)),
    ] {
        assert_eq!(KeySet::from_jwks(&text).err(), Some(KeySetError::NotAKeySet), "{name}");
    }
}

#[test]
fn f13_a_set_without_keys_is_a_set_and_empty() {
    let empty = KeySet::from_jwks(r#"{"keys":[]}"#).unwrap();
    assert!(empty.is_empty());
    assert_eq!(tried(&empty, None, Algorithm::ES256), Err(AuthErrorKind::UnknownKey));
    assert_eq!(tried(&empty, Some("a"), Algorithm::ES256), Err(AuthErrorKind::UnknownKey));
}

#[test]
fn f17_keys_are_counted_before_they_are_read() {
    let two = json!({ "keys": [jwk(Alg::ES256, "a"), {}] }).to_string();
    assert!(KeySet::from_jwks_of_at_most(&two, 2).is_ok());
    assert_eq!(KeySet::from_jwks_of_at_most(&two, 1).err(), Some(KeySetError::TooManyKeys));
    let many = format!(r#"{{"keys":[{}{{}}]}}"#, "{},".repeat(49_999));
    assert_eq!(KeySet::from_jwks_of_at_most(&many, 256).err(), Some(KeySetError::TooManyKeys));
    assert_eq!(KeySet::from_jwks(&many).unwrap().skipped().len(), 50_000, "local sets have no limit");
}

#[test]
fn n145_debug_shows_names_and_counts() {
    let key = jwk(Alg::ES256, "a");
    let debug = format!("{:?}", set(&[key.clone(), json!({})]));
    assert_eq!(
        debug,
        "KeySet { keys: [VerificationKey { key_id: Some(a), algorithms: [ES256], .. }], skipped: 1, .. }"
    );
}
