use claimgate_testkit::{Alg, SigningKey};
use pem::{EncodeConfig, LineEnding, Pem};
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::*;
use crate::algorithm::Algorithm;

const CERTIFICATE: &str = include_str!("../../../tests/data/wso2/seed000-demo-2019.pem");

fn algorithms(text: &str) -> Result<Vec<Vec<&'static str>>, PemError> {
    let keys = KeySet::from_pem(text, None)?;
    Ok(keys.keys().iter().map(|key| key.algorithms().map(Algorithm::name).collect()).collect())
}

fn armoured(label: &str, der: &[u8]) -> String {
    pem::encode_config(&Pem::new(label, der), EncodeConfig::new().set_line_ending(LineEnding::LF))
}

fn spki(alg: Alg) -> Vec<u8> {
    pem::parse(SigningKey::generate(alg, "").public_key_pem()).unwrap().into_contents()
}

#[test]
fn reads_public_keys_of_every_type() {
    const RSA: [&str; 6] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
    for (alg, expected) in [
        (Alg::RS256, &RSA[..]),
        (Alg::ES256, &["ES256"]),
        (Alg::ES384, &["ES384"]),
        (Alg::ES512, &["ES512"]),
        (Alg::EdDSA, &["EdDSA"]),
    ] {
        let key = SigningKey::generate(alg, "");
        assert_eq!(algorithms(&key.public_key_pem()), Ok(vec![expected.to_vec()]), "{alg}");
    }
    assert_eq!(algorithms(CERTIFICATE), Ok(vec![RSA.to_vec()]), "a certificate");
}

