use std::fs;
use std::path::Path;

use claimgate_testkit::{Alg, SigningKey};
use p12_keystore::{Certificate, KeyStore as Pkcs12, KeyStoreEntry};
use serde_json::json;

use super::*;
use crate::algorithm::Algorithm;
use crate::base64url;
use crate::certificate::Thumbprints;
use crate::error::AuthErrorKind;
use crate::key_selection::KeyHint;

const DEFAULT: &str = include_str!("../../../../tests/data/wso2/seed000-demo-2019.pem");
const OTHER: &str = include_str!("../../../../tests/data/wso2/seed003-demo-2017.pem");

fn write(path: &Path, entries: &[(&str, &str)]) {
    let mut store = Pkcs12::new();
    for (alias, pem) in entries {
        let der = pem::parse(pem).unwrap().into_contents();
        store.add_entry(alias, KeyStoreEntry::Certificate(Certificate::from_der(&der).unwrap()));
    }
    fs::write(path, store.writer("p").encryption_iterations(1).mac_iterations(1).write().unwrap()).unwrap();
}

fn default_key(path: &Path) -> DefaultKey {
    let store = KeyStore::file(path).password("p").default_alias_if_present("gateway");
    DefaultKey::new("issuer".into(), &store).unwrap()
}

/// A set with a key that a certificate is said of.
fn fetched() -> FetchedKeys {
    let mut jwk = SigningKey::generate(Alg::RS256, "a").public_jwk();
    jwk["x5t#S256"] = base64url::encode(&[1; 32]).into();
    let keys = KeySet::from_jwks(&json!({ "keys": [jwk] }).to_string()).unwrap();
    FetchedKeys { keys: Arc::new(keys), max_age: None, unchanged: false }
}

fn again(fetched: &FetchedKeys) -> FetchedKeys {
    FetchedKeys { keys: fetched.keys.clone(), max_age: None, unchanged: true }
}

async fn beside(default: &mut DefaultKey, fetched: FetchedKeys) -> FetchedKeys {
    default.begin();
    default.beside(fetched, Duration::from_secs(20)).await
}

fn tried(
    keys: &KeySet,
    key_id: Option<&str>,
    thumbprints: Thumbprints,
) -> Result<Vec<String>, AuthErrorKind> {
    let candidates = keys.candidates(KeyHint { key_id, thumbprints }, Algorithm::RS256, None)?;
    Ok(candidates.iter().filter_map(VerificationKey::key_id).map(str::to_owned).collect())
}

#[tokio::test]
async fn it_is_for_tokens_that_name_no_key_and_answers_to_no_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let own = Thumbprints::of_certificate(&pem::parse(DEFAULT).unwrap().into_contents());
    let of_jwk = Thumbprints { sha256: Some([1; 32]), ..Thumbprints::default() };
    let none = Thumbprints::default();
    let (a, gateway) = (Ok(vec!["a".to_owned()]), Ok(vec!["gateway".to_owned()]));
    let unknown = Err(AuthErrorKind::UnknownKey);
    for (name, entries, expected) in [
        ("with the alias", &[("gateway", DEFAULT), ("other", OTHER)][..], gateway),
        ("without", &[("other", OTHER)], unknown.clone()),
    ] {
        write(&path, entries);
        let whole = beside(&mut default_key(&path), fetched()).await.keys;
        assert_eq!(tried(&whole, None, none), expected, "{name}");
        assert_eq!(tried(&whole, None, own), expected, "{name}: x5t of it");
        assert_eq!(tried(&whole, None, of_jwk), a, "{name}: x5t of a fetched key");
        assert_eq!(tried(&whole, Some("a"), none), a, "{name}: a kid");
        assert_eq!(tried(&whole, Some("a"), own), a, "{name}: a kid and x5t of it");
        for (kid, thumbprints) in [("gateway", none), ("GATEWAY", own), ("", own), ("other", none)] {
            assert_eq!(tried(&whole, Some(kid), thumbprints), unknown, "{name}: {kid}");
        }
    }
}

