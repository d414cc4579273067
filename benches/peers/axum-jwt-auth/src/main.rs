//! `axum-jwt-auth`.

#[path = "../../serve/axum.rs"]
mod serve;
#[path = "../../serve/start.rs"]
mod start;

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::response::Response;
use axum::routing::get;
use axum_jwt_auth::{Claims, Decoder, RemoteJwksDecoder};
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;

use crate::serve::{answer, serve};
use crate::start::Trusted;

#[derive(Clone, FromRef)]
struct AppState {
    decoder: Decoder<Caller>,
}

#[derive(Clone, Deserialize)]
struct Caller {
    sub: String,
    #[allow(dead_code)]
    scope: String,
}

async fn hello(caller: Claims<Caller>) -> Response {
    answer(&caller.claims.sub)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let trusted = Trusted::from_args(std::env::args().skip(1))?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[trusted.audience]);
    validation.set_issuer(&[trusted.issuer]);
    validation.validate_nbf = true;
    let decoder = RemoteJwksDecoder::builder().jwks_url(trusted.jwks_uri).validation(validation).build()?;
    let decoder = Arc::new(decoder);
    let _refreshing = decoder.initialize().await?;
    serve(Router::new().route("/", get(hello)).with_state(AppState { decoder })).await
}
