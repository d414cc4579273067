//! From a read JWS to a verified one: key selection and the signature.

use std::fmt;
use std::sync::Arc;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::error::AuthErrorKind;
use crate::header::Header;
use crate::json::JsonObject;
use crate::jws::UnverifiedJws;
use crate::key::VerificationKey;
use crate::key_selection::{Candidates, KeyHint};
use crate::live_keys::UsableKeys;

/// A JWS whose signature was made with a key of its issuer. Only [`VerifiedJws::verify`] makes one. What the claims say
/// is not judged yet.
pub(crate) struct VerifiedJws {
    header: Arc<Header>,
    payload: JsonObject,
    key: VerificationKey,
}

impl VerifiedJws {
    /// Checks the signature with the keys of `keys` that fit. The algorithm is one of `allowed`, which comes from the
    /// configuration, and one that the key itself is bound to; the header only says which of them it was. With `valid_at`, a
    /// key fits only if its certificate is valid at that second.
    #[expect(clippy::result_large_err, reason = "a box would be an allocation for every stranger's token")]
    pub(crate) fn verify<'t>(
        jws: UnverifiedJws<'t>,
        keys: UsableKeys<'_>,
        allowed: &[Algorithm],
        valid_at: Option<i64>,
    ) -> Result<Self, (AuthErrorKind, UnverifiedJws<'t>)> {
        match verifying_key(&jws, keys, allowed, valid_at) {
            Ok(key) => {
                let (header, payload) = jws.into_parts();
                Ok(VerifiedJws { header, payload, key })
            }
            Err(kind) => Err((kind, jws)),
        }
    }

    pub(crate) fn header(&self) -> &Arc<Header> {
        &self.header
    }

    pub(crate) fn payload(&self) -> &JsonObject {
        &self.payload
    }

    pub(crate) fn into_parts(self) -> (Arc<Header>, JsonObject, VerificationKey) {
        (self.header, self.payload, self.key)
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
    valid_at: Option<i64>,
) -> Result<VerificationKey, AuthErrorKind> {
    let algorithm = jws.header().algorithm;
    let candidates = candidates(jws.header(), keys, allowed, valid_at)?;
    let mut buffer = [0; USUAL_SIGNATURE];
    let long;
    let signature = if let Some(usual) = base64url::decode_into(jws.signature(), &mut buffer) {
        usual
    } else {
        long = base64url::decode(jws.signature()).filter(|long| long.len() <= LONGEST_SIGNATURE);
        long.as_deref().ok_or(AuthErrorKind::MalformedToken)?
    };
    let fitting = candidates.iter().find(|key| key.verify(algorithm, jws.signing_input(), signature));
    let key = fitting.ok_or(AuthErrorKind::BadSignature)?;
    // Asked of the key that made the signature: no other name, and no other key beside it, revives it.
    if keys.revoked.contains(key) {
        return Err(AuthErrorKind::RevokedKey);
    }
    Ok(key.clone())
}

/// Whether a signature that `key` made under `header` would be found good now, by the rules of
/// [`VerifiedJws::verify`]; it is only not calculated again.
pub(crate) fn still_verifies(
    header: &Header,
    key: &VerificationKey,
    keys: UsableKeys<'_>,
    allowed: &[Algorithm],
    valid_at: Option<i64>,
) -> bool {
    let Ok(candidates) = candidates(header, keys, allowed, valid_at) else { return false };
    let same_numbers = candidates.iter().find(|candidate| candidate.thumbprint() == key.thumbprint());
    same_numbers.is_some_and(|candidate| candidate.is_same(key)) && !keys.revoked.contains(key)
}

/// The key that `header` means and that is left out, since its certificate is not valid at this second.
pub(crate) fn left_out<'k>(
    header: &Header,
    keys: UsableKeys<'k>,
    second: i64,
) -> Option<&'k VerificationKey> {
    keys.keys.left_out(hint(header), header.algorithm, second)
}

fn candidates<'k>(
    header: &Header,
    keys: UsableKeys<'k>,
    allowed: &[Algorithm],
    valid_at: Option<i64>,
) -> Result<Candidates<'k>, AuthErrorKind> {
    if !allowed.contains(&header.algorithm) {
        return Err(AuthErrorKind::AlgorithmNotAllowed);
    }
    keys.keys.candidates(hint(header), header.algorithm, valid_at)
}

fn hint(header: &Header) -> KeyHint<'_> {
    KeyHint { key_id: header.key_id.as_deref(), thumbprints: header.thumbprints }
}

/// RSA of 4096 bits. Room for larger ones would have to be cleared for every token.
const USUAL_SIGNATURE: usize = 512;

/// RSA of 8192 bits.
const LONGEST_SIGNATURE: usize = 1024;
