//! What a client is told when a request does not go on: a code, what it means, and the status of the answer.

mod answer;
mod asked;
mod body;
mod challenge;
mod code;
mod date;
mod description;
mod of_auth_error;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

pub use answer::Answer;
pub use asked::Asked;
pub use code::FaultCode;
pub use of_auth_error::KeyPlace;

use crate::token_facts::KeyType;

/// A request that does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    code: FaultCode,
    description: Option<Cow<'static, str>>,
    /// Why, in words for the log alone.
    reason: Option<&'static str>,
    /// When the client may come again, in seconds since 1970-01-01T00:00:00Z.
    next_access: Option<u64>,
    /// After what time a new attempt is worth while.
    retry_after: Option<Duration>,
}

impl Fault {
    /// The fault of this code, described as the catalogue does.
    pub fn new(code: FaultCode) -> Self {
        Fault { code, description: None, reason: None, next_access: None, retry_after: None }
    }

    /// The API has no endpoint for keys of this type.
    pub fn key_type_mismatch(key_type: KeyType) -> Self {
        Fault::new(FaultCode::KeyTypeMismatch).described(match key_type {
            KeyType::Production => "Production key offered to the API with no production endpoint",
            KeyType::Sandbox => "Sandbox key offered to the API with no sandbox endpoint",
        })
    }

    /// In other words. They must not quote the token. What the catalogue adds to the words of a code, it adds to these too:
    /// what the client can do about it, and when it may come again.
    pub fn described(self, description: impl Into<Cow<'static, str>>) -> Self {
        Fault { description: Some(description.into()), ..self }
    }

    /// Says when the client may come again, in seconds since 1970-01-01T00:00:00Z.
    pub fn next_access(self, seconds: u64) -> Self {
        Fault { next_access: Some(seconds), ..self }
    }

    /// Says after what time a new attempt is worth while, where something that the gateway depends on does not answer.
    pub fn retry_after(self, wait: Duration) -> Self {
        Fault { retry_after: Some(wait), ..self }
    }

    /// Says why, for the log alone.
    pub(crate) fn because(self, reason: &'static str) -> Self {
        Fault { reason: Some(reason), ..self }
    }

    /// The code.
    pub fn code(&self) -> FaultCode {
        self.code
    }
}

/// The code in words and its number. Not the description: that may quote the path of the request.
impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.reason.unwrap_or(self.code.phrase()), self.code.number())
    }
}

impl std::error::Error for Fault {}
