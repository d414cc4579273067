use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::reply::reply;
use super::route::Site;

/// Accepts until told to stop. All connections belong to this future: when it ends or is dropped, they end.
pub(super) async fn listen(listener: TcpListener, site: Arc<Site>, mut stop: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&site)));
                }
                // Out of file descriptors, most likely; trying at once would burn the processor until one is free.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, site: Arc<Site>) {
    // A trickled byte shall leave when it is due.
    _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let site = Arc::clone(&site);
        Box::pin(async move { reply(&site, &request).await })
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let outcome = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    let stream = connection.into_parts().io.into_inner();
    if outcome.is_err() {
        // Closing becomes a reset instead of an orderly end.
        _ = stream.set_zero_linger();
    }
}
