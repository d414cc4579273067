use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
    EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
    RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
};
use pem::{EncodeConfig, LineEnding, Pem};
use serde_json::{Value, json};

use crate::{Alg, base64url};

/// A private key with its `kid`, bound to one algorithm; cheap to clone.
///
/// `Debug` shows the algorithm and the `kid`, never the key.
// Signing goes straight to aws-lc-rs. jsonwebtoken knows no ES512, and its process-global provider panics when another
// crate of the program under test has picked a different one.
#[derive(Clone)]
pub struct SigningKey(Arc<Inner>);

struct Inner {
    alg: Alg,
    kid: String,
    pair: Pair,
}

enum Pair {
    Rsa(rsa::KeyPair, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair, &'static str),
    Ed(Ed25519KeyPair),
}

impl SigningKey {
    /// A new key. RSA keys have 2048 bits and take about a tenth of a second; the others are instant.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "generation fails only when the machine is out of memory or randomness"
    )]
    pub fn generate(alg: Alg, kid: impl Into<String>) -> Self {
        let pair = Pair::generate(alg).expect("a key pair can be generated");
        Self(Arc::new(Inner { alg, kid: kid.into(), pair }))
    }

    /// Its `kid`.
    pub fn kid(&self) -> &str {
        &self.0.kid
    }

    /// The one algorithm it signs with.
    pub fn alg(&self) -> Alg {
        self.0.alg
    }

    /// The JWS signature of `input`, in the form of RFC 7518: ECDSA as r and s side by side, not as DER.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "a key of 2048 bits fits every padding, and ECDSA fails only without randomness"
    )]
    pub fn sign(&self, input: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.0.pair {
            Pair::Rsa(pair, padding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*padding, &random, input, &mut signature).expect("an RSA key signs");
                signature
            }
            Pair::Ec(pair, _) => pair.sign(&random, input).expect("an EC key signs").as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(input).as_ref().to_vec(),
        }
    }

    /// The public half as a JWK, with `kty`, `kid`, `alg`, `use` and the members of its type.
    pub fn public_jwk(&self) -> Value {
        let mut jwk = match &self.0.pair {
            Pair::Rsa(pair, _) => {
                let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
                json!({
                    "kty": "RSA",
                    "n": base64url(n.big_endian_without_leading_zero()),
                    "e": base64url(e.big_endian_without_leading_zero()),
                })
            }
            Pair::Ec(pair, crv) => {
                // SEC 1, 2.3.3: 04, then x, then y, both as wide as the field. RFC 7518, 6.2.1.2 wants them just so.
                let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                json!({ "kty": "EC", "crv": crv, "x": base64url(x), "y": base64url(y) })
            }
            Pair::Ed(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key()) }),
        };
        if let Some(members) = jwk.as_object_mut() {
            members.insert("kid".to_owned(), self.kid().into());
            members.insert("alg".to_owned(), self.alg().name().into());
            members.insert("use".to_owned(), "sig".into());
        }
        jwk
    }

    /// The public half as PEM (`BEGIN PUBLIC KEY`, a `SubjectPublicKeyInfo`).
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "a key that was generated can be written down"
    )]
    pub fn public_key_pem(&self) -> String {
        let spki = self.0.pair.spki().expect("a public key has a DER form");
        let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
        pem::encode_config(&Pem::new("PUBLIC KEY", spki.as_ref()), config)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("alg", &self.alg())
            .field("kid", &self.kid())
            .finish_non_exhaustive()
    }
}

impl Pair {
    fn generate(alg: Alg) -> Result<Self, Unspecified> {
        let padding: &'static dyn RsaEncoding = match alg {
            Alg::RS256 => &RSA_PKCS1_SHA256,
            Alg::RS384 => &RSA_PKCS1_SHA384,
            Alg::RS512 => &RSA_PKCS1_SHA512,
            Alg::PS256 => &RSA_PSS_SHA256,
            Alg::PS384 => &RSA_PSS_SHA384,
            Alg::PS512 => &RSA_PSS_SHA512,
            Alg::ES256 => {
                return Ok(Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?, "P-256"));
            }
            Alg::ES384 => {
                return Ok(Self::Ec(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING)?, "P-384"));
            }
            Alg::ES512 => {
                return Ok(Self::Ec(EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING)?, "P-521"));
            }
            Alg::EdDSA => return Ok(Self::Ed(Ed25519KeyPair::generate()?)),
        };
        Ok(Self::Rsa(rsa::KeyPair::generate(KeySize::Rsa2048)?, padding))
    }

    fn spki(&self) -> Result<PublicKeyX509Der<'static>, Unspecified> {
        match self {
            Self::Rsa(pair, _) => pair.public_key().as_der(),
            Self::Ec(pair, _) => pair.public_key().as_der(),
            Self::Ed(pair) => pair.public_key().as_der(),
        }
    }
}
