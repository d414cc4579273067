//! The keys of one issuer at one time: immutable, swapped whole.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::algorithm::Algorithm;
use crate::error::AuthErrorKind;
use crate::jwk::Jwk;
use crate::key::{UnusableKey, VerificationKey};

/// An immutable set of verification keys.
///
/// Keys that cannot be used are left out and counted: one odd member does not take the others with it.
#[derive(Clone, Default)]
pub struct KeySet {
    keys: Vec<VerificationKey>,
    by_key_id: HashMap<Box<str>, Vec<usize>>,
    /// Keys that were given without a `kid` and stand for any (certificates, PEM).
    for_any_key_id: Vec<usize>,
    skipped: Vec<UnusableKey>,
    private: usize,
}

/// Why a text is no key set at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySetError {
    /// The text is not a JSON object with an array `keys` (RFC 7517, section 5).
    NotAKeySet,
    /// The set has more keys than are allowed.
    TooManyKeys,
}

impl fmt::Display for KeySetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            KeySetError::NotAKeySet => "not a JSON object with an array `keys`",
            KeySetError::TooManyKeys => "more keys than are allowed",
        })
    }
}

impl std::error::Error for KeySetError {}

impl KeySet {
    /// Reads a JWK Set (RFC 7517, section 5), key by key. What no check of ours accepts is skipped: "Implementations
    /// SHOULD ignore JWKs within a JWK Set that use 'kty' values that are not understood by them, that are missing
    /// required members, or for which values are out of the supported ranges."
    ///
    /// # Errors
    ///
    /// [`KeySetError::NotAKeySet`]. A set in which no key is usable is no error here: see [`KeySet::is_empty`].
    pub fn from_jwks(text: &str) -> Result<Self, KeySetError> {
        Self::from_jwks_of_at_most(text, usize::MAX)
    }

    pub(crate) fn from_jwks_of_at_most(text: &str, most: usize) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Document<'a> {
            #[serde(borrow)]
            keys: Vec<&'a RawValue>,
        }
        // serde also reads an array as a struct, member by member.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(KeySetError::NotAKeySet);
        }
        let document: Document<'_> = serde_json::from_str(text).map_err(|_| KeySetError::NotAKeySet)?;
        // Counted before the first key is prepared: preparing costs microseconds each.
        if document.keys.len() > most {
            return Err(KeySetError::TooManyKeys);
        }
        let mut set = KeySet::default();
        for jwk in document.keys {
            match Jwk::parse(jwk.get()) {
                Ok(jwk) => {
                    set.private += usize::from(jwk.is_private);
                    set.add(jwk.key);
                }
                Err(reason) => set.skipped.push(reason),
            }
        }
        Ok(set)
    }

    pub(crate) fn add(&mut self, key: VerificationKey) {
        let at = self.keys.len();
        if let Some(key_id) = key.key_id() {
            self.by_key_id.entry(key_id.into()).or_default().push(at);
        }
        if key.fits_any_key_id() {
            self.for_any_key_id.push(at);
        }
        self.keys.push(key);
    }

    /// The keys, in the order of their source.
    pub fn keys(&self) -> &[VerificationKey] {
        &self.keys
    }

    /// Whether no key is usable.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Why keys of the source were left out, one phrase for each.
    pub fn skipped(&self) -> impl ExactSizeIterator<Item = &'static str> {
        self.skipped.iter().map(|reason| reason.0)
    }

    /// How many keys of the source came with their private part. The issuer should hear of it.
    pub fn private_keys(&self) -> usize {
        self.private
    }

    /// Whether no token of `algorithm` could ever be told a key, since too many stand for any `kid`.
    pub(crate) fn is_ambiguous(&self, algorithm: Algorithm) -> bool {
        let fitting = self.for_any_key_id.iter().filter_map(|at| self.keys.get(*at));
        fitting.filter(|key| key.fits(algorithm)).count() > MOST_TRIED
    }

    /// The keys to try for a token, at least one and at most [`MOST_TRIED`].
    pub(crate) fn candidates(
        &self,
        key_id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Candidates<'_>, AuthErrorKind> {
        let mut candidates = Candidates::default();
        let mut named = false;
        if let Some(key_id) = key_id {
            let places = self.by_key_id.get(key_id).into_iter().flatten().chain(&self.for_any_key_id);
            for key in places.filter_map(|at| self.keys.get(*at)) {
                named = true;
                candidates.add_if_fits(key, algorithm)?;
            }
        } else {
            for key in &self.keys {
                candidates.add_if_fits(key, algorithm)?;
            }
        }
        match candidates.count {
            0 if named => Err(AuthErrorKind::KeyMismatch),
            0 => Err(AuthErrorKind::UnknownKey),
            _ => Ok(candidates),
        }
    }
}

/// Names and counts, no key.
impl fmt::Debug for KeySet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeySet")
            .field("keys", &self.keys)
            .field("skipped", &self.skipped.len())
            .finish_non_exhaustive()
    }
}

/// A token without `kid`, or with one that several keys share, costs a signature check for each key that fits. Four
/// covers an overlapping rotation of two keys; a set where more fit has to name them.
pub(crate) const MOST_TRIED: usize = 4;

/// The keys that fit one token.
#[derive(Debug, Default)]
pub(crate) struct Candidates<'a> {
    keys: [Option<&'a VerificationKey>; MOST_TRIED],
    count: usize,
}

impl<'a> Candidates<'a> {
    fn add_if_fits(&mut self, key: &'a VerificationKey, algorithm: Algorithm) -> Result<(), AuthErrorKind> {
        if key.fits(algorithm) {
            *self.keys.get_mut(self.count).ok_or(AuthErrorKind::AmbiguousKey)? = Some(key);
            self.count += 1;
        }
        Ok(())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a VerificationKey> {
        self.keys.iter().copied().flatten()
    }
}

#[cfg(test)]
mod tests;
