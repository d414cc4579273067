//! What can be wrong with a request, by kind.

/// What happened. New kinds may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthErrorKind {
    /// The request holds no credential of a kind that is configured.
    MissingCredentials,
    /// The scheme is `Bearer` and what follows is not one token (RFC 6750, section 2.1).
    MalformedCredentials,
    /// The request carries more than one credential (RFC 6750, section 2: "Clients MUST NOT use more than one method").
    MultipleCredentials,
    /// The token is longer than [`max_token_bytes`](crate::AuthenticatorBuilder::max_token_bytes).
    TokenTooLarge,
    /// The text is not a JWS in compact serialization with a JSON header and a JSON claims set (RFC 7515, section 3.1).
    MalformedToken,
    /// `alg` is absent, unknown, not asymmetric, or not among those configured for the issuer.
    AlgorithmNotAllowed,
    /// The header asks for something that must be understood and is not: `crit`, `b64`, `zip` (RFC 7515, section 4.1.11).
    UnsupportedHeader,
    /// `typ` is not among the accepted token types (RFC 9068, section 4).
    WrongType,
    /// `iss` names no configured issuer.
    UnknownIssuer,
    /// No key of the issuer has the token's `kid` or the thumbprint it names, or none fits a token without either.
    UnknownKey,
    /// The key that the header names cannot be used with the token's `alg`.
    KeyMismatch,
    /// The certificate of the key is not valid yet or not any more, and
    /// [`CertificateValidity::Check`](crate::CertificateValidity::Check) is configured. Which one it is, says
    /// [`AuthError::certificate`](crate::AuthError::certificate).
    KeyNotValid,
    /// The key has been revoked.
    RevokedKey,
    /// More keys fit than are tried.
    AmbiguousKey,
    /// The signature is not that of the key.
    BadSignature,
    /// A claim that is required is absent.
    MissingClaim,
    /// A claim has the wrong JSON type or a value outside its range.
    InvalidClaim,
    /// A claim is not one of the values that are configured for it.
    ClaimMismatch,
    /// The time of `exp` has come (RFC 7519, section 4.1.4).
    Expired,
    /// The time of `nbf` has not come (RFC 7519, section 4.1.5).
    NotYetValid,
    /// `iat` lies in the future.
    IssuedInFuture,
    /// `exp` lies further from `iat` than `max_lifetime`.
    LifetimeTooLong,
    /// `aud` names none of the configured audiences (RFC 7519, section 4.1.3).
    WrongAudience,
    /// The token is bound to a key of the client (`cnf`, RFC 7800) and the request proves no possession of it.
    UnprovenPossession,
    /// The claims do not have the shape of the type that the application asked for.
    ClaimsShape,
    /// The token is good and lacks a scope that the route asks for.
    InsufficientScope,
    /// The token is good and does not meet a rule of the route that is not about scopes.
    AccessDenied,
    /// Whether the issuer is trusted cannot be told now: the resolver of dynamic issuers does not answer, or has been asked
    /// too often.
    IssuerUnavailable,
    /// There are no keys to judge the token by: none came yet, or they are too old.
    KeysUnavailable,
    /// A handler or a rule asks for a verified token and no authentication stands before it. A fault of the application.
    MissingLayer,
}

