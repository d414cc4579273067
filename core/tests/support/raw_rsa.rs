//! RSA by hand, for signatures that no library makes.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use claimgate_core::{Authenticator, Issuer};
use claimgate_testkit::{Alg, base64url};
use num_bigint::BigUint;
use serde_json::json;

use super::{AUDIENCE, ISSUER, gate};

/// A key of 2048 bits whose private exponent lies open. Its `kid` is `raw`.
pub(crate) struct RsaKey {
    n: BigUint,
    e: BigUint,
    d: BigUint,
}

impl RsaKey {
    pub(crate) fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        // PrivateKeyInfo: version, algorithm, an octet string with the RSAPrivateKey (RFC 5958, section 2); that one:
        // version, n, e, d, … (RFC 8017, appendix A.1.2).
        let info = content(pkcs8.as_ref());
        let [_, _, key] = elements::<3>(info);
        let [_, n, e, d] = elements::<4>(content(key)).map(BigUint::from_bytes_be);
        RsaKey { n, e, d }
    }

    /// `message` to the power of the private exponent, whatever it is.
    pub(crate) fn raise(&self, message: &[u8]) -> Vec<u8> {
        let power = BigUint::from_bytes_be(message).modpow(&self.d, &self.n).to_bytes_be();
        [vec![0; 256 - power.len()], power].concat()
    }

    /// Trusts tokens that this key has signed with `alg`.
    pub(crate) fn trusted(&self, alg: Alg) -> Authenticator {
        self.trusted_as(&json!({ "alg": alg.name() }))
    }

    pub(crate) fn trusted_for_any_algorithm(&self) -> Authenticator {
        self.trusted_as(&json!({}))
    }

    fn trusted_as(&self, members: &serde_json::Value) -> Authenticator {
        let mut jwk = json!({
            "kty": "RSA", "kid": "raw",
            "n": base64url(self.n.to_bytes_be()), "e": base64url(self.e.to_bytes_be()),
        });
        jwk.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let keys = json!({ "keys": [jwk] }).to_string();
        gate(Issuer::new(ISSUER).audience(AUDIENCE).jwks(keys))
    }
}

/// The content of a DER element.
fn content(der: &[u8]) -> &[u8] {
    split(der).0
}

/// The contents of the first elements.
fn elements<const N: usize>(mut der: &[u8]) -> [&[u8]; N] {
    std::array::from_fn(|_| {
        let (content, rest) = split(der);
        der = rest;
        content
    })
}

fn split(der: &[u8]) -> (&[u8], &[u8]) {
    let (head, length) = match der[1] {
        short @ 0..0x80 => (2, usize::from(short)),
        long => {
            let bytes = usize::from(long & 0x7f);
            let length = der[2..2 + bytes].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            (2 + bytes, length)
        }
    };
    der[head..].split_at(length)
}
