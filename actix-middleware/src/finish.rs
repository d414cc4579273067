//! What is left to do when the inner service has answered.

use std::sync::Arc;

use actix_web::body::EitherBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    SEC_WEBSOCKET_PROTOCOL, SET_COOKIE,
};
use actix_web::{Error, HttpResponse};
use claimgate_core::{Rejection, RenderRefusal, Traces};

use crate::extract::ClaimsRejection;
use crate::middleware::Guard;
use crate::response::rendered;
use crate::view::View;

/// Finishes an answer: with the middleware's rendering, and with what the place of the token asks for. Both are rare, and
/// nothing where there is neither.
pub(crate) struct Finish {
    render: Option<Arc<dyn RenderRefusal>>,
    traces: Option<Box<Traces>>,
}

impl Finish {
    /// What an admitted request asks for. A token among the WebSocket protocols is taken out of the request here.
    pub(crate) fn of(guard: &Guard, request: &mut ServiceRequest) -> Self {
        let traces = guard.gate.traces(&View::new(request));
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

    /// The answer to a request that the middleware refuses.
    pub(crate) fn refuse(&self, rejection: &Rejection) -> HttpResponse {
        rendered(rejection, self.render.as_deref())
    }

    /// The answer of the inner service, finished.
    pub(crate) fn finish<B>(&self, mut response: ServiceResponse<B>) -> ServiceResponse<EitherBody<B>> {
        if let Some(traces) = &self.traces {
            follow(traces, &mut response);
        }
        let rejection = match &self.render {
            // Refused behind the middleware, bare: the middleware's rendering goes for that too.
            Some(_) => response.response_mut().extensions_mut().remove::<Rejection>(),
            None => None,
        };
        match rejection {
            // Unless something between has made another answer of it.
            Some(rejection) if response.status().as_u16() == rejection.refusal().status() => {
                let answer = over(response.response(), self.refuse(&rejection));
                response.into_response(answer).map_into_right_body()
            }
            _ => response.map_into_left_body(),
        }
    }

    /// The error of the inner service, finished: middleware that takes claims by itself refuses with an error.
    pub(crate) fn finish_error(&self, error: Error) -> Error {
        match error.as_error::<ClaimsRejection>() {
            Some(rejection) if self.render.is_some() => {
                InternalError::from_response(rejection.clone(), self.refuse(&rejection.0)).into()
            }
            _ => error,
        }
    }
}

/// `answer` in the place of `bare`, with what middleware between has added to that: CORS headers, cookies, request ids.
fn over<B>(bare: &HttpResponse<B>, mut answer: HttpResponse) -> HttpResponse {
    let own = answer.headers().clone();
    for (name, value) in bare.headers() {
        let of_the_body = [CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_TYPE].contains(name);
        if !of_the_body && (!own.contains_key(name) || *name == SET_COOKIE) {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    answer
}

fn follow<B>(traces: &Traces, response: &mut ServiceResponse<B>) {
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
    let lines: Vec<_> = headers.get_all(name).map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}
