//! One line for operators about each refusal.

use tracing::{debug, error, info, warn};

use crate::error::{AuthError, AuthErrorKind};
use crate::key_set::KeySet;
use crate::refusal::RefusalClass;

/// Logs the refusal, if it is one, and gives it back. The lack of a credential is none yet: where authentication is
/// optional the request goes on, so the [`Gate`](crate::Gate) logs it.
pub(crate) fn logged<T>(result: Result<T, AuthError>) -> Result<T, AuthError> {
    result.inspect_err(|error| {
        if error.kind() != AuthErrorKind::MissingCredentials {
            error.log();
        }
    })
}

/// Tells what is odd about a key set that is put in place: keys that cannot be used, and keys that are no secret any more.
pub(crate) fn log_odd_keys(issuer: &str, keys: &KeySet) {
    let skipped = keys.skipped();
    let count = skipped.len();
    for reason in skipped.take(1) {
        warn!(target: "claimgate", issuer, skipped = count, "keys left out, the first because {reason}");
    }
    let private = keys.private_keys();
    if private > 0 {
        warn!(target: "claimgate", issuer, private, "the key set holds private keys");
    }
}

impl AuthError {
    /// Writes the one log line about this refusal. An [`Authenticator`](crate::Authenticator) logs its own; rules that
    /// refuse behind it call this.
    ///
    /// The level says whose affair it is: requests without a credential are everyday (`DEBUG`), refused credentials are
    /// worth a look (`INFO`), missing keys want somebody (`WARN`), wrong wiring is a fault of the application (`ERROR`).
    pub fn log(&self) {
        // The macro fixes the level at compile time, hence one call for each.
        macro_rules! refused {
            ($level:ident) => {
                $level!(
                    target: "claimgate",
                    kind = ?self.kind(),
                    issuer = self.issuer(),
                    kid = self.key_id().map(tracing::field::display),
                    "request refused: {self}"
                )
            };
        }
        match RefusalClass::of(self.kind()) {
            RefusalClass::Unauthenticated => refused!(debug),
            // Any stranger can name an issuer; what is wrong with the resolver is told by itself.
            RefusalClass::Unavailable if self.kind() == AuthErrorKind::IssuerUnavailable => refused!(info),
            RefusalClass::Unavailable => refused!(warn),
            RefusalClass::Internal => refused!(error),
            RefusalClass::InvalidRequest | RefusalClass::InvalidToken | RefusalClass::InsufficientScope => {
                refused!(info);
            }
        }
    }
}
