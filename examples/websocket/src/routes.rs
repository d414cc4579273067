//! What the service offers, and to whom.

use axum::Router;
use axum::response::Html;
use axum::routing::{any, get};
use claimgate_tower::{AuthLayer, Authenticator};

use crate::echo::echo;

pub(crate) fn router(gate: Authenticator) -> Router {
    Router::new()
        .route("/echo", any(echo))
        .route_layer(AuthLayer::new(gate))
        // Below the layer, so open to everybody: a browser asks for the page before there is a token.
        .route("/", get(async || Html(include_str!("page.html"))))
        .route("/health", get(async || "ok\n"))
}
