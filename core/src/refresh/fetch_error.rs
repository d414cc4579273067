//! Why a fetch brought no keys, for the log.

use std::fmt;
use std::time::Duration;

#[cfg(feature = "jwks-client")]
use crate::refresh::address_guard::ForbiddenAddress;

/// Why a fetch failed. It names what was configured and what came, never the body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "jwks-client"),
    allow(dead_code, reason = "most of this can only happen on the way through a network")
)]
pub(crate) enum FetchError {
    /// No connection, or it broke: the cause in the client's words.
    Unreachable(String),
    TimedOut(Duration),
    Status {
        status: u16,
        retry_after: Option<Duration>,
    },
    Redirected(u16),
    /// The application's own client went where a redirect told it to.
    RedirectFollowed,
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
    #[cfg(feature = "jwks-client")]
    ForbiddenAddress(ForbiddenAddress),
    /// What a source of the application's, or a file, has to say.
    Source {
        message: String,
        retry_after: Option<Duration>,
    },
    /// A fault of whatever the fetch ran.
    Panicked,
}

impl FetchError {
    /// All labels.
    #[cfg(any(test, feature = "metrics"))]
    pub(crate) const LABELS: [&str; 14] = [
        "unreachable",
        "timeout",
        "status",
        "redirect",
        "too_large",
        "not_a_key_set",
        "too_many_keys",
        "no_usable_key",
        "discovery",
        "other_issuer",
        "unsafe_uri",
        "forbidden_address",
        "panicked",
        "source",
    ];

    /// A short name for metrics. It is stable: somebody's alert is about it.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            FetchError::Unreachable(_) => "unreachable",
            FetchError::TimedOut(_) => "timeout",
            FetchError::Status { .. } => "status",
            FetchError::Redirected(_) | FetchError::RedirectFollowed => "redirect",
            FetchError::TooLarge(_) => "too_large",
            FetchError::NotAKeySet => "not_a_key_set",
            FetchError::TooManyKeys(_) => "too_many_keys",
            FetchError::NoUsableKey { .. } => "no_usable_key",
            FetchError::NotMetadata => "discovery",
            FetchError::OtherIssuer => "other_issuer",
            FetchError::UnsafeJwksUri(_) => "unsafe_uri",
            #[cfg(feature = "jwks-client")]
            FetchError::ForbiddenAddress(_) => "forbidden_address",
            FetchError::Panicked => "panicked",
            FetchError::Source { .. } => "source",
        }
    }

    /// Whether it says nothing about the document but that it did not come. A resolver that is out of order may answer
    /// with addresses that are refused, so they are an outage too; what serves instead is dialled under the same guard.
    #[cfg(feature = "jwks-client")]
    pub(crate) fn is_outage(&self) -> bool {
        matches!(
            self,
            FetchError::Unreachable(_)
                | FetchError::TimedOut(_)
                | FetchError::Status { .. }
                | FetchError::ForbiddenAddress(_)
        )
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
            FetchError::RedirectFollowed => {
                formatter.write_str("the answer comes from where a redirect led, and does not count")
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
            FetchError::UnsafeJwksUri(reason) => write!(formatter, "the jwks_uri of discovery {reason}"),
            #[cfg(feature = "jwks-client")]
            FetchError::ForbiddenAddress(forbidden) => write!(formatter, "forbidden address: {forbidden}"),
            FetchError::Panicked => formatter.write_str("the fetch panicked"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stay_what_they_are() {
        for (error, label) in [
            (FetchError::Unreachable(String::new()), "unreachable"),
            (FetchError::TimedOut(Duration::ZERO), "timeout"),
            (FetchError::Status { status: 500, retry_after: None }, "status"),
            (FetchError::Redirected(302), "redirect"),
            (FetchError::RedirectFollowed, "redirect"),
            (FetchError::TooLarge(1), "too_large"),
            (FetchError::NotAKeySet, "not_a_key_set"),
            (FetchError::TooManyKeys(1), "too_many_keys"),
            (FetchError::NoUsableKey { skipped: 0, reason: "" }, "no_usable_key"),
            (FetchError::NotMetadata, "discovery"),
            (FetchError::OtherIssuer, "other_issuer"),
            (FetchError::UnsafeJwksUri(""), "unsafe_uri"),
            (FetchError::Panicked, "panicked"),
            (FetchError::Source { message: String::new(), retry_after: None }, "source"),
        ] {
            assert_eq!(error.label(), label);
            assert!(FetchError::LABELS.contains(&label), "{label}");
        }
    }
}
