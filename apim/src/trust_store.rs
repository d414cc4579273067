//! The keys of issuers that publish none: a key store of Java or PKCS#12, or a directory of certificates.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use claimgate_core::{ConfigError, Issuer, KeySet, KeyStore, VerificationKey};

/// Certificates that are trusted. Their aliases are the `kid`s of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustStore {
    path: PathBuf,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Store(KeyStore),
    Directory,
}

impl TrustStore {
    /// The store at `path`, JKS or PKCS#12, told apart by content. Aliases go without regard to case. A token without a `kid`
    /// means the certificate [`GATEWAY_ALIAS`] and no other.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let store = KeyStore::file(&path).default_alias_if_present(GATEWAY_ALIAS);
        TrustStore { path, kind: Kind::Store(store) }
    }

    /// The certificates and public keys in this directory, PEM or DER. The name of a file without its extension is the `kid`, to
    /// the byte.
    ///
    /// A token without a `kid` may mean any of them, if no more than four fit its algorithm: no file has the part of
    /// [`GATEWAY_ALIAS`].
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        TrustStore { path: path.into(), kind: Kind::Directory }
    }

    /// The password of the store. A directory has none.
    pub fn password(self, password: impl Into<String>) -> Self {
        self.with(|store| store.password(password))
    }

    /// Takes the password from this environment variable whenever the store is read.
    pub fn password_env(self, name: impl Into<String>) -> Self {
        self.with(|store| store.password_env(name))
    }

    fn with(self, change: impl FnOnce(KeyStore) -> KeyStore) -> Self {
        let kind = match self.kind {
            Kind::Store(store) => Kind::Store(change(store)),
            Kind::Directory => Kind::Directory,
        };
        TrustStore { kind, ..self }
    }

    /// Reads the keys now.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] that names the file, and never the password.
    pub fn keys(&self) -> Result<KeySet, ConfigError> {
        match &self.kind {
            Kind::Store(store) => store.keys(),
            Kind::Directory => KeySet::from_directory(&self.path),
        }
    }

    /// Reads the key that tokens without a `kid` mean beside a JWK Set, if there is one.
    pub(crate) fn default_key(&self) -> Result<Option<VerificationKey>, ConfigError> {
        match &self.kind {
            Kind::Store(store) => store.default_key(),
            Kind::Directory => Ok(None),
        }
    }

    /// Whether it is a directory, in which no key is the default one.
    pub(crate) fn is_directory(&self) -> bool {
        self.kind == Kind::Directory
    }

    /// Gives `issuer`, whose keys are fetched, the default one of these for tokens without a `kid`, and no other.
    pub(crate) fn default_key_of(&self, issuer: Issuer, reread: Duration) -> Issuer {
        match &self.kind {
            Kind::Store(store) => issuer.default_key(store.clone()).reread_default_key(reread),
            Kind::Directory => issuer.require_key_id(),
        }
    }

    /// Gives these keys to `issuer`.
    pub(crate) fn keys_of(&self, issuer: Issuer) -> Issuer {
        match &self.kind {
            Kind::Store(store) => issuer.keystore(store.clone()),
            Kind::Directory => issuer.key_directory(&self.path),
        }
    }
}

/// As messages call it.
impl fmt::Display for TrustStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Store(_) => write!(formatter, "keystore {:?}", self.path),
            Kind::Directory => write!(formatter, "key_directory {:?}", self.path),
        }
    }
}

/// The alias of the certificate that checks tokens without a `kid`.
pub const GATEWAY_ALIAS: &str = "gateway_certificate_alias";
