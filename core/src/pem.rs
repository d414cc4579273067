//! PEM public keys and certificates to verification keys (RFC 7468).

use std::fmt;

use crate::der::{certificate, public_key_info, rsa_public_key};
use crate::key::KeyName;
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
    /// The dates of a certificate count only where [`CertificateValidity::Check`](crate::CertificateValidity::Check) asks
    /// for them: the key is trusted because it is configured.
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
            let found = match block.tag() {
                "CERTIFICATE" => certificate(block.contents()),
                "PUBLIC KEY" => public_key_info(block.contents()),
                "RSA PUBLIC KEY" => rsa_public_key(block.contents()),
                label => return Err(PemError::WrongBlock(label.to_owned())),
            };
            let key = found.and_then(|found| found.prepare(KeyName::of_configured(key_id)));
            set.add(key.map_err(|reason| PemError::Unusable(reason.0))?);
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests;
