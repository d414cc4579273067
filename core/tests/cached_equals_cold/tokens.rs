//! Who issues, the keys that come and go, and tokens of every kind.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use claimgate_core::KeySet;
use claimgate_testkit::{Alg, SigningKey, TestIssuer, TokenBuilder, base64url, base64url_decode, tamper};
use rcgen::{
    CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData, SignatureAlgorithm, date_time_ymd,
};
use serde_json::{Value, json};

use crate::support::{AUDIENCE, NOW};

pub(crate) const CONFIGURED: &str = "https://configured.test";
pub(crate) const FETCHED: &str = "https://fetched.test";
pub(crate) const CERTIFIED: &str = "https://certified.test";

/// The last second of the certificate of [`CERTIFIED`]: 2023-11-15T00:00:00Z, which [`NOW`] is 6,400 seconds before.
pub(crate) const END_OF_CERTIFICATE: i64 = 1_700_006_400;

/// What clients prove to own. For a digest any bytes will do.
pub(crate) const CERTIFICATE_OF_CLIENT: &[u8] = b"the certificate of the client";
pub(crate) const CERTIFICATE_OF_OTHER: &[u8] = b"the certificate of somebody else";

/// Keys of one issuer. The first two have one name, and so have the last two.
pub(crate) static KEYS: LazyLock<[SigningKey; 5]> = LazyLock::new(|| {
    [(Alg::EdDSA, "a"), (Alg::EdDSA, "a"), (Alg::EdDSA, "b"), (Alg::EdDSA, "c"), (Alg::ES256, "c")]
        .map(|(alg, kid)| SigningKey::generate(alg, kid))
});

/// Sets of these keys, as places in [`KEYS`].
pub(crate) const SETS: [&[usize]; 8] =
    [&[0, 2, 3, 4], &[0], &[1], &[1, 0], &[2, 3], &[4, 3, 2, 1, 0], &[0, 2, 4], &[3, 4]];

pub(crate) fn jwks(set: usize) -> String {
    let keys: Vec<Value> = SETS[set % SETS.len()].iter().map(|key| KEYS[*key].public_jwk()).collect();
    json!({ "keys": keys }).to_string()
}

pub(crate) fn key_set(set: usize) -> KeySet {
    KeySet::from_jwks(&jwks(set)).unwrap()
}

pub(crate) fn thumbprint(key: usize) -> [u8; 32] {
    let set = json!({ "keys": [KEYS[key].public_jwk()] }).to_string();
    KeySet::from_jwks(&set).unwrap().keys()[0].thumbprint()
}

/// The key of [`CERTIFIED`], and its certificate.
static CERTIFIED_KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Alg::ES256, "certified"));
pub(crate) static CERTIFICATE: LazyLock<String> = LazyLock::new(|| {
    let jwk = CERTIFIED_KEY.public_jwk();
    let [x, y] = ["x", "y"].map(|name| base64url_decode(jwk[name].as_str().unwrap()).unwrap());
    let mut params = CertificateParams::new([]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2023, 1, 1), date_time_ymd(2023, 11, 15));
    let issuer = rcgen::Issuer::new(CertificateParams::new([]).unwrap(), KeyPair::generate().unwrap());
    params.signed_by(&Point([&[4][..], &x, &y].concat()), &issuer).unwrap().pem()
});

/// A public key on P-256.
struct Point(Vec<u8>);

impl PublicKeyData for Point {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

pub(crate) static TOKENS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let [configured, fetched, certified] = [CONFIGURED, FETCHED, CERTIFIED].map(TestIssuer::new);
    let of = |issuer: &TestIssuer, key: &SigningKey| {
        issuer.token().at(NOW).audience(AUDIENCE).signed_by(key).expires_at(NOW + 5_000)
    };
    let mut tokens = Vec::new();
    for key in &*KEYS {
        let base = || of(&configured, key).kid(key.kid());
        tokens.extend([base(), base().without_header("kid"), base().expires_at(NOW + 300).without("iat")]);
        tokens.push(of(&fetched, key).kid(key.kid()).expires_at(NOW + 100_000));
    }
    let base = || of(&configured, &KEYS[0]).kid("a");
    let far = || of(&certified, &CERTIFIED_KEY).expires_at(END_OF_CERTIFICATE + 2_000).without_header("kid");
    tokens.extend(rules(base));
    tokens.extend([
        far(),
        far().without("iat"),
        of(&fetched, &KEYS[2]).without_header("kid").without("iat").expires_at(NOW + 100_000),
    ]);
    tokens.iter().map(TokenBuilder::mint).chain(damaged(&base().mint())).collect()
});

/// Tokens that some of the policies refuse.
fn rules(base: impl Fn() -> TokenBuilder) -> [TokenBuilder; 12] {
    let bound = |certificate: &[u8]| json!({ "x5t#S256": base64url(digest(&SHA256, certificate)) });
    [
        base().without("iat").not_before(NOW + 4_000).claim("cnf", bound(CERTIFICATE_OF_CLIENT)),
        base().claim("cnf", bound(CERTIFICATE_OF_CLIENT)),
        base().claim("cnf", bound(CERTIFICATE_OF_OTHER)),
        base().claim("cnf", json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" })),
        base().audience("https://other.test"),
        base().claim("aud", json!([AUDIENCE, "https://other.test"])),
        base().without("iat").not_before(NOW + 100),
        base().issued_at(NOW + 60),
        base().expires_at(NOW + 60).claim("tenant", "one"),
        base().claim("padding", "x".repeat(1_500)),
        base().kid("nobody"),
        base().claim("iss", "https://nobody.test"),
    ]
}

fn damaged(token: &str) -> [String; 4] {
    [
        tamper::with_claim(token, "sub", "root"),
        tamper::with_flipped_signature(token),
        token[..token.len() - 1].to_owned(),
        format!("{token}."),
    ]
}
