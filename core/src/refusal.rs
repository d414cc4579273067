//! What the client gets to see of a refusal.

use std::borrow::Cow;

use crate::error::{AuthError, AuthErrorKind};

/// The answer to a request that was refused, for an adapter to write in its host's types.
///
/// The client learns the code, the log learns the reason: no text here depends on the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    headers: Vec<(Cow<'static, str>, String)>,
    body: Vec<u8>,
    is_grpc: bool,
}

/// The classes that refusals fall into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalClass {
    /// 401 with a bare challenge: "If the request lacks any authentication information … the resource server SHOULD NOT
    /// include an error code or other error information" (RFC 6750, section 3.1).
    Unauthenticated,
    /// 400 `invalid_request`: the request "includes … more than one method for including an access token, or is
    /// otherwise malformed" (RFC 6750, section 3.1).
    InvalidRequest,
    /// 401 `invalid_token`: "The access token provided is expired, revoked, malformed, or invalid for other reasons"
    /// (RFC 6750, section 3.1).
    InvalidToken,
    /// 403 `insufficient_scope`: "The request requires higher privileges than provided by the access token"
    /// (RFC 6750, section 3.1).
    InsufficientScope,
    /// 503 with `Retry-After` (RFC 9110, section 15.6.4) and no challenge: the token may well be good.
    Unavailable,
    /// 500: the application is wired wrongly. No token causes it.
    Internal,
}

impl RefusalClass {
    /// The class of a kind of error.
    pub fn of(kind: AuthErrorKind) -> Self {
        match kind {
            AuthErrorKind::MissingCredentials => RefusalClass::Unauthenticated,
            AuthErrorKind::MalformedCredentials | AuthErrorKind::MultipleCredentials => {
                RefusalClass::InvalidRequest
            }
            AuthErrorKind::TokenTooLarge
            | AuthErrorKind::MalformedToken
            | AuthErrorKind::AlgorithmNotAllowed
            | AuthErrorKind::UnsupportedHeader
            | AuthErrorKind::WrongType
            | AuthErrorKind::UnknownIssuer
            | AuthErrorKind::UnknownKey
            | AuthErrorKind::KeyMismatch
            | AuthErrorKind::KeyNotValid
            | AuthErrorKind::AmbiguousKey
            | AuthErrorKind::BadSignature
            | AuthErrorKind::RevokedKey
            | AuthErrorKind::MissingClaim
            | AuthErrorKind::InvalidClaim
            | AuthErrorKind::ClaimMismatch
            | AuthErrorKind::Expired
            | AuthErrorKind::NotYetValid
            | AuthErrorKind::IssuedInFuture
            | AuthErrorKind::LifetimeTooLong
            | AuthErrorKind::WrongAudience
            | AuthErrorKind::UnprovenPossession
            | AuthErrorKind::ClaimsShape => RefusalClass::InvalidToken,
            AuthErrorKind::InsufficientScope | AuthErrorKind::AccessDenied => RefusalClass::InsufficientScope,
            AuthErrorKind::IssuerUnavailable | AuthErrorKind::KeysUnavailable => RefusalClass::Unavailable,
            AuthErrorKind::MissingLayer => RefusalClass::Internal,
        }
    }

    /// The HTTP status code.
    pub fn status(self) -> u16 {
        match self {
            RefusalClass::Unauthenticated | RefusalClass::InvalidToken => 401,
            RefusalClass::InvalidRequest => 400,
            RefusalClass::InsufficientScope => 403,
            RefusalClass::Unavailable => 503,
            RefusalClass::Internal => 500,
        }
    }

    /// The error code of RFC 6750, section 3.1, or `None` where the answer has no challenge or a bare one.
    pub fn error_code(self) -> Option<&'static str> {
        match self {
            RefusalClass::InvalidRequest => Some("invalid_request"),
            RefusalClass::InvalidToken => Some("invalid_token"),
            RefusalClass::InsufficientScope => Some("insufficient_scope"),
            RefusalClass::Unauthenticated | RefusalClass::Unavailable | RefusalClass::Internal => None,
        }
    }
}

