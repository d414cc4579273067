//! The key of tokens that name none, as an issuer is described.

use crate::issuer::Issuer;
use crate::key_set::KeySet;
#[cfg(all(feature = "keystore", feature = "refresh"))]
use crate::key_store::KeyStore;

/// The default key.
#[cfg(all(feature = "keystore", feature = "refresh"))]
impl Issuer {
    /// Beside keys that are fetched (from a URL, by discovery, from a [`KeySource`](crate::KeySource)): checks tokens that name no key with the default
    /// alias of `store`, and with no other key. Default: they are tried with the fetched keys that fit, four at most.
    ///
    /// 1. A token with a `kid` is checked with the fetched keys alone. So is one without that names one of them by thumbprint
    ///    (`x5t#S256`, `x5t`).
    /// 2. Where the store [may lack](KeyStore::default_alias_if_present) the alias and does, tokens that name no key are refused
    ///    ([`UnknownKey`](crate::AuthErrorKind::UnknownKey)). Other certificates of the store do not count.
    /// 3. The store is read when the authenticator is built, and again with each fetch and at a reload. Its key counts as the
    ///    fetched ones do: another takes over, and one that is gone checks nothing more, with the next fetch that brings keys. It is
    ///    not watched, as nobody who writes beside it should cause a fetch.
    /// 4. A store that cannot be read any more leaves the key as it was, and the log says so once.
    pub fn default_key(self, store: KeyStore) -> Self {
        Issuer { default_key: Some(store), ..self }
    }

    /// Whether tokens that name no key are checked by the same rule as with `other`.
    pub(crate) fn has_default_of(&self, other: &Issuer) -> bool {
        self.default_key == other.default_key
    }

    /// `keys` as they are put in the place of those that are fetched: where tokens that name no key mean the default one, none of
    /// these stands for it.
    pub(crate) fn pinned(&self, keys: KeySet) -> KeySet {
        if self.default_key.is_some() && keys.default_key().is_none() {
            return keys.with_default(None);
        }
        keys
    }

    /// Whether a fetch or a reload reads files.
    pub(crate) fn reads_files(&self) -> bool {
        self.default_key.is_some() || !self.source.paths().is_empty()
    }

    pub(super) fn check_default_key(&self, problem: &mut impl FnMut(String)) {
        let Some(store) = &self.default_key else { return };
        if !self.source.is_fetched() {
            problem("default_key: its keys are not fetched, and a keystore has a default_alias".to_owned());
        }
        if !store.has_default_alias() {
            problem("default_key: the store names no default_alias".to_owned());
        }
        if self.requires_key_id {
            problem("default_key: every token needs a kid, so none would be checked with it".to_owned());
        }
    }
}

/// Without a reader of stores or anybody who fetches, there is no default key.
#[cfg(not(all(feature = "keystore", feature = "refresh")))]
#[expect(clippy::unused_self, reason = "as where there is one")]
impl Issuer {
    pub(crate) fn has_default_of(&self, _: &Issuer) -> bool {
        true
    }

    pub(crate) fn pinned(&self, keys: KeySet) -> KeySet {
        keys
    }

    #[cfg(feature = "refresh")]
    pub(crate) fn reads_files(&self) -> bool {
        !self.source.paths().is_empty()
    }

    pub(super) fn check_default_key(&self, _: &mut impl FnMut(String)) {}
}

#[cfg(all(test, feature = "jwks-client", feature = "keystore"))]
mod tests {
    use super::*;
    use crate::config_error::Problems;

    #[test]
    fn it_stands_beside_keys_that_are_fetched_and_in_a_store_that_says_which_it_is() {
        let url = || Issuer::new("a").any_audience().jwks_uri("https://a.example/jwks");
        let store = || KeyStore::file("store.jks");
        for (issuer, expected) in [
            (url().default_key(store().default_alias("a")), None),
            (url().default_key(store().default_alias_if_present("a")), None),
            (Issuer::new("https://a.example").any_audience().default_key(store().default_alias("a")), None),
            (url().default_key(store()), Some("default_key: the store names no default_alias")),
            (
                url().default_key(store().default_alias("a")).require_key_id(),
                Some("default_key: every token needs a kid, so none would be checked with it"),
            ),
            (
                url().default_key(store().default_alias("a")).jwks_file("keys.json"),
                Some("default_key: its keys are not fetched, and a keystore has a default_alias"),
            ),
        ] {
            let mut problems = Problems::default();
            issuer.check(&mut problems);
            let told = problems.or(()).err().map(|error| error.to_string());
            let expected = expected.map(|expected| format!("issuer {:?}: {expected}", issuer.name));
            assert_eq!(told, expected);
        }
    }
}
