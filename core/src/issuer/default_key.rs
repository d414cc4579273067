//! The key of tokens that name none, as an issuer is described.

#[cfg(feature = "keystore")]
use std::time::Duration;

use crate::issuer::Issuer;
#[cfg(feature = "keystore")]
use crate::issuer::Source;
#[cfg(feature = "keystore")]
use crate::key_store::KeyStore;

/// The default key.
#[cfg(feature = "keystore")]
impl Issuer {
    /// Beside keys that are fetched (from a URL, by discovery, from a `KeySource`): checks tokens that name no key with the default
    /// alias of `store`, and with no other key. Default: they are tried with the fetched keys that fit, four at most.
    ///
    /// 1. A token with a `kid` is checked with the fetched keys alone, one without with the default key alone, whatever it says of a
    ///    certificate (`x5t#S256`, `x5t`). The one does not wait for the other: while the issuer is down, the default key goes on.
    /// 2. Where the store [may lack](KeyStore::default_alias_if_present) the alias and does, tokens that name no key are refused
    ///    ([`UnknownKey`](crate::AuthErrorKind::UnknownKey)). Other certificates of the store do not count.
    /// 3. The store is read when the authenticator is built and at a reload, and from then on as
    ///    [`reread_default_key`](Issuer::reread_default_key) says. One that cannot be read any more is told in the log and in the
    ///    [status](crate::IssuerStatus::last_error), and its key goes on to serve.
    pub fn default_key(self, store: KeyStore) -> Self {
        Issuer { default_key: Some(store), ..self }
    }

    /// Reads the store of the [default key](Issuer::default_key) again so often, from 1 s. Default: never.
    #[cfg(feature = "refresh")]
    pub fn reread_default_key(self, every: Duration) -> Self {
        Issuer { reread_default_key: Some(every), ..self }
    }

    /// The issuer of tokens that name no key, where these have a key of their own.
    pub(crate) fn for_unnamed(&self) -> Option<Issuer> {
        let store = self.default_key.clone()?;
        let every = self.reread_default_key;
        let mut fetch = self.fetch.clone();
        fetch.refresh_interval = every.unwrap_or(fetch.refresh_interval);
        let source = Source::DefaultKey(store);
        Some(Issuer { source, fetch, watch_files: every.is_some(), default_key: None, ..self.clone() })
    }

    pub(super) fn check_default_key(&self, problem: &mut impl FnMut(String)) {
        let Some(store) = &self.default_key else { return };
        if !self.source.is_fetched() {
            problem("default_key: its keys are not fetched, and a keystore has a default_alias".to_owned());
        }
        if let Some(every) = self.reread_default_key.filter(|every| *every < Duration::from_secs(1)) {
            problem(format!("default_key: reread_default_key = {every:?}: at least 1s"));
        }
        if !store.has_default_alias() {
            problem("default_key: the store names no default_alias".to_owned());
        }
        if self.requires_key_id {
            problem("default_key: every token needs a kid, so none would be checked with it".to_owned());
        }
    }
}

/// Without a reader of stores there is no default key.
#[cfg(not(feature = "keystore"))]
#[expect(clippy::unused_self, reason = "as where there is one")]
impl Issuer {
    pub(crate) fn for_unnamed(&self) -> Option<Issuer> {
        None
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
                url().default_key(store().default_alias("a")).reread_default_key(Duration::from_millis(999)),
                Some("default_key: reread_default_key = 999ms: at least 1s"),
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
