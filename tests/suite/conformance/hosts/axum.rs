use std::net::SocketAddr;

use axum::extract::Request as AxumRequest;
use axum::routing::{MethodRouter, any};
use axum::{Extension, Router};
use claimgate_tower::{AuthLayer, Claims, MaybeClaims, ProblemDetails, Require, RequireScopes, Scoped};
use tokio::net::TcpListener;
use tower::ServiceExt;

use super::http1;
use crate::conformance::host::{
    Eventually, Grant, Handler, Host, Menu, NOBODY, Order, PATHS, Profile, Reply, Request, Setup,
    is_the_subject,
};

/// A `Router` inside an `AuthLayer`.
pub(crate) struct Axum;

impl Host for Axum {
    fn name(&self) -> &'static str {
        "axum"
    }

    fn has_extractors(&self) -> bool {
        true
    }

    fn send<'a>(&self, setup: &'a Setup, request: &'a Request) -> Eventually<'a, Reply> {
        let answer = router(setup).oneshot(http1::request(request));
        Box::pin(async move { http1::reply(answer.await.unwrap()).await })
    }

    fn serve(&self, setup: &Setup) -> Eventually<'static, SocketAddr> {
        let router = router(setup);
        Box::pin(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(axum::serve(listener, router).into_future());
            address
        })
    }
}

fn router(setup: &Setup) -> Router {
    let mut router = PATHS.iter().fold(Router::new(), |router, path| router.route(path, handler(setup)));
    match setup.handler {
        Handler::AllOf(scopes) => router = router.route_layer(RequireScopes::all_of(scopes.iter().copied())),
        Handler::AnyOf(scopes) => router = router.route_layer(RequireScopes::any_of(scopes.iter().copied())),
        Handler::Claim(name, values) => {
            router = router.route_layer(Require::claim(name, values.iter().copied()));
        }
        Handler::That => router = router.route_layer(Require::that(is_the_subject)),
        _ => {}
    }
    let Some(gate) = &setup.gate else { return router };
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
    if setup.problem { router.layer(layer.refuse_with(ProblemDetails)) } else { router.layer(layer) }
}

fn handler(setup: &Setup) -> MethodRouter {
    let ledger = setup.ledger.clone();
    match setup.handler {
        Handler::Token | Handler::AllOf(_) | Handler::AnyOf(_) | Handler::Claim(..) | Handler::That => {
            any(async move |request: AxumRequest| ledger.note(http1::subject(request.extensions())))
        }
        Handler::Scoped => {
            any(async move |token: Scoped<(Menu, Order)>| ledger.note(token.subject().unwrap_or(NOBODY)))
        }
        Handler::Claims => any(async move |claims: Claims<Profile>| ledger.note(claims.seen())),
        Handler::TwoClaims => any(async move |profile: Claims<Profile>, grant: Claims<Grant>| {
            ledger.note(format!("{}, {}", profile.seen(), grant.seen()))
        }),
        Handler::MaybeClaims => any(async move |MaybeClaims(claims): MaybeClaims<Profile>| {
            ledger.note(claims.map_or(NOBODY.to_owned(), |claims| claims.seen()))
        }),
        Handler::InsertedClaims => {
            any(async move |Extension(claims): Extension<Claims<Profile>>| ledger.note(claims.seen()))
        }
    }
}
