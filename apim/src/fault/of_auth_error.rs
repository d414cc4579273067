//! From what the core refuses to what a client of the gateway is told.

use claimgate_core::{AuthError, AuthErrorKind, RefusalClass};

use crate::fault::{Fault, FaultCode};
use crate::profile::Profile;

/// Where the keys of an issuer come from. In the compatible profiles it decides how a key is told that nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// A JWK Set: the token names no key of the issuer, so it is not good.
    JwkSet,
    /// A store of certificates with aliases: the original takes an alias that is missing for its own fault.
    TrustStore,
}

impl Fault {
    /// What a client is told of `error`.
    ///
    /// The strict profile tells a token that has expired apart (900903), as version 3.0 does. A token that the audiences of
    /// the issuer refuse is not for this gateway at all: "in case of any failure in the validation checks listed above, the …
    /// response MUST include the error code `invalid_token`" (RFC 9068, section 4). 900914 is then for the audiences of an API;
    /// the compatible profiles say it for both.
    ///
    /// A kind that the core learns later is told by its [`RefusalClass`].
    pub fn of(error: &AuthError, profile: Profile, place: KeyPlace) -> Fault {
        let code = match error.kind() {
            AuthErrorKind::UnknownKey if profile.is_compatible() && place == KeyPlace::TrustStore => {
                FaultCode::Unclassified
            }
            AuthErrorKind::Expired if profile != Profile::Version4 => FaultCode::TokenExpired,
            AuthErrorKind::WrongAudience if profile.is_compatible() => FaultCode::WrongAudience,
            AuthErrorKind::AccessDenied => FaultCode::WrongAudience,
            kind => of_class(RefusalClass::of(kind)),
        };
        let fault = Fault { retry_after: error.retry_after(), ..Fault::new(code) };
        if error.kind() == AuthErrorKind::BadSignature && profile == Profile::Version3 {
            return fault.described("Invalid JWT token. Signature verification failed.");
        }
        fault
    }
}

fn of_class(class: RefusalClass) -> FaultCode {
    match class {
        RefusalClass::Unauthenticated => FaultCode::MissingCredentials,
        RefusalClass::InvalidRequest => FaultCode::MalformedRequest,
        RefusalClass::InvalidToken => FaultCode::InvalidCredentials,
        RefusalClass::InsufficientScope => FaultCode::InsufficientScope,
        RefusalClass::Internal => FaultCode::Internal,
        // `Unavailable`, and what may come.
        _ => FaultCode::Unclassified,
    }
}
