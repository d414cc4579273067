//! From the first request to the last.

use std::io;
use std::net::TcpListener;

use actix_web::{App, HttpServer};
use claimgate_actix::{AuthMiddleware, Authenticator};

use crate::routes::routes;

/// Serves until `stop`; requests under way are answered, within reason.
pub(crate) async fn serve(
    listener: TcpListener,
    gate: Authenticator,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    // Once, out here: the workers share it.
    let auth = AuthMiddleware::new(gate.clone());
    HttpServer::new(move || App::new().configure(routes(auth.clone(), gate.clone())))
        // In the place of actix-web's own: that one drops what is under way at SIGINT.
        .shutdown_signal(stop)
        // One client that never finishes its request would otherwise keep the process alive.
        .shutdown_timeout(GRACE_SECONDS)
        .listen(listener)?
        .run()
        .await
}

/// Catches the signals from the call on, not from the first poll: none that comes after `listening on` is lost.
/// The future ends with the first SIGINT or SIGTERM.
#[cfg(unix)]
pub(crate) fn stop() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
pub(crate) fn stop() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        _ = interrupt.recv().await;
    })
}

/// Shorter than the ten seconds that container runtimes leave between SIGTERM and SIGKILL.
const GRACE_SECONDS: u64 = 5;
