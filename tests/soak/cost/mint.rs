//! Keys and tokens. Everything has one length, whatever its number, so that nothing but the numbers differs.

use std::time::Duration;

use claimgate_testkit::{Alg, SigningKey, TestIssuer};
use claimgate_tower::Issuer;
use serde_json::json;

/// So many new keys. ES256: they are made at once, and a check of a signature is quick enough to show a slow lookup.
pub(crate) fn keys(count: usize) -> Vec<SigningKey> {
    (0..count).map(|number| SigningKey::generate(Alg::ES256, format!("key-{number:05}"))).collect()
}

pub(crate) fn name(number: usize) -> String {
    format!("https://issuer-{number:04}.test")
}

/// An issuer of these keys, with the set as text, as a configuration gives it.
pub(crate) fn issuer(name: &str, keys: &[SigningKey]) -> Issuer {
    Issuer::new(name).audience(AUDIENCE).jwks(jwks(keys))
}

pub(crate) fn jwks(keys: &[SigningKey]) -> String {
    json!({ "keys": keys.iter().map(SigningKey::public_jwk).collect::<Vec<_>>() }).to_string()
}

pub(crate) fn token(issuer: &TestIssuer, key: &SigningKey) -> String {
    issuer.token().signed_by(key).audience(AUDIENCE).expires_in(DAY).mint()
}

const AUDIENCE: &str = "api";
const DAY: Duration = Duration::from_secs(86_400);
