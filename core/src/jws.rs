//! From a bearer token to a JWS in compact serialization (RFC 7515, section 7.1), read and not yet verified.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use memchr::{memchr, memrchr};

use crate::base64url;
use crate::bearer::BearerToken;
use crate::error::{AuthError, AuthErrorKind};
use crate::header::{Header, KnownHeaders};
use crate::json::JsonObject;

/// A token cut at its dots: the payload is a JSON object, the header and the signature are base64url. Nothing in it may be
/// believed.
pub(crate) struct TokenParts<'t> {
    header: &'t [u8],
    payload: JsonObject,
    signing_input: &'t [u8],
    signature: &'t [u8],
}

/// The text of a token, cut at its dots: header and signature are base64url, the payload is what is between.
struct Cut<'t> {
    header: &'t [u8],
    payload: &'t [u8],
    signing_input: &'t [u8],
    signature: &'t [u8],
}

impl<'t> Cut<'t> {
    fn of(token: &'t [u8]) -> Option<Self> {
        let (signing_input, signature) = cut_at(token, memrchr(b'.', token)?)?;
        let (header, payload) = cut_at(signing_input, memchr(b'.', signing_input)?)?;
        // No key makes a good signature of a bad text: it is refused before one is looked for, let alone fetched. A fourth
        // part would stand in the payload now, and no "." is base64url.
        let is_well_cut = base64url::is_canonical(signature) && base64url::is_canonical(header);
        is_well_cut.then_some(Cut { header, payload, signing_input, signature })
    }
}

/// What stands before and after the dot at this place.
fn cut_at(text: &[u8], dot: usize) -> Option<(&[u8], &[u8])> {
    let (before, from_dot) = text.split_at_checked(dot)?;
    Some((before, from_dot.strip_prefix(b".")?))
}

/// A token whose three parts are well-formed: a header that we understand whole, a payload that is a JSON object, and a
/// signature that nobody has looked at. Nothing in it may be believed.
pub(crate) struct UnverifiedJws<'t> {
    header: Arc<Header>,
    is_header_new: bool,
    parts: TokenParts<'t>,
}

impl<'t> TokenParts<'t> {
    pub(crate) fn split(token: BearerToken<'t>) -> Result<Self, AuthError> {
        let parts = Cut::of(token.bytes()).and_then(|cut| {
            let payload = String::from_utf8(base64url::decode(cut.payload)?).ok()?;
            let payload = JsonObject::parse(payload).ok()?;
            let Cut { header, signing_input, signature, .. } = cut;
            Some(TokenParts { header, payload, signing_input, signature })
        });
        parts.ok_or_else(|| Self::fault(token))
    }

    /// Why a token cannot be split. A header with a fault of its own is named first: that of an encrypted token, which has five
    /// parts, says what the token is.
    fn fault(token: BearerToken<'_>) -> AuthError {
        let stray = token.stray().map(AuthError::from);
        let header = || Header::parse(Cut::of(token.bytes())?.header).err();
        stray.or_else(header).unwrap_or_else(|| AuthErrorKind::MalformedToken.into())
    }

    /// The claimed issuer: good for choosing the keys to verify with and for nothing else.
    pub(crate) fn unverified_issuer(&self) -> Result<Cow<'_, str>, AuthError> {
        let claim = self.payload.get("iss");
        let claim = claim.ok_or_else(|| AuthError::about_claim(AuthErrorKind::MissingClaim, "iss"))?;
        claim.as_str().ok_or_else(|| AuthError::about_claim(AuthErrorKind::InvalidClaim, "iss"))
    }

    /// Reads the header too, unless it is one of `known`.
    pub(crate) fn read_header(self, known: Option<&KnownHeaders>) -> Result<UnverifiedJws<'t>, AuthError> {
        let found = known.and_then(|known| known.find(self.header));
        let is_header_new = known.is_some() && found.is_none();
        let header = match found {
            Some(header) => header,
            None => Arc::new(Header::parse(self.header)?),
        };
        Ok(UnverifiedJws { header, is_header_new, parts: self })
    }
}

