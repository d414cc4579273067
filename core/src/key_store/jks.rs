//! JKS, the format that Java's `KeyStore` wrote by default until Java 9: a list of entries and a seal over them.
//!
//! A reader of our own, of slices: the crate `jks` allocates whatever length a file declares before it has looked at the seal.

use std::iter;

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use crate::key_store::{Entry, StoreError};

/// The trusted certificates of a whole and sealed file.
pub(super) fn read(file: &[u8], password: &str) -> Result<Vec<Entry>, StoreError> {
    let (content, seal) = file.split_last_chunk::<SEAL>().ok_or(StoreError::Damaged)?;
    // The structure first, as it tells a file that was cut off from a wrong password. Nothing of it is used before the seal
    // is checked.
    let entries = parse(content)?;
    if seal_of(content, password) == *seal { Ok(entries) } else { Err(StoreError::WrongPassword) }
}

/// SHA-1 over the password in UTF-16, a fixed text, and the content. Whoever knows the password can make one, so it does what
/// a message authentication code would, as well as SHA-1 can.
fn seal_of(content: &[u8], password: &str) -> [u8; SEAL] {
    let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    for unit in password.encode_utf16() {
        digest.update(&unit.to_be_bytes());
    }
    digest.update(b"Mighty Aphrodite");
    digest.update(content);
    let mut seal = [0; SEAL];
    seal.iter_mut().zip(digest.finish().as_ref()).for_each(|(to, from)| *to = *from);
    seal
}

fn parse(content: &[u8]) -> Result<Vec<Entry>, StoreError> {
    let mut rest = Rest(content);
    let [_magic, version, count] = [rest.number()?, rest.number()?, rest.number()?];
    if !matches!(version, 1 | 2) {
        return Err(StoreError::Unsupported);
    }
    let mut entries = Vec::new();
    for _ in 0..count {
        let tag = rest.number()?;
        let alias = modified_utf8(rest.text()?).ok_or(StoreError::Damaged)?;
        let _created = rest.take(8)?;
        match tag {
            PRIVATE_KEY => {
                let _key = rest.bytes()?;
                for _ in 0..rest.number()? {
                    rest.certificate(version)?;
                }
            }
            TRUSTED_CERTIFICATE => {
                let certificate = rest.certificate(version)?.to_vec();
                entries.push(Entry { alias: Some(alias), certificate });
            }
            _ => return Err(StoreError::Damaged),
        }
    }
    if rest.0.is_empty() { Ok(entries) } else { Err(StoreError::Damaged) }
}

/// What is not read yet. A length counts only once so many bytes are there.
struct Rest<'f>(&'f [u8]);

impl<'f> Rest<'f> {
    fn take(&mut self, length: usize) -> Result<&'f [u8], StoreError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(StoreError::Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, StoreError> {
        let (number, rest) = self.0.split_first_chunk().ok_or(StoreError::Damaged)?;
        self.0 = rest;
        Ok(u32::from_be_bytes(*number))
    }

    fn bytes(&mut self) -> Result<&'f [u8], StoreError> {
        let length = usize::try_from(self.number()?).map_err(|_| StoreError::Damaged)?;
        self.take(length)
    }

    fn text(&mut self) -> Result<&'f [u8], StoreError> {
        let (length, rest) = self.0.split_first_chunk().ok_or(StoreError::Damaged)?;
        self.0 = rest;
        self.take(u16::from_be_bytes(*length).into())
    }

    /// Version 2 says of each what it is; Java has never written another kind.
    fn certificate(&mut self, version: u32) -> Result<&'f [u8], StoreError> {
        if version > 1 && self.text()? != b"X.509" {
            return Err(StoreError::Unsupported);
        }
        self.bytes()
    }
}

/// Java's own encoding of strings (`DataInput.readUTF`): UTF-16 units, each in one to three bytes.
fn modified_utf8(bytes: &[u8]) -> Option<String> {
    let mut bytes = bytes.iter().copied();
    let units = iter::from_fn(|| {
        let first = u16::from(bytes.next()?);
        let mut more = || bytes.next().filter(|byte| byte & 0xc0 == 0x80).map(|byte| u16::from(byte & 0x3f));
        Some(match first {
            0x00..0x80 => Some(first),
            0xc0..0xe0 => more().map(|low| (first & 0x1f) << 6 | low),
            0xe0..0xf0 => more().zip(more()).map(|(middle, low)| (first & 0xf) << 12 | middle << 6 | low),
            _ => None,
        })
    });
    String::from_utf16(&units.collect::<Option<Vec<u16>>>()?).ok()
}

const SEAL: usize = 20;
const PRIVATE_KEY: u32 = 1;
const TRUSTED_CERTIFICATE: u32 = 2;

#[cfg(test)]
pub(in crate::key_store) mod tests;
