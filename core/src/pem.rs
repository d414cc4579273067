//! PEM public keys and certificates to verification keys (RFC 7468).

use std::fmt;

use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::{PublicKey, RSAPublicKey};
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::key::{Curve, PublicNumbers, UnusableKey, VerificationKey};
use crate::key_set::KeySet;

/// Why a PEM text gives no keys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PemError {
    /// The text holds no PEM block.
    NotPem,
    /// A block begins and does not end.
    CutOff,
    /// A block is neither `CERTIFICATE`, `PUBLIC KEY` nor `RSA PUBLIC KEY`. Private keys do not belong here.
    WrongBlock(String),
    /// A block does not hold a key that can be used; the phrase says why.
    Unusable(&'static str),
}

impl fmt::Display for PemError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PemError::NotPem => formatter.write_str("no PEM block"),
            PemError::CutOff => formatter.write_str("a PEM block begins and does not end"),
            PemError::WrongBlock(label) => {
                write!(formatter, "a PEM block `{label}` where certificates and public keys are read")
            }
            PemError::Unusable(reason) => formatter.write_str(reason),
        }
    }
}

impl std::error::Error for PemError {}

impl KeySet {
    /// Reads every certificate and public key of a PEM text. With `key_id` the keys answer to it; without, they stand for
    /// any `kid` of their issuer's tokens.
    ///
    /// The validity dates of a certificate are not looked at: the key is trusted because it is configured.
    ///
    /// # Errors
    ///
    /// [`PemError`] when the text has no block, half a block, a foreign block, or a key that cannot be used: unlike a set that comes
    /// over the network, a configured key that does not work is a mistake to be told about.
    pub fn from_pem(text: &str, key_id: Option<&str>) -> Result<Self, PemError> {
        let blocks = pem::parse_many(text).map_err(|_| PemError::NotPem)?;
        if blocks.is_empty() {
            return Err(PemError::NotPem);
        }
        // The parser passes over what it cannot match to its end, and a key that is missing is noticed only in production.
        if text.matches("-----BEGIN ").count() != blocks.len() {
            return Err(PemError::CutOff);
        }
        let mut set = KeySet::default();
        for block in blocks {
            let numbers = match block.tag() {
                "CERTIFICATE" => certificate(block.contents()),
                "PUBLIC KEY" => public_key_info(block.contents()),
                "RSA PUBLIC KEY" => rsa_public_key(block.contents()),
                label => return Err(PemError::WrongBlock(label.to_owned())),
            };
            let key = numbers.and_then(|numbers| {
                VerificationKey::prepare(&numbers, None, key_id.map(Into::into), key_id.is_none())
            });
            set.add(key.map_err(|reason| PemError::Unusable(reason.0))?);
        }
        Ok(set)
    }
}

fn certificate(der: &[u8]) -> Result<PublicNumbers, UnusableKey> {
    let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| UnusableKey("not a certificate"))?;
    if !rest.is_empty() {
        return Err(UnusableKey("data after the certificate"));
    }
    numbers(certificate.public_key())
}

fn public_key_info(der: &[u8]) -> Result<PublicNumbers, UnusableKey> {
    let (rest, info) =
        SubjectPublicKeyInfo::from_der(der).map_err(|_| UnusableKey("not a SubjectPublicKeyInfo"))?;
    if !rest.is_empty() {
        return Err(UnusableKey("data after the public key"));
    }
    numbers(&info)
}

fn rsa_public_key(der: &[u8]) -> Result<PublicNumbers, UnusableKey> {
    let (rest, key) = RSAPublicKey::from_der(der).map_err(|_| UnusableKey("not an RSAPublicKey"))?;
    if !rest.is_empty() {
        return Err(UnusableKey("data after the public key"));
    }
    Ok(PublicNumbers::Rsa { modulus: key.modulus.to_vec(), exponent: key.exponent.to_vec() })
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
