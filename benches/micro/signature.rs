//! The check of a signature and nothing else: what no verifier can do without.

use std::hint::black_box;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
};
use claimgate_testkit::{Alg, SigningKey, base64url_decode};

/// A token taken apart beforehand.
pub(crate) struct Signed<'t> {
    message: &'t [u8],
    signature: Vec<u8>,
}

impl<'t> Signed<'t> {
    pub(crate) fn new(token: &'t str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        Some(Signed { message: message.as_bytes(), signature: base64url_decode(signature)? })
    }

    pub(crate) fn all(tokens: &'t [String]) -> Option<Vec<Self>> {
        tokens.iter().map(|token| Signed::new(token)).collect()
    }

    pub(crate) fn is_by(&self, key: &ParsedPublicKey) -> bool {
        black_box(key.verify_sig(black_box(self.message), black_box(&self.signature))).is_ok()
    }
}

/// The public half of `key`, parsed once, under the parameters that claimgate has for the algorithm.
pub(crate) fn parsed(key: &SigningKey) -> Option<ParsedPublicKey> {
    let jwk = key.public_jwk();
    let number = |name: &str| base64url_decode(jwk.get(name)?.as_str()?);
    let rsa = match key.alg() {
        Alg::RS256 => &RSA_PKCS1_2048_8192_SHA256,
        Alg::RS512 => &RSA_PKCS1_2048_8192_SHA512,
        Alg::PS256 => &RSA_PSS_2048_8192_SHA256,
        Alg::ES256 => {
            let point = [vec![4], number("x")?, number("y")?].concat();
            return ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok();
        }
        Alg::ES384 => {
            let point = [vec![4], number("x")?, number("y")?].concat();
            return ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).ok();
        }
        Alg::EdDSA => return ParsedPublicKey::new(&ED25519, number("x")?).ok(),
        Alg::RS384 | Alg::PS384 | Alg::PS512 | Alg::ES512 => return None,
    };
    RsaPublicKeyComponents { n: number("n")?, e: number("e")? }.to_parsed_public_key(rsa).ok()
}
