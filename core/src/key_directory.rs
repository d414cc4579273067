//! A directory of certificates and public keys, whose files are named after the `kid`s they stand for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::config_error::ConfigError;
use crate::key_file;
use crate::key_set::KeySet;

impl KeySet {
    /// Reads every file of a directory as [`Issuer::key_directory`](crate::Issuer::key_directory) does: to look at what would be
    /// trusted.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] that names the file.
    pub fn from_directory(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        read(path.as_ref()).map_err(ConfigError::single)
    }
}

/// Reads every file of the directory at `path` that may hold keys. The errors name the file.
pub(crate) fn read(path: &Path) -> Result<KeySet, String> {
    let files = files(path).map_err(|error| format!("key_directory {path:?}: {error}"))?;
    if files.is_empty() {
        return Err(format!("key_directory {path:?}: no file in it ends in .{}", EXTENSIONS.join(", .")));
    }
    let mut all = KeySet::default();
    for (key_id, file) in files {
        let set = key_file::read(&file, Some(&key_id));
        let set = set.map_err(|error| format!("key_directory: {file:?}: {error}"))?;
        set.keys().iter().for_each(|key| all.add(key.clone()));
    }
    Ok(all)
}

/// The files by `kid`, and so always in one order.
fn files(directory: &Path) -> Result<BTreeMap<String, PathBuf>, String> {
    let unreadable = |error| format!("cannot be read: {error}");
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if !may_hold_keys(&path) {
            continue;
        }
        let Some(key_id) = path.file_stem().and_then(|stem| stem.to_str()) else {
            return Err(format!("{path:?}: the name is not UTF-8, and a kid is"));
        };
        if let Some(other) = files.insert(key_id.to_owned(), path.clone()) {
            // The listing has no order; the message should.
            let (first, second) = if other < path { (other, path) } else { (path, other) };
            return Err(format!("{first:?} and {second:?} stand for one kid"));
        }
    }
    Ok(files)
}

/// Editors and mounts leave files beside those that were meant: hidden ones, and ones with endings of their own.
fn may_hold_keys(path: &Path) -> bool {
    let is_hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    let extension = path.extension().and_then(|extension| extension.to_str());
    !is_hidden
        && extension.is_some_and(|own| EXTENSIONS.iter().any(|extension| own.eq_ignore_ascii_case(extension)))
}

const EXTENSIONS: [&str; 5] = ["pem", "crt", "cer", "der", "pub"];

#[cfg(test)]
mod tests {
    use claimgate_testkit::{Alg, SigningKey};

    use super::*;
    use crate::key::VerificationKey;

    fn directory(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files {
            fs::write(directory.path().join(name), content).unwrap();
        }
        directory
    }

    fn key() -> Vec<u8> {
        SigningKey::generate(Alg::ES256, "").public_key_pem().into_bytes()
    }

    #[test]
    fn the_stem_of_a_file_is_the_kid() {
        let der = pem::parse(key()).unwrap().into_contents();
        let directory = directory(&[
            ("b.pem", &key()),
            ("a.2024.crt", &key()),
            ("C.DER", &der),
            ("d.cer", &der),
            ("e.pub", &key()),
            (".hidden.pem", b"no key"),
            (".pem", b"no key"),
            ("b.pem~", b"no key"),
            ("b.key", b"no key"),
            ("README", b"no key"),
        ]);
        fs::create_dir(directory.path().join("..2024")).unwrap();
        let set = KeySet::from_directory(directory.path()).unwrap();
        let kids: Vec<_> = set.keys().iter().filter_map(VerificationKey::key_id).collect();
        assert_eq!(kids, ["C", "a.2024", "b", "d", "e"]);
    }

    #[test]
    fn what_is_wrong_names_the_file() {
        let message = |files: &[(&str, &[u8])]| {
            let directory = directory(files);
            let message = read(directory.path()).unwrap_err();
            message.replace(&format!("{}/", directory.path().display()), "")
        };
        let good = key();
        assert_eq!(
            message(&[("a.pem", &good), ("b.pem", b"hello")]),
            r#"key_directory: "b.pem": no PEM block"#
        );
        assert_eq!(
            message(&[("b.der", b"\x30\x03\x02\x01\x05")]),
            r#"key_directory: "b.der": neither a certificate nor a public key in DER"#
        );
        assert!(
            message(&[("a.pem", &good), ("a.crt", &good)])
                .ends_with(r#": "a.crt" and "a.pem" stand for one kid"#)
        );
        assert!(message(&[("a.txt", &good)]).ends_with("no file in it ends in .pem, .crt, .cer, .der, .pub"));
        let missing = read(Path::new("/nowhere/keys")).unwrap_err();
        assert!(missing.starts_with(r#"key_directory "/nowhere/keys": cannot be read: "#), "{missing}");
        let nested = directory(&[]);
        fs::create_dir(nested.path().join("a.pem")).unwrap();
        assert!(read(nested.path()).unwrap_err().contains("a.pem\": cannot be read: "));
    }
}
