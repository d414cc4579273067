//! What all axum servers do alike, so that they differ only in how they check tokens. Each includes this file.

use std::error::Error;

use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde::Serialize;
use tokio::net::TcpListener;

use crate::start::announce;

/// The answer of every handler; the subject shows that the claims came through.
pub(crate) fn answer(subject: &str) -> Response {
    #[derive(Serialize)]
    struct Answer<'a> {
        subject: &'a str,
    }
    Json(Answer { subject }).into_response()
}

pub(crate) async fn serve(router: Router) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    announce(listener.local_addr()?)?;
    Ok(axum::serve(listener, router).await?)
}
