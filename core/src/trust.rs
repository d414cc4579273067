//! Everything that is trusted at one time, and how one look at a token ends under it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::bearer::BearerToken;
use crate::error::{AuthError, AuthErrorKind};
use crate::jws::UnverifiedJws;
use crate::key_demand::Fetched;
use crate::moment::Moment;
use crate::token::VerifiedToken;
use crate::trusted_issuer::TrustedIssuer;

/// Everything that is trusted, and by what rules. Immutable: a changed configuration is another one, and a request goes on
/// with the one that it met.
pub(crate) struct Trust {
    pub(crate) issuers: HashMap<Arc<str>, Arc<TrustedIssuer>>,
    pub(crate) max_token_bytes: usize,
    pub(crate) realm: Option<Arc<str>>,
}

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
    /// How many fetches of keys.
    pub(crate) keys: u8,
}

impl Asking {
    /// Two fetches: the first may be one that began before the request, the second answers it.
    pub(crate) const FIRST: Asking = Asking { keys: 2 };
}

impl Trust {
    /// Takes `token` through all stages.
    pub(crate) fn look(&self, token: BearerToken<'_>, now: Moment, asking: Asking) -> Verdict {
        match self.read(token) {
            Ok((issuer, jws)) => issuer.look(jws, now, asking),
            Err(error) => Verdict::Decided(Err(error)),
        }
    }

    /// `iss` picks the issuer before any work is done for the token.
    fn read<'t>(&self, token: BearerToken<'t>) -> Result<(&TrustedIssuer, UnverifiedJws<'t>), AuthError> {
        let jws = UnverifiedJws::parse(token)?;
        let issuer = self.issuers.get(&*jws.unverified_issuer()?);
        let issuer = issuer.ok_or(AuthErrorKind::UnknownIssuer)?;
        Ok((issuer, jws))
    }
}