impl<'t> UnverifiedJws<'t> {
    pub(crate) fn header(&self) -> &Arc<Header> {
        &self.header
    }

    /// Whether the header had to be read and could have been known.
    pub(crate) fn is_header_new(&self) -> bool {
        self.is_header_new
    }

    /// The claimed issuer, see [`TokenParts::unverified_issuer`].
    pub(crate) fn unverified_issuer(&self) -> Result<Cow<'_, str>, AuthError> {
        self.parts.unverified_issuer()
    }

    /// The claims as the token has them, for the question whether a key, or the issuer itself, is worth asking for.
    pub(crate) fn unverified_payload(&self) -> &JsonObject {
        &self.parts.payload
    }

    /// What the signature is over: "ASCII(BASE64URL(UTF8(JWS Protected Header)) || '.' || BASE64URL(JWS Payload))"
    /// (RFC 7515, section 5.1).
    pub(crate) fn signing_input(&self) -> &'t [u8] {
        self.parts.signing_input
    }

    /// The signature, in base64url.
    pub(crate) fn signature(&self) -> &'t [u8] {
        self.parts.signature
    }

    pub(crate) fn into_parts(self) -> (Arc<Header>, JsonObject) {
        (self.header, self.parts.payload)
    }
}

/// Never a part of the token.
impl fmt::Debug for UnverifiedJws<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UnverifiedJws")
            .field("algorithm", &self.header.algorithm)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(), AuthErrorKind> {
        let parts = BearerToken::new(text, usize::MAX).and_then(TokenParts::split);
        parts.and_then(|parts| parts.read_header(None)).map(drop).map_err(|error| error.kind())
    }

    #[test]
    fn has_exactly_three_parts() {
        let [h, p] = [r#"{"alg":"RS256"}"#, "{}"].map(|part| base64url::encode(part.as_bytes()));
        assert!(parse(&format!("{h}.{p}.c2ln")).is_ok());
        for text in [
            h.clone(),
            format!("{h}.{p}"),
            format!("{h}.{p}.c2ln."),
            format!(".{h}.{p}.c2ln"),
            format!("..{h}.{p}.c2ln"),
            format!("{h}.{p}.c2ln.c2ln"),
            format!("{h}.a.b.c.c2ln"),
            format!(".{p}.c2ln"),
            format!("{h}..c2ln"),
            ".".repeat(1_000_000),
        ] {
            assert_eq!(parse(&text), Err(AuthErrorKind::MalformedToken));
        }
    }

    #[test]
    fn a_payload_is_an_object_in_utf8() {
        let header = base64url::encode(br#"{"alg":"RS256"}"#);
        for payload in
            [&b"[]"[..], b"\"a\"", b"1", b"null", b"", b"{}{}", b"\xef\xbb\xbf{}", b"{\"a\":\"\xff\"}"]
        {
            let payload = base64url::encode(payload);
            assert_eq!(parse(&format!("{header}.{payload}.c2ln")), Err(AuthErrorKind::MalformedToken));
        }
    }

    #[test]
    fn characters_of_no_token_are_told_apart_wherever_they_stand() {
        use AuthErrorKind::{MalformedCredentials, MalformedToken};
        let parts = [r#"{"alg":"RS256"}"#, "{}"].map(|part| base64url::encode(part.as_bytes()));
        for (stray, kind) in
            [(" ", MalformedCredentials), ("\t", MalformedCredentials), (",", MalformedCredentials)]
                .into_iter()
                .chain(["\"", "=", "+", "é", "\0"].map(|stray| (stray, MalformedToken)))
        {
            let [h, p] = &parts;
            for text in [
                format!("{stray}{h}.{p}.c2ln"),
                format!("{h}{stray}.{p}.c2ln"),
                format!("{h}.{stray}{p}.c2ln"),
            ]
            .into_iter()
            .chain([format!("{h}.{p}.{stray}c2ln"), format!("{h}.{p}.c2ln{stray}")])
            {
                assert_eq!(parse(&text), Err(kind), "{text:?}");
            }
        }
    }
}