impl AuthErrorKind {
    /// All kinds, in their order.
    #[cfg(any(test, feature = "metrics"))]
    pub(crate) const ALL: [AuthErrorKind; 30] = [
        AuthErrorKind::MissingCredentials,
        AuthErrorKind::MalformedCredentials,
        AuthErrorKind::MultipleCredentials,
        AuthErrorKind::TokenTooLarge,
        AuthErrorKind::MalformedToken,
        AuthErrorKind::AlgorithmNotAllowed,
        AuthErrorKind::UnsupportedHeader,
        AuthErrorKind::WrongType,
        AuthErrorKind::UnknownIssuer,
        AuthErrorKind::UnknownKey,
        AuthErrorKind::KeyMismatch,
        AuthErrorKind::KeyNotValid,
        AuthErrorKind::RevokedKey,
        AuthErrorKind::AmbiguousKey,
        AuthErrorKind::BadSignature,
        AuthErrorKind::MissingClaim,
        AuthErrorKind::InvalidClaim,
        AuthErrorKind::ClaimMismatch,
        AuthErrorKind::Expired,
        AuthErrorKind::NotYetValid,
        AuthErrorKind::IssuedInFuture,
        AuthErrorKind::LifetimeTooLong,
        AuthErrorKind::WrongAudience,
        AuthErrorKind::UnprovenPossession,
        AuthErrorKind::ClaimsShape,
        AuthErrorKind::InsufficientScope,
        AuthErrorKind::AccessDenied,
        AuthErrorKind::IssuerUnavailable,
        AuthErrorKind::KeysUnavailable,
        AuthErrorKind::MissingLayer,
    ];

