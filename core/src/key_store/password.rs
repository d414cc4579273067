//! Where the password of a key store comes from.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Password {
    None,
    Text(String),
    Variable(String),
    File(PathBuf),
}

impl Password {
    /// The password, if there is one. The error names its place.
    pub(super) fn read(&self) -> Result<Option<String>, String> {
        match self {
            Password::None => Ok(None),
            Password::Text(text) => Ok(Some(text.clone())),
            // Without the library's words for it: of a variable that is not UTF-8, they hold the value.
            Password::Variable(name) => match env::var(name) {
                Ok(text) => Ok(Some(text)),
                Err(env::VarError::NotPresent) => Err(format!("password_env {name:?}: it is not set")),
                Err(env::VarError::NotUnicode(_)) => Err(format!("password_env {name:?}: it is not UTF-8")),
            },
            Password::File(path) => {
                let text = fs::read_to_string(path);
                let text = text.map_err(|error| format!("password_file {path:?} cannot be read: {error}"))?;
                let line =
                    text.strip_suffix('\n').map_or(&*text, |line| line.strip_suffix('\r').unwrap_or(line));
                Ok(Some(line.to_owned()))
            }
        }
    }
}

impl Password {
    /// The file that it is in, if it is in one.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Password::File(path) => Some(path),
            Password::None | Password::Text(_) | Password::Variable(_) => None,
        }
    }
}

/// Its place, never the password.
impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Password::None => formatter.write_str("None"),
            Password::Text(_) => formatter.write_str("Text(..)"),
            Password::Variable(name) => formatter.debug_tuple("Variable").field(name).finish(),
            Password::File(path) => formatter.debug_tuple("File").field(path).finish(),
        }
    }
}
