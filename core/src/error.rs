//! Why a request was refused, for the operator.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::certificate::Validity;
pub use crate::error_kind::AuthErrorKind;

/// A refusal, opaque: match on [`kind`](AuthError::kind).
///
/// It carries what was configured (the issuer, the name of a claim, the scopes that a route asks for, the certificate of a key) and
/// the `kid` as [`LoggedKeyId`], never the token, a key or the value of a claim. What the client gets to see is less:
/// a [`Refusal`](crate::Refusal).
#[derive(Clone, Debug)]
pub struct AuthError {
    kind: AuthErrorKind,
    claim: Option<Cow<'static, str>>,
    scopes: Option<Arc<str>>,
    issuer: Option<Arc<str>>,
    key_id: Option<LoggedKeyId>,
    /// In a box, as few errors have one and all are moved about.
    certificate: Option<Box<LoggedCertificate>>,
    retry_after: Option<Duration>,
}

impl AuthError {
    /// What happened.
    pub fn kind(&self) -> AuthErrorKind {
        self.kind
    }

    /// The name of the claim that [`MissingClaim`](AuthErrorKind::MissingClaim),
    /// [`InvalidClaim`](AuthErrorKind::InvalidClaim) or [`ClaimMismatch`](AuthErrorKind::ClaimMismatch) is about.
    pub fn claim(&self) -> Option<&str> {
        self.claim.as_deref()
    }

    /// The scopes that the route asks for, separated by spaces, with [`InsufficientScope`](AuthErrorKind::InsufficientScope).
    pub fn required_scopes(&self) -> Option<&str> {
        self.scopes.as_deref()
    }

    /// The configured issuer that the token claims to be from, once it is known to be one.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The `kid` of the token, fit for a log.
    pub fn key_id(&self) -> Option<&LoggedKeyId> {
        self.key_id.as_ref()
    }

    /// The certificate of the key that the token means, with [`KeyNotValid`](AuthErrorKind::KeyNotValid). Of several it is the one
    /// that ends last.
    pub fn certificate(&self) -> Option<&LoggedCertificate> {
        self.certificate.as_deref()
    }

    /// After what time a new attempt is worth while, with [`KeysUnavailable`](AuthErrorKind::KeysUnavailable) and
    /// [`IssuerUnavailable`](AuthErrorKind::IssuerUnavailable).
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// An error of this kind, for authentication or authorization rules of an adapter or an application.
    pub fn new(kind: AuthErrorKind) -> Self {
        AuthError {
            kind,
            claim: None,
            scopes: None,
            issuer: None,
            key_id: None,
            certificate: None,
            retry_after: None,
        }
    }

    pub(crate) fn about_claim(kind: AuthErrorKind, claim: impl Into<Cow<'static, str>>) -> Self {
        AuthError { claim: Some(claim.into()), ..AuthError::new(kind) }
    }

    pub(crate) fn insufficient_scope(scopes: Arc<str>) -> Self {
        AuthError { scopes: Some(scopes), ..AuthError::new(AuthErrorKind::InsufficientScope) }
    }

    #[cfg(feature = "jwks-client")]
    pub(crate) fn issuer_unavailable(retry_after: Duration) -> Self {
        AuthError { retry_after: Some(retry_after), ..AuthError::new(AuthErrorKind::IssuerUnavailable) }
    }

    pub(crate) fn keys_unavailable(retry_after: Duration) -> Self {
        AuthError { retry_after: Some(retry_after), ..AuthError::new(AuthErrorKind::KeysUnavailable) }
    }

    pub(crate) fn key_not_valid(certificate: Option<LoggedCertificate>) -> Self {
        AuthError { certificate: certificate.map(Box::new), ..AuthError::new(AuthErrorKind::KeyNotValid) }
    }

    pub(crate) fn with_issuer(self, issuer: &Arc<str>) -> Self {
        AuthError { issuer: Some(issuer.clone()), ..self }
    }

    pub(crate) fn with_key_id(self, key_id: Option<&str>) -> Self {
        AuthError { key_id: key_id.map(LoggedKeyId::new), ..self }
    }
}

impl From<AuthErrorKind> for AuthError {
    fn from(kind: AuthErrorKind) -> Self {
        AuthError::new(kind)
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.kind.phrase())?;
        match (&self.claim, &self.scopes) {
            (Some(claim), _) => write!(formatter, ": {claim}"),
            (None, Some(scopes)) => write!(formatter, ": {scopes}"),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for AuthError {}

/// A `kid` fit for a log: at most 64 characters, nothing but printable ASCII, the rest escaped.
#[derive(Clone, PartialEq, Eq)]
pub struct LoggedKeyId(Box<str>);

const LOGGED_KEY_ID: usize = 64;

impl LoggedKeyId {
    pub(crate) fn new(key_id: &str) -> Self {
        // A `kid` that carries line breaks or terminal codes must not write the log.
        let escaped: String = key_id.chars().flat_map(char::escape_default).take(LOGGED_KEY_ID).collect();
        LoggedKeyId(escaped.into())
    }
}

impl fmt::Display for LoggedKeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for LoggedKeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Which certificate is meant and when it is valid, fit for a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedCertificate {
    key_id: Option<LoggedKeyId>,
    validity: Validity,
}

impl LoggedCertificate {
    pub(crate) fn new(key_id: Option<&str>, validity: Validity) -> Self {
        LoggedCertificate { key_id: key_id.map(LoggedKeyId::new), validity }
    }

    /// What the configuration calls the key in it: an alias, the name of a file, a `kid`. None where it has no name. It need not
    /// be the `kid` of the token, which may have none.
    pub fn key_id(&self) -> Option<&LoggedKeyId> {
        self.key_id.as_ref()
    }

    /// The first second of its validity (`notBefore`; RFC 5280, section 4.1.2.5), in seconds since 1970-01-01T00:00:00Z.
    pub fn not_before(&self) -> i64 {
        self.validity.not_before
    }

    /// The last second of its validity (`notAfter`), in seconds since 1970-01-01T00:00:00Z.
    pub fn not_after(&self) -> i64 {
        self.validity.not_after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logged_key_id_is_short_and_printable() {
        assert_eq!(LoggedKeyId::new("2024-01").to_string(), "2024-01");
        assert_eq!(
            LoggedKeyId::new("a\r\nINFO ok \u{1b}[0m\0").to_string(),
            "a\\r\\nINFO ok \\u{1b}[0m\\u{0}"
        );
        assert_eq!(LoggedKeyId::new(&"x".repeat(1_000_000)).to_string().len(), 64);
    }

    #[test]
    fn says_which_claim_and_which_scopes() {
        let claim = AuthError::about_claim(AuthErrorKind::MissingClaim, "sub");
        assert_eq!(claim.to_string(), "a required claim is missing: sub");
        assert_eq!(
            AuthError::insufficient_scope("order".into()).to_string(),
            "the token lacks a scope: order"
        );
    }
}
