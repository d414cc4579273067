//! What the suite asks of a host, in words that are no host's own.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use claimgate_tower::{AuthError, Authenticator, Scope, VerifiedToken};
use serde::Deserialize;

/// A framework in which claimgate stands before a handler.
pub(crate) trait Host: Sync {
    fn name(&self) -> &'static str;

    /// Whether a handler can ask for claims in its signature.
    fn has_extractors(&self) -> bool;

    /// Whether refusals can have a body of the application's.
    fn renders(&self) -> bool {
        true
    }

    /// Whether a test can write its requests to a socket by hand.
    fn speaks_http1(&self) -> bool {
        true
    }

    /// Mounts `setup` and answers one request, without a socket.
    fn send<'a>(&self, setup: &'a Setup, request: &'a Request) -> Eventually<'a, Reply>;

    /// Mounts `setup` behind the host's own server on a loopback port, for as long as the test's runtime lives.
    fn serve(&self, setup: &Setup) -> Eventually<'static, SocketAddr>;
}

/// Not `Send`: a host may live on one thread.
pub(crate) type Eventually<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// What is mounted: the handler at [`PATHS`], and the gate before everything, also before paths that nobody serves.
#[derive(Clone)]
pub(crate) struct Setup {
    /// None leaves the gate out, which is the mistake that some cases are about.
    pub(crate) gate: Option<Authenticator>,
    pub(crate) optional: bool,
    pub(crate) preflight: bool,
    /// Whether refusals are problem details.
    pub(crate) problem: bool,
    pub(crate) handler: Handler,
    pub(crate) ledger: Ledger,
}

/// The paths that the handler serves; everything else is a 404 of the host.
pub(crate) const PATHS: [&str; 2] = ["/", "/admin"];

/// What stands behind the gate. Each answers 200 with what it saw, and notes that in the ledger.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// Sees the subject of the `VerifiedToken` in the extensions, or [`NOBODY`].
    Token,
    /// The same behind `RequireScopes::all_of`.
    AllOf(&'static [&'static str]),
    /// The same behind `RequireScopes::any_of`.
    AnyOf(&'static [&'static str]),
    /// The same behind `Require::claim`.
    Claim(&'static str, &'static [&'static str]),
    /// The same behind `Require::that`, which asks whether the subject is [`SUBJECT`](super::world::SUBJECT).
    That,
    /// Takes `Scoped<(Menu, Order)>`.
    Scoped,
    /// Takes `Claims<Profile>`.
    Claims,
    /// Takes `Claims<Profile>` and `Claims<Grant>`.
    TwoClaims,
    /// Takes `MaybeClaims<Profile>`.
    MaybeClaims,
    /// Finds `Claims<Profile>` in the extensions, where the gate puts it.
    InsertedClaims,
}

pub(crate) const NOBODY: &str = "nobody";

pub(crate) struct Menu;
pub(crate) struct Order;

impl Scope for Menu {
    const NAME: &'static str = "menu";
}

impl Scope for Order {
    const NAME: &'static str = "order";
}

/// What [`Handler::That`] asks.
pub(crate) fn is_the_subject(token: &VerifiedToken) -> bool {
    token.subject() == Some(super::world::SUBJECT)
}

/// The claims that handlers ask for.
#[derive(Deserialize)]
pub(crate) struct Profile {
    sub: String,
    tenant: u32,
}

/// The same token, seen by another part of an application.
#[derive(Deserialize)]
pub(crate) struct Grant {
    scope: String,
}

impl Profile {
    pub(crate) fn seen(&self) -> String {
        format!("{} of {}", self.sub, self.tenant)
    }
}

impl Grant {
    pub(crate) fn seen(&self) -> &str {
        &self.scope
    }
}

/// What handlers saw. Empty after a refusal, or the refusal came too late.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Vec<String>>>);

impl Ledger {
    pub(crate) fn note(&self, seen: impl Into<String>) -> String {
        let seen = seen.into();
        self.0.lock().unwrap().push(seen.clone());
        seen
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) target: &'static str,
    /// One pair for each line, in order.
    pub(crate) headers: Vec<(&'static str, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &'static str, target: &'static str) -> Self {
        Request { method, target, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn get() -> Self {
        Request::new("GET", "/")
    }

    pub(crate) fn bearer(token: &str) -> Self {
        Request::get().authorization(format!("Bearer {token}"))
    }

    pub(crate) fn authorization(self, value: impl AsRef<[u8]>) -> Self {
        self.header("authorization", value)
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Request { body: body.into(), ..self }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Sorted; names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// What the host hands to layers outside of the gate.
    pub(crate) error: Option<AuthError>,
}

impl Reply {
    /// Sorts the headers and leaves out those that a server writes of its own accord.
    pub(crate) fn new(
        status: u16,
        headers: impl IntoIterator<Item = (String, String)>,
        body: Vec<u8>,
        error: Option<AuthError>,
    ) -> Self {
        let of_the_server = |name: &str| ["connection", "content-length", "date"].contains(&name);
        let mut headers: Vec<_> = headers.into_iter().filter(|(name, _)| !of_the_server(name)).collect();
        headers.sort();
        Reply { status, headers, body, error }
    }
}
