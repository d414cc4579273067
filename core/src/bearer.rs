//! From the bytes of a request to one bearer token (RFC 6750, section 2).

use std::fmt;

use crate::error::{AuthError, AuthErrorKind};
use crate::request::RequestView;
use crate::token_source::{Credential, TokenSource};

/// The one credential of a request, of bounded length and not looked into yet.
#[derive(Clone, Copy)]
pub struct BearerToken<'r>(&'r [u8]);

impl<'r> BearerToken<'r> {
    /// Takes the token out of `request`, from the one of `sources` where it stands.
    ///
    /// `max_bytes` is checked before a byte of the token is; what the bytes are is seen when the token is read.
    ///
    /// # Errors
    ///
    /// [`MissingCredentials`](AuthErrorKind::MissingCredentials) where no source has a credential of its scheme;
    /// [`MultipleCredentials`](AuthErrorKind::MultipleCredentials) and
    /// [`MalformedCredentials`](AuthErrorKind::MalformedCredentials) for what is not exactly one credential; and
    /// [`TokenTooLarge`](AuthErrorKind::TokenTooLarge).
    pub fn from_request<V: RequestView>(
        request: &'r V,
        sources: &'r [TokenSource],
        max_bytes: usize,
    ) -> Result<Self, AuthError> {
        Self::found_in(request, sources)?.within(max_bytes)
    }

    /// [`from_request`](Self::from_request), however long the token is.
    pub(crate) fn found_in<V: RequestView>(
        request: &'r V,
        sources: &'r [TokenSource],
    ) -> Result<Self, AuthError> {
        let mut only = None;
        for source in sources {
            let mut in_source = 0;
            source.each(request, |credential| {
                in_source += 1;
                match credential {
                    // A field with a scheme is no list: a second line is a second credential, whatever it says.
                    Credential::Scheme(..) if in_source > 1 => Err(AuthErrorKind::MultipleCredentials),
                    Credential::Scheme(value, scheme) if !has_scheme(value, scheme) => Ok(()),
                    _ if only.is_some() => Err(AuthErrorKind::MultipleCredentials),
                    _ => {
                        only = Some(credential);
                        Ok(())
                    }
                }
            })?;
        }
        match only {
            None => Err(AuthErrorKind::MissingCredentials.into()),
            Some(Credential::Scheme(value, scheme)) => Self::from_credentials(value, scheme),
            Some(Credential::Bare(token)) => Self::from_token(token),
        }
    }

    /// Takes `token` as it is, for credentials that come by another way than a request.
    ///
    /// # Errors
    ///
    /// [`MalformedCredentials`](AuthErrorKind::MalformedCredentials) for no token, and
    /// [`TokenTooLarge`](AuthErrorKind::TokenTooLarge).
    pub fn new(token: &'r str, max_bytes: usize) -> Result<Self, AuthError> {
        Self::from_token(token.as_bytes())?.within(max_bytes)
    }

    /// The token, if it is no longer than `max_bytes`.
    pub(crate) fn within(self, max_bytes: usize) -> Result<Self, AuthError> {
        if self.0.len() > max_bytes { Err(AuthErrorKind::TokenTooLarge.into()) } else { Ok(self) }
    }

    /// Reads `credentials = scheme 1*SP b64token`, of which the scheme is known to be there.
    fn from_credentials(value: &'r [u8], scheme: &str) -> Result<Self, AuthError> {
        match value.trim_ascii().get(scheme.len()..) {
            Some(rest @ [b' ', ..]) => {
                let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
                Self::from_token(rest.get(spaces..).unwrap_or_default())
            }
            _ => Err(AuthErrorKind::MalformedCredentials.into()),
        }
    }

    pub(crate) fn from_token(token: &'r [u8]) -> Result<Self, AuthError> {
        if token.is_empty() {
            Err(AuthErrorKind::MalformedCredentials.into())
        } else {
            Ok(BearerToken(token))
        }
    }

    pub(crate) fn bytes(self) -> &'r [u8] {
        self.0
    }

    /// What to call a token that cannot be read. A `b64token` is `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`,
    /// so what begins another credential or stands between two ends it.
    pub(crate) fn malformed(self) -> AuthErrorKind {
        let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
        match self.0.iter().find(|byte| !is_token(byte)) {
            Some(b' ' | b'\t' | b',') => AuthErrorKind::MalformedCredentials,
            Some(_) | None => AuthErrorKind::MalformedToken,
        }
    }
}

/// Never the token: it is a credential.
impl fmt::Debug for BearerToken<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "BearerToken({} bytes)", self.0.len())
    }
}

