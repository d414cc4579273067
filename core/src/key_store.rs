//! Key stores of Java programs and PKCS#12 files, whose trusted certificates hold the keys of an issuer.

mod jks;
mod password;
mod pkcs12;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::alias::{Aliases, is_same};
use crate::config_error::ConfigError;
use crate::der::certificate;
use crate::key::{KeyName, UnusableKey, VerificationKey};
use crate::key_set::KeySet;
use crate::key_store::password::Password;

/// A file with trusted certificates, as Java programs and gateways keep them: JKS or PKCS#12, told apart by content.
///
/// The alias of a certificate is the `kid` of the tokens that its key verifies, compared without regard to case, as Java
/// does. The file is read when the authenticator is built.
///
/// Which entries count:
///
/// 1. In JKS, trusted certificates. Those that belong to a private key do not.
/// 2. In PKCS#12, certificates with Java's mark of trust for any use, which `keytool -importcert` and
///    `openssl pkcs12 -jdktrust anyExtendedKeyUsage` set. In a file that has neither such a mark nor a private key, as
///    `openssl pkcs12 -export -nokeys` writes it, every certificate. One without a name verifies tokens that have no `kid`,
///    or that name it by thumbprint (`x5t#S256`, `x5t`).
///
/// A certificate whose key cannot be used (of a short or an unknown kind) is left out and told in the log, unless none is left.
/// JCEKS is not read.
///
/// # Security
///
/// Every certificate that counts may sign for the issuer. Do not give a store that also holds the authorities which its
/// owner trusts for TLS: make one with the certificates of the issuer.
///
/// # Example
///
/// ```
/// use claimgate_core::{Issuer, KeyStore};
///
/// let store = KeyStore::file("client-truststore.jks")
///     .password_env("TRUSTSTORE_PASSWORD")
///     .default_alias("gateway_certificate_alias");
/// let issuer = Issuer::new("https://idp.example.com").audience("https://api.example.com").keystore(store);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct KeyStore {
    path: PathBuf,
    password: Password,
    default_alias: Option<String>,
    may_lack_default: bool,
}

/// A trusted certificate of a store.
struct Entry {
    alias: Option<String>,
    /// In DER.
    certificate: Vec<u8>,
}

/// Why a file gives no entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StoreError {
    NotAStore,
    Jceks,
    Damaged,
    Unsupported,
    WrongPassword,
    OtherPassword,
    NotSealed,
}

