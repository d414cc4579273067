//! Key stores, certificates and directories as `keytool` and `openssl` leave them on a disk.

pub(crate) mod workshop;

use std::fs;
use std::path::Path;

use claimgate_testkit::TestClock;
use claimgate_tower::config::Config;
use claimgate_tower::{
    AuthErrorKind, Authenticator, ConfigError, Decision, Issuer, KeySet, KeyStore, VerificationKey,
};
use serde_json::{Value, json};

use workshop::{PASSWORD, Workshop};

const ISSUER: &str = "https://issuer.test";
const AUDIENCE: &str = "https://api.test";
const NOW: u64 = 1_700_000_000;

fn issuer() -> Issuer {
    Issuer::new(ISSUER).audience(AUDIENCE)
}

fn gate(issuer: Issuer) -> Result<Authenticator, ConfigError> {
    Authenticator::builder().issuer(issuer).clock(TestClock::at(NOW)).build()
}

fn problem(issuer: Issuer) -> String {
    gate(issuer).map(drop).unwrap_err().to_string()
}

fn kind(gate: &Authenticator, token: &str) -> Result<(), AuthErrorKind> {
    match gate.authenticate_token(token, gate.now()) {
        Decision::Decided(result) => result.map(drop).map_err(|error| error.kind()),
        Decision::Pending(_) => panic!("nobody fetches keys here"),
    }
}

fn store(path: &Path) -> KeyStore {
    KeyStore::file(path).password(PASSWORD)
}

/// Two certificates in a store of each kind and maker, by the names `Gateway` and `other`.
fn stores(workshop: &Workshop) -> Vec<&'static str> {
    workshop.certified("gateway");
    workshop.certified("other");
    workshop.join("gateway", "other");
    for (file, kind) in [("keytool.jks", "JKS"), ("keytool.p12", "PKCS12")] {
        workshop.import(file, kind, "Gateway", "gateway");
        workshop.import(file, kind, "other", "other");
    }
    let names = "-caname Gateway -caname other";
    workshop.export("openssl.p12", names);
    workshop.export("openssl-sha512.p12", &format!("{names} -macalg sha512 -certpbe AES-128-CBC"));
    workshop.export("openssl-3des.p12", &format!("{names} -certpbe PBE-SHA1-3DES -macalg sha1"));
    workshop.export("openssl-legacy.p12", &format!("{names} -legacy"));
    let mut stores = vec![
        "keytool.jks",
        "keytool.p12",
        "openssl.p12",
        "openssl-sha512.p12",
        "openssl-3des.p12",
        "openssl-legacy.p12",
    ];
    if workshop.openssl_knows_the_mark_of_java() {
        workshop.export("openssl-mark.p12", &format!("{names} -jdktrust anyExtendedKeyUsage"));
        stores.push("openssl-mark.p12");
    }
    stores
}

