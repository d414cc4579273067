//! PKCS#12 (RFC 7292): what Java's `KeyStore` has written by default since Java 9, and what `openssl pkcs12` writes.

use p12_keystore::error::Error;
use p12_keystore::{CertificateBag, Pkcs12Archive};
use x509_parser::asn1_rs::{Any, FromDer, Tag};

use crate::key_store::{Entry, StoreError};

/// The certificates that count.
pub(super) fn read(file: &[u8], password: Option<&str>) -> Result<Vec<Entry>, StoreError> {
    let is_sealed = is_sealed(file).ok_or(StoreError::NotAStore)?;
    // Whoever gives a password expects that it protects the file; the library passes over a seal that is not there.
    if password.is_some() && !is_sealed {
        return Err(StoreError::NotSealed);
    }
    // The library's own `KeyStore` knows trusted certificates by Java's mark only, which openssl sets on request.
    let archive = Pkcs12Archive::from_pkcs12(file, password.unwrap_or_default());
    let archive = archive.map_err(|error| told(&error, is_sealed))?;
    let is_marked = archive.certs.iter().any(|bag| bag.trusted);
    let counts = |bag: &CertificateBag| bag.trusted || !is_marked && archive.keys.is_empty();
    let entries = archive
        .certs
        .iter()
        .filter(|bag| counts(bag))
        .map(|bag| Entry { alias: bag.friendly_name.clone(), certificate: bag.cert.as_der().to_vec() });
    Ok(entries.collect())
}

/// Whether the file has a seal: `PFX ::= SEQUENCE { version INTEGER {v3(3)}(v3,...), authSafe ContentInfo, macData MacData
/// OPTIONAL }` (RFC 7292, section 4). `None` if it is no such sequence, whole and alone.
fn is_sealed(file: &[u8]) -> Option<bool> {
    let member = |bytes| -> Option<(&[u8], Any<'_>)> { Any::from_der(bytes).ok() };
    let (rest, pfx) = member(file)?;
    let (after_version, version) = member(pfx.data)?;
    let (after_content, content) = member(after_version)?;
    let is_pfx =
        pfx.tag() == Tag::Sequence && version.tag() == Tag::Integer && content.tag() == Tag::Sequence;
    (is_pfx && version.data == [3] && rest.is_empty()).then_some(!after_content.is_empty())
}

/// The library's words are for its developers, and what is told here stays the same when they change.
fn told(error: &Error, is_sealed: bool) -> StoreError {
    match error {
        Error::MacError(_) => StoreError::WrongPassword,
        // The seal was checked first.
        Error::Pkcs5Error(_) | Error::UnpadError if is_sealed => StoreError::OtherPassword,
        // Without a seal, a wrong password makes nonsense of the content, or of the end of its last block.
        Error::Pkcs5Error(_) | Error::UnpadError | Error::DerError(_) if !is_sealed => {
            StoreError::WrongPassword
        }
        Error::UnsupportedContentType
        | Error::UnsupportedCertificateType
        | Error::UnsupportedEncryptionScheme
        | Error::UnsupportedMacAlgorithm
        | Error::InvalidParameters => StoreError::Unsupported,
        _ => StoreError::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_decrypted_is_told_by_whether_the_seal_was_good() {
        for (error, is_sealed, expected) in [
            (Error::UnpadError, true, StoreError::OtherPassword),
            (Error::UnpadError, false, StoreError::WrongPassword),
            (Error::InvalidPrivateKey, true, StoreError::Damaged),
            (Error::UnsupportedMacAlgorithm, true, StoreError::Unsupported),
        ] {
            assert_eq!(told(&error, is_sealed), expected, "{error}");
        }
    }
}
