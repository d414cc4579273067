//! From a bearer token to a JWS in compact serialization (RFC 7515, section 7.1), read and not yet verified.

use std::borrow::Cow;
use std::fmt;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::bearer::BearerToken;
use crate::certificate::{Thumbprints, thumbprint};
use crate::error::{AuthError, AuthErrorKind};
use crate::json::{JsonObject, JsonValue};

/// A token whose three parts are well-formed: a header that we understand whole, a payload that is a JSON object, and a
/// signature that nobody has looked at. Nothing in it may be believed.
pub(crate) struct UnverifiedJws<'t> {
    header: Header,
    payload: JsonObject,
    signing_input: &'t str,
    signature: &'t str,
}

/// The members of the JOSE header that have a meaning here. All others are ignored, as RFC 7515, section 4 asks; among
/// them `jku`, `x5u`, `jwk` and `x5c`, which would let a token bring its own key.
pub(crate) struct Header {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: Option<Box<str>>,
    pub(crate) token_type: Option<Box<str>>,
    /// Which certificate the key is in, where the header says so in a way that names one.
    pub(crate) thumbprints: Thumbprints,
}

impl<'t> UnverifiedJws<'t> {
    pub(crate) fn parse(token: BearerToken<'t>) -> Result<Self, AuthError> {
        let text = token.text();
        let (signing_input, signature) = text.rsplit_once('.').ok_or(AuthErrorKind::MalformedToken)?;
        let (header, payload) = signing_input.split_once('.').ok_or(AuthErrorKind::MalformedToken)?;
        // No key makes a good signature of a bad text: it is refused before one is looked for, let alone fetched.
        if !base64url::is_canonical(signature.as_bytes()) {
            return Err(AuthErrorKind::MalformedToken.into());
        }
        // A fourth part would stand in the payload now, and no "." is base64url.
        let header = Header::parse(&object(header)?)?;
        Ok(UnverifiedJws { header, payload: object(payload)?, signing_input, signature })
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The claimed issuer: good for choosing the keys to verify with and for nothing else.
    pub(crate) fn unverified_issuer(&self) -> Result<Cow<'_, str>, AuthError> {
        let claim = self.payload.get("iss");
        let claim = claim.ok_or_else(|| AuthError::about_claim(AuthErrorKind::MissingClaim, "iss"))?;
        claim.as_str().ok_or_else(|| AuthError::about_claim(AuthErrorKind::InvalidClaim, "iss"))
    }

    /// The claims as the token has them, for the question whether a key is worth looking for.
    pub(crate) fn unverified_payload(&self) -> &JsonObject {
        &self.payload
    }

