use std::convert::Infallible;
use std::net::SocketAddr;

use claimgate_tower::{AuthError, AuthLayer, Claims, Require, RequireScopes};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use tonic::Status;
use tonic::body::Body;
use tower::util::BoxCloneService;
use tower::{Layer, ServiceExt, service_fn};

use super::http1;
use crate::conformance::host::{
    Eventually, Handler, Host, PATHS, Profile, Reply, Request, Setup, is_the_subject,
};

/// A gRPC method inside `AuthLayer::grpc`. Its replies are told as the HTTP replies that they stand for, by [`TABLE`].
pub(crate) struct Tonic;

type Service = BoxCloneService<http::Request<Full<Bytes>>, http::Response<Body>, Infallible>;

/// `grpc-status` and the status that the other hosts answer with. Two classes share a row each, as on the other hosts.
const TABLE: [(&str, u16); 6] = [("16", 401), ("7", 403), ("3", 400), ("14", 503), ("13", 500), ("12", 404)];

impl Host for Tonic {
    fn name(&self) -> &'static str {
        "tonic"
    }

    fn has_extractors(&self) -> bool {
        false
    }

    fn renders(&self) -> bool {
        false
    }

    fn speaks_http1(&self) -> bool {
        false
    }

    fn send<'a>(&self, setup: &'a Setup, request: &'a Request) -> Eventually<'a, Reply> {
        let answer = service(setup).oneshot(http1::request(request));
        Box::pin(async move { reply(answer.await.unwrap()).await })
    }

    fn serve(&self, _: &Setup) -> Eventually<'static, SocketAddr> {
        unreachable!("gRPC is spoken over HTTP/2")
    }
}

fn service(setup: &Setup) -> Service {
    let handler = handler(setup);
    let Some(gate) = &setup.gate else {
        return handler;
    };
    let mut layer = AuthLayer::new(gate.clone()).grpc();
    if setup.optional {
        layer = layer.optional();
    }
    if matches!(setup.handler, Handler::InsertedClaims) {
        layer = layer.insert_claims::<Profile>();
    }
    if setup.preflight {
        layer = layer.allow_preflight();
    }
    BoxCloneService::new(layer.layer(handler))
}

fn handler(setup: &Setup) -> Service {
    let Setup { handler, ledger, .. } = setup.clone();
    let inner = service_fn(move |request: http::Request<Full<Bytes>>| {
        let response = if PATHS.contains(&request.uri().path()) {
            let seen = match handler {
                Handler::InsertedClaims => request.extensions().get::<Claims<Profile>>().unwrap().seen(),
                _ => http1::subject(request.extensions()),
            };
            message(&ledger.note(seen))
        } else {
            Status::unimplemented("").into_http()
        };
        async { Ok(response) }
    });
    match handler {
        Handler::AllOf(scopes) => {
            BoxCloneService::new(RequireScopes::all_of(scopes.iter().copied()).layer(inner))
        }
        Handler::AnyOf(scopes) => {
            BoxCloneService::new(RequireScopes::any_of(scopes.iter().copied()).layer(inner))
        }
        Handler::Claim(name, values) => {
            BoxCloneService::new(Require::claim(name, values.iter().copied()).layer(inner))
        }
        Handler::That => BoxCloneService::new(Require::that(is_the_subject).layer(inner)),
        Handler::Token | Handler::InsertedClaims => BoxCloneService::new(inner),
        Handler::Scoped | Handler::Claims | Handler::TwoClaims | Handler::MaybeClaims => {
            panic!("tonic has no extractors")
        }
    }
}

/// A reply of one message: not compressed, its length, itself.
fn message(text: &str) -> http::Response<Body> {
    let length = u32::try_from(text.len()).unwrap().to_be_bytes();
    let frame = [&[0][..], &length, text.as_bytes()].concat();
    let body = Body::new(Full::<Bytes>::from(frame).map_err(|never| match never {}));
    http::Response::builder()
        .header("content-type", "application/grpc")
        .header("grpc-status", "0")
        .body(body)
        .unwrap()
}

async fn reply(response: http::Response<Body>) -> Reply {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let text = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let error = parts.extensions.get::<AuthError>().cloned();
    let status = match text("grpc-status") {
        // Without a layer around it, a rule answers as on plain Tower: that mistake is not one of gRPC.
        None => parts.status.as_u16(),
        Some(grpc) => {
            assert_eq!(
                (parts.status.as_u16(), text("content-type").as_deref()),
                (200, Some("application/grpc"))
            );
            if grpc == "0" {
                200
            } else {
                TABLE.iter().find(|(code, _)| *code == grpc).expect("a known status").1
            }
        }
    };
    let of_grpc = |name: &str| name.starts_with("grpc-") || name == "content-type";
    let headers = parts
        .headers
        .iter()
        .filter(|(name, _)| !of_grpc(name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let body = if status == 200 { body.slice(5..) } else { body };
    Reply::new(status, headers, body.to_vec(), error)
}
