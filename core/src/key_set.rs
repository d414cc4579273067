//! The keys of one issuer at one time: immutable, swapped whole.

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::jwk::Jwk;
use crate::key::{UnusableKey, VerificationKey};
use crate::key_index::{KeyIndex, Unnamed};

/// An immutable set of verification keys.
///
/// Keys that cannot be used are left out and counted: one odd member does not take the others with it.
#[derive(Clone, Default)]
pub struct KeySet {
    keys: Vec<VerificationKey>,
    /// Apart, since a set is moved about more often than it is looked through.
    index: Box<KeyIndex>,
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
        self.index.add(&key, self.keys.len());
        self.keys.push(key);
    }

    /// Adds the key that tokens without any name for theirs mean, and no other.
    #[cfg(feature = "keystore")]
    pub(crate) fn add_default(&mut self, key: VerificationKey) {
        self.index.set_unnamed(Unnamed::This(self.keys.len()));
        self.add(key);
    }

    /// Leaves tokens without any name for their key without one.
    #[cfg(feature = "keystore")]
    pub(crate) fn refuse_unnamed(&mut self) {
        self.index.set_unnamed(Unnamed::None);
    }

    /// The key that tokens without any name for theirs mean, where it is one and no other.
    pub(crate) fn default_key(&self) -> Option<&VerificationKey> {
        match self.index.unnamed() {
            Unnamed::This(place) => self.keys.get(place),
            Unnamed::Any | Unnamed::None => None,
        }
    }

    /// Its default key and no other.
    pub(crate) fn default_alone(&self) -> Self {
        KeySet::of_default(self.default_key().cloned())
    }

    /// One key, if there is one, for tokens that name none. It answers to no name, whatever it is called.
    pub(crate) fn of_default(default: Option<VerificationKey>) -> Self {
        let mut set = KeySet::default();
        set.index.set_unnamed(Unnamed::None);
        if let Some(key) = default {
            // Not by `add`, which would make it known by its alias and its thumbprints.
            set.index.set_unnamed(Unnamed::This(set.keys.len()));
            set.keys.push(key);
        }
        set
    }

    /// Leaves a key out and counts it.
    #[cfg(feature = "keystore")]
    pub(crate) fn skip(&mut self, reason: UnusableKey) {
        self.skipped.push(reason);
    }

    /// The keys, in the order of their source.
    pub fn keys(&self) -> &[VerificationKey] {
        &self.keys
    }

    /// Whether `other` has the same keys under the same names, in the same order.
    pub(crate) fn is_same(&self, other: &KeySet) -> bool {
        self.keys.len() == other.keys.len()
            && self.index.unnamed() == other.index.unnamed()
            && self.keys.iter().zip(&other.keys).all(|(one, another)| one.is_same(another))
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

    pub(crate) fn index(&self) -> &KeyIndex {
        &self.index
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

#[cfg(test)]
mod tests;
