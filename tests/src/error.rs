//! What went wrong in the harness, as opposed to in what is tested.

use std::fmt;

/// One line that tells what to do; `Debug` is the same line, as that is what `unwrap` prints.
pub struct HarnessError(String);

impl HarnessError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// What was attempted, before what was said about it.
    pub(crate) fn during(attempt: &str, error: impl fmt::Display) -> Self {
        Self(format!("{attempt}: {error}"))
    }

    /// Something is not installed.
    pub(crate) fn missing(what: &str) -> Self {
        Self(format!("{what}; `cargo xtask test` installs what the tests need"))
    }
}

impl fmt::Display for HarnessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for HarnessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for HarnessError {}
