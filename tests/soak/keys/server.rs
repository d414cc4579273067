//! The server that is measured.

use std::error::Error;
use std::future::poll_fn;
use std::io::{self, Write};
use std::pin::pin;
use std::task::Poll;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Router, serve as serve_on};
use claimgate_tower::{AuthLayer, Authenticator, Claims, Issuer, Start};
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::args::Trusted;
use crate::fetches::FETCH_TIMEOUT;
use crate::program::end_with_parent;

#[derive(Deserialize)]
struct User {
    sub: String,
}

async fn hello(user: Claims<User>) -> String {
    format!("hello {}\n", user.sub)
}

#[tokio::main]
pub(crate) async fn serve(trusted: &Trusted) -> Result<(), Box<dyn Error>> {
    end_with_parent();
    let issuer = Issuer::new(&trusted.issuer)
        .audience(AUDIENCE)
        .jwks_uri(&trusted.jwks_uri)
        .refresh_interval(trusted.settings.interval)
        .refresh_cooldown(trusted.settings.cooldown)
        .fetch_timeout(FETCH_TIMEOUT)
        .start(Start::Fail);
    let gate = Authenticator::builder().issuer(issuer).build()?;
    gate.ready().await?;
    let app =
        Router::new().route("/", get(hello)).layer(AuthLayer::new(gate)).layer(from_fn(mark_if_waiting));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;
    let listener = listener.tap_io(|stream| _ = stream.set_nodelay(true));
    Ok(serve_on(listener, app).await?)
}

/// Marks the answer of a request that could not be decided at once. The handler awaits nothing, so all that a request can
/// wait for behind this is a fetch. A clock would tell less: a fetch from loopback takes no longer than a busy machine does.
async fn mark_if_waiting(request: Request, next: Next) -> Response {
    let mut answer = pin!(next.run(request));
    let at_once = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await;
    if let Poll::Ready(answer) = at_once {
        return answer;
    }
    let mut answer = answer.await;
    answer.headers_mut().insert(HeaderName::from_static(WAITED), HeaderValue::from_static("yes"));
    answer
}

pub(crate) const AUDIENCE: &str = "api";
pub(crate) const WAITED: &str = "x-waited";
