//! Why a fetch brought no keys, for the log.

use std::fmt;
use std::time::Duration;

/// Why a fetch failed. It names what was configured and what came, never the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FetchError {
    /// No connection, or it broke: the cause in the client's words.
    Unreachable(String),
    TimedOut(Duration),
    Status {
        status: u16,
        retry_after: Option<Duration>,
    },
    Redirected(u16),
    TooLarge(usize),
    NotAKeySet,
    TooManyKeys(usize),
    NoUsableKey {
        skipped: usize,
        reason: &'static str,
    },
    NotMetadata,
    OtherIssuer,
    UnsafeJwksUri(&'static str),
    /// What a source of the application's, or a file, has to say.
    Source {
        message: String,
        retry_after: Option<Duration>,
    },
    Panicked,
}

impl FetchError {
    /// Whether it says nothing about the document but that it did not come.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(self, FetchError::Unreachable(_) | FetchError::TimedOut(_) | FetchError::Status { .. })
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            FetchError::Status { retry_after, .. } | FetchError::Source { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FetchError::Unreachable(cause) => write!(formatter, "unreachable: {cause}"),
            FetchError::TimedOut(limit) => write!(formatter, "no whole answer within {limit:?}"),
            FetchError::Status { status, .. } => write!(formatter, "status {status}"),
            FetchError::Redirected(status) => {
                write!(formatter, "status {status}: redirects are not followed")
            }
            FetchError::TooLarge(limit) => write!(formatter, "the body has more than {limit} bytes"),
            FetchError::NotAKeySet => {
                formatter.write_str("the body is not a JSON object with an array `keys`")
            }
            FetchError::TooManyKeys(limit) => write!(formatter, "the set has more than {limit} keys"),
            FetchError::NoUsableKey { skipped: 0, .. } => formatter.write_str("the set is empty"),
            FetchError::NoUsableKey { skipped, reason } => {
                write!(formatter, "none of {skipped} keys is usable, the first because {reason}")
            }
            FetchError::NotMetadata => {
                formatter.write_str("the discovery document has no string `issuer` and `jwks_uri`")
            }
            FetchError::OtherIssuer => formatter.write_str("the discovery document names another issuer"),
            FetchError::Source { message, .. } => formatter.write_str(message),
            FetchError::Panicked => formatter.write_str("the source of the keys panicked"),
            FetchError::UnsafeJwksUri(reason) => write!(formatter, "the jwks_uri of discovery {reason}"),
        }
    }
}