impl KeyStore {
    /// The store at `path`, without a password: a PKCS#12 file that is not encrypted and has no seal. Anything else needs
    /// one.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        KeyStore { path: path.into(), password: Password::None, default_alias: None, may_lack_default: false }
    }

    /// The password of the store. It has to be that of the store's seal, which tells that nobody has changed the file: a
    /// store without one is refused. Of several ways to give it, the last counts.
    pub fn password(self, password: impl Into<String>) -> Self {
        KeyStore { password: Password::Text(password.into()), ..self }
    }

    /// Takes the password from this environment variable when the authenticator is built.
    pub fn password_env(self, name: impl Into<String>) -> Self {
        KeyStore { password: Password::Variable(name.into()), ..self }
    }

    /// Takes the password from this file, without the line end that may follow it.
    pub fn password_file(self, path: impl Into<PathBuf>) -> Self {
        KeyStore { password: Password::File(path.into()), ..self }
    }

    /// Tries this certificate alone for tokens that have no `kid` and name none by thumbprint. Default: all that fit the
    /// algorithm, if these are four at most.
    pub fn default_alias(self, alias: impl Into<String>) -> Self {
        KeyStore { default_alias: Some(alias.into()), may_lack_default: false, ..self }
    }

    /// The same for a store that may have no certificate of this name. Where it has none, tokens that name no key are refused.
    pub fn default_alias_if_present(self, alias: impl Into<String>) -> Self {
        KeyStore { default_alias: Some(alias.into()), may_lack_default: true, ..self }
    }

    /// Reads the keys now, each under its alias: to look at what would be trusted.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] that names the file and never the password.
    pub fn keys(&self) -> Result<KeySet, ConfigError> {
        self.read().map_err(ConfigError::single)
    }

    /// Reads the key of the default alias alone; none where the store may lack it and does.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] that names the file and never the password.
    pub fn default_key(&self) -> Result<Option<VerificationKey>, ConfigError> {
        self.read_default().map_err(ConfigError::single)
    }

    pub(crate) fn read_default(&self) -> Result<Option<VerificationKey>, String> {
        let entries = self.entries()?;
        let is_default = |entry: &Entry| {
            let names = self.default_alias.as_deref().zip(entry.alias.as_deref());
            names.is_some_and(|(default, alias)| is_same(default, alias))
        };
        if self.may_lack_default && !entries.iter().any(is_default) {
            return Ok(None);
        }
        Ok(self.set_of(entries)?.default_key().cloned())
    }

    /// Whether it says which certificate is the default one.
    pub(crate) fn has_default_alias(&self) -> bool {
        self.default_alias.is_some()
    }

    /// The files that are read.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        [Some(self.path.as_path()), self.password.path()].into_iter().flatten().collect()
    }

    /// Reads the keys. The error names the path and never the password.
    pub(crate) fn read(&self) -> Result<KeySet, String> {
        self.set_of(self.entries()?)
    }

    fn entries(&self) -> Result<Vec<Entry>, String> {
        let bytes = fs::read(&self.path).map_err(|error| self.problem(format!("cannot be read: {error}")))?;
        let password = self.password.read().map_err(|problem| self.problem(problem))?;
        let entries = entries(&bytes, password.as_deref());
        entries.map_err(|error| self.problem(error.told(password.is_some())))
    }

    fn set_of(&self, entries: Vec<Entry>) -> Result<KeySet, String> {
        if entries.is_empty() {
            return Err(self.problem("no trusted certificate in it; those of private keys do not count"));
        }
        self.check_aliases(&entries).map_err(|problem| self.problem(problem))?;
        let mut set = KeySet::default();
        if self.default_alias.is_some() {
            // Until the default is found.
            set.refuse_unnamed();
        }
        for Entry { alias, certificate: der } in entries {
            let default = self.default_alias.as_deref().zip(alias.as_deref());
            let default = default.and_then(|(default, alias)| is_same(default, alias).then_some(default));
            let key = certificate(&der).and_then(|found| {
                found.prepare(alias.as_deref().map_or(KeyName::Unnamed, |alias| KeyName::Alias(alias.into())))
            });
            match (key, default) {
                (Ok(key), Some(_)) => set.add_default(key),
                (Ok(key), None) => set.add(key),
                (Err(UnusableKey(reason)), Some(default)) => {
                    return Err(self.problem(format!("default_alias {default:?}: {reason}")));
                }
                (Err(reason), None) => set.skip(reason),
            }
        }
        let first_skipped = set.skipped().next();
        match first_skipped {
            Some(reason) if set.is_empty() => Err(self.problem(format!("no usable key in it: {reason}"))),
            _ => Ok(set),
        }
    }

    /// Aliases that differ in case only would be two keys for one `kid`, which no Java program could have told apart.
    fn check_aliases(&self, entries: &[Entry]) -> Result<(), String> {
        let mut aliases = Aliases::default();
        for (place, entry) in entries.iter().enumerate() {
            let Some(alias) = &entry.alias else { continue };
            let earlier = aliases.find(alias).first().and_then(|place| entries.get(*place));
            if let Some(earlier) = earlier.and_then(|entry| entry.alias.as_ref()) {
                return Err(format!("the aliases {earlier:?} and {alias:?} are one, as case does not count"));
            }
            aliases.add(alias, place);
        }
        match &self.default_alias {
            Some(alias) if !self.may_lack_default && aliases.find(alias).is_empty() => {
                Err(format!("default_alias {alias:?}: no trusted certificate of that name in it"))
            }
            _ => Ok(()),
        }
    }

    fn problem(&self, problem: impl fmt::Display) -> String {
        format!("keystore {:?}: {problem}", self.path)
    }
}

/// Never the password.
impl fmt::Debug for KeyStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeyStore")
            .field("path", &self.path)
            .field("password", &self.password)
            .field("default_alias", &self.default_alias)
            .field("may_lack_default", &self.may_lack_default)
            .finish()
    }
}

fn entries(bytes: &[u8], password: Option<&str>) -> Result<Vec<Entry>, StoreError> {
    match bytes {
        [0xfe, 0xed, 0xfe, 0xed, ..] => jks::read(bytes, password.unwrap_or_default()),
        [0xce, 0xce, 0xce, 0xce, ..] => Err(StoreError::Jceks),
        _ => pkcs12::read(bytes, password),
    }
}

impl StoreError {
    fn told(self, has_password: bool) -> &'static str {
        match self {
            StoreError::NotAStore => "neither a Java key store (JKS) nor a whole PKCS#12 file",
            StoreError::Jceks => {
                "a JCEKS store is not supported: `keytool -importkeystore -deststoretype PKCS12` makes one that is"
            }
            StoreError::Damaged => "the file is damaged",
            StoreError::Unsupported => "it is sealed or encrypted in a way that is not supported",
            StoreError::WrongPassword if has_password => "the password is wrong, or the file was changed",
            StoreError::WrongPassword => "it is sealed with a password, and none is given",
            StoreError::OtherPassword => {
                "something in it is encrypted with another password: make a store of the trusted certificates alone"
            }
            StoreError::NotSealed => {
                "it has no seal that the password could check: make it with one, or give no password"
            }
        }
    }
}

#[cfg(test)]
mod tests;
