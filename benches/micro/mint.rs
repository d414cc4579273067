//! An issuer, its keys and its tokens. Everything has one length, whatever its number, so that nothing but the numbers differs.

use std::time::Duration;

use claimgate_testkit::{Alg, SigningKey, TestIssuer, TokenBuilder};
use claimgate_tower::Issuer;
use serde::Deserialize;
use serde_json::json;

/// What an application takes out of a token: five of its claims.
#[derive(Deserialize)]
#[expect(dead_code, reason = "that it is made is what is timed")]
pub(crate) struct Shopper {
    sub: String,
    scope: String,
    client_id: String,
    exp: i64,
    roles: Vec<String>,
}

/// An issuer with these keys.
pub(crate) struct Mint {
    issuer: TestIssuer,
    keys: Vec<SigningKey>,
}

impl Mint {
    /// An issuer with one key.
    pub(crate) fn new(alg: Alg) -> Self {
        Mint::of(0, vec![key(alg, 0)])
    }

    /// The issuer of this number with these keys.
    pub(crate) fn of(number: usize, keys: Vec<SigningKey>) -> Self {
        Mint { issuer: TestIssuer::new(format!("https://issuer-{number:04}.test")), keys }
    }

    pub(crate) fn name(&self) -> &str {
        self.issuer.issuer()
    }

    pub(crate) fn keys(&self) -> &[SigningKey] {
        &self.keys
    }

    /// The set as text, as a configuration gives it.
    pub(crate) fn jwks(&self) -> String {
        json!({ "keys": self.keys.iter().map(SigningKey::public_jwk).collect::<Vec<_>>() }).to_string()
    }

    /// How a service trusts this issuer.
    pub(crate) fn trusted(&self) -> Issuer {
        Issuer::new(self.name()).audience(AUDIENCE).jwks(self.jwks())
    }

    /// A token of its first key.
    pub(crate) fn token(&self) -> String {
        self.keys.first().map_or_else(String::new, |key| self.token_by(key))
    }

    /// So many tokens of its first key, none twice.
    pub(crate) fn tokens(&self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.token()).collect()
    }

    pub(crate) fn token_by(&self, key: &SigningKey) -> String {
        self.draft(key).mint()
    }

    /// A token as services meet them. With RS256 it has about 900 bytes.
    pub(crate) fn draft(&self, key: &SigningKey) -> TokenBuilder {
        let now = TestIssuer::now();
        self.issuer
            .token()
            .signed_by(key)
            .at(now)
            .subject("248289761001")
            .audience(AUDIENCE)
            .expires_in(DAY)
            .not_before(now)
            .scope("orders:read orders:write")
            .claim("client_id", "web-shop-eu-1")
            .claim("roles", json!(["buyer", "clerk", "auditor"]))
            .claim("name", "Jane Doe")
            .claim("email", "jane.doe@example.com")
            .claim("org", json!({ "id": "4711", "unit": "sales" }))
    }
}

/// A new key of this number.
pub(crate) fn key(alg: Alg, number: usize) -> SigningKey {
    SigningKey::generate(alg, format!("key-{number:05}"))
}

pub(crate) const AUDIENCE: &str = "https://api.test";
const DAY: Duration = Duration::from_secs(86_400);
