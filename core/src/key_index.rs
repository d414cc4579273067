//! Where in a key set the keys are that a token may mean.

use std::collections::HashMap;

use crate::alias::Aliases;
use crate::certificate::Thumbprints;
use crate::key::{KeyName, VerificationKey};

/// The places of keys by each name that a token may call them by. A lookup takes the same time in a set of any size.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyIndex {
    by_key_id: HashMap<Box<str>, Vec<usize>>,
    by_alias: Aliases,
    /// Keys that were given without a `kid` and stand for any (certificates, PEM).
    for_any_key_id: Vec<usize>,
    by_sha1: HashMap<[u8; 20], Vec<usize>>,
    by_sha256: HashMap<[u8; 32], Vec<usize>>,
    unnamed: Unnamed,
}

/// What tokens mean that name no key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Unnamed {
    /// Whichever fits.
    #[default]
    Any,
    /// The default, at this place.
    This(usize),
    /// The default, which is not there.
    None,
}

/// The keys that a token means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meant<'a> {
    /// Those at these places, by a name of theirs or as the default.
    These(&'a [usize], &'a [usize]),
    /// The token names none, so it may be any.
    Any,
    /// None of the set.
    None,
}

impl KeyIndex {
    pub(crate) fn add(&mut self, key: &VerificationKey, place: usize) {
        match key.name() {
            KeyName::Unnamed => {}
            KeyName::Any => self.for_any_key_id.push(place),
            KeyName::Exact(key_id) => self.by_key_id.entry(key_id.clone()).or_default().push(place),
            KeyName::Alias(alias) => self.by_alias.add(alias, place),
        }
        let Thumbprints { sha1, sha256 } = key.certificate().thumbprints;
        if let Some(sha1) = sha1 {
            self.by_sha1.entry(sha1).or_default().push(place);
        }
        if let Some(sha256) = sha256 {
            self.by_sha256.entry(sha256).or_default().push(place);
        }
    }

    pub(crate) fn set_unnamed(&mut self, unnamed: Unnamed) {
        self.unnamed = unnamed;
    }

    /// What tokens mean that name no key.
    pub(crate) fn unnamed(&self) -> Unnamed {
        self.unnamed
    }

    /// The keys that stand for any `kid`.
    pub(crate) fn for_any_key_id(&self) -> &[usize] {
        &self.for_any_key_id
    }

    /// The keys that a token with this `kid` and these thumbprints means. `kid` comes first, as it names a key and not the
    /// certificate that it came in, and the stronger digest before the weaker. A name that nobody has does not end the
    /// search: what issuers write into `x5t` is wrong too often.
    pub(crate) fn find(&self, key_id: Option<&str>, thumbprints: &Thumbprints) -> Meant<'_> {
        if let Some(key_id) = key_id {
            let exact = self.by_key_id.get(key_id).map(Vec::as_slice).unwrap_or_default();
            let named = if exact.is_empty() { self.by_alias.find(key_id) } else { exact };
            if !named.is_empty() {
                return Meant::These(named, &self.for_any_key_id);
            }
        }
        let certified = thumbprints.sha256.and_then(|sha256| self.by_sha256.get(&sha256));
        let certified = certified.or_else(|| self.by_sha1.get(&thumbprints.sha1?));
        match (certified, key_id, &self.unnamed) {
            (Some(places), _, _) => Meant::These(places, &[]),
            (None, Some(_), _) if self.for_any_key_id.is_empty() => Meant::None,
            (None, Some(_), _) => Meant::These(&self.for_any_key_id, &[]),
            (None, None, Unnamed::This(place)) => Meant::These(std::slice::from_ref(place), &[]),
            (None, None, Unnamed::Any) => Meant::Any,
            (None, None, Unnamed::None) => Meant::None,
        }
    }
}
