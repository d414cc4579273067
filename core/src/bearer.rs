//! From the bytes of a request to one bearer token (RFC 6750, section 2).

use std::fmt;

use crate::error::{AuthError, AuthErrorKind};
use crate::request::RequestView;
use crate::token_source::{Credential, TokenSource};

/// The one credential of a request: a `b64token` of bounded length, not looked into yet.
#[derive(Clone, Copy)]
pub struct BearerToken<'r>(&'r str);

impl<'r> BearerToken<'r> {
    /// Takes the token out of `request`, from the one of `sources` where it stands.
    ///
    /// `max_bytes` is checked before a byte of the token is.
    ///
    /// # Errors
    ///
    /// [`MissingCredentials`](AuthErrorKind::MissingCredentials) where no source has a credential of its scheme;
    /// [`MultipleCredentials`](AuthErrorKind::MultipleCredentials) and
    /// [`MalformedCredentials`](AuthErrorKind::MalformedCredentials) for what is not exactly one token;
    /// [`TokenTooLarge`](AuthErrorKind::TokenTooLarge); and [`MalformedToken`](AuthErrorKind::MalformedToken) for
    /// characters that no token has.
    pub fn from_request<V: RequestView>(
        request: &'r V,
        sources: &'r [TokenSource],
        max_bytes: usize,
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
            Some(Credential::Scheme(value, scheme)) => Self::from_credentials(value, scheme, max_bytes),
            Some(Credential::Bare(token)) => Self::from_token(token, max_bytes),
        }
    }

    /// Takes `token` as it is, for credentials that come by another way than a request.
    ///
    /// # Errors
    ///
    /// [`MalformedCredentials`](AuthErrorKind::MalformedCredentials) for no token or more than one,
    /// [`TokenTooLarge`](AuthErrorKind::TokenTooLarge), [`MalformedToken`](AuthErrorKind::MalformedToken).
    pub fn new(token: &'r str, max_bytes: usize) -> Result<Self, AuthError> {
        Self::from_token(token.as_bytes(), max_bytes)
    }

    /// Reads `credentials = scheme 1*SP b64token`, of which the scheme is known to be there.
    fn from_credentials(value: &'r [u8], scheme: &str, max_bytes: usize) -> Result<Self, AuthError> {
        match value.trim_ascii().get(scheme.len()..) {
            Some(rest @ [b' ', ..]) => {
                let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
                Self::from_token(rest.get(spaces..).unwrap_or_default(), max_bytes)
            }
            _ => Err(AuthErrorKind::MalformedCredentials.into()),
        }
    }

    fn from_token(token: &'r [u8], max_bytes: usize) -> Result<Self, AuthError> {
        if token.is_empty() {
            return Err(AuthErrorKind::MalformedCredentials.into());
        }
        if token.len() > max_bytes {
            return Err(AuthErrorKind::TokenTooLarge.into());
        }
        // b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
        // A compact JWS has no padding, and a stray "=" is refused with the segments, so the order is not looked at here.
        let is_token = |byte: &u8| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
        match token.iter().find(|byte| !is_token(byte)) {
            None => {
                let text = str::from_utf8(token).map_err(|_| AuthErrorKind::MalformedToken)?;
                Ok(BearerToken(text))
            }
            // Something after the token, be it a second one.
            Some(b' ' | b'\t' | b',') => Err(AuthErrorKind::MalformedCredentials.into()),
            Some(_) => Err(AuthErrorKind::MalformedToken.into()),
        }
    }

    pub(crate) fn text(self) -> &'r str {
        self.0
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
        use AuthErrorKind::{MalformedCredentials, MalformedToken, MissingCredentials, TokenTooLarge};
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
            ("a word more", b"Bearer a.b.c d", Err(MalformedCredentials)),
            ("two tokens", b"Bearer a.b.c, Bearer d.e.f", Err(MalformedCredentials)),
            ("two tokens, no space", b"Bearer a.b.c,Bearer d.e.f", Err(MalformedCredentials)),
            ("quotes", b"Bearer an\"invalid\"token", Err(MalformedToken)),
            ("not ASCII", b"Bearer \xe9\xff", Err(MalformedToken)),
            ("not ASCII scheme", b"\xe9earer a.b.c", Err(MissingCredentials)),
        ];
        for (name, value, expected) in cases {
            let headers = [("x-other", &b"Bearer x"[..]), ("Authorization", *value)];
            let request = Headers(&headers);
            let found = BearerToken::from_request(&request, &[TokenSource::Authorization], 20);
            assert_eq!(found.map(BearerToken::text).map_err(|error| error.kind()), *expected, "{name}");
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
