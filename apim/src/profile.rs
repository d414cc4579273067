//! Whose manners are shown to clients.

use claimgate_core::Issuer;

/// How the gateway behaves where the original system and the RFCs differ.
///
/// The two compatible profiles are for clients that were written against the original. They change codes, headers and bodies, and
/// what each says below; a token that no key verifies is refused in all of them.
///
/// # Security
///
/// The compatible ones loosen what the original loosens: `nbf` is not judged, and a token that is bound to a key of its client (`cnf`) is
/// taken for a bearer token in a deployment unless it has `enable_certificate_bound_access_token`. Keys whose private part is public
/// are only told in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// The rules of the RFCs: a challenge says what is wrong (RFC 6750, section 3.1), several credentials are 400, faults of
    /// dependencies are 503, `nbf` and `iat` are judged, `sub` and `iat` are required.
    #[default]
    Strict,
    /// The original from version 4.0 on: faults in JSON, several credentials in one field, `nbf` not judged.
    Version4,
    /// The original of version 3.0: faults in XML unless JSON is asked for, and a token has to have `typ`, `application` and
    /// `consumerKey`.
    Version3,
}

impl Profile {
    /// `issuer` with what this profile asks of its tokens: which claims they have to have, whether `nbf` is judged, and in
    /// [`Version3`](Profile::Version3) that they are of type `JWT`. What else `issuer` says stays, algorithms and bound tokens (`cnf`)
    /// among it. The issuers of [`Deployment::trusted`](crate::Deployment::trusted) have it applied already.
    ///
    /// # Security
    ///
    /// It takes the place of the required claims and types that `issuer` has named before, but in [`Version4`](Profile::Version4). To
    /// ask for more, name these and your own afterwards.
    pub fn applied_to(self, issuer: Issuer) -> Issuer {
        self.applied(issuer, None)
    }

    /// The same for an issuer whose tokens name the client in this claim.
    pub(crate) fn applied(self, issuer: Issuer, consumer_key_claim: Option<&str>) -> Issuer {
        match self {
            Profile::Strict => issuer.required_claims(["sub", "iat"]),
            Profile::Version4 => issuer.ignore_not_before(),
            Profile::Version3 => issuer
                .required_claims(["sub", "iat", "application", consumer_key_claim.unwrap_or("consumerKey")])
                .token_types(["JWT"])
                .ignore_not_before(),
        }
    }

    /// Whether it is one of the original's.
    pub fn is_compatible(self) -> bool {
        self != Profile::Strict
    }
}
