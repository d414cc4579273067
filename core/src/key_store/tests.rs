use std::path::Path;

use p12_keystore::{Certificate, KeyStore as Pkcs12, KeyStoreEntry};

use super::jks::tests::Writer;
use super::*;
use crate::algorithm::Algorithm;
use crate::error::AuthErrorKind;
use crate::key::VerificationKey;
use crate::key_selection::KeyHint;

const DEMO_2019: &str = include_str!("../../../tests/data/wso2/seed000-demo-2019.pem");
const DEMO_2017: &str = include_str!("../../../tests/data/wso2/seed003-demo-2017.pem");
const PASSWORD: &str = "corre<t-h0rse";

fn der(pem: &str) -> Vec<u8> {
    pem::parse(pem).unwrap().into_contents()
}

fn jks(aliases: &[&str]) -> Vec<u8> {
    let der = der(DEMO_2019);
    aliases.iter().fold(Writer::new(), |writer, alias| writer.trusted(alias, &der)).sealed(PASSWORD)
}

fn pkcs12(aliases: &[&str]) -> Vec<u8> {
    let mut store = Pkcs12::new();
    for alias in aliases {
        store.add_entry(alias, KeyStoreEntry::Certificate(Certificate::from_der(&der(DEMO_2019)).unwrap()));
    }
    store.writer(PASSWORD).encryption_iterations(1).mac_iterations(1).write().unwrap()
}

/// What comes of the store, with its path left out of the error.
fn read(file: &[u8], store: impl FnOnce(KeyStore) -> KeyStore) -> Result<KeySet, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    fs::write(&path, file).unwrap();
    let result = store(KeyStore::file(&path)).read();
    result.map_err(|message| {
        assert!(!message.contains(PASSWORD), "{message}");
        message.strip_prefix(&format!("keystore {path:?}: ")).expect(&message).to_owned()
    })
}

fn with_password(store: KeyStore) -> KeyStore {
    store.password(PASSWORD)
}

fn tried(set: &KeySet, key_id: Option<&str>) -> Result<Vec<String>, AuthErrorKind> {
    let hint = KeyHint { key_id, ..KeyHint::default() };
    let candidates = set.candidates(hint, Algorithm::RS256, None)?;
    Ok(candidates.iter().filter_map(VerificationKey::key_id).map(str::to_owned).collect())
}

#[test]
fn an_alias_is_a_kid_in_whatever_case() {
    for file in [jks(&["gateway", "ZjRm_RS256"]), pkcs12(&["gateway", "ZjRm_RS256"])] {
        let set = read(&file, with_password).unwrap();
        for (kid, expected) in [
            ("gateway", Ok(vec!["gateway".to_owned()])),
            ("GATEWAY", Ok(vec!["gateway".to_owned()])),
            ("zjrm_rs256", Ok(vec!["ZjRm_RS256".to_owned()])),
            ("ZjRm_RS256", Ok(vec!["ZjRm_RS256".to_owned()])),
            ("gateway ", Err(AuthErrorKind::UnknownKey)),
            ("", Err(AuthErrorKind::UnknownKey)),
        ] {
            assert_eq!(tried(&set, Some(kid)), expected, "{kid}");
        }
        assert_eq!(tried(&set, None).map(|tried| tried.len()), Ok(2));
        let certificate = set.keys()[0].certificate();
        assert!(certificate.thumbprints.sha256.is_some() && certificate.validity.is_some());
    }
}

#[test]
fn the_default_is_for_tokens_without_a_kid_and_for_no_other() {
    for file in [jks(&["gateway", "other"]), pkcs12(&["gateway", "other"])] {
        let set = read(&file, |store| with_password(store).default_alias("GateWay")).unwrap();
        assert_eq!(tried(&set, None), Ok(vec!["gateway".to_owned()]));
        assert_eq!(tried(&set, Some("other")), Ok(vec!["other".to_owned()]));
        assert_eq!(tried(&set, Some("third")), Err(AuthErrorKind::UnknownKey));
        let misfit = set.candidates(KeyHint::default(), Algorithm::ES256, None);
        assert_eq!(misfit.err(), Some(AuthErrorKind::KeyMismatch));
        let other = set.keys().iter().find(|key| key.key_id() == Some("other")).unwrap();
        let hint = KeyHint { key_id: None, thumbprints: other.certificate().thumbprints };
        // Both entries hold one certificate here, so both have its thumbprint.
        assert_eq!(set.candidates(hint, Algorithm::RS256, None).unwrap().iter().count(), 2);
    }
}

