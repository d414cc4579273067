//! `jwt-authorizer`.

#[path = "../../serve/axum.rs"]
mod serve;
#[path = "../../serve/start.rs"]
mod start;

use std::error::Error;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use jwt_authorizer::{Authorizer, IntoLayer, JwtAuthorizer, JwtClaims, Validation};
use serde::Deserialize;

use crate::serve::{answer, serve};
use crate::start::Trusted;

#[derive(Clone, Debug, Deserialize)]
struct Caller {
    sub: String,
    #[allow(dead_code)]
    scope: String,
}

async fn hello(JwtClaims(caller): JwtClaims<Caller>) -> Response {
    answer(&caller.sub)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let trusted = Trusted::from_args(std::env::args().skip(1))?;
    let validation = Validation::new().iss(&[trusted.issuer]).aud(&[trusted.audience]).nbf(true);
    let authorizer: Authorizer<Caller> =
        JwtAuthorizer::from_jwks_url(&trusted.jwks_uri).validation(validation).build().await?;
    serve(Router::new().route("/", get(hello)).layer(authorizer.into_layer())).await
}
