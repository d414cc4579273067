use std::convert::Infallible;
use std::net::SocketAddr;

use claimgate_tower::{AuthLayer, Claims, ProblemDetails, Require, RequireScopes};
use http::{Request as HttpRequest, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::util::BoxCloneService;
use tower::{Layer, ServiceExt, service_fn};

use super::http1;
use crate::conformance::host::{
    Eventually, Handler, Host, PATHS, Profile, Reply, Request, Setup, is_the_subject,
};

/// A `service_fn` inside an `AuthLayer`, served by hyper.
pub(crate) struct Tower;

type Service<B> = BoxCloneService<HttpRequest<B>, Response<Full<Bytes>>, Infallible>;

impl Host for Tower {
    fn name(&self) -> &'static str {
        "tower"
    }

    fn has_extractors(&self) -> bool {
        false
    }

    fn send<'a>(&self, setup: &'a Setup, request: &'a Request) -> Eventually<'a, Reply> {
        let answer = service(setup).oneshot(http1::request(request));
        Box::pin(async move { http1::reply(answer.await.unwrap()).await })
    }

    fn serve(&self, setup: &Setup) -> Eventually<'static, SocketAddr> {
        let service = service::<Incoming>(setup);
        Box::pin(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let service = TowerToHyperService::new(service.clone());
                    tokio::spawn(Builder::new().serve_connection(TokioIo::new(stream), service));
                }
            });
            address
        })
    }
}

fn service<B: Send + 'static>(setup: &Setup) -> Service<B> {
    let handler = handler(setup);
    let Some(gate) = &setup.gate else { return handler };
    let mut layer = AuthLayer::new(gate.clone());
    if setup.optional {
        layer = layer.optional();
    }
    if matches!(setup.handler, Handler::InsertedClaims) {
        layer = layer.insert_claims::<Profile>();
    }
    if setup.preflight {
        layer = layer.allow_preflight();
    }
    if setup.problem {
        return BoxCloneService::new(layer.refuse_with(ProblemDetails).layer(handler));
    }
    BoxCloneService::new(layer.layer(handler))
}

fn handler<B: Send + 'static>(setup: &Setup) -> Service<B> {
    let Setup { handler, ledger, .. } = setup.clone();
    let inner = service_fn(move |request: HttpRequest<B>| {
        let (ledger, mut response) = (ledger.clone(), Response::new(Full::default()));
        if PATHS.contains(&request.uri().path()) {
            let seen = match handler {
                Handler::InsertedClaims => request.extensions().get::<Claims<Profile>>().unwrap().seen(),
                _ => http1::subject(request.extensions()),
            };
            *response.body_mut() = ledger.note(seen).into();
        } else {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
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
            panic!("plain Tower has no extractors")
        }
    }
}
