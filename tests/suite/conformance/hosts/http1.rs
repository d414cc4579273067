//! Requests and replies in the types of `http` 1, which axum and plain Tower share.

use claimgate_tower::{AuthError, VerifiedToken};
use http::Extensions;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes};

use crate::conformance::host::{NOBODY, Reply, Request};

pub(super) fn request(request: &Request) -> http::Request<Full<Bytes>> {
    let mut built = http::Request::builder().method(request.method).uri(request.target);
    for (name, value) in &request.headers {
        built = built.header(*name, value.as_slice());
    }
    built.body(Full::from(request.body.clone())).unwrap()
}

pub(super) async fn reply<B: Body<Error: std::fmt::Debug>>(response: http::Response<B>) -> Reply {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    let headers = parts.headers.iter().map(|(name, value)| {
        (name.to_string(), value.to_str().expect("headers are printable ASCII").to_owned())
    });
    Reply::new(parts.status.as_u16(), headers, body, parts.extensions.get::<AuthError>().cloned())
}

/// The subject of the token that the gate left behind.
pub(super) fn subject(extensions: &Extensions) -> String {
    let token = extensions.get::<VerifiedToken>();
    token.and_then(VerifiedToken::subject).unwrap_or(NOBODY).to_owned()
}
