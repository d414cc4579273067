//! The services behind the gateway. They ask no question about tokens: what comes here was admitted.

use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use claimgate_tower::apim::{ApiLayer, ApiManager, RequestContext};
use serde_json::{Value, json};

pub(crate) fn router(manager: ApiManager) -> Router {
    Router::new()
        .route("/pizzashack/1.0.0/menu", get(menu))
        .route("/pizzashack/1.0.0/order", post(async || "ordered\n"))
        .route("/pizzashack/1.0.0/health", get(async || "well\n"))
        .route("/pizzashack/2.0.0/menu", get(menu))
        .layer(ApiLayer::new(manager))
}

/// Also says who calls, as the gateway knows him.
async fn menu(Extension(caller): Extension<RequestContext>) -> Json<Value> {
    Json(json!({
        "pizzas": ["BBQ Chicken Bacon", "Garden Fresh"],
        "user": caller.end_user,
        "application": caller.application.name,
        "tier": caller.application.tier,
        "claims": caller.claims(),
    }))
}
