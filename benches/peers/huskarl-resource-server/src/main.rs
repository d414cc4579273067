//! `huskarl-resource-server`. Its validator for RFC 9068 stands behind a small middleware, as its guide does it.

#[path = "../../serve/axum.rs"]
mod serve;
#[path = "../../serve/start.rs"]
mod start;

use std::error::Error;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use huskarl_reqwest::ReqwestClient;
use huskarl_resource_server::validator::rfc9068::Rfc9068Validator;

use crate::serve::{answer, serve};
use crate::start::Trusted;

/// What the handler gets.
#[derive(Clone)]
struct Caller {
    sub: String,
}

async fn hello(Extension(caller): Extension<Caller>) -> Response {
    answer(&caller.sub)
}

async fn check(State(validator): State<Arc<Rfc9068Validator>>, mut request: Request, next: Next) -> Response {
    let checked = validator.validate_request(request.headers(), request.method(), request.uri(), None).await;
    match checked.outcome {
        Ok(Some(validated)) if validated.sub.is_some() => {
            let caller = Caller { sub: validated.sub.unwrap_or_default() };
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        _ => StatusCode::UNAUTHORIZED.into_response(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let trusted = Trusted::from_args(std::env::args().skip(1))?;
    let client = ReqwestClient::builder().build().await?;
    let validator = Rfc9068Validator::builder()
        .issuer(trusted.issuer)
        .audience(trusted.audience)
        .jwks_uri(trusted.jwks_uri.parse()?)
        .jwks_source(client)
        .build()
        .await?;
    let check = from_fn_with_state(Arc::new(validator), check);
    serve(Router::new().route("/", get(hello)).layer(check)).await
}
