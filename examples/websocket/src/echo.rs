//! The conversation behind the handshake. The layer has answered the handshakes that bring no good token.

use std::time::{Duration, SystemTime};

use axum::Extension;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use claimgate_tower::VerifiedToken;
use tokio::time::timeout;

/// Chooses no protocol itself: the layer answers `bearer` where the token came that way, without the token.
pub(crate) async fn echo(upgrade: WebSocketUpgrade, Extension(token): Extension<VerifiedToken>) -> Response {
    upgrade.max_message_size(LONGEST_MESSAGE).on_upgrade(async move |mut socket| {
        // The token was checked once, and a conversation may be long: it lasts no longer than the token.
        if timeout(left(&token), talk(&mut socket, &token)).await.is_err() {
            let expired =
                CloseFrame { code: close_code::POLICY, reason: Utf8Bytes::from_static("token expired") };
            // Who does not read is not waited for.
            _ = timeout(FAREWELL, socket.send(Message::Close(Some(expired)))).await;
        }
    })
}

/// Until one side has gone, which is not an error here.
async fn talk(socket: &mut WebSocket, token: &VerifiedToken) {
    let greeting = format!("hello {}", token.subject().unwrap_or("nobody"));
    let mut answer = Message::Text(greeting.into());
    while socket.send(answer).await.is_ok() {
        answer = loop {
            match socket.recv().await {
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => break message,
                // axum has answered pings and the wish to close.
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            }
        };
    }
}

fn left(token: &VerifiedToken) -> Duration {
    let expires_at = Duration::from_secs(u64::try_from(token.expires_at()).unwrap_or(0));
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    expires_at.saturating_sub(now)
}

/// axum allows 64 MiB, and holds a message whole.
const LONGEST_MESSAGE: usize = 64 * 1024;

const FAREWELL: Duration = Duration::from_secs(5);
