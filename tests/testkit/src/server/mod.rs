//! The issuer over HTTP.

mod behaviour;
mod body;
mod line;
mod listener;
mod reply;
mod route;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;

pub use behaviour::Behaviour;
pub use route::Route;

use crate::{Alg, TestIssuer};
use line::{BACKLOG, Line};
use route::Site;

/// A [`TestIssuer`] on a loopback port: its key set and its metadata over HTTP/1.1, with faults on demand.
///
/// It serves until it is dropped or [stopped](Self::stop), on the tokio runtime it was started in. What a route does is set
/// at any time and holds for requests that arrive afterwards. All methods take `&self`, so it can be shared in an `Arc`.
pub struct ServedIssuer {
    site: Arc<Site>,
    address: SocketAddr,
    url: String,
    line: Mutex<Line>,
}

impl TestIssuer {
    /// A new issuer with a key of `alg`, served on a free loopback port. Its name is its URL, `http://127.0.0.1:PORT`.
    pub async fn serve_new(alg: Alg) -> io::Result<ServedIssuer> {
        Self::serve_new_at(alg, "").await
    }

    /// The same with a path after the port, such as `/tenant` or `/`: metadata is then found where the two specifications
    /// put it for such a name.
    pub async fn serve_new_at(alg: Alg, path: &str) -> io::Result<ServedIssuer> {
        let listener = bind().await?;
        let issuer = Self::with_algorithm(format!("http://{}{path}", listener.local_addr()?), alg);
        ServedIssuer::start(issuer, listener)
    }

    /// Serves this issuer on a free loopback port under the name it has. Metadata at the port tells that name, so a
    /// client that compares it with the URL refuses it; give such a client [`ServedIssuer::jwks_uri`].
    pub async fn serve(&self) -> io::Result<ServedIssuer> {
        ServedIssuer::start(self.clone(), bind().await?)
    }
}

impl ServedIssuer {
    /// The issuer, to mint and to rotate.
    pub fn issuer(&self) -> &TestIssuer {
        &self.site.issuer
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the key set is.
    pub fn jwks_uri(&self) -> &str {
        &self.site.jwks_uri
    }

    /// Sets how one route answers. The requests that have already arrived keep what they met.
    ///
    /// # Panics
    ///
    /// When the behaviour cannot be said in HTTP: a status below 200, a header that is none, a trickle without an interval.
    #[track_caller]
    pub fn set(&self, route: Route, behaviour: Behaviour) {
        let steps = behaviour.flatten();
        steps.iter().for_each(Behaviour::check);
        self.site.state(route).set(steps);
    }

    /// Sets how the key set is served; [panics](Self::set) as `set` does.
    #[track_caller]
    pub fn set_jwks(&self, behaviour: Behaviour) {
        self.set(Route::Jwks, behaviour);
    }

    /// Sets how both metadata documents are served; [panics](Self::set) as `set` does.
    #[track_caller]
    pub fn set_discovery(&self, behaviour: Behaviour) {
        self.set(Route::OpenIdConfiguration, behaviour.clone());
        self.set(Route::OAuthAuthorizationServer, behaviour);
    }

    /// Lets every request go that is [held](Behaviour::Hold) now. Later ones are held again, as long as the route says so.
    pub fn release(&self) {
        self.site.releases.send_modify(|count| *count += 1);
    }

    /// How many requests a route has had, answered or not.
    pub fn requests(&self, route: Route) -> usize {
        *self.site.state(route).requests.borrow()
    }

    /// How often the key set was asked for.
    pub fn jwks_requests(&self) -> usize {
        self.requests(Route::Jwks)
    }

    /// How often metadata was asked for, at both places together.
    pub fn discovery_requests(&self) -> usize {
        self.requests(Route::OpenIdConfiguration) + self.requests(Route::OAuthAuthorizationServer)
    }

    /// Waits until a route has had `n` requests since the start. It has no time limit of its own.
    pub async fn wait_for_requests(&self, route: Route, n: usize) {
        // The sender lives in `self`, so this ends by the count alone.
        _ = self.site.state(route).requests.subscribe().wait_for(|count| *count >= n).await;
    }

    /// Waits until the key set was asked for `n` times since the start. It has no time limit of its own.
    pub async fn wait_for_jwks_requests(&self, n: usize) {
        self.wait_for_requests(Route::Jwks, n).await;
    }

    /// The header fields of a route's last request, names in lower case; none before the first.
    pub fn last_headers(&self, route: Route) -> Vec<(String, String)> {
        let headers = self.site.state(route).last_headers();
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect()
    }

    /// An outage: closes the port and every connection, and returns when all is gone. Clients are refused from then on.
    /// Does nothing when it is stopped already.
    pub async fn stop(&self) {
        let line = std::mem::replace(&mut *self.line(), Line::Down { reserved: None });
        let line = line.down(self.address).await;
        *self.line() = line;
    }

    /// The end of an outage: serves on the same port again, with counts and behaviours as they were. Does nothing when it serves.
    pub async fn start_again(&self) -> io::Result<()> {
        let reserved = match &mut *self.line() {
            Line::Up { .. } => return Ok(()),
            Line::Down { reserved } => reserved.take(),
        };
        let listener = match reserved {
            Some(socket) => socket.listen(BACKLOG)?,
            None => TcpListener::bind(self.address).await?,
        };
        *self.line() = Line::up(listener, &self.site);
        Ok(())
    }

    fn start(issuer: TestIssuer, listener: TcpListener) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let url = format!("http://{address}");
        let site = Arc::new(Site::new(issuer, &url));
        let line = Mutex::new(Line::up(listener, &site));
        Ok(Self { site, address, url, line })
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ServedIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServedIssuer").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Drop for ServedIssuer {
    fn drop(&mut self) {
        if let Line::Up { task, .. } = &*self.line() {
            task.abort();
        }
    }
}

async fn bind() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}
