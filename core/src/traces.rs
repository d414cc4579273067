//! What a credential leaves behind on its request and on the answer, where it came by another way than a header of its own.

use std::fmt;

use crate::request::RequestView;
use crate::token_source::TokenSource;

/// What an adapter changes about an admitted request and its answer because of where the token stood.
#[derive(Clone, Default)]
pub struct Traces {
    by_query: bool,
    protocols: Option<Protocols>,
}

/// A list of WebSocket protocols, without the token that stood in it.
#[derive(Clone)]
struct Protocols {
    marker: Box<str>,
    remaining: Box<str>,
}

impl Traces {
    pub(crate) fn of<V: RequestView>(request: &V, sources: &[TokenSource]) -> Option<Box<Traces>> {
        let mut traces = Traces::default();
        for source in sources {
            let mut is_there = false;
            match source {
                TokenSource::Authorization | TokenSource::Header { .. } | TokenSource::Cookie { .. } => {}
                TokenSource::Query { .. } | TokenSource::WebSocketProtocol { .. } => {
                    // An admitted request has one credential, so it is this one.
                    let _ = source.each(request, |_| {
                        is_there = true;
                        Ok(())
                    });
                }
            }
            match source {
                TokenSource::Query { .. } => traces.by_query |= is_there,
                TokenSource::WebSocketProtocol { marker } if is_there => {
                    traces.protocols = Some(Protocols::of(request, marker));
                }
                _ => {}
            }
        }
        (traces.by_query || traces.protocols.is_some()).then(|| Box::new(traces))
    }

    /// What `Sec-WebSocket-Protocol` of the request has to say from here on, if it said a token.
    pub fn request_protocols(&self) -> Option<&str> {
        self.protocols.as_ref().map(|protocols| &*protocols.remaining)
    }

    /// The `Cache-Control` of the answer, if it has to change: "Success (2XX status) responses to these requests SHOULD
    /// contain a Cache-Control header with the 'private' option" (RFC 6750, section 2.3).
    pub fn cache_control(&self, status: u16, current: Option<&str>) -> Option<String> {
        if !self.by_query || !(200..300).contains(&status) {
            return None;
        }
        let says = |directive: &str| {
            current.unwrap_or_default().split(',').any(|own| own.trim().eq_ignore_ascii_case(directive))
        };
        if says("private") || says("no-store") {
            return None;
        }
        // `public` beside `private` would leave the choice to the cache.
        let kept = current.unwrap_or_default().split(',').map(str::trim);
        let kept = kept.filter(|own| !own.is_empty() && !own.eq_ignore_ascii_case("public"));
        Some(std::iter::once("private").chain(kept).collect::<Vec<_>>().join(", "))
    }

    /// The `Sec-WebSocket-Protocol` of the answer, if the service chose none: a browser fails the connection when the server
    /// picks none of those that it offered.
    pub fn response_protocol(&self, status: u16, current: Option<&str>) -> Option<&str> {
        let protocols = self.protocols.as_ref().filter(|_| status == 101 && current.is_none())?;
        Some(&protocols.marker)
    }
}

impl Protocols {
    fn of<V: RequestView>(request: &V, marker: &str) -> Self {
        let fields =
            request.headers().filter(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-protocol"));
        let mut elements =
            fields.flat_map(|(_, value)| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
        let mut remaining = Vec::new();
        while let Some(element) = elements.next() {
            remaining.push(String::from_utf8_lossy(element));
            if element == marker.as_bytes() {
                // The token: left out.
                let _ = elements.next();
            }
        }
        Protocols { marker: marker.into(), remaining: remaining.join(", ").into() }
    }
}

impl fmt::Debug for Traces {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Traces").field("by_query", &self.by_query).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_a_query_token_are_private() {
        let traces = Traces { by_query: true, protocols: None };
        for (current, expected) in [
            (None, Some("private")),
            (Some("max-age=60"), Some("private, max-age=60")),
            (Some("public, max-age=60"), Some("private, max-age=60")),
            (Some("Private"), None),
            (Some("no-store"), None),
        ] {
            assert_eq!(traces.cache_control(200, current).as_deref(), expected, "{current:?}");
        }
        assert_eq!(traces.cache_control(404, None), None);
        assert_eq!(Traces::default().cache_control(200, None), None);
    }
}
