//! What the shack offers, and to whom.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use claimgate_tower::{AuthLayer, Authenticator, Claims, RequireScopes};
use serde::{Deserialize, Serialize};
use tracing::info;

use crate::issuer::ShackIssuer;
use crate::menu::{MENU, Pizza};

pub(crate) const MENU_PATH: &str = "/pizzashack/1.0.0/menu";
pub(crate) const ORDER_PATH: &str = "/pizzashack/1.0.0/order";

pub(crate) fn router(gate: Authenticator, issuer: ShackIssuer) -> Router {
    let till = Arc::new(AtomicU64::new(1));
    let order = post(order).route_layer(RequireScopes::all_of(["order"]));
    let guarded = Router::new()
        .route(MENU_PATH, get(menu))
        .route(ORDER_PATH, order)
        .route_layer(AuthLayer::new(gate))
        .with_state(till);
    // A real service has no such route: it is the issuer's affair, and only here for want of a browser to log in with.
    let token = Router::new().route("/token", get(token)).with_state(issuer);
    guarded.merge(token)
}

async fn menu() -> Json<&'static [Pizza]> {
    Json(&MENU)
}

async fn order(
    State(till): State<Arc<AtomicU64>>,
    claims: Claims<Customer>,
    Json(wish): Json<Wish>,
) -> Result<(StatusCode, Json<Order>), (StatusCode, String)> {
    let Some(pizza) = MENU.iter().find(|pizza| pizza.name == wish.pizza) else {
        return Err((StatusCode::UNPROCESSABLE_ENTITY, "no such pizza on the menu\n".to_owned()));
    };
    let number = till.fetch_add(1, Ordering::Relaxed);
    info!("order {number}: {}", pizza.name);
    let order = Order { number, customer: claims.sub.clone(), pizza: pizza.name, price: pizza.price };
    Ok((StatusCode::CREATED, Json(order)))
}

/// RFC 6749, section 5.1: what holds a token must not be stored by caches.
async fn token(State(issuer): State<ShackIssuer>, Query(asked): Query<Asked>) -> impl IntoResponse {
    let token = issuer.token();
    let token = if asked.scope.is_empty() { token } else { token.scope(asked.scope) };
    ([(CACHE_CONTROL, "no-store")], format!("{}\n", token.mint()))
}

/// Who orders, out of the token.
#[derive(Deserialize)]
struct Customer {
    sub: String,
}

#[derive(Deserialize)]
struct Wish {
    pizza: String,
}

#[derive(Serialize)]
struct Order {
    number: u64,
    customer: String,
    pizza: &'static str,
    price: &'static str,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    scope: String,
}