#[tokio::test]
async fn the_same_keys_are_the_same_set_and_another_default_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    write(&path, &[("gateway", DEFAULT)]);
    let (mut default, fetched) = (default_key(&path), fetched());
    let first = beside(&mut default, again(&fetched)).await;
    assert!(!first.unchanged, "nothing was there before");
    let same = beside(&mut default, again(&fetched)).await;
    assert!(same.unchanged && Arc::ptr_eq(&first.keys, &same.keys));
    for entries in [&[("gateway", OTHER)][..], &[("other", OTHER)], &[("gateway", DEFAULT)]] {
        let before = default.last.as_ref().unwrap().keys.clone();
        write(&path, entries);
        let other = beside(&mut default, again(&fetched)).await;
        assert!(!other.unchanged && !other.keys.is_same(&before), "{entries:?}");
        let same = beside(&mut default, again(&fetched)).await;
        assert!(same.unchanged && Arc::ptr_eq(&other.keys, &same.keys), "{entries:?}");
    }
    let others = beside(&mut default, self::fetched()).await;
    assert!(!others.unchanged && others.keys.default_key().is_some(), "other fetched keys");
}

#[tokio::test]
async fn a_store_that_cannot_be_read_leaves_it_as_it_was_and_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    write(&path, &[("gateway", DEFAULT)]);
    let mut default = default_key(&path);
    let thumbprint = |keys: &FetchedKeys| keys.keys.default_key().map(VerificationKey::thumbprint);
    let good = thumbprint(&beside(&mut default, fetched()).await);
    fs::write(&path, "no store").unwrap();
    for _ in 0..2 {
        assert_eq!(thumbprint(&beside(&mut default, fetched()).await), good);
        let told = default.told.clone().unwrap();
        assert!(told.contains("neither a Java key store"), "{told}");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(thumbprint(&beside(&mut default, fetched()).await), good);
    assert!(default.told.as_ref().unwrap().contains("cannot be read"), "{:?}", default.told);
    write(&path, &[("gateway", OTHER)]);
    let other = thumbprint(&beside(&mut default, fetched()).await);
    assert!(other.is_some() && other != good && default.told.is_none());
}

#[tokio::test]
async fn a_reading_that_hangs_is_not_waited_for_nor_begun_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    write(&path, &[("gateway", DEFAULT)]);
    let (mut default, fetched) = (default_key(&path), fetched());
    let (release, released) = std::sync::mpsc::channel();
    let other = pem::parse(OTHER).unwrap().into_contents();
    let other = crate::der::certificate(&other).unwrap().prepare(crate::key::KeyName::Unnamed).unwrap();
    let thumbprint = other.thumbprint();
    default.reading = Some(spawn_blocking(move || {
        released.recv().unwrap();
        Ok(Some(other))
    }));
    for _ in 0..2 {
        default.begin();
        let soon = Duration::from_millis(20);
        let whole = default.beside(again(&fetched), soon).await;
        assert_eq!(whole.keys.default_key().map(|key| key.key_id()), Some(Some("gateway")));
        assert!(default.reading.is_some());
        assert!(default.told.as_ref().unwrap().ends_with("is not read in time"), "{:?}", default.told);
    }
    release.send(()).unwrap();
    let whole = default.beside(again(&fetched), Duration::from_secs(20)).await;
    assert_eq!(whole.keys.default_key().unwrap().thumbprint(), thumbprint);
    assert!(default.reading.is_none() && default.told.is_none());
}

#[tokio::test]
async fn what_was_read_for_a_fetch_that_failed_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    write(&path, &[("gateway", DEFAULT)]);
    let mut default = default_key(&path);
    let before = default.key.as_ref().unwrap().thumbprint();
    default.begin();
    while !default.reading.as_ref().unwrap().is_finished() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    write(&path, &[("gateway", OTHER)]);
    let whole = beside(&mut default, fetched()).await;
    assert_ne!(whole.keys.default_key().unwrap().thumbprint(), before);
}
