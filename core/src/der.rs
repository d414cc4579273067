//! DER certificates and public keys to verification keys (ITU-T X.690; RFC 5280, RFC 8017).

use std::fmt;

use x509_parser::asn1_rs::{Any, FromDer, Tag};
use x509_parser::certificate::X509Certificate;
use x509_parser::public_key::{PublicKey, RSAPublicKey};
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::certificate::{CertificateFacts, Thumbprints, Validity};
use crate::key::{Curve, KeyName, PublicNumbers, UnusableKey, VerificationKey};
use crate::key_set::KeySet;

/// Why DER bytes give no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DerError {
    /// They are neither a certificate, a `SubjectPublicKeyInfo` nor an `RSAPublicKey`.
    NotAKey,
    /// They are a private key, which does not belong here.
    PrivateKey,
    /// They do not hold a key that can be used; the phrase says why.
    Unusable(&'static str),
}

impl fmt::Display for DerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            DerError::NotAKey => "neither a certificate nor a public key in DER",
            DerError::PrivateKey => "a private key where certificates and public keys are read",
            DerError::Unusable(reason) => reason,
        })
    }
}

impl std::error::Error for DerError {}

impl KeySet {
    /// Reads one certificate or public key in DER. With `key_id` the key answers to it; without, it stands for any `kid` of
    /// its issuer's tokens.
    ///
    /// # Errors
    ///
    /// [`DerError`] when the bytes are something else, or a key that cannot be used.
    pub fn from_der(der: &[u8], key_id: Option<&str>) -> Result<Self, DerError> {
        let read = match Shape::of(der) {
            Shape::Certificate => certificate,
            Shape::PublicKeyInfo => public_key_info,
            Shape::RsaPublicKey => rsa_public_key,
            Shape::PrivateKey => return Err(DerError::PrivateKey),
            Shape::Other => return Err(DerError::NotAKey),
        };
        let key = read(der).and_then(|found| found.prepare(KeyName::of_configured(key_id)));
        let mut set = KeySet::default();
        set.add(key.map_err(|reason| DerError::Unusable(reason.0))?);
        Ok(set)
    }
}

/// A public key and what is known of the certificate around it.
pub(crate) struct Found {
    numbers: PublicNumbers,
    certificate: CertificateFacts,
}

impl Found {
    pub(crate) fn prepare(&self, name: KeyName) -> Result<VerificationKey, UnusableKey> {
        VerificationKey::prepare(&self.numbers, None, name, self.certificate)
    }
}

/// The key of an X.509 certificate. Nothing else that the certificate says is looked at: it is trusted because it is
/// configured, and no chain is built from it or to it.
pub(crate) fn certificate(der: &[u8]) -> Result<Found, UnusableKey> {
    let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| UnusableKey("not a certificate"))?;
    if !rest.is_empty() {
        return Err(UnusableKey("data after the certificate"));
    }
    let validity = certificate.validity();
    let validity =
        Validity { not_before: validity.not_before.timestamp(), not_after: validity.not_after.timestamp() };
    Ok(Found {
        numbers: numbers(certificate.public_key())?,
        certificate: CertificateFacts {
            thumbprints: Thumbprints::of_certificate(der),
            validity: Some(validity),
        },
    })
}

pub(crate) fn public_key_info(der: &[u8]) -> Result<Found, UnusableKey> {
    let (rest, info) =
        SubjectPublicKeyInfo::from_der(der).map_err(|_| UnusableKey("not a SubjectPublicKeyInfo"))?;
    if !rest.is_empty() {
        return Err(UnusableKey("data after the public key"));
    }
    Ok(Found { numbers: numbers(&info)?, certificate: CertificateFacts::default() })
}

pub(crate) fn rsa_public_key(der: &[u8]) -> Result<Found, UnusableKey> {
    let (rest, key) = RSAPublicKey::from_der(der).map_err(|_| UnusableKey("not an RSAPublicKey"))?;
    if !rest.is_empty() {
        return Err(UnusableKey("data after the public key"));
    }
    let numbers = PublicNumbers::Rsa { modulus: key.modulus.to_vec(), exponent: key.exponent.to_vec() };
    Ok(Found { numbers, certificate: CertificateFacts::default() })
}

/// What a SEQUENCE looks like by its first two members. Trying one reader after the other would tell of the last what is
/// wrong with the first.
enum Shape {
    Certificate,
    PublicKeyInfo,
    RsaPublicKey,
    PrivateKey,
    Other,
}

impl Shape {
    fn of(der: &[u8]) -> Self {
        let Some((first, second)) = first_two_members(der) else { return Shape::Other };
        match (first.tag(), second.tag()) {
            (Tag::Sequence, Tag::Sequence) => Shape::Certificate,
            (Tag::Sequence, Tag::BitString) => Shape::PublicKeyInfo,
            // EncryptedPrivateKeyInfo (RFC 5958, section 3).
            (Tag::Sequence, Tag::OctetString) => Shape::PrivateKey,
            // The versions of PKCS#1, PKCS#8 and SEC 1 private keys; no modulus is that small.
            (Tag::Integer, _) if matches!(first.data, [0 | 1]) => Shape::PrivateKey,
            (Tag::Integer, Tag::Integer) => Shape::RsaPublicKey,
            _ => Shape::Other,
        }
    }
}

/// The first two members of the SEQUENCE that `der` begins with, if it is whole.
pub(crate) fn first_two_members(der: &[u8]) -> Option<(Any<'_>, Any<'_>)> {
    let (_, whole) = Any::from_der(der).ok().filter(|(_, whole)| whole.tag() == Tag::Sequence)?;
    let (rest, first) = Any::from_der(whole.data).ok()?;
    let (_, second) = Any::from_der(rest).ok()?;
    Some((first, second))
}

fn numbers(info: &SubjectPublicKeyInfo<'_>) -> Result<PublicNumbers, UnusableKey> {
    let unsupported = UnusableKey("a type of key that is not supported");
    // id-Ed25519 (RFC 8410, section 3)
    if info.algorithm.algorithm.to_id_string() == "1.3.101.112" {
        return Ok(PublicNumbers::Ed25519 { point: info.subject_public_key.data.to_vec() });
    }
    match info.parsed().map_err(|_| UnusableKey("the public key cannot be read"))? {
        PublicKey::RSA(key) => {
            Ok(PublicNumbers::Rsa { modulus: key.modulus.to_vec(), exponent: key.exponent.to_vec() })
        }
        PublicKey::EC(point) => {
            let parameters = info.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
            // RFC 5480, section 2.1.1.1
            let curve = match parameters.map(|oid| oid.to_id_string()).as_deref() {
                Some("1.2.840.10045.3.1.7") => Curve::P256,
                Some("1.3.132.0.34") => Curve::P384,
                Some("1.3.132.0.35") => Curve::P521,
                _ => return Err(unsupported),
            };
            let Some((4, coordinates)) = point.data().split_first() else {
                return Err(UnusableKey("the point is not uncompressed"));
            };
            let (x, y) = coordinates
                .split_at_checked(curve.coordinate_bytes())
                .ok_or(UnusableKey("a coordinate does not have the length of its curve"))?;
            Ok(PublicNumbers::Ec { curve, x: x.to_vec(), y: y.to_vec() })
        }
        _ => Err(unsupported),
    }
}

#[cfg(test)]
mod tests;
