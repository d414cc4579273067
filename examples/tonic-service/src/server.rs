//! From the first call to the last.

use std::io;
use std::time::Duration;

use claimgate_tower::{AuthLayer, Authenticator};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_service::Shack;
use tonic_service::proto::pizza_shack_server::PizzaShackServer;

/// Serves until `stop`; calls under way are answered, within reason.
pub(crate) async fn serve(
    listener: TcpListener,
    gate: Authenticator,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), tonic::transport::Error> {
    let (tell, told) = oneshot::channel();
    let stop = async move {
        stop.await;
        _ = tell.send(());
    };
    let last = async move {
        _ = told.await;
        tokio::time::sleep(GRACE).await;
    };
    let service = Server::builder()
        // Around all services, so a new one is not forgotten.
        .layer(AuthLayer::new(gate).grpc())
        .add_service(PizzaShackServer::new(Shack::new()));
    tokio::select! {
        served = service.serve_with_incoming_shutdown(TcpIncoming::from(listener), stop) => served,
        // One client that never finishes its call would otherwise keep the process alive.
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
