//! The JOSE header of a token (RFC 7515, section 4), and the headers that verified tokens have had.

use std::borrow::Cow;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::certificate::Thumbprints;
use crate::error::{AuthError, AuthErrorKind};
use crate::json::{JsonObject, JsonValue};

/// The members of the JOSE header that have a meaning here. All others are ignored, as RFC 7515, section 4 asks; among
/// them `jku`, `x5u`, `jwk` and `x5c`, which would let a token bring its own key.
pub(crate) struct Header {
    /// The header as the token has it, in base64url.
    segment: Box<[u8]>,
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: Option<Box<str>>,
    pub(crate) token_type: Option<Box<str>>,
    /// Which certificate the key is in, where the header says so in a way that names one.
    pub(crate) thumbprints: Thumbprints,
}

impl Header {
    /// Reads `segment`, the first part of a token.
    pub(crate) fn parse(segment: &[u8]) -> Result<Self, AuthError> {
        let bytes = base64url::decode(segment).ok_or(AuthErrorKind::MalformedToken)?;
        let text = String::from_utf8(bytes).map_err(|_| AuthErrorKind::MalformedToken)?;
        let header = JsonObject::parse(text).map_err(|_| AuthErrorKind::MalformedToken)?;
        let (mut algorithm, mut key_id, mut token_type) = (None, None, None);
        let (mut x5t, mut x5t_s256) = (None, None);
        for (name, value) in header.members() {
            match name {
                "alg" => algorithm = Some(string(value)?),
                "kid" => key_id = Some(string(value)?.into()),
                "typ" => token_type = Some(string(value)?.into()),
                "x5t" => x5t = Some(string(value)?),
                "x5t#S256" => x5t_s256 = Some(string(value)?),
                // `crit`: none of the extensions it could list is supported, and a list of none "MUST NOT" be there
                // (RFC 7515, section 4.1.11). `b64`: RFC 7797 changes what is signed. `zip`, `enc`: of JWE, and a reader
                // that heeds them inflates or decrypts what a stranger sent.
                "crit" | "b64" | "zip" | "enc" => return Err(AuthErrorKind::UnsupportedHeader.into()),
                _ => {}
            }
        }
        let algorithm = algorithm.ok_or(AuthErrorKind::AlgorithmNotAllowed)?;
        let algorithm = algorithm.parse().map_err(|_| AuthErrorKind::AlgorithmNotAllowed)?;
        let thumbprints = Thumbprints::named(x5t.as_deref(), x5t_s256.as_deref());
        Ok(Header { segment: segment.into(), algorithm, key_id, token_type, thumbprints })
    }
}

impl Header {
    /// The bytes that it has besides its own.
    pub(crate) fn bytes(&self) -> usize {
        let length = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
        self.segment.len() + length(&self.key_id) + length(&self.token_type)
    }
}

fn string(value: JsonValue<'_>) -> Result<Cow<'_, str>, AuthError> {
    value.as_str().ok_or_else(|| AuthErrorKind::MalformedToken.into())
}

/// Headers that need not be read again: the tokens that an issuer signs with one key mostly share theirs to the byte.
///
/// What a header means depends on nothing but its text, so any number of readers may be late. Only headers of verified tokens
/// come in, so strangers cannot fill it.
#[derive(Default)]
pub(crate) struct KnownHeaders(ArcSwap<Vec<Arc<Header>>>);

/// As many as a look through all of them still costs less than reading one.
const MOST_KNOWN: usize = 8;

impl KnownHeaders {
    pub(crate) fn find(&self, segment: &[u8]) -> Option<Arc<Header>> {
        self.0.load().iter().find(|header| *header.segment == *segment).cloned()
    }

    /// Adds the header of a verified token. Once it is full it stays as it is until it is cleared: an issuer whose every
    /// header is another would else have the list copied for each token.
    pub(crate) fn add(&self, header: &Arc<Header>) {
        let is_wanted = |known: &[Arc<Header>]| {
            known.len() < MOST_KNOWN && known.iter().all(|known| known.segment != header.segment)
        };
        if !is_wanted(&self.0.load()) {
            return;
        }
        self.0.rcu(|known| {
            if is_wanted(known) {
                Arc::new(known.iter().chain([header]).cloned().collect())
            } else {
                known.clone()
            }
        });
    }

    /// Makes room, for the keys have changed and headers name keys.
    pub(crate) fn clear(&self) {
        self.0.store(Arc::default());
    }
}

#[cfg(test)]
mod tests;
