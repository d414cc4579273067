//! Why a command ended without success, and the exit code that says so.

use std::fmt;
use std::process::ExitCode;

pub(crate) type Outcome<T> = Result<T, Failure>;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The command line was wrong: exit code 2, so that a script can tell it from a failed check.
    Usage(String),
    /// Something that was run or read did not hold.
    Check(String),
    /// It could not be found out: exit code 2, where a failed check has a meaning of its own.
    Unable(String),
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) fn check(message: impl Into<String>) -> Self {
        Self::Check(message.into())
    }

    pub(crate) fn unable(message: impl Into<String>) -> Self {
        Self::Unable(message.into())
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) | Self::Unable(_) => ExitCode::from(2),
            Self::Check(_) => ExitCode::from(1),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) => write!(f, "{message} (cargo xtask --help lists the commands)"),
            Self::Check(message) | Self::Unable(message) => f.write_str(message),
        }
    }
}
