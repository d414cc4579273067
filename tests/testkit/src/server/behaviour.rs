use std::time::Duration;

use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};

/// How a route of a [`ServedIssuer`](crate::ServedIssuer) answers.
///
/// "The document" is what the route gives when it behaves: the key set or the metadata. It is the one of the moment in which the
/// request arrived, so an answer that was held or hung back is an old one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Behaviour {
    /// The document, as `application/json`.
    Normal,
    /// The document with extra headers, such as `Cache-Control` or `ETag`.
    Headers(Vec<(String, String)>),
    /// The document with an `ETag` that is its own; a request whose `If-None-Match` names that one gets a 304 with the tag
    /// and no body.
    Conditional,
    /// This status with these headers and no body.
    Status(u16, Vec<(String, String)>),
    /// 200 with these bytes, under this content type or none.
    Body(Vec<u8>, Option<String>),
    /// 302 to this place.
    Redirect(String),
    /// Takes the request and never answers.
    Hang,
    /// Sends the status and the headers of the document, with its length, and never a byte of it.
    HangAfterHeaders,
    /// The document, one byte per interval.
    Trickle(Duration),
    /// The document and spaces up to so many bytes, chunked: no `Content-Length` warns of it. Whoever cuts it short reads
    /// valid JSON. It is made while it is sent, so its size costs no memory.
    Huge(u64),
    /// The same, with a true `Content-Length`.
    HugeDeclared(u64),
    /// Resets the connection instead of answering.
    Close,
    /// Waits for the next [`release`](crate::ServedIssuer::release), then answers with the document.
    Hold,
    /// One behaviour per request, in order; the last one stays.
    Sequence(Vec<Behaviour>),
}

impl Behaviour {
    /// A status alone.
    pub fn status(code: u16) -> Self {
        Self::Status(code, Vec::new())
    }

    /// The document with extra headers.
    pub fn headers<N: Into<String>, V: Into<String>>(headers: impl IntoIterator<Item = (N, V)>) -> Self {
        Self::Headers(headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// These bytes as `application/json`, JSON or not.
    pub fn body(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Body(bytes.into(), Some("application/json".to_owned()))
    }

    /// The single behaviours of a sequence, in order; itself when it is none.
    pub(super) fn flatten(self) -> Vec<Self> {
        match self {
            Self::Sequence(steps) => steps.into_iter().flat_map(Self::flatten).collect(),
            one => vec![one],
        }
    }

    /// Refuses here what would otherwise fail in the server's task, far from the test that wrote it.
    #[track_caller]
    pub(super) fn check(&self) {
        let text = |value: &str| HeaderValue::from_str(value).is_ok();
        let all = |headers: &[(String, String)]| {
            headers.iter().all(|(name, value)| HeaderName::try_from(name).is_ok() && text(value))
        };
        let sound = match self {
            Self::Headers(headers) => all(headers),
            Self::Status(code, headers) => {
                StatusCode::from_u16(*code).is_ok_and(|code| code.as_u16() >= 200) && all(headers)
            }
            Self::Body(_, content_type) => content_type.as_deref().is_none_or(text),
            Self::Redirect(to) => text(to),
            Self::Trickle(interval) => !interval.is_zero(),
            _ => true,
        };
        assert!(sound, "HTTP cannot say this: {self:?}");
    }
}
