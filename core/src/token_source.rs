//! Where in a request a token may stand.

use crate::error::AuthErrorKind;
use crate::request::RequestView;

/// A place in a request where a token may stand. Only the places that are configured are looked at; a request with tokens in
/// more than one of them is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenSource {
    /// `Authorization: Bearer TOKEN` (RFC 6750, section 2.1). The default, and the only one.
    Authorization,
    /// Another header field, with a scheme before the token or the token alone.
    Header {
        /// The name of the field.
        name: String,
        /// The scheme, compared without regard to case; without one, the value is the token.
        scheme: Option<String>,
    },
    /// A cookie.
    ///
    /// # Security
    ///
    /// Browsers send it with requests that other sites cause: protect what changes state against forged requests.
    Cookie {
        /// The name of the cookie.
        name: String,
    },
    /// A query parameter, such as `access_token` (RFC 6750, section 2.3).
    ///
    /// # Security
    ///
    /// URLs end up in logs and histories: "it SHOULD NOT be used unless it is impossible to transport the access token in
    /// the 'Authorization' request header field". Answers get `Cache-Control: private`.
    Query {
        /// The name of the parameter.
        name: String,
    },
    /// The element after `marker` in `Sec-WebSocket-Protocol`, since browsers can set no other field there:
    /// `new WebSocket(url, [marker, token])`. The token is taken out of the field before the request goes on, and is never
    /// echoed. One guard can do that for a request: a second one inside finds the marker without its token.
    WebSocketProtocol {
        /// The name of the protocol that announces the token, such as `bearer`.
        marker: String,
    },
}

/// One text that stands where a token may, in a form that still has to be checked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Credential<'r> {
    /// A field value with this scheme before the token.
    Scheme(&'r [u8], &'r str),
    /// The token alone.
    Bare(&'r [u8]),
}

impl TokenSource {
    /// The header field that the source reads, if it is one.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            TokenSource::Authorization => Some("authorization"),
            TokenSource::Header { name, .. } => Some(name),
            TokenSource::Cookie { .. } => Some("cookie"),
            TokenSource::WebSocketProtocol { .. } => Some("sec-websocket-protocol"),
            TokenSource::Query { .. } => None,
        }
    }

    /// Whether one text could count for both sources.
    pub(crate) fn overlaps(&self, other: &TokenSource) -> bool {
        let same = |own: &str, other: &str| own.eq_ignore_ascii_case(other);
        match (self.as_header(), other.as_header()) {
            (Some((own, own_scheme)), Some((name, scheme))) => {
                same(own, name) && own_scheme.zip(scheme).is_none_or(|(own, other)| same(own, other))
            }
            _ => self == other,
        }
    }

    /// The field and the scheme in it, of a source that reads one whole field.
    fn as_header(&self) -> Option<(&str, Option<&str>)> {
        match self {
            TokenSource::Authorization => Some(("authorization", Some("Bearer"))),
            TokenSource::Header { name, scheme } => Some((name, scheme.as_deref())),
            _ => None,
        }
    }

    /// Whether the names are such that a request could have them.
    pub(crate) fn check(&self) -> Result<(), String> {
        let is_token = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
        };
        let (key, names) = match self {
            TokenSource::Authorization => return Ok(()),
            TokenSource::Query { name } if !name.is_empty() => return Ok(()),
            TokenSource::Header { name, scheme } => ("header", [Some(name), scheme.as_ref()]),
            TokenSource::Cookie { name } => ("cookie", [Some(name), None]),
            TokenSource::Query { name } => ("query", [Some(name), None]),
            TokenSource::WebSocketProtocol { marker } => ("websocket", [Some(marker), None]),
        };
        match names.into_iter().flatten().find(|name| !is_token(name)) {
            Some(name) => Err(format!("sources: {key} = {name:?} is no name that a request could have")),
            None => Ok(()),
        }
    }

    /// Calls `found` for each text that stands in this place of `request`.
    pub(crate) fn each<'r, V: RequestView>(
        &'r self,
        request: &'r V,
        mut found: impl FnMut(Credential<'r>) -> Result<(), AuthErrorKind>,
    ) -> Result<(), AuthErrorKind> {
        let Some(field) = self.field() else {
            let TokenSource::Query { name } = self else { return Ok(()) };
            return parameters(request.target(), name).try_for_each(|value| found(Credential::Bare(value)));
        };
        for (_, value) in request.headers().filter(|(name, _)| name.eq_ignore_ascii_case(field)) {
            match self {
                TokenSource::Authorization => found(Credential::Scheme(value, "Bearer"))?,
                TokenSource::Header { scheme: Some(scheme), .. } => found(Credential::Scheme(value, scheme))?,
                TokenSource::Header { scheme: None, .. } => found(Credential::Bare(value.trim_ascii()))?,
                TokenSource::Cookie { name } => {
                    cookies(value, name).try_for_each(|value| found(Credential::Bare(value)))?;
                }
                TokenSource::WebSocketProtocol { marker } => {
                    announced(value, marker).try_for_each(|value| found(Credential::Bare(value)))?;
                }
                TokenSource::Query { .. } => {}
            }
        }
        Ok(())
    }
}

