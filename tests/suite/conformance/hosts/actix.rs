use std::net::{SocketAddr, TcpListener};

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, Uri};
use actix_web::middleware::Condition;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpMessage, HttpRequest, HttpServer, Route, test};
use claimgate_actix::{
    AuthError, AuthMiddleware, Authenticator, Claims, Issuer, MaybeClaims, ProblemDetails, Require,
    RequireScopes, Scoped, VerifiedToken,
};
use claimgate_testkit::TestIssuer;
use tokio::task::LocalSet;

use crate::conformance::host::{
    Eventually, Grant, Handler, Host, Menu, NOBODY, Order, PATHS, Profile, Reply, Request, Setup,
    is_the_subject,
};

/// An actix `App` wrapped in an `AuthMiddleware`.
pub(crate) struct Actix;

/// An `App`, whose type cannot be written.
macro_rules! app {
    ($setup:expr) => {{
        let setup: &Setup = $setup;
        App::new()
            .configure(|config| routes(config, setup))
            .wrap(Condition::new(setup.gate.is_some(), middleware(setup)))
    }};
}

impl Host for Actix {
    fn name(&self) -> &'static str {
        "actix"
    }

    fn has_extractors(&self) -> bool {
        true
    }

    fn send<'a>(&self, setup: &'a Setup, request: &'a Request) -> Eventually<'a, Reply> {
        // A worker of actix is one thread on which everything lives.
        Box::pin(async move { LocalSet::new().run_until(send(setup, request)).await })
    }

    fn serve(&self, setup: &Setup) -> Eventually<'static, SocketAddr> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let setup = setup.clone();
        // It ends with the process, which is one test.
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || app!(&setup)).workers(1).disable_signals();
                server.listen(listener).unwrap().run().await
            })
        });
        Box::pin(async move { address })
    }
}

async fn send(setup: &Setup, request: &Request) -> Reply {
    let app = test::init_service(app!(setup)).await;
    let built = test::TestRequest::with_uri(request.target)
        .method(Method::from_bytes(request.method.as_bytes()).unwrap());
    let mut built = built.set_payload(request.body.clone()).to_request();
    built.head_mut().uri = request.target.parse::<Uri>().unwrap();
    // `TestRequest` sets a length of its own, and only header lines of the case are wanted.
    built.headers_mut().clear();
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        built.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
    }
    let response = test::call_service(&app, built).await;
    let error = response.response().extensions().get::<AuthError>().cloned();
    let status = response.status().as_u16();
    let headers: Vec<_> = response
        .headers()
        .iter()
        .map(|(name, value)| {
            (name.to_string(), value.to_str().expect("headers are printable ASCII").to_owned())
        })
        .collect();
    Reply::new(status, headers, test::read_body(response).await.to_vec(), error)
}

fn middleware(setup: &Setup) -> AuthMiddleware {
    // Without a gate this one is not mounted; `Condition` wants it all the same.
    let unused = || {
        let idp = TestIssuer::new("https://unused.example");
        Authenticator::builder()
            .issuer(Issuer::new(idp.issuer()).any_audience().jwks(idp.jwks()))
            .build()
            .unwrap()
    };
    let mut middleware = AuthMiddleware::new(setup.gate.clone().unwrap_or_else(unused));
    if setup.optional {
        middleware = middleware.optional();
    }
    if matches!(setup.handler, Handler::InsertedClaims) {
        middleware = middleware.insert_claims::<Profile>();
    }
    if setup.preflight {
        middleware = middleware.allow_preflight();
    }
    if setup.problem { middleware.refuse_with(ProblemDetails) } else { middleware }
}

fn routes(config: &mut ServiceConfig, setup: &Setup) {
    for path in PATHS {
        let resource = web::resource(path).route(handler(setup));
        match setup.handler {
            Handler::AllOf(scopes) => {
                config.service(resource.wrap(RequireScopes::all_of(scopes.iter().copied())));
            }
            Handler::AnyOf(scopes) => {
                config.service(resource.wrap(RequireScopes::any_of(scopes.iter().copied())));
            }
            Handler::Claim(name, values) => {
                config.service(resource.wrap(Require::claim(name, values.iter().copied())));
            }
            Handler::That => {
                config.service(resource.wrap(Require::that(is_the_subject)));
            }
            _ => {
                config.service(resource);
            }
        }
    }
}

fn handler(setup: &Setup) -> Route {
    let ledger = setup.ledger.clone();
    match setup.handler {
        Handler::Token | Handler::AllOf(_) | Handler::AnyOf(_) | Handler::Claim(..) | Handler::That => {
            web::to(move |request: HttpRequest| {
                let extensions = request.extensions();
                let token = extensions.get::<VerifiedToken>();
                let seen = ledger.note(token.and_then(VerifiedToken::subject).unwrap_or(NOBODY));
                async move { seen }
            })
        }
        Handler::Scoped => web::to(move |token: Scoped<(Menu, Order)>| {
            let seen = ledger.note(token.subject().unwrap_or(NOBODY));
            async move { seen }
        }),
        Handler::Claims => web::to(move |claims: Claims<Profile>| {
            let seen = ledger.note(claims.seen());
            async move { seen }
        }),
        Handler::TwoClaims => web::to(move |profile: Claims<Profile>, grant: Claims<Grant>| {
            let seen = ledger.note(format!("{}, {}", profile.seen(), grant.seen()));
            async move { seen }
        }),
        Handler::MaybeClaims => web::to(move |MaybeClaims(claims): MaybeClaims<Profile>| {
            let seen = ledger.note(claims.map_or(NOBODY.to_owned(), |claims| claims.seen()));
            async move { seen }
        }),
        Handler::InsertedClaims => web::to(move |claims: web::ReqData<Claims<Profile>>| {
            let seen = ledger.note(claims.seen());
            async move { seen }
        }),
    }
}
