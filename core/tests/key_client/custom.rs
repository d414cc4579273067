//! Keys from a source that the application writes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use claimgate_core::{KeySet, KeySource, KeySourceError, KeySourceFuture, LoadedKeys};

use super::*;

/// Does what it is told, and counts.
#[derive(Clone, Default)]
struct Vault {
    says: Arc<Mutex<Says>>,
    asked: Arc<AtomicUsize>,
}

#[derive(Clone, Default)]
enum Says {
    Keys(String),
    #[default]
    Nothing,
    Error,
    Panic,
    Hang,
}

impl Vault {
    fn set(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }
}

impl KeySource for Vault {
    fn load(&self) -> KeySourceFuture<'_> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let says = self.says.lock().unwrap().clone();
        Box::pin(async move {
            match says {
                Says::Keys(text) => Ok(LoadedKeys::new(KeySet::from_jwks(&text)?)),
                Says::Nothing => Ok(LoadedKeys::new(KeySet::default())),
                Says::Error => Err(KeySourceError::new("the vault is sealed")),
                Says::Panic => panic!("as a source of others may"),
                Says::Hang => std::future::pending().await,
            }
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_a_source_are_loaded_and_loaded_again_when_a_token_needs_it() {
    let (idp, vault) = (support::issuer(Alg::ES256), Vault::default());
    vault.set(Says::Keys(idp.jwks()));
    let rules = Issuer::new(idp.issuer()).audience(AUDIENCE).key_source(vault.clone()).start(Start::Fail);
    let gate = loaded(rules).await;
    let text = || idp.token().audience(AUDIENCE).mint();
    assert_eq!(decided(&gate, &text()), Ok(()));
    idp.rotate();
    vault.set(Says::Keys(idp.jwks()));
    assert_eq!(kind(&gate, &text()).await, Ok(()));
    assert_eq!(vault.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_fails_panics_or_hangs_takes_nothing_with_it() {
    let (idp, vault) = (support::issuer(Alg::ES256), Vault::default());
    vault.set(Says::Keys(idp.jwks()));
    let rules = Issuer::new(idp.issuer()).audience(AUDIENCE).key_source(vault.clone());
    let gate = loaded(rules.start(Start::Fail).fetch_timeout(Duration::from_millis(50))).await;
    let text = idp.token().audience(AUDIENCE).mint();
    for (says, expected) in [
        (Says::Nothing, "empty"),
        (Says::Error, "the vault is sealed"),
        (Says::Panic, "panicked"),
        (Says::Hang, "within 50ms"),
        (Says::Keys("<html>".to_owned()), "not a JSON object"),
    ] {
        vault.set(says);
        let error = patiently(gate.refresh_now(idp.issuer()).unwrap()).await.unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert_eq!(decided(&gate, &text), Ok(()), "{expected}");
    }
    vault.set(Says::Keys(idp.jwks()));
    patiently(gate.refresh_now(idp.issuer()).unwrap()).await.unwrap();
}
