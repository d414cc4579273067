//! What the service offers, and to whom.

use axum::routing::get;
use axum::{Json, Router};
use claimgate_tower::{AuthLayer, Authenticator, Claims, RequireScopes, readiness};
use serde::Deserialize;
use serde_json::Value;

pub(crate) fn router(gate: Authenticator) -> Router {
    Router::new()
        .route("/hello", get(hello))
        .route("/admin", get(admin).route_layer(RequireScopes::all_of(["admin"])))
        .route_layer(AuthLayer::new(gate.clone()))
        // Below the layer, so open to everybody: it tells that the process lives, not that its issuer does.
        .route("/health", get(async || "ok\n"))
        // Whether requests should be sent here: 503 while no issuer's keys are there.
        .route("/ready", readiness(gate))
}

/// Claims can be taken as JSON …
async fn hello(claims: Claims<Value>) -> Json<Value> {
    Json(Value::clone(&claims))
}

/// … or as a type of your own.
async fn admin(claims: Claims<Admin>) -> String {
    format!("hello {}, you may do everything\n", claims.sub.as_deref().unwrap_or("nobody"))
}

/// `sub` is optional, as a token whose claims do not fit the type is refused.
#[derive(Deserialize)]
struct Admin {
    sub: Option<String>,
}
