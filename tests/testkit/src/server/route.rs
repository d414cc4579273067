use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::HeaderMap;
use hyper::body::Bytes;
use serde_json::json;
use tokio::sync::watch;

use super::Behaviour;
use crate::TestIssuer;

/// A document that a [`ServedIssuer`](crate::ServedIssuer) serves.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Route {
    /// The key set, at `/jwks`.
    Jwks,
    /// The metadata of OIDC Discovery, at `{issuer}/.well-known/openid-configuration`.
    OpenIdConfiguration,
    /// The metadata of RFC 8414, at `/.well-known/oauth-authorization-server` before the path of the issuer.
    OAuthAuthorizationServer,
}

/// Everything the server knows, shared by its connections and by the handle.
pub(super) struct Site {
    pub(super) issuer: TestIssuer,
    pub(super) jwks_uri: String,
    /// The path of the issuer identifier, empty for most.
    path: String,
    /// Counts the releases; who holds a request waits for the next.
    pub(super) releases: watch::Sender<u64>,
    jwks: State,
    openid: State,
    oauth: State,
}

/// One route. Requests are counted through a channel, so that a test can wait for one.
pub(super) struct State {
    steps: Mutex<VecDeque<Behaviour>>,
    last_headers: Mutex<HeaderMap>,
    pub(super) requests: watch::Sender<usize>,
}

/// A request at the moment of its arrival.
pub(super) struct Arrival {
    pub(super) behaviour: Behaviour,
    pub(super) document: Bytes,
    pub(super) release: watch::Receiver<u64>,
}

impl Site {
    pub(super) fn new(issuer: TestIssuer, url: &str) -> Self {
        let path = issuer.issuer().strip_prefix(url).unwrap_or_default().trim_end_matches('/').to_owned();
        let (jwks, openid, oauth) = (State::new(), State::new(), State::new());
        let (jwks_uri, releases) = (format!("{url}/jwks"), watch::Sender::new(0));
        Self { issuer, jwks_uri, path, releases, jwks, openid, oauth }
    }

    pub(super) fn find(&self, path: &str) -> Option<Route> {
        let openid = path.strip_prefix(&self.path);
        let oauth = path.strip_suffix(&self.path);
        match path {
            "/jwks" => Some(Route::Jwks),
            _ if openid == Some("/.well-known/openid-configuration") => Some(Route::OpenIdConfiguration),
            _ if oauth == Some("/.well-known/oauth-authorization-server") => {
                Some(Route::OAuthAuthorizationServer)
            }
            _ => None,
        }
    }

    pub(super) fn state(&self, route: Route) -> &State {
        match route {
            Route::Jwks => &self.jwks,
            Route::OpenIdConfiguration => &self.openid,
            Route::OAuthAuthorizationServer => &self.oauth,
        }
    }

    /// The count comes last: a test that has seen it may rotate the keys or release the request, and this one must
    /// already hold its document and listen.
    pub(super) fn arrive(&self, route: Route, headers: &HeaderMap) -> Arrival {
        let state = self.state(route);
        let release = self.releases.subscribe();
        let document = self.document(route).into();
        state.last_headers().clone_from(headers);
        let behaviour = state.next_step();
        state.requests.send_modify(|count| *count += 1);
        Arrival { behaviour, document, release }
    }

    fn document(&self, route: Route) -> String {
        if route == Route::Jwks {
            return self.issuer.jwks();
        }
        let issuer = self.issuer.issuer();
        let base = issuer.trim_end_matches('/');
        // What the two specifications require, so that strict clients read it; nothing listens at the endpoints.
        json!({
            "issuer": issuer,
            "jwks_uri": self.jwks_uri,
            "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": format!("{base}/token"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        })
        .to_string()
    }
}

impl State {
    fn new() -> Self {
        Self { steps: Mutex::default(), last_headers: Mutex::default(), requests: watch::Sender::new(0) }
    }

    pub(super) fn set(&self, steps: Vec<Behaviour>) {
        *self.steps() = steps.into();
    }

    pub(super) fn last_headers(&self) -> MutexGuard<'_, HeaderMap> {
        self.last_headers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_step(&self) -> Behaviour {
        let mut steps = self.steps();
        let next = if steps.len() > 1 { steps.pop_front() } else { steps.front().cloned() };
        next.unwrap_or(Behaviour::Normal)
    }

    fn steps(&self) -> MutexGuard<'_, VecDeque<Behaviour>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
