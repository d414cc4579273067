//! How one look at a token ends, and what the next may ask for.

use crate::error::AuthError;
use crate::key_demand::Fetched;
use crate::token::VerifiedToken;

/// What one look at a token found.
pub(crate) enum Verdict {
    Decided(Result<VerifiedToken, AuthError>),
    /// Something is under way that may change the answer. Once it has ended, look again, asking for less.
    Awaited {
        wait: Fetched,
        then: Asking,
    },
}

/// What a request may still ask for. Each wait leaves less, so that every request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asking {
    /// Whether for an issuer that is not known.
    pub(crate) issuer: bool,
    /// How many fetches of keys.
    pub(crate) keys: u8,
    /// How many looks without a wait, where keys come between the look and the question.
    pub(crate) looks: u8,
}

impl Asking {
    /// Two fetches: the first may be one that began before the request, the second answers it.
    pub(crate) const FIRST: Asking = Asking { issuer: true, keys: 2, looks: 8 };
}
