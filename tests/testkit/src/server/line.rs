use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::listener::listen;
use super::route::Site;

/// The port of a served issuer, in service or out of it.
pub(super) enum Line {
    Up {
        stop: oneshot::Sender<()>,
        task: JoinHandle<()>,
    },
    /// The port, bound but not listening: clients are refused, and nobody else is given it meanwhile. It also keeps a client that
    /// dials the dead port from being given that very port as its own and reaching itself, which loopback allows.
    Down {
        reserved: Option<TcpSocket>,
    },
}

impl Line {
    pub(super) fn up(listener: TcpListener, site: &Arc<Site>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(listen(listener, Arc::clone(site), stopped));
        Self::Up { stop, task }
    }

    /// Ends the listener and its connections, waits for them, and keeps the port.
    pub(super) async fn down(self, address: SocketAddr) -> Self {
        let Self::Up { stop, task } = self else { return self };
        drop(stop);
        _ = task.await;
        Self::Down { reserved: reserve(address).ok() }
    }
}

fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Connections that have just ended linger on the port. On Windows the option means something else and is not needed.
    if cfg!(unix) {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(address)?;
    Ok(socket)
}

/// As tokio's own `TcpListener::bind`: hundreds of clients may dial at once.
pub(super) const BACKLOG: u32 = 1024;
