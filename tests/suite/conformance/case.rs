//! One case: a line of a table.

use std::time::Duration;

use claimgate_tower::{AuthErrorKind, Authenticator, AuthenticatorBuilder, Issuer};

use super::host::{Handler, Ledger, Request, Setup};
use super::world::{NOW, World, clock_at};

#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// Begins with its row: `n017 …`.
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) realm: Option<&'static str>,
    pub(crate) handler: Handler,
    credential: Credential,
    gate: Gate,
    /// Seconds after [`NOW`] at which the request arrives.
    later: i64,
    is_optional: bool,
    allows_preflight: bool,
}

#[derive(Clone, Copy)]
enum Credential {
    Bearer(fn(&World) -> String),
    Request(fn(&World) -> Request),
}

#[derive(Clone, Copy)]
enum Gate {
    Issuer(fn(&World) -> Issuer),
    Builder(fn(&World) -> AuthenticatorBuilder),
    None,
}

/// What comes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The handler was called and saw this.
    Accepted(&'static str),
    /// It got past the gate to a path that nobody serves.
    NotFound,
    /// 401 with a bare challenge.
    Unauthenticated,
    /// 401 `invalid_token`.
    InvalidToken(AuthErrorKind),
    /// 400 `invalid_request`.
    InvalidRequest(AuthErrorKind),
    /// 403 `insufficient_scope`, with the scopes that the route asks for.
    InsufficientScope(&'static str),
    /// 503, to be tried again after so many seconds.
    Unavailable(u64),
    /// 403 for a rule that is not about scopes.
    AccessDenied,
    /// 500: no gate stands before the handler.
    MissingLayer,
}

/// A request with this bearer token.
pub(crate) const fn token(name: &'static str, token: fn(&World) -> String, outcome: Outcome) -> Case {
    Case::new(name, Credential::Bearer(token), outcome)
}

pub(crate) const fn request(name: &'static str, request: fn(&World) -> Request, outcome: Outcome) -> Case {
    Case::new(name, Credential::Request(request), outcome)
}

impl Case {
    const fn new(name: &'static str, credential: Credential, outcome: Outcome) -> Self {
        Case {
            name,
            outcome,
            realm: None,
            handler: Handler::Token,
            credential,
            gate: Gate::Issuer(World::trust),
            later: 0,
            is_optional: false,
            allows_preflight: false,
        }
    }

    /// Other settings of the issuer.
    pub(crate) const fn trusting(self, issuer: fn(&World) -> Issuer) -> Self {
        Case { gate: Gate::Issuer(issuer), ..self }
    }

    /// Other settings of the whole gate.
    pub(crate) const fn gate(self, gate: fn(&World) -> AuthenticatorBuilder) -> Self {
        Case { gate: Gate::Builder(gate), ..self }
    }

    pub(crate) const fn without_gate(self) -> Self {
        Case { gate: Gate::None, ..self }
    }

    pub(crate) const fn optional(self) -> Self {
        Case { is_optional: true, ..self }
    }

    pub(crate) const fn preflight(self) -> Self {
        Case { allows_preflight: true, ..self }
    }

    pub(crate) const fn handler(self, handler: Handler) -> Self {
        Case { handler, ..self }
    }

    pub(crate) const fn realm(self, realm: &'static str) -> Self {
        Case { realm: Some(realm), ..self }
    }

    /// The request arrives so many seconds after [`NOW`].
    pub(crate) const fn later(self, seconds: i64) -> Self {
        Case { later: seconds, ..self }
    }

    pub(crate) fn row(&self) -> &'static str {
        self.name.split_once(' ').expect("a row and a description").0
    }

    pub(crate) fn needs_extractors(&self) -> bool {
        matches!(self.handler, Handler::Scoped | Handler::Claims | Handler::TwoClaims | Handler::MaybeClaims)
    }

    pub(crate) fn request(&self, world: &World) -> Request {
        match self.credential {
            Credential::Bearer(token) => Request::bearer(&token(world)),
            Credential::Request(request) => request(world),
        }
    }

    /// Call it after [`request`](Self::request): keys that were made for a token are published by then.
    pub(crate) fn setup(&self, world: &World) -> Setup {
        let gate = match self.gate {
            Gate::Issuer(issuer) => Some(Authenticator::builder().issuer(issuer(world))),
            Gate::Builder(gate) => Some(gate(world)),
            Gate::None => None,
        };
        let clock = clock_at(NOW);
        clock.advance(Duration::from_secs(self.later.try_into().expect("a time to come")));
        let gate = gate.map(|mut gate| {
            if let Some(realm) = self.realm {
                gate = gate.realm(realm);
            }
            gate.clock(clock).build().unwrap_or_else(|error| panic!("{}: {error}", self.name))
        });
        Setup {
            gate,
            optional: self.is_optional,
            preflight: self.allows_preflight,
            problem: false,
            handler: self.handler,
            ledger: Ledger::default(),
        }
    }
}

impl Outcome {
    /// The status and the headers, as RFC 6750 and RFC 9110 have them.
    pub(crate) fn head(self, realm: Option<&str>) -> (u16, Option<(&'static str, String)>) {
        let challenge = |parameters: &str| {
            let realm = realm.map(|realm| format!("realm=\"{realm}\""));
            let parameters = realm.into_iter().chain((!parameters.is_empty()).then(|| parameters.to_owned()));
            let parameters = parameters.collect::<Vec<_>>().join(", ");
            Some(("www-authenticate", format!("Bearer {parameters}").trim_end().to_owned()))
        };
        match self {
            Outcome::Accepted(_) => (200, None),
            Outcome::NotFound => (404, None),
            Outcome::Unauthenticated => (401, challenge("")),
            Outcome::InvalidToken(_) => (401, challenge(r#"error="invalid_token""#)),
            Outcome::InvalidRequest(_) => (400, challenge(r#"error="invalid_request""#)),
            // A list of scopes has at least one (RFC 6749, section 3.3).
            Outcome::AccessDenied | Outcome::InsufficientScope("") => {
                (403, challenge(r#"error="insufficient_scope""#))
            }
            Outcome::InsufficientScope(scope) => {
                (403, challenge(&format!(r#"error="insufficient_scope", scope="{scope}""#)))
            }
            Outcome::Unavailable(seconds) => (503, Some(("retry-after", seconds.to_string()))),
            Outcome::MissingLayer => (500, None),
        }
    }

    pub(crate) fn kind(self) -> Option<AuthErrorKind> {
        match self {
            Outcome::Accepted(_) | Outcome::NotFound => None,
            Outcome::Unauthenticated => Some(AuthErrorKind::MissingCredentials),
            Outcome::InvalidToken(kind) | Outcome::InvalidRequest(kind) => Some(kind),
            Outcome::InsufficientScope(_) => Some(AuthErrorKind::InsufficientScope),
            Outcome::AccessDenied => Some(AuthErrorKind::AccessDenied),
            Outcome::Unavailable(_) => Some(AuthErrorKind::KeysUnavailable),
            Outcome::MissingLayer => Some(AuthErrorKind::MissingLayer),
        }
    }
}