    /// The kind as one word, for a label or a document: `bad_signature`. It is stable: somebody's alert is about it.
    pub fn as_str(self) -> &'static str {
        match self {
            AuthErrorKind::MissingCredentials => "missing_credentials",
            AuthErrorKind::MalformedCredentials => "malformed_credentials",
            AuthErrorKind::MultipleCredentials => "multiple_credentials",
            AuthErrorKind::TokenTooLarge => "token_too_large",
            AuthErrorKind::MalformedToken => "malformed_token",
            AuthErrorKind::AlgorithmNotAllowed => "algorithm_not_allowed",
            AuthErrorKind::UnsupportedHeader => "unsupported_header",
            AuthErrorKind::WrongType => "wrong_type",
            AuthErrorKind::UnknownIssuer => "unknown_issuer",
            AuthErrorKind::UnknownKey => "unknown_key",
            AuthErrorKind::KeyMismatch => "key_mismatch",
            AuthErrorKind::KeyNotValid => "key_not_valid",
            AuthErrorKind::RevokedKey => "revoked_key",
            AuthErrorKind::AmbiguousKey => "ambiguous_key",
            AuthErrorKind::BadSignature => "bad_signature",
            AuthErrorKind::MissingClaim => "missing_claim",
            AuthErrorKind::InvalidClaim => "invalid_claim",
            AuthErrorKind::ClaimMismatch => "claim_mismatch",
            AuthErrorKind::Expired => "expired",
            AuthErrorKind::NotYetValid => "not_yet_valid",
            AuthErrorKind::IssuedInFuture => "issued_in_future",
            AuthErrorKind::LifetimeTooLong => "lifetime_too_long",
            AuthErrorKind::WrongAudience => "wrong_audience",
            AuthErrorKind::UnprovenPossession => "unproven_possession",
            AuthErrorKind::ClaimsShape => "claims_shape",
            AuthErrorKind::InsufficientScope => "insufficient_scope",
            AuthErrorKind::AccessDenied => "access_denied",
            AuthErrorKind::IssuerUnavailable => "issuer_unavailable",
            AuthErrorKind::KeysUnavailable => "keys_unavailable",
            AuthErrorKind::MissingLayer => "missing_layer",
        }
    }

    /// The kind in words, fixed for each.
    pub fn phrase(self) -> &'static str {
        match self {
            AuthErrorKind::MissingCredentials => "the request has no credential",
            AuthErrorKind::MalformedCredentials => "the credential is not one bearer token",
            AuthErrorKind::MultipleCredentials => "the request has more than one credential",
            AuthErrorKind::TokenTooLarge => "the token is too large",
            AuthErrorKind::MalformedToken => "the token is malformed",
            AuthErrorKind::AlgorithmNotAllowed => "the algorithm is not allowed",
            AuthErrorKind::UnsupportedHeader => "the header asks for something unsupported",
            AuthErrorKind::WrongType => "the token type is not accepted",
            AuthErrorKind::UnknownIssuer => "the issuer is not configured",
            AuthErrorKind::UnknownKey => "the issuer has no such key",
            AuthErrorKind::KeyMismatch => "the key does not fit the algorithm",
            AuthErrorKind::KeyNotValid => "the certificate of the key is not valid now",
            AuthErrorKind::AmbiguousKey => "too many keys fit the token",
            AuthErrorKind::BadSignature => "the signature is wrong",
            AuthErrorKind::RevokedKey => "the key of the token is revoked",
            AuthErrorKind::MissingClaim => "a required claim is missing",
            AuthErrorKind::InvalidClaim => "a claim has the wrong type or range",
            AuthErrorKind::ClaimMismatch => "a claim has none of the configured values",
            AuthErrorKind::Expired => "the token has expired",
            AuthErrorKind::NotYetValid => "the token is not valid yet",
            AuthErrorKind::IssuedInFuture => "the token was issued in the future",
            AuthErrorKind::LifetimeTooLong => "the token lives too long",
            AuthErrorKind::WrongAudience => "the token is for another audience",
            AuthErrorKind::UnprovenPossession => {
                "the token is bound to a key that the request does not prove"
            }
            AuthErrorKind::ClaimsShape => "the claims do not have the expected shape",
            AuthErrorKind::InsufficientScope => "the token lacks a scope",
            AuthErrorKind::AccessDenied => "the token does not meet the rule of the route",
            AuthErrorKind::IssuerUnavailable => "whether the issuer is trusted cannot be told now",
            AuthErrorKind::KeysUnavailable => "there are no keys to judge the token by",
            AuthErrorKind::MissingLayer => "no authentication stands before this route",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stay_what_they_are() {
        let expected = [
            (AuthErrorKind::MissingCredentials, "missing_credentials"),
            (AuthErrorKind::MalformedCredentials, "malformed_credentials"),
            (AuthErrorKind::MultipleCredentials, "multiple_credentials"),
            (AuthErrorKind::TokenTooLarge, "token_too_large"),
            (AuthErrorKind::MalformedToken, "malformed_token"),
            (AuthErrorKind::AlgorithmNotAllowed, "algorithm_not_allowed"),
            (AuthErrorKind::UnsupportedHeader, "unsupported_header"),
            (AuthErrorKind::WrongType, "wrong_type"),
            (AuthErrorKind::UnknownIssuer, "unknown_issuer"),
            (AuthErrorKind::UnknownKey, "unknown_key"),
            (AuthErrorKind::KeyMismatch, "key_mismatch"),
            (AuthErrorKind::KeyNotValid, "key_not_valid"),
            (AuthErrorKind::RevokedKey, "revoked_key"),
            (AuthErrorKind::AmbiguousKey, "ambiguous_key"),
            (AuthErrorKind::BadSignature, "bad_signature"),
            (AuthErrorKind::MissingClaim, "missing_claim"),
            (AuthErrorKind::InvalidClaim, "invalid_claim"),
            (AuthErrorKind::ClaimMismatch, "claim_mismatch"),
            (AuthErrorKind::Expired, "expired"),
            (AuthErrorKind::NotYetValid, "not_yet_valid"),
            (AuthErrorKind::IssuedInFuture, "issued_in_future"),
            (AuthErrorKind::LifetimeTooLong, "lifetime_too_long"),
            (AuthErrorKind::WrongAudience, "wrong_audience"),
            (AuthErrorKind::UnprovenPossession, "unproven_possession"),
            (AuthErrorKind::ClaimsShape, "claims_shape"),
            (AuthErrorKind::InsufficientScope, "insufficient_scope"),
            (AuthErrorKind::AccessDenied, "access_denied"),
            (AuthErrorKind::IssuerUnavailable, "issuer_unavailable"),
            (AuthErrorKind::KeysUnavailable, "keys_unavailable"),
            (AuthErrorKind::MissingLayer, "missing_layer"),
        ];
        assert_eq!(expected, AuthErrorKind::ALL.map(|kind| (kind, kind.as_str())));
        // Meters are found by the number of the kind.
        assert_eq!(AuthErrorKind::ALL.map(|kind| kind as usize), std::array::from_fn(|index| index));
    }
}
