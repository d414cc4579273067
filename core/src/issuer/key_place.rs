//! Where the keys of an issuer are, as it is described.

use std::fmt;
use std::path::{Path, PathBuf};
#[cfg(feature = "refresh")]
use std::sync::Arc;

use crate::key_set::KeySet;
#[cfg(feature = "refresh")]
use crate::key_source::KeySource;
#[cfg(feature = "keystore")]
use crate::key_store::KeyStore;

/// Where the keys of an issuer come from.
#[derive(Clone)]
pub(crate) enum Source {
    Discovery,
    JwksUri(String),
    JwksText(String),
    JwksFile(PathBuf),
    Pem {
        text: String,
        key_id: Option<String>,
    },
    Certificates(Vec<PathBuf>),
    KeyDirectory(PathBuf),
    #[cfg(feature = "keystore")]
    KeyStore(KeyStore),
    /// The default key of a store alone, for tokens that name none. There may be none.
    #[cfg(feature = "keystore")]
    DefaultKey(KeyStore),
    Keys(KeySet),
    #[cfg(feature = "refresh")]
    Custom(Arc<dyn KeySource>),
}

impl Source {
    /// Whether keys from here may serve until the first from `other`. A source of the application's is mostly made anew with
    /// the description, and stands for the same place then.
    #[cfg(feature = "refresh")]
    pub(crate) fn is_place_of(&self, other: &Source) -> bool {
        self == other || matches!((self, other), (Source::Custom(_), Source::Custom(_)))
    }

    /// Whether the keys are fetched, rather than given or read from files.
    #[cfg(feature = "keystore")]
    pub(crate) fn is_fetched(&self) -> bool {
        match self {
            Source::Discovery | Source::JwksUri(_) => true,
            #[cfg(feature = "refresh")]
            Source::Custom(_) => true,
            _ => false,
        }
    }

    /// Whether it is the default key that stands beside fetched ones.
    #[cfg(feature = "refresh")]
    pub(crate) fn is_default_key(&self) -> bool {
        match self {
            #[cfg(feature = "keystore")]
            Source::DefaultKey(_) => true,
            _ => false,
        }
    }

    /// The files and directories that the keys are read from.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        match self {
            Source::JwksFile(path) => vec![path],
            Source::Certificates(paths) => paths.iter().map(PathBuf::as_path).collect(),
            Source::KeyDirectory(path) => vec![path],
            #[cfg(feature = "keystore")]
            Source::KeyStore(store) | Source::DefaultKey(store) => store.paths(),
            _ => Vec::new(),
        }
    }
}

/// Whether two sources name the same place. Sets of keys that were put together by hand are told apart by nothing that is
/// cheap to compare, so they are never the same.
impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Source::Discovery, Source::Discovery) => true,
            (Source::JwksUri(one), Source::JwksUri(another))
            | (Source::JwksText(one), Source::JwksText(another)) => one == another,
            (Source::JwksFile(one), Source::JwksFile(another))
            | (Source::KeyDirectory(one), Source::KeyDirectory(another)) => one == another,
            #[cfg(feature = "keystore")]
            (Source::KeyStore(one), Source::KeyStore(another))
            | (Source::DefaultKey(one), Source::DefaultKey(another)) => one == another,
            (Source::Certificates(one), Source::Certificates(another)) => one == another,
            (Source::Pem { text, key_id }, Source::Pem { text: other_text, key_id: other_key_id }) => {
                text == other_text && key_id == other_key_id
            }
            #[cfg(feature = "refresh")]
            (Source::Custom(one), Source::Custom(another)) => Arc::ptr_eq(one, another),
            _ => false,
        }
    }
}

/// Places, never a key: the text may hold more than its owner knows.
impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Discovery => formatter.write_str("Discovery"),
            Source::JwksUri(url) => formatter.debug_tuple("JwksUri").field(url).finish(),
            Source::JwksText(_) => formatter.write_str("JwksText(..)"),
            Source::JwksFile(path) => formatter.debug_tuple("JwksFile").field(path).finish(),
            Source::Pem { key_id, .. } => {
                formatter.debug_struct("Pem").field("key_id", key_id).finish_non_exhaustive()
            }
            Source::Certificates(paths) => formatter.debug_tuple("Certificates").field(paths).finish(),
            Source::KeyDirectory(path) => formatter.debug_tuple("KeyDirectory").field(path).finish(),
            #[cfg(feature = "keystore")]
            Source::KeyStore(store) | Source::DefaultKey(store) => store.fmt(formatter),
            Source::Keys(keys) => formatter.debug_tuple("Keys").field(keys).finish(),
            #[cfg(feature = "refresh")]
            Source::Custom(_) => formatter.write_str("Custom(..)"),
        }
    }
}
