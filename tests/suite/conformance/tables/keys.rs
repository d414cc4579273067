//! Keys decide about algorithms: N57 to N73, and N81.

use base64_simd::{STANDARD, URL_SAFE_NO_PAD};
use claimgate_testkit::{Alg, SigningKey};
use claimgate_tower::AuthErrorKind::{
    AlgorithmNotAllowed, AmbiguousKey, BadSignature, KeyMismatch, UnknownKey,
};
use claimgate_tower::{Algorithm, Issuer};
use serde_json::{Value, json};

use super::rows;
use crate::conformance::case::Outcome::{Accepted, InvalidToken};
use crate::conformance::case::{Case, token};
use crate::conformance::world::{SUBJECT, World, trust_keys};

pub(super) const CASES: &[Case] = &[
    token(
        "n057 PEM",
        |w| confused(w, |key| key.public_key_pem().into_bytes()),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token(
        "n057 PEM without the last line end",
        |w| confused(w, |key| key.public_key_pem().trim_end().into()),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token(
        "n057 PEM, EC",
        |w| w.token().signed_with_secret(w.issuer.current_key().public_key_pem()).mint(),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token("n058 DER", |w| confused(w, der), InvalidToken(AlgorithmNotAllowed)),
    token(
        "n059 the key as JSON",
        |w| confused(w, |key| key.public_jwk().to_string().into()),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token(
        "n059 the key set as JSON",
        |w| w.token().signed_with_secret(w.issuer.jwks()).mint(),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token(
        "n060 the modulus as text",
        |w| confused(w, |key| modulus(key).into()),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token(
        "n060 the modulus",
        |w| confused(w, |key| URL_SAFE_NO_PAD.decode_to_vec(modulus(key)).unwrap()),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token(
        "n060 DER in base64, as in x5c",
        |w| confused(w, |key| STANDARD.encode_to_string(der(key)).into()),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token(
        "n061 a secret in the set",
        |w| w.token().signed_with_secret(*b"secret").kid("shared").mint(),
        InvalidToken(AlgorithmNotAllowed),
    )
    .trusting(with_secret),
    token("n061 the keys beside it", |w| w.token().mint(), Accepted(SUBJECT)).trusting(with_secret),
    token(
        "n061 its kid with a fitting algorithm",
        |w| w.token().kid("shared").mint(),
        InvalidToken(UnknownKey),
    )
    .trusting(with_secret),
    token("n062 PS256 by a key for RS256", ps256, InvalidToken(KeyMismatch))
        .trusting(|w| with_alg(w, json!("RS256"))),
    token("n062 PS256 by a key for PS256", ps256, Accepted(SUBJECT))
        .trusting(|w| with_alg(w, json!("PS256"))),
    token("n062 not among those configured", |w| w.token().mint(), InvalidToken(AlgorithmNotAllowed))
        .trusting(|w| w.trust().algorithms([Algorithm::RS256])),
    token("n062 among those configured", |w| w.token().mint(), Accepted(SUBJECT))
        .trusting(|w| w.trust().algorithms([Algorithm::RS256, Algorithm::ES256])),
    token(
        "n063 HS256",
        |w| w.token().signed_with_secret(w.issuer.jwks()).mint(),
        InvalidToken(AlgorithmNotAllowed),
    )
    .trusting(without_alg),
    token("n063 PS256", ps256, Accepted(SUBJECT)).trusting(without_alg),
    token("n063 ES256", |w| w.token().mint(), Accepted(SUBJECT)).trusting(without_alg),
    token("n064 ES256 and an RSA key", |w| w.token().kid(rsa(w).kid()).mint(), InvalidToken(KeyMismatch)),
    token(
        "n064 RS256 and an EC key",
        |w| w.token().algorithm(Alg::RS256).kid("test-1").mint(),
        InvalidToken(KeyMismatch),
    ),
    token(
        "n064 EdDSA and an EC key",
        |w| w.token().algorithm(Alg::EdDSA).kid("test-1").mint(),
        InvalidToken(KeyMismatch),
    ),
    token(
        "n065 ES256 and a P-384 key",
        |w| w.token().algorithm(Alg::ES384).header("alg", "ES256").mint(),
        InvalidToken(KeyMismatch),
    ),
    token(
        "n065 ES512 and a P-384 key",
        |w| w.token().algorithm(Alg::ES384).header("alg", "ES512").mint(),
        InvalidToken(KeyMismatch),
    ),
    token("n065 ES384 and a P-384 key", |w| w.token().algorithm(Alg::ES384).mint(), Accepted(SUBJECT)),
    token("n066 use is enc", |w| w.token().mint(), InvalidToken(UnknownKey))
        .trusting(|w| with_member(w, "use", &json!("enc"))),
    token("n066 key_ops without verify", |w| w.token().mint(), InvalidToken(UnknownKey))
        .trusting(|w| with_member(w, "key_ops", &json!(["encrypt"]))),
    token("n066 key_ops with verify", |w| w.token().mint(), Accepted(SUBJECT))
        .trusting(|w| with_member(w, "key_ops", &json!(["verify"]))),
    token("n067 a short modulus", rs256, InvalidToken(UnknownKey))
        .trusting(|w| with_member(w, "n", &json!("w".repeat(170)))),
    token("n067 an exponent of one", rs256, InvalidToken(UnknownKey))
        .trusting(|w| with_member(w, "e", &json!("AQ"))),
    token("n067 an even exponent", rs256, InvalidToken(UnknownKey))
        .trusting(|w| with_member(w, "e", &json!("AQAA"))),
    token("n067 as it was", rs256, Accepted(SUBJECT)),
    token("n068 a point beside the curve", |w| w.token().mint(), InvalidToken(UnknownKey))
        .trusting(|w| with_member(w, "x", &json!("A".repeat(43)))),
    token("n068 no point", |w| w.token().mint(), InvalidToken(UnknownKey))
        .trusting(|w| with_member(w, "y", &json!(""))),
    token("n069 the public part counts", |w| w.token().mint(), Accepted(SUBJECT))
        .trusting(|w| with_member(w, "d", &json!("AAAA"))),
    token("n073 no kid, one key", |w| w.token().without_header("kid").mint(), Accepted(SUBJECT)),
    token(
        "n073 no kid, four keys, the last",
        |w| published(w, 3).without_header("kid").mint(),
        Accepted(SUBJECT),
    )
    .trusting(|w| first_keys(w, 4)),
    token(
        "n073 no kid, five keys",
        |w| published(w, 4).without_header("kid").mint(),
        InvalidToken(AmbiguousKey),
    )
    .trusting(|w| first_keys(w, 5)),
    token(
        "n073 no kid, no key that fits",
        |w| w.token().algorithm(Alg::EdDSA).without_header("kid").mint(),
        InvalidToken(UnknownKey),
    )
    .trusting(|w| first_keys(w, 1)),
    token(
        "n073 no kid, none of the keys",
        |w| w.token().forged().without_header("kid").mint(),
        InvalidToken(BadSignature),
    )
    .trusting(|w| first_keys(w, 4)),
    token("n081 the older key", |w| w.token().mint(), Accepted(SUBJECT)).trusting(with_twin),
    token("n081 the newer key", |w| w.token().signed_by(&twin(w)).mint(), Accepted(SUBJECT))
        .trusting(with_twin),
    token("n081 neither", |w| w.token().forged().mint(), InvalidToken(BadSignature)).trusting(with_twin),
    token("n081 a twin of another type", |w| w.token().mint(), Accepted(SUBJECT)).trusting(with_foreign_twin),
];

rows! {
    n057_the_public_key_as_secret
    n058_the_public_key_in_der_as_secret
    n059_the_public_key_in_json_as_secret
    n060_the_modulus_as_secret
    n061_symmetric_keys_in_the_set
    n062_algorithms_beside_that_of_the_key
    n063_keys_without_algorithm
    n064_algorithms_of_another_key_type
    n065_algorithms_of_another_curve
    n066_keys_for_another_use
    n067_weak_rsa_keys
    n068_points_beside_the_curve
    n069_private_keys_in_the_set
    n073_tokens_without_kid
    n081_keys_of_one_kid
}

/// A key of the issuer, published from now on.
fn rsa(w: &World) -> SigningKey {
    key_of(w, Alg::RS256)
}

fn key_of(w: &World, alg: Alg) -> SigningKey {
    let kid = alg.name();
    if !w.issuer.jwks().contains(&format!("\"kid\":\"{kid}\"")) {
        w.issuer.add_key(SigningKey::generate(alg, kid));
    }
    let first = w.issuer.current_key().kid().to_owned();
    w.issuer.sign_with(kid);
    let key = w.issuer.current_key();
    w.issuer.sign_with(&first);
    key
}

fn rs256(w: &World) -> String {
    w.token().signed_by(&rsa(w)).mint()
}

fn ps256(w: &World) -> String {
    w.token().signed_by(&key_of(w, Alg::PS256)).mint()
}

/// HS256 with what everybody knows of the RSA key as the secret.
fn confused(w: &World, secret: fn(&SigningKey) -> Vec<u8>) -> String {
    let key = rsa(w);
    w.token().signed_with_secret(secret(&key)).kid(key.kid()).mint()
}

fn der(key: &SigningKey) -> Vec<u8> {
    let pem = key.public_key_pem();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode_to_vec(base64).unwrap()
}

fn modulus(key: &SigningKey) -> String {
    key.public_jwk()["n"].as_str().unwrap().to_owned()
}

fn with_secret(w: &World) -> Issuer {
    let secret = json!({ "kty": "oct", "kid": "shared", "k": "c2VjcmV0" });
    with_keys([key(w, "test-1"), secret])
}

fn with_alg(w: &World, alg: Value) -> Issuer {
    let mut key = key(w, "PS256");
    key["alg"] = alg;
    with_keys([key])
}

fn without_alg(w: &World) -> Issuer {
    trust_keys(w.changed_keys(|key| {
        key.as_object_mut().unwrap().remove("alg");
    }))
}

/// Every key that has the member gets another; `key_ops` and `d` are added.
fn with_member(w: &World, name: &str, value: &Value) -> Issuer {
    trust_keys(w.changed_keys(|key| {
        let is_new = ["key_ops", "d"].contains(&name);
        if is_new || key.get(name).is_some() {
            key[name] = value.clone();
        }
    }))
}

/// The token of a key of its own that is published after `before` others.
fn published(w: &World, before: usize) -> claimgate_testkit::TokenBuilder {
    let more = |n: usize| SigningKey::generate(Alg::ES256, format!("more-{n}"));
    let count = w.issuer.jwks().matches("more-").count();
    (count..before).for_each(|n| w.issuer.add_key(more(n + 1)));
    w.issuer.sign_with(&format!("more-{before}"));
    let key = w.issuer.current_key();
    w.issuer.sign_with("test-1");
    w.token().signed_by(&key)
}

fn first_keys(w: &World, count: usize) -> Issuer {
    let set: Value = serde_json::from_str(&w.issuer.jwks()).unwrap();
    let keys = set["keys"].as_array().unwrap().iter().filter(|key| key["alg"] == "ES256");
    with_keys(keys.take(count).cloned().collect::<Vec<_>>())
}

fn key(w: &World, kid: &str) -> Value {
    let set: Value = serde_json::from_str(&w.issuer.jwks()).unwrap();
    set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid).unwrap().clone()
}

fn with_keys(keys: impl IntoIterator<Item = Value>) -> Issuer {
    trust_keys(json!({ "keys": keys.into_iter().collect::<Vec<_>>() }).to_string())
}

/// Another key under the name of the first: the key of the other issuer, whose `kid` is the same.
fn twin(w: &World) -> SigningKey {
    w.other.current_key()
}

fn with_twin(w: &World) -> Issuer {
    with_keys([key(w, "test-1"), twin(w).public_jwk()])
}

fn with_foreign_twin(w: &World) -> Issuer {
    let foreign = SigningKey::generate(Alg::EdDSA, "test-1").public_jwk();
    with_keys([foreign, key(w, "test-1")])
}
