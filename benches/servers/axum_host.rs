//! The axum servers.

use std::error::Error;

use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use claimgate_tower::{AuthLayer, Claims};
use tower_layer::layer_fn;

use crate::axum_server::{self, answer};
use crate::gate::Mode;
use crate::start::Trusted;
use crate::through::{Passed, Through};
use crate::{Caller, NOBODY};

async fn bare() -> Response {
    answer(NOBODY)
}

async fn passed(Extension(passed): Extension<Passed>) -> Response {
    answer(passed.0)
}

async fn hello(caller: Claims<Caller>) -> Response {
    answer(&caller.sub)
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn serve(mode: Mode, trusted: Trusted) -> Result<(), Box<dyn Error>> {
    let work = mode.work();
    let router = match (mode.gate(trusted).await?, work) {
        (None, None) => Router::new().route("/", get(bare)),
        (None, Some(work)) => {
            let through = layer_fn(move |inner| Through { inner, work: work.clone() });
            Router::new().route("/", get(passed)).layer(through)
        }
        (Some(gate), _) => Router::new().route("/", get(hello)).layer(AuthLayer::new(gate)),
    };
    axum_server::serve(router).await
}
