//! From the first request to the last.

use std::io;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Serves until `stop`; requests under way are answered, within reason.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (tell, told) = oneshot::channel();
    let stop = async move {
        stop.await;
        _ = tell.send(());
    };
    let last = async move {
        _ = told.await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(stop).into_future() => served,
        // One client that never finishes its request would otherwise keep the process alive.
        () = last => Ok(()),
    }
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
const GRACE: Duration = Duration::from_secs(5);
