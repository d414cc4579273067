//! One guard in front of routes: an authenticator, and what it lets pass besides good tokens.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::admission::{Admission, Anonymous, Rejection};
use crate::authenticator::{Authenticator, Decision};
use crate::error::{AuthError, AuthErrorKind};
use crate::pending::Pending;
use crate::request::RequestView;
use crate::token::VerifiedToken;
use crate::traces::Traces;

/// A guard, as the adapters put it in front of services. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gate {
    authenticator: Authenticator,
    optional: bool,
    allow_preflight: bool,
}

/// What a [`Gate`] says of a request.
#[derive(Debug)]
#[must_use]
pub enum Passage {
    /// It is decided.
    Decided(Result<Admission, Rejection>),
    /// A key is being fetched. Await it beside the request.
    Pending(PendingAdmission),
}

/// The decision of a [`Gate`] that waits for a key.
#[derive(Debug)]
#[must_use = "a pending decision is made when it is awaited"]
pub struct PendingAdmission {
    pending: Pending,
    gate: Gate,
}

impl Gate {
    /// A guard that lets nothing pass but good tokens.
    pub fn new(authenticator: Authenticator) -> Self {
        Gate { authenticator, optional: false, allow_preflight: false }
    }

    /// Lets requests without a credential pass, as anonymous. A bad credential is refused all the same.
    pub fn optional(self) -> Self {
        Gate { optional: true, ..self }
    }

    /// Lets CORS preflights pass, as anonymous: browsers send them without a credential (Fetch, section 4.8). A true one is
    /// an `OPTIONS` with `Origin` and `Access-Control-Request-Method` and no credential; nothing else passes.
    ///
    /// # Security
    ///
    /// Anybody can send these two fields: every route that answers `OPTIONS` can then be reached without a token.
    ///
    /// Better is to have the CORS layer outside of the guard, where it answers preflights itself.
    pub fn allow_preflight(self) -> Self {
        Gate { allow_preflight: true, ..self }
    }

    /// Decides about `request`, now by the clock of the authenticator. It never blocks and never awaits.
    pub fn check<V: RequestView>(&self, request: &V) -> Passage {
        match self.authenticator.authenticate(request, self.authenticator.now()) {
            Decision::Decided(Err(error))
                if error.kind() == AuthErrorKind::MissingCredentials
                    && self.allow_preflight
                    && is_preflight(request) =>
            {
                Passage::Decided(Ok(self.anonymous()))
            }
            Decision::Decided(result) => Passage::Decided(self.admit(result)),
            Decision::Pending(pending) => Passage::Pending(PendingAdmission { pending, gate: self.clone() }),
        }
    }

    /// What the credential of an admitted `request` leaves behind, if it leaves anything.
    pub fn traces<V: RequestView>(&self, request: &V) -> Option<Box<Traces>> {
        Traces::of(request, self.authenticator.sources())
    }

    /// The header fields that may carry a token: their values are not for logs.
    pub fn credential_fields(&self) -> impl Iterator<Item = &str> {
        self.authenticator.sources().iter().filter_map(|source| source.field())
    }

    fn admit(&self, result: Result<VerifiedToken, AuthError>) -> Result<Admission, Rejection> {
        match result {
            Ok(token) => Ok(Admission::Verified(token)),
            Err(error) if error.kind() == AuthErrorKind::MissingCredentials => {
                if self.optional {
                    Ok(self.anonymous())
                } else {
                    // Every other refusal was logged and counted when it was decided.
                    let trust = self.authenticator.trust();
                    Err(Rejection::logged(error, trust.realm.clone(), &trust.nobody))
                }
            }
            Err(error) => Err(Rejection::new(error, self.realm())),
        }
    }

    fn anonymous(&self) -> Admission {
        let trust = self.authenticator.trust();
        trust.nobody.anonymous();
        Admission::Anonymous(Anonymous::new(trust.realm.clone(), trust.nobody.clone()))
    }

    fn realm(&self) -> Option<Arc<str>> {
        self.authenticator.realm()
    }
}

impl PendingAdmission {
    /// The refusal where nobody can wait: no keys for now. The fetch is under way whether or not somebody waits for it.
    pub fn give_up(self) -> Rejection {
        let trust = self.gate.authenticator.trust();
        let error = AuthErrorKind::KeysUnavailable.into();
        Rejection::logged(error, trust.realm.clone(), &trust.nobody)
    }
}

impl Future for PendingAdmission {
    type Output = Result<Admission, Rejection>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let result = std::task::ready!(Pin::new(&mut self.pending).poll(context));
        Poll::Ready(self.gate.admit(result))
    }
}

fn is_preflight<V: RequestView>(request: &V) -> bool {
    let has = |field: &str| request.headers().any(|(name, _)| name.eq_ignore_ascii_case(field));
    request.method() == "OPTIONS" && has("origin") && has("access-control-request-method")
}
