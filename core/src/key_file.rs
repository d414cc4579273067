//! A file of certificates and public keys, in PEM or in DER.

use std::fs;
use std::path::Path;

use crate::key_set::KeySet;

/// Reads the keys of the file at `path`. The error names no path: whoever configured it knows what to call it.
pub(crate) fn read(path: &Path, key_id: Option<&str>) -> Result<KeySet, String> {
    let bytes = fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    // What stands before a PEM block may be any text, also one that begins like DER.
    let is_pem = bytes.windows(PEM_BEGIN.len()).any(|window| window == PEM_BEGIN);
    if !is_pem && bytes.first() == Some(&DER_SEQUENCE) {
        return KeySet::from_der(&bytes, key_id).map_err(|error| error.to_string());
    }
    // A comment in an old encoding does not make the blocks less readable.
    KeySet::from_pem(&String::from_utf8_lossy(&bytes), key_id).map_err(|error| error.to_string())
}

const PEM_BEGIN: &[u8] = b"-----BEGIN ";
const DER_SEQUENCE: u8 = 0x30;