#[test]
fn stores_of_every_maker_verify_tokens_by_alias_by_thumbprint_and_by_default() {
    let workshop = Workshop::new();
    let stores = stores(&workshop);
    let (sha1, sha256) = (workshop.thumbprint("gateway", "sha1"), workshop.thumbprint("gateway", "sha256"));
    let token = |key: &str, members: Value| workshop.token(key, &members);
    let cases = [
        ("alias", token("gateway", json!({ "kid": "gateway" })), Ok(()), Ok(())),
        ("alias in another case", token("gateway", json!({ "kid": "GateWAY" })), Ok(()), Ok(())),
        ("the other alias", token("other", json!({ "kid": "other" })), Ok(()), Ok(())),
        (
            "the wrong alias",
            token("other", json!({ "kid": "gateway" })),
            Err(AuthErrorKind::BadSignature),
            Err(AuthErrorKind::BadSignature),
        ),
        (
            "no such alias",
            token("gateway", json!({ "kid": "third" })),
            Err(AuthErrorKind::UnknownKey),
            Err(AuthErrorKind::UnknownKey),
        ),
        (
            "no such alias, x5t#S256",
            token("gateway", json!({ "kid": "third", "x5t#S256": sha256 })),
            Ok(()),
            Ok(()),
        ),
        ("x5t#S256", token("gateway", json!({ "x5t#S256": sha256 })), Ok(()), Ok(())),
        ("x5t", token("gateway", json!({ "x5t": sha1 })), Ok(()), Ok(())),
        (
            "x5t of another",
            token("other", json!({ "x5t": sha1 })),
            Err(AuthErrorKind::BadSignature),
            Err(AuthErrorKind::BadSignature),
        ),
        ("no name, the default key", token("gateway", json!({})), Ok(()), Ok(())),
        ("no name, another key", token("other", json!({})), Ok(()), Err(AuthErrorKind::BadSignature)),
    ];
    for file in stores {
        let plain = gate(issuer().keystore(store(&workshop.path(file)))).unwrap();
        let with_default = store(&workshop.path(file)).default_alias("GATEWAY");
        let with_default = gate(issuer().keystore(with_default)).unwrap();
        for (name, token, expected, expected_with_default) in &cases {
            assert_eq!(kind(&plain, token), *expected, "{file}: {name}");
            assert_eq!(kind(&with_default, token), *expected_with_default, "{file}, with a default: {name}");
        }
        let wrong = problem(issuer().keystore(store(&workshop.path(file)).password("wrong-password")));
        assert!(wrong.ends_with("the password is wrong, or the file was changed"), "{file}: {wrong}");
        let missing = problem(issuer().keystore(store(&workshop.path(file)).default_alias("third")));
        assert!(
            missing.ends_with(r#"default_alias "third": no trusted certificate of that name in it"#),
            "{file}: {missing}"
        );
        for message in [wrong, missing] {
            assert!(message.contains(file) && !message.contains(PASSWORD), "{message}");
        }
    }
}

#[test]
fn certificates_of_private_keys_do_not_count() {
    let workshop = Workshop::new();
    workshop.certified("trusted");
    workshop.certified("own");
    let token = workshop.token("own", &json!({ "kid": "own" }));
    for (file, kind_of_store) in [("store.jks", "JKS"), ("store.p12", "PKCS12")] {
        workshop.openssl(&format!(
            "pkcs12 -export -inkey own.key -in own.pem -name own -passout pass:{PASSWORD} -out own.p12"
        ));
        workshop.keytool(&format!(
            "-importkeystore -srckeystore own.p12 -srcstoretype PKCS12 -srcstorepass {PASSWORD} -destkeystore {file} \
             -deststoretype {kind_of_store} -deststorepass {PASSWORD}"
        ));
        let empty = problem(issuer().keystore(store(&workshop.path(file))));
        assert!(
            empty.ends_with("no trusted certificate in it; those of private keys do not count"),
            "{file}: {empty}"
        );
        workshop.import(file, kind_of_store, "trusted", "trusted");
        let gate = gate(issuer().keystore(store(&workshop.path(file)))).unwrap();
        let trusted = workshop.token("trusted", &json!({ "kid": "trusted" }));
        assert_eq!(kind(&gate, &trusted), Ok(()), "{file}");
        assert_eq!(kind(&gate, &token), Err(AuthErrorKind::UnknownKey), "{file}");
    }
    let made_by_openssl = problem(issuer().keystore(store(&workshop.path("own.p12"))));
    assert!(made_by_openssl.ends_with("those of private keys do not count"), "{made_by_openssl}");
}

#[test]
fn a_store_that_is_emptied_is_told_from_others() {
    let workshop = Workshop::new();
    workshop.certified("a");
    for (file, kind) in [("store.jks", "JKS"), ("store.p12", "PKCS12")] {
        workshop.import(file, kind, "a", "a");
        assert!(gate(issuer().keystore(store(&workshop.path(file)))).is_ok(), "{file}");
        workshop
            .keytool(&format!("-delete -alias a -keystore {file} -storetype {kind} -storepass {PASSWORD}"));
        let message = problem(issuer().keystore(store(&workshop.path(file))));
        assert!(message.contains("no trusted certificate in it"), "{file}: {message}");
    }
    workshop.keytool(&format!(
        "-genseckey -alias a -keyalg AES -keysize 128 -keystore store.jceks -storetype JCEKS -storepass {PASSWORD}"
    ));
    let message = problem(issuer().keystore(store(&workshop.path("store.jceks"))));
    assert!(message.contains("a JCEKS store is not supported"), "{message}");
}

#[test]
fn a_store_without_a_seal_takes_no_password() {
    let workshop = Workshop::new();
    workshop.certified("a");
    workshop.certified("b");
    workshop.join("a", "b");
    // Without a seal, openssl does not encrypt either.
    workshop.export("open.p12", "-caname a -caname b -nomac");
    for (file, protection) in [("java.p12", "NONE"), ("unsealed.p12", "PBEWithHmacSHA256AndAES_256")] {
        workshop.keytool(&format!(
            "-importcert -noprompt -alias a -file a.pem -keystore {file} -storetype PKCS12 -storepass {PASSWORD} \
             -J-Dkeystore.pkcs12.macAlgorithm=NONE -J-Dkeystore.pkcs12.certProtectionAlgorithm={protection}"
        ));
    }
    let token = workshop.token("a", &json!({ "kid": "a" }));
    for file in ["open.p12", "java.p12"] {
        let open = gate(issuer().keystore(KeyStore::file(workshop.path(file)))).unwrap();
        assert_eq!(kind(&open, &token), Ok(()), "{file}");
    }
    for (store, expected) in [
        (store(&workshop.path("open.p12")), "it has no seal that the password could check"),
        (store(&workshop.path("unsealed.p12")), "it has no seal that the password could check"),
        (KeyStore::file(workshop.path("unsealed.p12")), "it is sealed with a password, and none is given"),
    ] {
        let message = problem(issuer().keystore(store));
        assert!(message.contains(expected), "{message}");
    }
}

/// On a runtime, as the files that a configuration names are watched.
#[tokio::test]
async fn the_configuration_file_names_a_store_a_directory_or_files() {
    let workshop = Workshop::new();
    workshop.certified("a");
    workshop.import("store.jks", "JKS", "Alias", "a");
    fs::write(workshop.path("password"), format!("{PASSWORD}\n")).unwrap();
    fs::create_dir(workshop.path("keys")).unwrap();
    fs::copy(workshop.path("a.der"), workshop.path("keys/alias.crt")).unwrap();
    let token = workshop.token("a", &json!({ "kid": "alias" }));
    for source in [
        format!(r#"keystore = {{ path = "store.jks", password = "{PASSWORD}" }}"#),
        r#"keystore = { path = "store.jks", password_file = "password", default_alias = "ALIAS" }"#
            .to_owned(),
        r#"key_directory = "keys""#.to_owned(),
        r#"certificates = ["a.pem"]"#.to_owned(),
        r#"certificates = "a.der""#.to_owned(),
    ] {
        let text = format!("[[issuer]]\nissuer = {ISSUER:?}\naudiences = [{AUDIENCE:?}]\n{source}");
        let config = Config::parse(&text, &workshop.path("")).unwrap();
        let gate = config.into_builder().clock(TestClock::at(NOW)).build().unwrap();
        assert_eq!(kind(&gate, &token), Ok(()), "{source}");
        // A certificate of today is not valid at the time of these tests.
        let text = text + "\ncertificate_validity = \"check\"";
        let config = Config::parse(&text, &workshop.path("")).unwrap();
        let gate = config.into_builder().clock(TestClock::at(NOW)).build().unwrap();
        assert_eq!(kind(&gate, &token), Err(AuthErrorKind::KeyNotValid), "{source}");
    }
}

#[test]
fn one_certificate_is_one_key_in_pem_in_der_and_as_a_bare_key() {
    let workshop = Workshop::new();
    let read = |name: &str| fs::read(workshop.path(name)).unwrap();
    for (name, options) in [
        ("rsa", "RSA -pkeyopt rsa_keygen_bits:2048"),
        ("p256", "EC -pkeyopt ec_paramgen_curve:P-256"),
        ("p384", "EC -pkeyopt ec_paramgen_curve:P-384"),
        ("p521", "EC -pkeyopt ec_paramgen_curve:P-521"),
        ("ed25519", "ED25519"),
    ] {
        workshop.openssl(&format!("genpkey -algorithm {options} -out {name}.key"));
        workshop.certify(name, name);
        workshop.openssl(&format!("pkey -in {name}.key -pubout -out {name}.pub"));
        workshop.openssl(&format!("pkey -in {name}.key -pubout -outform DER -out {name}.pub.der"));
        workshop.openssl(&format!("pkey -in {name}.key -outform DER -out {name}.key.der"));
        let text = |file: &str| String::from_utf8(read(file)).unwrap();
        let sets = [
            KeySet::from_pem(&text(&format!("{name}.pem")), None).unwrap(),
            KeySet::from_der(&read(&format!("{name}.der")), None).unwrap(),
            KeySet::from_pem(&text(&format!("{name}.pub")), None).unwrap(),
            KeySet::from_der(&read(&format!("{name}.pub.der")), None).unwrap(),
        ];
        let thumbprints =
            sets.each_ref().map(|set| set.keys().iter().map(VerificationKey::thumbprint).collect());
        let first: &Vec<_> = &thumbprints[0];
        assert_eq!(first.len(), 1);
        assert!(thumbprints.iter().all(|other| other == first), "{name}");
        let private = KeySet::from_der(&read(&format!("{name}.key.der")), None).unwrap_err();
        assert_eq!(
            private.to_string(),
            "a private key where certificates and public keys are read",
            "{name}"
        );
    }
    workshop.openssl("rsa -in rsa.key -RSAPublicKey_out -outform DER -out rsa.pkcs1.der");
    let pkcs1 = KeySet::from_der(&read("rsa.pkcs1.der"), None).unwrap();
    let certificate = KeySet::from_der(&read("rsa.der"), None).unwrap();
    assert_eq!(pkcs1.keys()[0].thumbprint(), certificate.keys()[0].thumbprint());
}

#[test]
fn a_certificate_that_is_renewed_keeps_tokens_valid_and_a_new_key_does_not() {
    let workshop = Workshop::new();
    workshop.certified("first");
    workshop.certify("first", "renewed");
    workshop.certified("replaced");
    let token = workshop.token("first", &json!({ "kid": "gateway" }));
    for (certificate, expected) in
        [("first", Ok(())), ("renewed", Ok(())), ("replaced", Err(AuthErrorKind::BadSignature))]
    {
        let file = format!("{certificate}.jks");
        workshop.import(&file, "JKS", "gateway", certificate);
        let gate = gate(issuer().keystore(store(&workshop.path(&file)))).unwrap();
        assert_eq!(kind(&gate, &token), expected, "{certificate}");
    }
}

/// Every file that is cut off or has a flipped bit is refused or read as what it was, and never a panic.
#[test]
fn damaged_stores_are_refused() {
    let workshop = Workshop::new();
    workshop.certified("a");
    workshop.import("store.jks", "JKS", "a", "a");
    // One round of the key derivation, as the seal of each variant is checked.
    workshop.openssl(&format!(
        "pkcs12 -export -nokeys -in a.pem -caname a -iter 1 -nomaciter -passout pass:{PASSWORD} -out store.p12"
    ));
    let token = workshop.token("a", &json!({ "kid": "a" }));
    for (file, is_sealed_whole) in [("store.jks", true), ("store.p12", false)] {
        let good = fs::read(workshop.path(file)).unwrap();
        let bad = workshop.path("bad");
        let open = |bytes: &[u8]| {
            fs::write(&bad, bytes).unwrap();
            gate(issuer().keystore(store(&bad)))
        };
        assert_eq!(kind(&open(&good).unwrap(), &token), Ok(()), "{file}");
        for at in 0..good.len() {
            let message = open(&good[..at]).map(drop).unwrap_err().to_string();
            assert!(message.contains("keystore \"") && !message.contains(PASSWORD), "{file} {at}: {message}");
            let mut flipped = good.clone();
            flipped[at] ^= 1 << (at % 8);
            match open(&flipped) {
                Err(_) => {}
                // Around the sealed content of PKCS#12, there are bits that mean nothing.
                Ok(gate) => {
                    assert!(!is_sealed_whole, "{file} {at}");
                    assert_eq!(kind(&gate, &token), Ok(()), "{file} {at}");
                }
            }
        }
    }
}
