//! The table `keystore` of an issuer.

use std::path::Path;

use crate::config::section::Section;
use crate::key_store::KeyStore;

/// Reads the store, unless its place is not said.
pub(crate) fn read(mut section: Section<'_>, base: &Path) -> Option<KeyStore> {
    let path = section.string("path");
    if path.is_none() && section.get("path").is_none() {
        section.problem("path is missing");
    }
    let mut store = KeyStore::file(base.join(path.as_deref().unwrap_or_default()));
    let mut said = Vec::new();
    // A number for a password is a slip that would be quoted in the log with everything else.
    if let Some(password) = section.secret("password") {
        said.push("password");
        store = store.password(password);
    }
    if let Some(name) = section.string("password_env") {
        said.push("password_env");
        store = store.password_env(name);
    }
    if let Some(path) = section.string("password_file") {
        said.push("password_file");
        store = store.password_file(base.join(path));
    }
    if said.len() > 1 {
        section.problem(format!("{}: say one", said.join(" and ")));
    }
    if let Some(alias) = section.string("default_alias") {
        store = store.default_alias(alias);
    }
    section.end();
    path.map(|_| store)
}