    /// What the signature is over: "ASCII(BASE64URL(UTF8(JWS Protected Header)) || '.' || BASE64URL(JWS Payload))"
    /// (RFC 7515, section 5.1).
    pub(crate) fn signing_input(&self) -> &'t [u8] {
        self.signing_input.as_bytes()
    }

    /// The signature, in base64url.
    pub(crate) fn signature(&self) -> &'t str {
        self.signature
    }

    pub(crate) fn into_parts(self) -> (Header, JsonObject) {
        (self.header, self.payload)
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

impl Header {
    fn parse(header: &JsonObject) -> Result<Self, AuthError> {
        let (mut algorithm, mut key_id, mut token_type) = (None, None, None);
        let mut thumbprints = Thumbprints::default();
        for (name, value) in header.members() {
            match &*name {
                "alg" => algorithm = Some(string(value)?),
                "kid" => key_id = Some(string(value)?.into()),
                "typ" => token_type = Some(string(value)?.into()),
                "x5t" => thumbprints.sha1 = thumbprint(&string(value)?),
                "x5t#S256" => thumbprints.sha256 = thumbprint(&string(value)?),
                // `crit`: none of the extensions it could list is supported, and a list of none "MUST NOT" be there
                // (RFC 7515, section 4.1.11). `b64`: RFC 7797 changes what is signed. `zip`, `enc`: of JWE, and a reader
                // that heeds them inflates or decrypts what a stranger sent.
                "crit" | "b64" | "zip" | "enc" => return Err(AuthErrorKind::UnsupportedHeader.into()),
                _ => {}
            }
        }
        let algorithm = algorithm.ok_or(AuthErrorKind::AlgorithmNotAllowed)?;
        let algorithm = algorithm.parse().map_err(|_| AuthErrorKind::AlgorithmNotAllowed)?;
        Ok(Header { algorithm, key_id, token_type, thumbprints })
    }
}

fn object(segment: &str) -> Result<JsonObject, AuthError> {
    let bytes = base64url::decode(segment.as_bytes()).ok_or(AuthErrorKind::MalformedToken)?;
    let text = String::from_utf8(bytes).map_err(|_| AuthErrorKind::MalformedToken)?;
    JsonObject::parse(text).map_err(|_| AuthErrorKind::MalformedToken.into())
}

fn string(value: JsonValue<'_>) -> Result<Cow<'_, str>, AuthError> {
    value.as_str().ok_or_else(|| AuthErrorKind::MalformedToken.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(header: &str, payload: &str) -> Result<Algorithm, AuthErrorKind> {
        let [header, payload] = [header, payload].map(|part| base64url::encode(part.as_bytes()));
        parse_text(&format!("{header}.{payload}.c2ln"))
    }

    fn parse_text(text: &str) -> Result<Algorithm, AuthErrorKind> {
        let jws = BearerToken::new(text, usize::MAX).and_then(UnverifiedJws::parse);
        jws.map(|jws| jws.header().algorithm).map_err(|error| error.kind())
    }

    #[test]
    fn reads_headers_that_it_understands_whole() {
        use AuthErrorKind::{AlgorithmNotAllowed, MalformedToken, UnsupportedHeader};
        for (header, expected) in [
            (r#"{"alg":"RS256"}"#, Ok(Algorithm::RS256)),
            (r#"{"alg":"Ed25519","typ":"at+jwt","kid":"k"}"#, Ok(Algorithm::EdDSA)),
            (r#"{"\u0061lg":"ES256"}"#, Ok(Algorithm::ES256)),
            (r#"{"alg":"ES256","jku":"http://x","x5u":1,"jwk":{},"x5c":[],"x5t":"a"}"#, Ok(Algorithm::ES256)),
            ("{}", Err(AlgorithmNotAllowed)),
            (r#"{"alg":"none"}"#, Err(AlgorithmNotAllowed)),
            (r#"{"alg":"HS256"}"#, Err(AlgorithmNotAllowed)),
            (r#"{"alg":""}"#, Err(AlgorithmNotAllowed)),
            (r#"{"alg":1}"#, Err(MalformedToken)),
            (r#"{"alg":null}"#, Err(MalformedToken)),
            (r#"{"alg":["RS256"]}"#, Err(MalformedToken)),
            (r#"{"alg":"RS256","alg":"RS256"}"#, Err(MalformedToken)),
            (r#"{"alg":"RS256","\u0061lg":"none"}"#, Err(MalformedToken)),
            (r#"{"alg":"RS256","kid":1}"#, Err(MalformedToken)),
            (r#"{"alg":"RS256","kid":null}"#, Err(MalformedToken)),
            (r#"{"alg":"RS256","typ":["JWT"]}"#, Err(MalformedToken)),
            (r#"{"alg":"RS256","x5t":1}"#, Err(MalformedToken)),
            (r#"{"alg":"RS256","x5t#S256":null}"#, Err(MalformedToken)),
            (r#"{"alg":"RS256","x5t":"+/=","x5t#S256":""}"#, Ok(Algorithm::RS256)),
            (r#"{"alg":"RS256","crit":[]}"#, Err(UnsupportedHeader)),
            (r#"{"alg":"RS256","crit":["exp"],"exp":1}"#, Err(UnsupportedHeader)),
            (r#"{"alg":"RS256","crit":["b64"],"b64":false}"#, Err(UnsupportedHeader)),
            (r#"{"alg":"RS256","b64":false}"#, Err(UnsupportedHeader)),
            (r#"{"alg":"RS256","zip":"DEF"}"#, Err(UnsupportedHeader)),
            (r#"{"alg":"RS256","enc":"A128GCM"}"#, Err(UnsupportedHeader)),
            ("[]", Err(MalformedToken)),
            ("null", Err(MalformedToken)),
            (r#"{"alg":"RS256"} "#, Ok(Algorithm::RS256)),
            (r#"{"alg":"RS256"}x"#, Err(MalformedToken)),
        ] {
            assert_eq!(parse(header, "{}"), expected, "{header}");
        }
    }

    #[test]
    fn has_exactly_three_parts() {
        let [h, p] = [r#"{"alg":"RS256"}"#, "{}"].map(|part| base64url::encode(part.as_bytes()));
        assert!(parse_text(&format!("{h}.{p}.c2ln")).is_ok());
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
            assert_eq!(parse_text(&text), Err(AuthErrorKind::MalformedToken));
        }
    }

    #[test]
    fn a_payload_is_an_object_in_utf8() {
        for payload in ["[]", "\"a\"", "1", "null", "", "{}{}", "\u{feff}{}"] {
            assert_eq!(parse(r#"{"alg":"RS256"}"#, payload), Err(AuthErrorKind::MalformedToken), "{payload}");
        }
        let header = base64url::encode(br#"{"alg":"RS256"}"#);
        let payload = base64url::encode(b"{\"a\":\"\xff\"}");
        assert_eq!(parse_text(&format!("{header}.{payload}.c2ln")), Err(AuthErrorKind::MalformedToken));
    }
}
