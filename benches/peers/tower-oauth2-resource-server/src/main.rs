//! `tower-oauth2-resource-server`.

#[path = "../../serve/axum.rs"]
mod serve;
#[path = "../../serve/start.rs"]
mod start;

use std::error::Error;

use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use serde::Deserialize;
use tower_oauth2_resource_server::server::OAuth2ResourceServer;
use tower_oauth2_resource_server::tenant::TenantConfiguration;
use tower_oauth2_resource_server::validation::ClaimsValidationSpec;

use crate::serve::{answer, serve};
use crate::start::Trusted;

#[derive(Clone, Debug, Deserialize)]
struct Caller {
    sub: String,
    #[allow(dead_code)]
    scope: String,
}

async fn hello(Extension(caller): Extension<Caller>) -> Response {
    answer(&caller.sub)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let trusted = Trusted::from_args(std::env::args().skip(1))?;
    let validation = ClaimsValidationSpec::recommended(&trusted.issuer, &vec![trusted.audience]);
    let tenant = TenantConfiguration::builder(trusted.issuer)
        .jwks_url(trusted.jwks_uri)
        .claims_validation(validation)
        .build()
        .await?;
    let server = OAuth2ResourceServer::<Caller>::builder().add_tenant(tenant).build().await?;
    serve(Router::new().route("/", get(hello)).layer(server.into_layer())).await
}
