//! From a read JWS to a verified one: key selection and the signature.

use std::fmt;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::error::AuthErrorKind;
use crate::json::JsonObject;
use crate::jws::{Header, UnverifiedJws};
use crate::key::VerificationKey;
use crate::live_keys::UsableKeys;

/// A JWS whose signature was made with a key of its issuer. Only [`VerifiedJws::verify`] makes one. What the claims say
/// is not judged yet.
pub(crate) struct VerifiedJws {
    header: Header,
    payload: JsonObject,
    key: VerificationKey,
}

impl VerifiedJws {
    /// Checks the signature with the keys of `keys` that fit. The algorithm is one of `allowed`, which comes from the
    /// configuration, and one that the key itself is bound to; the header only says which of them it was.
    pub(crate) fn verify<'t>(
        jws: UnverifiedJws<'t>,
        keys: UsableKeys<'_>,
        allowed: &[Algorithm],
    ) -> Result<Self, (AuthErrorKind, UnverifiedJws<'t>)> {
        match verifying_key(&jws, keys, allowed) {
            Ok(key) => {
                let (header, payload) = jws.into_parts();
                Ok(VerifiedJws { header, payload, key })
            }
            Err(kind) => Err((kind, jws)),
        }
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn payload(&self) -> &JsonObject {
        &self.payload
    }

    pub(crate) fn into_parts(self) -> (JsonObject, VerificationKey) {
        (self.payload, self.key)
    }
}

/// Never a part of the token.
impl fmt::Debug for VerifiedJws {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("VerifiedJws").field("key", &self.key).finish_non_exhaustive()
    }
}

fn verifying_key(
    jws: &UnverifiedJws<'_>,
    keys: UsableKeys<'_>,
    allowed: &[Algorithm],
) -> Result<VerificationKey, AuthErrorKind> {
    let algorithm = jws.header().algorithm;
    if !allowed.contains(&algorithm) {
        return Err(AuthErrorKind::AlgorithmNotAllowed);
    }
    let candidates = keys.keys.candidates(jws.header().key_id.as_deref(), algorithm)?;
    let mut buffer = [0; LONGEST_SIGNATURE];
    let signature = base64url::decode_into(jws.signature().as_bytes(), &mut buffer);
    let signature = signature.ok_or(AuthErrorKind::MalformedToken)?;
    let fitting = candidates.iter().find(|key| key.verify(algorithm, jws.signing_input(), signature));
    let key = fitting.ok_or(AuthErrorKind::BadSignature)?;
    // Asked of the key that made the signature: no other name, and no other key beside it, revives it.
    if keys.revoked.contains(key) {
        return Err(AuthErrorKind::RevokedKey);
    }
    Ok(key.clone())
}

/// RSA of 8192 bits.
const LONGEST_SIGNATURE: usize = 1024;