#[test]
fn a_default_that_may_be_missing_leaves_tokens_without_a_kid_without_a_key() {
    for file in [jks(&["gateway", "other"]), pkcs12(&["gateway", "other"])] {
        let with =
            |alias: &str| read(&file, |store| with_password(store).default_alias_if_present(alias)).unwrap();
        assert_eq!(tried(&with("GateWay"), None), Ok(vec!["gateway".to_owned()]));
        assert_eq!(tried(&with("third"), None), Err(AuthErrorKind::UnknownKey));
        assert_eq!(tried(&with("third"), Some("other")), Ok(vec!["other".to_owned()]));
        assert!(!with("third").is_same(&with("gateway")));
        let set = with("third");
        let hint = KeyHint { key_id: None, thumbprints: set.keys()[0].certificate().thumbprints };
        assert_eq!(set.candidates(hint, Algorithm::RS256, None).unwrap().iter().count(), 2);
        // Of the two ways to say it, the last counts.
        let strict =
            |store: KeyStore| with_password(store).default_alias_if_present("a").default_alias("third");
        assert!(read(&file, strict).is_err());
    }
}

#[test]
fn the_keys_can_be_looked_at_before_they_are_trusted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    fs::write(&path, jks(&["a"])).unwrap();
    let keys = KeyStore::file(&path).password(PASSWORD).keys().unwrap();
    assert_eq!(keys.keys()[0].key_id(), Some("a"));
    let error = KeyStore::file(&path).password("wrong").keys().unwrap_err().to_string();
    assert_eq!(error, format!("keystore {path:?}: the password is wrong, or the file was changed"));
}

#[test]
fn more_entries_than_are_tried_need_a_name_or_a_default() {
    let file = jks(&["a", "b", "c", "d", "e"]);
    assert_eq!(tried(&read(&file, with_password).unwrap(), None), Err(AuthErrorKind::AmbiguousKey));
    let set = read(&file, |store| with_password(store).default_alias("e")).unwrap();
    assert_eq!(tried(&set, None), Ok(vec!["e".to_owned()]));
}

#[test]
fn every_mistake_has_words_of_its_own() {
    const WRONG: &str = "the password is wrong, or the file was changed";
    const NONE: &str = "it is sealed with a password, and none is given";
    const EMPTY: &str = "no trusted certificate in it; those of private keys do not count";
    const NOT_A_STORE: &str = "neither a Java key store (JKS) nor a whole PKCS#12 file";
    for (name, file) in [("JKS", jks(&["a"])), ("PKCS#12", pkcs12(&["a"]))] {
        let error = |change: fn(KeyStore) -> KeyStore| read(&file, change).map(drop).unwrap_err();
        assert_eq!(error(|store| store.password("wrong")), WRONG, "{name}");
        assert_eq!(error(|store| store.password("")), WRONG, "{name}");
        assert_eq!(error(|store| store), NONE, "{name}");
        assert_eq!(
            error(|store| with_password(store).default_alias("b")),
            r#"default_alias "b": no trusted certificate of that name in it"#,
            "{name}"
        );
    }
    for (name, file, expected) in [
        ("JKS without entries", jks(&[]), EMPTY),
        ("JKS of private keys", Writer::new().private("a", &[&der(DEMO_2019)]).sealed(PASSWORD), EMPTY),
        ("PKCS#12 without entries", pkcs12(&[]), EMPTY),
        ("nothing", Vec::new(), NOT_A_STORE),
        ("words", b"hello".to_vec(), NOT_A_STORE),
        ("PEM", DEMO_2019.as_bytes().to_vec(), NOT_A_STORE),
        ("a certificate", der(DEMO_2019), NOT_A_STORE),
        ("JKS, cut off", jks(&["a"])[..200].to_vec(), "the file is damaged"),
        ("PKCS#12, cut off", pkcs12(&["a"])[..200].to_vec(), NOT_A_STORE),
        ("PKCS#12, continued", [&pkcs12(&["a"])[..], &[0]].concat(), NOT_A_STORE),
        (
            "one alias in two cases",
            jks(&["Gateway", "other", "gateWay"]),
            r#"the aliases "Gateway" and "gateWay" are one, as case does not count"#,
        ),
        (
            "one alias in two cases, PKCS#12",
            pkcs12(&["Gateway", "gateWay"]),
            r#"the aliases "Gateway" and "gateWay" are one, as case does not count"#,
        ),
        (
            "JCEKS",
            b"\xce\xce\xce\xce\0\0\0\x02\0\0\0\0".to_vec(),
            "a JCEKS store is not supported: `keytool -importkeystore -deststoretype PKCS12` makes one that is",
        ),
        (
            "no usable key",
            Writer::new().trusted("a", b"no certificate").sealed(PASSWORD),
            "no usable key in it: not a certificate",
        ),
    ] {
        assert_eq!(read(&file, with_password).map(drop).unwrap_err(), expected, "{name}");
    }
}

