use aws_lc_rs::hmac;

use crate::{Alg, SigningKey, TestIssuer};

/// Who signs a token.
#[derive(Clone, Debug)]
pub(crate) enum Signer {
    Current,
    Algorithm(Alg),
    Key(SigningKey),
    Secret(Secret),
    Nobody,
}

/// Kept out of `Debug`: it may be anything.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) Vec<u8>);

impl Signer {
    /// The key that signs, or that the header pretends to.
    pub(crate) fn key(&self, issuer: &TestIssuer) -> SigningKey {
        match self {
            Self::Key(key) => key.clone(),
            Self::Algorithm(alg) => issuer.key_of(*alg),
            Self::Current | Self::Secret(_) | Self::Nobody => issuer.current_key(),
        }
    }

    /// The name for the header.
    pub(crate) fn alg(&self, key: &SigningKey) -> &'static str {
        match self {
            Self::Secret(_) => "HS256",
            Self::Nobody => "none",
            Self::Current | Self::Algorithm(_) | Self::Key(_) => key.alg().name(),
        }
    }

    pub(crate) fn sign(&self, key: &SigningKey, input: &[u8]) -> Vec<u8> {
        match self {
            Self::Secret(secret) => {
                let secret = hmac::Key::new(hmac::HMAC_SHA256, &secret.0);
                hmac::sign(&secret, input).as_ref().to_vec()
            }
            Self::Nobody => Vec::new(),
            Self::Current | Self::Algorithm(_) | Self::Key(_) => key.sign(input),
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}