/// Whether a field value begins with `scheme`, which compares without regard to case (RFC 9110, section 11.1), and not with
/// another whose name begins alike. Optional white space around the value is no part of it (section 5.5); servers differ in
/// removing it.
fn has_scheme(value: &[u8], scheme: &str) -> bool {
    let value = value.trim_ascii();
    let (own, rest) = value.split_at_checked(scheme.len()).unwrap_or((value, &[]));
    own.eq_ignore_ascii_case(scheme.as_bytes()) && matches!(rest, [] | [b' ' | b'\t' | b',', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Headers<'a>(&'a [(&'a str, &'a [u8])]);

    impl RequestView for Headers<'_> {
        fn method(&self) -> &'static str {
            "GET"
        }

        fn target(&self) -> &'static str {
            "/"
        }

        fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
            self.0.iter().copied()
        }
    }

    #[test]
    fn reads_exactly_one_token() {
        use AuthErrorKind::{MalformedCredentials, MissingCredentials, TokenTooLarge};
        let cases: &[(&str, &[u8], Result<&str, AuthErrorKind>)] = &[
            ("plain", b"Bearer a.b.c", Ok("a.b.c")),
            ("any case", b"bEaReR a.b.c", Ok("a.b.c")),
            ("several spaces", b"Bearer   a.b.c", Ok("a.b.c")),
            ("white space around the value", b" \tBearer a.b.c\t ", Ok("a.b.c")),
            ("the longest", b"Bearer 12345678901234567890", Ok("12345678901234567890")),
            ("one too long", b"Bearer 123456789012345678901", Err(TokenTooLarge)),
            ("empty", b"", Err(MissingCredentials)),
            ("another scheme", b"Basic eDp5", Err(MissingCredentials)),
            ("a longer scheme", b"Bearerx a.b.c", Err(MissingCredentials)),
            ("a prefix of the scheme", b"Bear", Err(MissingCredentials)),
            ("the scheme in the middle", b"xBearer a.b.c", Err(MissingCredentials)),
            ("the scheme second", b"foo Bearer a.b.c", Err(MissingCredentials)),
            ("no token", b"Bearer", Err(MalformedCredentials)),
            ("no token after the space", b"Bearer  ", Err(MalformedCredentials)),
            ("tab", b"Bearer\ta.b.c", Err(MalformedCredentials)),
            ("not ASCII scheme", b"\xe9earer a.b.c", Err(MissingCredentials)),
        ];
        for (name, value, expected) in cases {
            let headers = [("x-other", &b"Bearer x"[..]), ("Authorization", *value)];
            let request = Headers(&headers);
            let found = BearerToken::from_request(&request, &[TokenSource::Authorization], 20);
            let found = found.map(BearerToken::bytes).map_err(|error| error.kind());
            assert_eq!(found, expected.map(str::as_bytes), "{name}");
        }
    }

    #[test]
    fn what_is_no_token_is_told_apart() {
        use AuthErrorKind::{MalformedCredentials, MalformedToken};
        for (name, value, expected) in [
            ("a word more", &b"a.b.c d"[..], MalformedCredentials),
            ("two tokens", b"a.b.c, Bearer d.e.f", MalformedCredentials),
            ("two tokens, no space", b"a.b.c,Bearer d.e.f", MalformedCredentials),
            ("quotes", b"an\"invalid\"token", MalformedToken),
            ("quotes first", b"an\"invalid\" token", MalformedToken),
            ("not ASCII", b"\xe9\xff", MalformedToken),
            ("nothing stray", b"a.b.c", MalformedToken),
        ] {
            assert_eq!(BearerToken(value).malformed(), expected, "{name}");
        }
    }

    #[test]
    fn a_second_field_is_a_second_credential() {
        let kind = |headers: &[(&str, &[u8])]| {
            BearerToken::from_request(&Headers(headers), &[TokenSource::Authorization], 20)
                .map_err(|error| error.kind())
                .unwrap_err()
        };
        assert_eq!(kind(&[]), AuthErrorKind::MissingCredentials);
        for second in [&b"Bearer a.b.c"[..], b"Basic x", b""] {
            let headers = [("authorization", &b"Bearer a.b.c"[..]), ("AUTHORIZATION", second)];
            assert_eq!(kind(&headers), AuthErrorKind::MultipleCredentials);
        }
    }

    #[test]
    fn debug_does_not_show_the_token() {
        let token = BearerToken::new("secret.secret.secret", 100).unwrap();
        assert_eq!(format!("{token:?}"), "BearerToken(20 bytes)");
    }
}