/// The values of the cookies `name` (RFC 6265, section 4.2.1), without the quotes that a value may have.
fn cookies<'r>(field: &'r [u8], name: &'r str) -> impl Iterator<Item = &'r [u8]> {
    field.split(|byte| *byte == b';').filter_map(move |pair| {
        let (key, value) = split_once(pair.trim_ascii(), b'=')?;
        let value = value.trim_ascii();
        let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
        (key.trim_ascii() == name.as_bytes()).then_some(unquoted.unwrap_or(value))
    })
}

/// The values of the query parameters `name`. A name may be percent-encoded; a token has no character that need be.
fn parameters<'r>(target: &'r str, name: &'r str) -> impl Iterator<Item = &'r [u8]> {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    query.split('&').filter_map(move |pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        is_name(key.as_bytes(), name.as_bytes()).then_some(value.as_bytes())
    })
}

/// Whether `text`, percent-decoded, is `name`: a second parameter must not hide behind another spelling.
fn is_name(mut text: &[u8], mut name: &[u8]) -> bool {
    let hex = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    while let [first, rest @ ..] = text {
        let (byte, rest) = match (first, rest) {
            (b'%', [high, low, rest @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, rest),
                _ => return false,
            },
            (b'+', rest) => (b' ', rest),
            (byte, rest) => (*byte, rest),
        };
        let Some((expected, following)) = name.split_first() else { return false };
        if byte != *expected {
            return false;
        }
        (text, name) = (rest, following);
    }
    name.is_empty()
}

/// The elements that follow `marker` in a list of protocols. A marker without one announces nothing that is a token.
fn announced<'r>(field: &'r [u8], marker: &'r str) -> impl Iterator<Item = &'r [u8]> {
    let mut elements = field.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    std::iter::from_fn(move || {
        elements.find(|element| *element == marker.as_bytes())?;
        Some(elements.next().unwrap_or_default())
    })
}

fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_overlap_where_one_text_would_count_twice() {
        let header = |name: &str, scheme: Option<&str>| TokenSource::Header {
            name: name.to_owned(),
            scheme: scheme.map(str::to_owned),
        };
        let cookie = |name: &str| TokenSource::Cookie { name: name.to_owned() };
        for (one, other, expected) in [
            (TokenSource::Authorization, TokenSource::Authorization, true),
            (TokenSource::Authorization, header("AUTHORIZATION", Some("bearer")), true),
            (TokenSource::Authorization, header("authorization", None), true),
            (TokenSource::Authorization, header("authorization", Some("Token")), false),
            (header("x-auth", None), header("X-Auth", Some("Token")), true),
            (header("x-auth", None), header("x-token", None), false),
            (cookie("jwt"), cookie("jwt"), true),
            (cookie("jwt"), cookie("JWT"), false),
        ] {
            assert_eq!(one.overlaps(&other), expected, "{one:?} and {other:?}");
            assert_eq!(other.overlaps(&one), expected, "{other:?} and {one:?}");
        }
    }

    fn texts<'a>(found: impl Iterator<Item = &'a [u8]>) -> Vec<&'a str> {
        found.map(|text| str::from_utf8(text).unwrap()).collect()
    }

    #[test]
    fn finds_cookies_by_their_exact_name() {
        let found = |field: &'static str| texts(cookies(field.as_bytes(), "jwt"));
        assert_eq!(found("a=1; jwt=x.y.z; b=2"), ["x.y.z"]);
        assert_eq!(found("jwt=\"x\"; jwt=y"), ["x", "y"]);
        assert_eq!(found("jwt2=x; JWT=y; xjwt=z; jwt"), [""; 0]);
        assert_eq!(found("jwt="), [""]);
        assert_eq!(found("jwt=a=b"), ["a=b"]);
    }

    #[test]
    fn finds_parameters_however_their_name_is_spelt() {
        let found = |target: &'static str| texts(parameters(target, "access_token"));
        assert_eq!(found("/a?x=1&access_token=t&y"), ["t"]);
        assert_eq!(found("/a?access_token=t&access%5Ftoken=u"), ["t", "u"]);
        assert_eq!(found("/a?%61ccess_token=t"), ["t"]);
        assert_eq!(found("/a?access_token"), [""]);
        assert_eq!(found("/a?access_token2=t&Access_token=u&access%5token=v&access%zztoken=w"), [""; 0]);
        assert_eq!(found("/access_token=t"), [""; 0]);
        assert_eq!(found("/a?b=1#access_token=t"), [""; 0]);
    }

    #[test]
    fn finds_the_protocol_that_is_announced() {
        let found = |field: &'static str| texts(announced(field.as_bytes(), "bearer"));
        assert_eq!(found("chat, bearer, x.y.z"), ["x.y.z"]);
        assert_eq!(found("bearer,x, bearer ,y"), ["x", "y"]);
        assert_eq!(found("bearer"), [""]);
        assert_eq!(found("chat, x.y.z"), [""; 0]);
    }
}
