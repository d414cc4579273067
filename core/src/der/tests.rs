use claimgate_testkit::{Alg, SigningKey};

use super::*;
use crate::base64url;

const PEM: &str = include_str!("../../../tests/data/wso2/seed000-demo-2019.pem");

fn contents(pem: &str) -> Vec<u8> {
    pem::parse(pem).unwrap().into_contents()
}

fn read(der: &[u8]) -> Result<VerificationKey, DerError> {
    KeySet::from_der(der, None).map(|set| set.keys()[0].clone())
}

#[test]
fn a_key_is_the_same_from_der_and_from_pem() {
    let keys =
        [Alg::RS256, Alg::ES256, Alg::ES384, Alg::ES512, Alg::EdDSA].map(|alg| SigningKey::generate(alg, ""));
    let pems = keys.iter().map(SigningKey::public_key_pem).chain([PEM.to_owned()]);
    for pem in pems {
        let from_pem = KeySet::from_pem(&pem, Some("a")).unwrap();
        let from_der = KeySet::from_der(&contents(&pem), Some("a")).unwrap();
        let [from_pem, from_der] = [&from_pem.keys()[0], &from_der.keys()[0]];
        assert_eq!(from_der.thumbprint(), from_pem.thumbprint());
        assert_eq!(from_der.certificate(), from_pem.certificate());
        assert_eq!(from_der.name(), &KeyName::Exact("a".into()));
        assert_eq!(from_der.name(), from_pem.name());
    }
}

/// The key of PKCS#1 is the content of the bit string in a `SubjectPublicKeyInfo` (RFC 3279, section 2.3.1).
#[test]
fn reads_the_rsa_keys_of_pkcs1() {
    let spki = contents(&SigningKey::generate(Alg::RS256, "").public_key_pem());
    let (_, info) = SubjectPublicKeyInfo::from_der(&spki).unwrap();
    let bare = read(&info.subject_public_key.data).unwrap();
    assert_eq!(bare.thumbprint(), read(&spki).unwrap().thumbprint());
    assert_eq!(*bare.name(), KeyName::Any);
}

/// The digests are those that `openssl x509 -fingerprint` prints, with `-sha1` and `-sha256`.
#[test]
fn a_certificate_is_known_by_the_digests_of_its_bytes() {
    let Thumbprints { sha1, sha256 } = read(&contents(PEM)).unwrap().certificate().thumbprints;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    assert_eq!(hex(&sha1.unwrap()), "f4fa3052c9e92b3283427cb22b2ca327af5b274f");
    assert_eq!(hex(&sha256.unwrap()), "bc6d75f85629d1ab50da15ead7161d8a636f542b939060aa70e6db68ce5a807c");
    let bare = SigningKey::generate(Alg::ES256, "").public_key_pem();
    assert_eq!(*read(&contents(&bare)).unwrap().certificate(), CertificateFacts::default());
}

#[test]
fn what_is_no_key_is_refused_by_what_it_is() {
    const VERSION_0: [u8; 3] = [2, 1, 0];
    const NUMBER: [u8; 3] = [2, 1, 9];
    const ALGORITHM: [u8; 2] = [0x30, 0];
    let sequence = |members: &[&[u8]]| {
        let content = members.concat();
        [&[0x30, u8::try_from(content.len()).unwrap()][..], &content].concat()
    };
    let certificate = contents(PEM);
    let trailing = [&certificate[..], &[0]].concat();
    for (name, der, expected) in [
        ("nothing", Vec::new(), DerError::NotAKey),
        ("words", b"hello".to_vec(), DerError::NotAKey),
        ("an empty sequence", sequence(&[]), DerError::NotAKey),
        ("one member", sequence(&[&ALGORITHM]), DerError::NotAKey),
        ("a longer length than there is", vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0], DerError::NotAKey),
        ("a length without end", vec![0x30, 0x80, 2, 1, 9, 2, 1, 9, 0, 0], DerError::NotAKey),
        ("PKCS#8", sequence(&[&VERSION_0, &ALGORITHM, &[4, 0]]), DerError::PrivateKey),
        ("PKCS#8, encrypted", sequence(&[&ALGORITHM, &[4, 0]]), DerError::PrivateKey),
        ("PKCS#1, private", sequence(&[&VERSION_0, &NUMBER, &NUMBER]), DerError::PrivateKey),
        ("SEC 1", sequence(&[&[2, 1, 1], &[4, 0]]), DerError::PrivateKey),
        ("PKCS#1", sequence(&[&NUMBER, &NUMBER]), DerError::Unusable("an RSA modulus has 2048 to 8192 bits")),
        ("PKCS#12", sequence(&[&[2, 1, 3], &ALGORITHM]), DerError::NotAKey),
        (
            "a request",
            sequence(&[&ALGORITHM, &ALGORITHM, &[3, 1, 0]]),
            DerError::Unusable("not a certificate"),
        ),
        ("data after it", trailing, DerError::Unusable("data after the certificate")),
        ("cut off", certificate[..certificate.len() - 1].to_vec(), DerError::NotAKey),
        ("PEM", PEM.as_bytes().to_vec(), DerError::NotAKey),
    ] {
        assert_eq!(read(&der).err(), Some(expected), "{name}");
    }
}

#[test]
fn no_bytes_make_it_panic() {
    let good = contents(PEM);
    for at in 0..good.len() {
        let _ = read(&good[..at]);
        let mut bad = good.clone();
        for bit in [1, 0x80] {
            bad[at] ^= bit;
            let _ = read(&bad);
        }
    }
    assert_eq!(base64url::encode(&read(&good).unwrap().thumbprint()).len(), 43);
}
