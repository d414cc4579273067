//! `oauth-resource-server`.

#[path = "../../serve/axum.rs"]
mod serve;
#[path = "../../serve/start.rs"]
mod start;

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use oauth_resource_server::axum::AuthLayer;
use oauth_resource_server::{AuthorizedToken, KeyNaming, OAuthConfig, OAuthValidator, static_token_policy};

use crate::serve::{answer, serve};
use crate::start::Trusted;

/// The layer has put the usual claims into a struct of its own already.
async fn hello(caller: AuthorizedToken) -> Response {
    match &caller.subject {
        Some(subject) => answer(subject),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let trusted = Trusted::from_args(std::env::args().skip(1))?;
    let config = OAuthConfig {
        enabled: true,
        issuer: trusted.issuer,
        jwks_uri: Some(trusted.jwks_uri),
        audience: trusted.audience,
        resource: "http://127.0.0.1".into(),
        allow_unscoped_tokens: true,
        algorithms: vec!["RS256".into()],
        ..OAuthConfig::default()
    };
    let resolved = config.resolve(KeyNaming::Dotted("oauth"))?.ok_or("OAuth is off")?;
    let validator = Arc::new(OAuthValidator::new(&resolved)?);
    validator.spawn_background_refresh();
    validator.refresh_now().await?;
    let decision = static_token_policy(None, Some(&resolved), false)?;
    let auth = AuthLayer::from_decision(decision, Some(validator))?;
    serve(Router::new().route("/", get(hello)).route_layer(auth)).await
}