#[test]
fn a_key_is_the_same_from_pem_and_from_jwk() {
    for alg in [Alg::RS256, Alg::ES256, Alg::ES512, Alg::EdDSA] {
        let key = SigningKey::generate(alg, "");
        let pem = KeySet::from_pem(&key.public_key_pem(), None).unwrap();
        let jwks = KeySet::from_jwks(&format!(r#"{{"keys":[{}]}}"#, key.public_jwk())).unwrap();
        assert_eq!(pem.keys()[0].thumbprint(), jwks.keys()[0].thumbprint(), "{alg}");
        let signature = key.sign(b"message");
        let algorithm = alg.name().parse().unwrap();
        assert!(pem.keys()[0].verify(algorithm, b"message", &signature), "{alg}");
        assert!(!pem.keys()[0].verify(algorithm, b"massage", &signature), "{alg}");
    }
}

/// The key of PKCS#1 is the content of the bit string in a `SubjectPublicKeyInfo` (RFC 3279, section 2.3.1).
#[test]
fn reads_the_rsa_keys_of_pkcs1() {
    let spki = spki(Alg::RS256);
    let (_, info) = SubjectPublicKeyInfo::from_der(&spki).unwrap();
    let pkcs1 = info.subject_public_key.data.to_vec();
    let bare = KeySet::from_pem(&armoured("RSA PUBLIC KEY", &pkcs1), None).unwrap();
    let wrapped = KeySet::from_pem(&armoured("PUBLIC KEY", &spki), None).unwrap();
    assert_eq!(bare.keys()[0].thumbprint(), wrapped.keys()[0].thumbprint());
    let longer = [&pkcs1[..], &[0]].concat();
    assert_eq!(
        algorithms(&armoured("RSA PUBLIC KEY", &longer)),
        Err(PemError::Unusable("data after the public key"))
    );
}

#[test]
fn reads_every_block_and_any_text_between() {
    let [first, second] = [Alg::ES256, Alg::EdDSA].map(|alg| SigningKey::generate(alg, "").public_key_pem());
    let text = format!("subject=CN = one\n{first}\n# two\n{second}{CERTIFICATE}");
    assert_eq!(algorithms(&text).unwrap().len(), 3);
    let windows = text.replace('\n', "\r\n");
    assert_eq!(algorithms(&windows).unwrap().len(), 3);
}

#[test]
fn with_a_kid_the_key_answers_to_it() {
    let keys = KeySet::from_pem(CERTIFICATE, Some("2019")).unwrap();
    assert_eq!(keys.keys()[0].key_id(), Some("2019"));
    assert_eq!(*keys.keys()[0].name(), KeyName::Exact("2019".into()));
    let keys = KeySet::from_pem(CERTIFICATE, None).unwrap();
    assert_eq!(keys.keys()[0].key_id(), None);
    assert_eq!(*keys.keys()[0].name(), KeyName::Any);
}

#[test]
fn a_private_key_is_refused_by_its_label() {
    for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
        for text in [armoured(label, &[0; 32]), CERTIFICATE.to_owned() + &armoured(label, &[0; 32])] {
            let error = algorithms(&text).unwrap_err();
            assert_eq!(error, PemError::WrongBlock(label.to_owned()));
            assert_eq!(
                error.to_string(),
                format!("a PEM block `{label}` where certificates and public keys are read")
            );
        }
    }
    assert!(matches!(algorithms(&armoured("CERTIFICATE REQUEST", &[0])), Err(PemError::WrongBlock(_))));
}

#[test]
fn what_is_no_pem_is_refused() {
    let begin = CERTIFICATE.lines().take(3).collect::<Vec<_>>().join("\n");
    for (name, text) in [
        ("empty", ""),
        ("words", "hello"),
        ("a path", "/etc/keys/issuer.pem"),
        ("a JWK Set", r#"{"keys":[]}"#),
        ("cut off", &begin),
        ("not base64", "-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n"),
        ("two labels", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ] {
        assert_eq!(algorithms(text), Err(PemError::NotPem), "{name}");
    }
}

#[test]
fn a_block_that_is_cut_off_does_not_vanish_beside_a_good_one() {
    let cut = CERTIFICATE.lines().take(3).collect::<Vec<_>>().join("\n");
    for text in [format!("{CERTIFICATE}{cut}\n"), format!("{cut}\n{CERTIFICATE}")] {
        assert!(algorithms(&text).is_err(), "{text}");
    }
}

#[test]
fn a_block_that_does_not_hold_what_it_says_is_refused() {
    let ec = spki(Alg::ES256);
    let mut off_curve = ec.clone();
    *off_curve.last_mut().unwrap() ^= 1;
    // 02 or 03 before x is the compressed form (SEC 1, section 2.3.3).
    let at = ec.len() - 65;
    let mut compressed = ec.clone();
    compressed[at] = 2;
    let mut other_curve = ec.clone();
    let curve = other_curve.windows(3).position(|three| three == [0x03, 0x01, 0x07]).unwrap();
    other_curve[curve + 2] = 0x06;
    for (name, label, der, expected) in [
        ("nothing", "PUBLIC KEY", &[][..], "not a SubjectPublicKeyInfo"),
        ("not DER", "PUBLIC KEY", b"hello", "not a SubjectPublicKeyInfo"),
        ("not a certificate", "CERTIFICATE", &ec, "not a certificate"),
        ("not PKCS#1", "RSA PUBLIC KEY", b"hello", "not an RSAPublicKey"),
        ("data after it", "PUBLIC KEY", &[&ec[..], &[0]].concat(), "data after the public key"),
        ("off the curve", "PUBLIC KEY", &off_curve, "the point is not on its curve"),
        ("compressed", "PUBLIC KEY", &compressed, "the point is not uncompressed"),
        ("another curve", "PUBLIC KEY", &other_curve, "a type of key that is not supported"),
    ] {
        assert_eq!(algorithms(&armoured(label, der)), Err(PemError::Unusable(expected)), "{name}");
    }
}

/// RSA of 1024 bits with exponent 65537, as a `SubjectPublicKeyInfo`.
#[test]
fn n067_a_weak_key_is_refused_when_it_is_configured() {
    let mut modulus = vec![0xa5; 128];
    modulus[127] |= 1;
    let der = [
        &[
            0x30, 0x81, 0x9f, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
            0x05, 0x00,
        ][..],
        &[0x03, 0x81, 0x8d, 0x00, 0x30, 0x81, 0x89, 0x02, 0x81, 0x81, 0x00],
        &modulus,
        &[0x02, 0x03, 0x01, 0x00, 0x01],
    ]
    .concat();
    assert_eq!(
        algorithms(&armoured("PUBLIC KEY", &der)),
        Err(PemError::Unusable("an RSA modulus has 2048 to 8192 bits"))
    );
}
