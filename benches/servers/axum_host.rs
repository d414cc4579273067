//! The axum servers.

use std::error::Error;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use claimgate_tower::{AuthLayer, Claims};

use crate::axum_server::{self, answer};
use crate::gate::Mode;
use crate::start::Trusted;
use crate::{Caller, NOBODY};

async fn bare() -> Response {
    answer(NOBODY)
}

async fn hello(caller: Claims<Caller>) -> Response {
    answer(&caller.sub)
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn serve(mode: Mode, trusted: Trusted) -> Result<(), Box<dyn Error>> {
    let router = match mode.gate(trusted).await? {
        None => Router::new().route("/", get(bare)),
        Some(gate) => Router::new().route("/", get(hello)).layer(AuthLayer::new(gate)),
    };
    axum_server::serve(router).await
}
