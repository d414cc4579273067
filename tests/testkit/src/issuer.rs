use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::{Alg, SigningKey, TokenBuilder};

/// An authorization server in the process of the test: keys, a published key set, and tokens.
///
/// Clones share everything, so a task may rotate the keys while another mints.
#[derive(Clone, Debug)]
pub struct TestIssuer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    issuer: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    keys: Vec<Entry>,
    signing: SigningKey,
    /// How many keys were named so far.
    named: usize,
}

/// A retired key stays known: a test that shows its tokens refused must be able to mint one.
#[derive(Debug)]
struct Entry {
    key: SigningKey,
    published: bool,
}

impl TestIssuer {
    /// An issuer with one ES256 key, `test-1`.
    pub fn new(issuer: impl Into<String>) -> Self {
        Self::with_algorithm(issuer, Alg::ES256)
    }

    /// An issuer with one key of `alg`, `test-1`.
    pub fn with_algorithm(issuer: impl Into<String>, alg: Alg) -> Self {
        let signing = SigningKey::generate(alg, kid(1));
        let keys = vec![Entry { key: signing.clone(), published: true }];
        let state = Mutex::new(State { keys, signing, named: 1 });
        Self(Arc::new(Inner { issuer: issuer.into(), state }))
    }

    /// The system's clock in seconds since 1970. Only [`TokenBuilder::mint`] calls it, where no time was given.
    pub fn now() -> i64 {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
    }

    /// Its name, the `iss` of its tokens.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The key set as it is published now, as JSON text.
    pub fn jwks(&self) -> String {
        let keys: Vec<_> =
            self.state().keys.iter().filter(|e| e.published).map(|e| e.key.public_jwk()).collect();
        json!({ "keys": keys }).to_string()
    }

    /// The key that signs new tokens.
    pub fn current_key(&self) -> SigningKey {
        self.state().signing.clone()
    }

    /// Publishes a key; the one that signs stays. A `kid` may come twice, as it does at careless issuers.
    pub fn add_key(&self, key: SigningKey) {
        self.state().keys.push(Entry { key, published: true });
    }

    /// Signs from now on with the key named `kid`, the newest where several have the name, also when it is retired.
    ///
    /// # Panics
    ///
    /// When the issuer has no such key.
    #[track_caller]
    pub fn sign_with(&self, kid: &str) {
        let mut state = self.state();
        let found = state.keys.iter().rev().find(|e| e.key.kid() == kid).map(|e| e.key.clone());
        assert!(found.is_some(), "the issuer has no key {kid:?}");
        state.signing = found.unwrap_or_else(|| state.signing.clone());
    }

    /// Signs from now on with a new key of the same algorithm, and publishes it; old keys stay published. Gives the new `kid`.
    pub fn rotate(&self) -> String {
        let alg = self.current_key().alg();
        let key = self.new_key(alg);
        let mut state = self.state();
        state.keys.push(Entry { key: key.clone(), published: true });
        state.signing = key;
        state.signing.kid().to_owned()
    }

    /// Takes every key named `kid` out of the published set, and tells whether there was one.
    ///
    /// When it is the signing key, tokens are still signed with it: that is a revoked key.
    pub fn retire(&self, kid: &str) -> bool {
        self.retire_where(|key, _| key.kid() == kid)
    }

    /// Takes every key out of the published set but the one that signs.
    pub fn retire_old_keys(&self) {
        self.retire_where(|key, signing| key.kid() != signing.kid());
    }

    /// A token to be minted. It has `iss`, `sub` (`test-subject`), `iat`, `exp` and `jti`, and no `aud` until you name one.
    pub fn token(&self) -> TokenBuilder {
        TokenBuilder::new(self.clone())
    }

    /// The signing key if it is of `alg`, else a published key of it, else a new one that is published from now on.
    pub(crate) fn key_of(&self, alg: Alg) -> SigningKey {
        if let Some(key) = self.state().find(alg) {
            return key;
        }
        let key = self.new_key(alg);
        let mut state = self.state();
        // Another thread may have been faster.
        state.find(alg).unwrap_or_else(|| {
            state.keys.push(Entry { key: key.clone(), published: true });
            key
        })
    }

    /// Generates outside the lock: an RSA key takes its time, and the server answers meanwhile.
    fn new_key(&self, alg: Alg) -> SigningKey {
        let number = {
            let mut state = self.state();
            state.named += 1;
            state.named
        };
        SigningKey::generate(alg, kid(number))
    }

    fn retire_where(&self, retired: impl Fn(&SigningKey, &SigningKey) -> bool) -> bool {
        let mut state = self.state();
        let signing = state.signing.clone();
        let mut any = false;
        for entry in state.keys.iter_mut().filter(|e| e.published && retired(&e.key, &signing)) {
            entry.published = false;
            any = true;
        }
        any
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn find(&self, alg: Alg) -> Option<SigningKey> {
        let published = self.keys.iter().rev().filter(|e| e.published).map(|e| &e.key);
        std::iter::once(&self.signing).chain(published).find(|key| key.alg() == alg).cloned()
    }
}

fn kid(number: usize) -> String {
    format!("test-{number}")
}
