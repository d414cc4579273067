//! `aliri_axum`, with the layer of `aliri_tower` that it goes with.

#[path = "../../serve/axum.rs"]
mod serve;
#[path = "../../serve/start.rs"]
mod start;

use std::error::Error;

use aliri::{jwa, jwt};
use aliri_axum::scope_guards;
use aliri_clock::UnixTime;
use aliri_oauth2::{Authority, HasScope, Scope};
use aliri_tower::Oauth2Authorizer;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use crate::serve::{answer, serve};
use crate::start::Trusted;

scope_guards! {
    type Claims = Caller;

    scope AnyScope = *;
}

#[derive(Clone, Debug, Deserialize)]
pub struct Caller {
    iss: jwt::Issuer,
    aud: jwt::Audiences,
    sub: jwt::Subject,
    exp: UnixTime,
    nbf: Option<UnixTime>,
    scope: Scope,
}

impl jwt::CoreClaims for Caller {
    fn nbf(&self) -> Option<UnixTime> {
        self.nbf
    }
    fn exp(&self) -> Option<UnixTime> {
        Some(self.exp)
    }
    fn aud(&self) -> &jwt::Audiences {
        &self.aud
    }
    fn iss(&self) -> Option<&jwt::IssuerRef> {
        Some(&self.iss)
    }
    fn sub(&self) -> Option<&jwt::SubjectRef> {
        Some(&self.sub)
    }
}

impl HasScope for Caller {
    fn scope(&self) -> &Scope {
        &self.scope
    }
}

async fn hello(AnyScope(caller): AnyScope) -> Response {
    answer(caller.sub.as_str())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let trusted = Trusted::from_args(std::env::args().skip(1))?;
    let validator = jwt::CoreValidator::default()
        .add_approved_algorithm(jwa::Algorithm::RS256)
        .add_allowed_audience(jwt::Audience::new(trusted.audience))
        .require_issuer(jwt::Issuer::new(trusted.issuer))
        .check_expiration()
        .check_not_before();
    let authority = Authority::new_from_url(trusted.jwks_uri, validator).await?;
    let authorizer = Oauth2Authorizer::new().with_claims::<Caller>().with_terse_error_handler();
    serve(Router::new().route("/", get(hello)).layer(authorizer.jwt_layer(authority))).await
}
