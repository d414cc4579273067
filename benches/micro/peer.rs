//! The library that most services take: jsonwebtoken, on the same aws-lc.

use std::hint::black_box;
use std::str::FromStr;

use claimgate_testkit::SigningKey;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};

use crate::mint::{AUDIENCE, Shopper};

/// A key and rules, made once.
pub(crate) struct Peer {
    key: DecodingKey,
    validation: Validation,
}

impl Peer {
    /// Asks for what claimgate asks for: issuer, audience, `exp`, `nbf`, and one minute of leeway, which is its default too.
    pub(crate) fn new(issuer: &str, key: &SigningKey) -> Result<Self, Box<dyn std::error::Error>> {
        let mut validation = Validation::new(Algorithm::from_str(key.alg().name())?);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "nbf"]);
        validation.validate_nbf = true;
        let jwk = serde_json::from_value(key.public_jwk())?;
        Ok(Peer { key: DecodingKey::from_jwk(&jwk)?, validation })
    }

    pub(crate) fn accepts(&self, token: &str) -> bool {
        black_box(jsonwebtoken::decode::<Shopper>(black_box(token), &self.key, &self.validation)).is_ok()
    }
}