#[test]
fn an_odd_certificate_is_left_out_unless_it_is_the_default() {
    let file =
        Writer::new().trusted("odd", b"no certificate").trusted("good", &der(DEMO_2017)).sealed(PASSWORD);
    let set = read(&file, with_password).unwrap();
    assert_eq!((set.keys().len(), set.skipped().collect::<Vec<_>>()), (1, vec!["not a certificate"]));
    let error = read(&file, |store| with_password(store).default_alias("ODD")).map(drop).unwrap_err();
    assert_eq!(error, r#"default_alias "ODD": not a certificate"#);
}

#[test]
fn the_password_comes_from_where_it_is_said_to_be() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("password");
    for (content, expected) in [
        (PASSWORD.to_owned(), Ok(1)),
        (format!("{PASSWORD}\n"), Ok(1)),
        (format!("{PASSWORD}\r\n"), Ok(1)),
        (format!("{PASSWORD}\n\n"), Err(())),
        (format!(" {PASSWORD}"), Err(())),
    ] {
        fs::write(&file, &content).unwrap();
        let set = read(&jks(&["a"]), |store| store.password_file(&file));
        assert_eq!(set.map(|set| set.keys().len()).map_err(drop), expected, "{content:?}");
    }
    let missing = read(&jks(&["a"]), |store| store.password_file("/nowhere/password")).unwrap_err();
    assert!(missing.starts_with(r#"password_file "/nowhere/password" cannot be read: "#), "{missing}");

    // Cargo sets this one for every test.
    let variable = ("CARGO_PKG_NAME", std::env::var("CARGO_PKG_NAME").unwrap());
    let sealed = Writer::new().trusted("a", &der(DEMO_2019)).sealed(&variable.1);
    assert_eq!(read(&sealed, |store| store.password_env(variable.0)).unwrap().keys().len(), 1);
    let unset = read(&sealed, |store| store.password_env("CLAIMGATE_NOT_SET")).unwrap_err();
    assert_eq!(unset, r#"password_env "CLAIMGATE_NOT_SET": it is not set"#);
    assert!(read(&sealed, |store| store.password_env("A=B\0C")).is_err());
    assert!(read(&jks(&["a"]), |store| store.password("x").password(PASSWORD)).is_ok(), "the last counts");
}

#[test]
fn a_file_that_is_not_there_is_told_by_its_path() {
    let message = KeyStore::file(Path::new("/nowhere/store.jks")).read().unwrap_err();
    assert!(message.starts_with(r#"keystore "/nowhere/store.jks": cannot be read: "#), "{message}");
}

#[test]
fn debug_shows_no_password() {
    let store = KeyStore::file("a.jks").password(PASSWORD).default_alias("b");
    let debug = r#"KeyStore { path: "a.jks", password: Text(..), default_alias: Some("b"), may_lack_default: false }"#;
    assert_eq!(format!("{store:?}"), debug);
    let debug = r#"password: Variable("NAME")"#;
    assert!(format!("{:?}", store.clone().password_env("NAME")).contains(debug));
    assert!(format!("{:?}", store.password_file("c")).contains(r#"password: File("c")"#));
}

#[test]
fn no_bytes_make_it_panic() {
    let file = pkcs12(&["a"]);
    for at in 0..file.len() {
        assert!(entries(&file[..at], Some(PASSWORD)).is_err(), "{at}");
        let mut bad = file.clone();
        for bit in [0x01, 0x80] {
            bad[at] ^= bit;
            let _ = entries(&bad, Some(PASSWORD));
            let _ = entries(&bad, None);
            bad[at] ^= bit;
        }
    }
    for huge in [
        &b"\x30\x84\xff\xff\xff\xff\x02\x01\x03"[..],
        b"\x30\x88\x7f\xff\xff\xff\xff\xff\xff\xff\x02\x01\x03",
    ] {
        assert!(entries(huge, Some(PASSWORD)).is_err());
    }
}