impl Refusal {
    /// The answer to `error`, with `realm` in its challenge if there is one: status, headers, and an empty body.
    pub fn new(error: &AuthError, realm: Option<&str>) -> Self {
        let class = RefusalClass::of(error.kind());
        let mut headers = Vec::new();
        match class {
            RefusalClass::Unavailable => {
                // "Retry-After … can be either an HTTP-date or a number of seconds" (RFC 9110, section 10.2.3).
                let wait = error.retry_after().unwrap_or_default();
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                headers.push(("retry-after".into(), seconds.max(1).to_string()));
            }
            RefusalClass::Internal => {}
            RefusalClass::Unauthenticated
            | RefusalClass::InvalidRequest
            | RefusalClass::InvalidToken
            | RefusalClass::InsufficientScope => {
                // "scope = scope-token *( SP scope-token )" (RFC 6749, section 3.3): there is no empty list.
                let scopes = error.required_scopes().filter(|scopes| !scopes.is_empty());
                headers.push(("www-authenticate".into(), challenge(class, scopes, realm)));
            }
        }
        Refusal { status: class.status(), headers, body: Vec::new(), is_grpc: false }
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers: lower-case names and printable ASCII values.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (&**name, value.as_str()))
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, taken.
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// The same with this body.
    pub fn with_body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.with_header("content-type", content_type)
    }

    /// The same with this header, in the place of one of its name. The challenge and `Retry-After` stay what they are: they
    /// say what the status means.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        let name = name.to_ascii_lowercase();
        if !matches!(&*name, "www-authenticate" | "retry-after") {
            self.headers.retain(|(own, _)| *own != name);
            self.headers.push((name.into(), value.to_owned()));
        }
        self
    }

    /// The same refusal as gRPC says it: its status is in a header, and that of HTTP is 200.
    pub(crate) fn for_grpc(self) -> Self {
        Refusal { status: 200, is_grpc: true, ..self }
    }

    /// The same headers and body with the status, challenge and `Retry-After` of `bare`.
    pub(crate) fn with_meaning_of(mut self, bare: Refusal) -> Self {
        if !self.is_grpc {
            self.status = bare.status;
        }
        let of_the_server = ["www-authenticate", "retry-after", "content-length", "transfer-encoding"];
        self.headers.retain(|(name, _)| !of_the_server.contains(&&**name));
        self.headers.splice(0..0, bare.headers);
        self
    }
}

/// The value of `WWW-Authenticate` (RFC 6750, section 3): the scheme, then its parameters separated by commas.
fn challenge(class: RefusalClass, scopes: Option<&str>, realm: Option<&str>) -> String {
    let parameters = [("realm", realm), ("error", class.error_code()), ("scope", scopes)];
    let mut value = String::from("Bearer");
    let mut separator = " ";
    for (name, text) in parameters {
        if let Some(text) = text {
            value.push_str(separator);
            value.push_str(name);
            value.push_str("=\"");
            push_quoted(&mut value, text);
            value.push('"');
            separator = ", ";
        }
    }
    value
}

/// Writes the inside of a quoted-string (RFC 9110, section 5.6.4). A realm is checked when it is configured; of a
/// scope, what could break the header is left out rather than sent.
fn push_quoted(value: &mut String, text: &str) {
    for character in text.chars().filter(|character| matches!(character, ' '..='~')) {
        if matches!(character, '"' | '\\') {
            value.push('\\');
        }
        value.push(character);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn header(error: &AuthError, realm: Option<&str>) -> String {
        let refusal = Refusal::new(error, realm);
        let headers: Vec<_> = refusal.headers().collect();
        assert_eq!(headers.len(), 1);
        format!("{} {}: {}", refusal.status(), headers[0].0, headers[0].1)
    }

    #[test]
    fn challenges_are_those_of_rfc_6750_section_3() {
        let none = AuthError::new(AuthErrorKind::MissingCredentials);
        assert_eq!(header(&none, Some("example")), r#"401 www-authenticate: Bearer realm="example""#);
        assert_eq!(header(&none, None), "401 www-authenticate: Bearer");
        let expired = AuthError::new(AuthErrorKind::Expired);
        assert_eq!(
            header(&expired, Some("example")),
            r#"401 www-authenticate: Bearer realm="example", error="invalid_token""#
        );
        let twice = AuthError::new(AuthErrorKind::MultipleCredentials);
        assert_eq!(header(&twice, None), r#"400 www-authenticate: Bearer error="invalid_request""#);
        let scope = AuthError::insufficient_scope("menu order".into());
        assert_eq!(
            header(&scope, None),
            r#"403 www-authenticate: Bearer error="insufficient_scope", scope="menu order""#
        );
    }

    #[test]
    fn a_key_that_is_out_of_use_makes_its_tokens_invalid() {
        for kind in [AuthErrorKind::KeyNotValid, AuthErrorKind::RevokedKey] {
            let error = AuthError::new(kind);
            assert_eq!(
                header(&error, None),
                r#"401 www-authenticate: Bearer error="invalid_token""#,
                "{error}"
            );
        }
        assert_eq!(AuthErrorKind::RevokedKey.phrase(), "the key of the token is revoked");
    }

    #[test]
    fn a_challenge_names_no_empty_list_of_scopes() {
        let scope = AuthError::insufficient_scope("".into());
        assert_eq!(header(&scope, None), r#"403 www-authenticate: Bearer error="insufficient_scope""#);
    }

    #[test]
    fn missing_keys_are_no_fault_of_the_token() {
        for (wait, seconds) in [(0, "1"), (999, "1"), (1_000, "1"), (1_001, "2"), (60_000, "60")] {
            let error = AuthError::keys_unavailable(Duration::from_millis(wait));
            assert_eq!(header(&error, Some("r")), format!("503 retry-after: {seconds}"));
        }
    }

    #[test]
    fn a_realm_cannot_break_out_of_its_quotes() {
        let none = AuthError::new(AuthErrorKind::MissingCredentials);
        assert_eq!(
            header(&none, Some("a\"b\\c\r\nSet-Cookie: x\u{e9}")),
            r#"401 www-authenticate: Bearer realm="a\"b\\cSet-Cookie: x""#
        );
    }
}
