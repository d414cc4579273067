//! What is left to do when the inner service has answered.

use std::sync::Arc;

use claimgate_core::{Rejection, RenderRefusal, Traces};
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue,
    SEC_WEBSOCKET_PROTOCOL, SET_COOKIE,
};
use http::{HeaderMap, Request, Response};

use crate::layer::Guard;
use crate::response::{RefusalBody, rendered};
use crate::view::View;

/// Finishes an answer: with the layer's rendering, and with what the place of the token asks for. Both are rare, and
/// nothing where there is neither.
#[derive(Default)]
pub(crate) struct Finish {
    render: Option<Arc<dyn RenderRefusal>>,
    traces: Option<Box<Traces>>,
}

impl Finish {
    /// What an admitted request asks for. A token among the WebSocket protocols is taken out of the request here.
    pub(crate) fn of<B>(guard: &Guard, request: &mut Request<B>) -> Self {
        let traces = guard.gate.traces(&View(request));
        if let Some(protocols) = traces.as_ref().and_then(|traces| traces.request_protocols()) {
            let headers = request.headers_mut();
            headers.remove(SEC_WEBSOCKET_PROTOCOL);
            if let Ok(protocols) = HeaderValue::from_str(protocols) {
                headers.insert(SEC_WEBSOCKET_PROTOCOL, protocols);
            }
        }
        Finish { render: guard.render.clone(), traces }
    }

    /// What a refused request asks for.
    pub(crate) fn refusing(guard: &Guard) -> Self {
        Finish { render: guard.render.clone(), traces: None }
    }

    /// The answer to a request that the layer refuses.
    pub(crate) fn refuse<M: RefusalBody<B>, B>(&self, rejection: &Rejection) -> Response<B> {
        rendered::<M, B>(rejection, self.render.as_deref())
    }

    /// The answer of the inner service, finished.
    pub(crate) fn finish<M: RefusalBody<B>, B>(&self, mut response: Response<B>) -> Response<B> {
        if let Some(traces) = &self.traces {
            follow(traces, &mut response);
        }
        match &self.render {
            // Refused behind the layer, bare: the layer's rendering goes for that too.
            Some(_) => match response.extensions_mut().remove::<Rejection>() {
                // Unless something between has made another answer of it.
                Some(rejection) if response.status().as_u16() == rejection.refusal().status() => {
                    over(response, self.refuse::<M, B>(&rejection))
                }
                _ => response,
            },
            None => response,
        }
    }
}

/// `answer` in the place of `bare`, with what layers between have added to that: CORS headers, cookies, request ids.
fn over<B>(bare: Response<B>, mut answer: Response<B>) -> Response<B> {
    let (bare, _) = bare.into_parts();
    let own = answer.headers().clone();
    for (name, value) in &bare.headers {
        let of_the_body = [CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_TYPE].contains(name);
        if !of_the_body && (!own.contains_key(name) || *name == SET_COOKIE) {
            answer.headers_mut().append(name, value.clone());
        }
    }
    *answer.extensions_mut() = bare.extensions;
    answer
}

fn follow<B>(traces: &Traces, response: &mut Response<B>) {
    let status = response.status().as_u16();
    let cache_control = traces.cache_control(status, text(response.headers(), &CACHE_CONTROL).as_deref());
    let protocol =
        traces.response_protocol(status, text(response.headers(), &SEC_WEBSOCKET_PROTOCOL).as_deref());
    let changes = [(CACHE_CONTROL, cache_control.as_deref()), (SEC_WEBSOCKET_PROTOCOL, protocol)];
    for (name, value) in changes {
        if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
}

/// All lines of a field as one (RFC 9110, section 5.2). What is no text stands for itself: it is there.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Vec<_> =
        headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}
