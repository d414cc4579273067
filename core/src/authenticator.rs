//! From a request to a decision.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::bearer::BearerToken;
use crate::error::{AuthError, AuthErrorKind};
use crate::jws::UnverifiedJws;
use crate::key_demand::{Demand, Fetched, KeyDemand, Miss, MissKind};
use crate::live_keys::{Freshness, LiveKeys};
use crate::log::logged;
use crate::moment::{Clock, Moment};
use crate::pending::Pending;
use crate::policy::Policy;
#[cfg(feature = "jwks-client")]
use crate::refresh::{Driver, KeysNotReady};
use crate::request::RequestView;
use crate::signature::VerifiedJws;
use crate::token::VerifiedToken;
use crate::token_source::TokenSource;

/// The gate: decides who gets in. Cheap to clone; all clones share keys and settings.
///
/// Keys are fetched in the background from [`AuthenticatorBuilder::build`](crate::AuthenticatorBuilder::build) on, until the
/// last clone is dropped.
#[derive(Clone)]
pub struct Authenticator(Arc<Trust>);

/// Everything that is trusted, and by what rules.
pub(crate) struct Trust {
    pub(crate) issuers: HashMap<Arc<str>, TrustedIssuer>,
    pub(crate) max_token_bytes: usize,
    pub(crate) sources: Box<[TokenSource]>,
    pub(crate) realm: Option<Arc<str>>,
    pub(crate) clock: Arc<dyn Clock>,
    #[cfg(feature = "jwks-client")]
    pub(crate) driver: Driver,
}

pub(crate) struct TrustedIssuer {
    pub(crate) policy: Arc<Policy>,
    pub(crate) keys: Arc<LiveKeys>,
    pub(crate) demand: Option<Arc<dyn KeyDemand>>,
}

/// What [`Authenticator::authenticate`] says of a request.
#[derive(Debug)]
#[must_use]
pub enum Decision {
    /// It is decided: the verified token, or why there is none.
    Decided(Result<VerifiedToken, AuthError>),
    /// The key is not known yet and is being fetched. Await it beside the request.
    Pending(Pending),
}

/// What one look at a token found.
pub(crate) enum Verdict {
    Decided(Result<VerifiedToken, AuthError>),
    /// A fetch is under way that may change the answer.
    Awaited {
        fetched: Fetched,
        conclusive: bool,
    },
}

impl Authenticator {
    /// Decides about `request` as of `now`, which an adapter reads from [`now`](Self::now).
    ///
    /// It never blocks and never awaits. Without a usable key it asks for newer ones, within the budget of the issuer, and
    /// gives [`Decision::Pending`].
    pub fn authenticate<V: RequestView>(&self, request: &V, now: Moment) -> Decision {
        self.decide(BearerToken::from_request(request, &self.0.sources, self.0.max_token_bytes), now)
    }

    /// Decides about a bare token, for credentials that come by another way than a request.
    pub fn authenticate_token(&self, token: &str, now: Moment) -> Decision {
        self.decide(BearerToken::new(token, self.0.max_token_bytes), now)
    }

    /// The time, from the clock that was configured. Read once per request.
    pub fn now(&self) -> Moment {
        self.0.clock.now()
    }

    /// The realm for challenges.
    pub fn realm(&self) -> Option<&str> {
        self.0.realm.as_deref()
    }

    /// Waits for keys as [`Issuer::start`](crate::Issuer::start) says for each issuer: not at all, for a time, or until
    /// the first fetch has ended. Call it on tokio, before the server listens.
    ///
    /// # Errors
    ///
    /// [`KeysNotReady`] for an issuer with [`Start::Fail`](crate::Start::Fail) whose first fetch brought no keys.
    #[cfg(feature = "jwks-client")]
    pub async fn ready(&self) -> Result<(), KeysNotReady> {
        self.0.driver.ready().await
    }

    pub(crate) fn sources(&self) -> &[TokenSource] {
        &self.0.sources
    }

    pub(crate) fn shared_realm(&self) -> Option<Arc<str>> {
        self.0.realm.clone()
    }

    pub(crate) fn new(trust: Trust) -> Self {
        Authenticator(Arc::new(trust))
    }

    fn decide(&self, token: Result<BearerToken<'_>, AuthError>, now: Moment) -> Decision {
        let token = match token {
            Ok(token) => token,
            Err(error) => return Decision::Decided(logged(Err(error))),
        };
        match self.look(token, now, true) {
            Verdict::Decided(result) => Decision::Decided(logged(result)),
            Verdict::Awaited { fetched, conclusive } => {
                Decision::Pending(Pending::new(self.clone(), token, fetched, conclusive))
            }
        }
    }

    /// Takes `token` through all stages. Only if it `may_ask` does a missing key cause a fetch.
    pub(crate) fn look(&self, token: BearerToken<'_>, now: Moment, may_ask: bool) -> Verdict {
        match self.read(token) {
            Ok((issuer, jws)) => issuer.look(jws, now, may_ask),
            Err(error) => Verdict::Decided(Err(error)),
        }
    }

    /// `iss` picks the issuer before any work is done for the token.
    fn read<'t>(&self, token: BearerToken<'t>) -> Result<(&TrustedIssuer, UnverifiedJws<'t>), AuthError> {
        let jws = UnverifiedJws::parse(token)?;
        let issuer = self.0.issuers.get(&*jws.unverified_issuer()?);
        let issuer = issuer.ok_or(AuthErrorKind::UnknownIssuer)?;
        Ok((issuer, jws))
    }
}

impl TrustedIssuer {
    fn look(&self, jws: UnverifiedJws<'_>, now: Moment, may_ask: bool) -> Verdict {
        let snapshot = self.keys.snapshot();
        let (kind, jws) = match snapshot.usable(now) {
            None => (AuthErrorKind::KeysUnavailable, jws),
            Some(keys) => {
                let valid_at = self.policy.certificate_validity.instant(now);
                match VerifiedJws::verify(jws, keys, &self.policy.algorithms, valid_at) {
                    Ok(jws) => return Verdict::Decided(VerifiedToken::judge(jws, &self.policy, now)),
                    Err(failed) => failed,
                }
            }
        };
        let seen = snapshot.generation();
        let demand = if may_ask { self.demand(kind, &jws, seen, now) } else { None };
        let (retry_after, is_busy) = match demand {
            Some(Demand::AlreadyThere) => return self.look(jws, now, may_ask),
            Some(Demand::Awaited { fetched, conclusive }) => return Verdict::Awaited { fetched, conclusive },
            Some(Demand::Refused { retry_after }) => (retry_after, false),
            Some(Demand::Busy { retry_after }) => (retry_after, true),
            None => (RETRY_SOON, false),
        };
        let error = match (kind, snapshot.freshness(now)) {
            (AuthErrorKind::KeysUnavailable, _) => AuthError::keys_unavailable(retry_after),
            // The key may be one that a refresh, long due or just under way, would have brought: no fault of the token.
            (AuthErrorKind::UnknownKey, freshness) if is_busy || freshness == Freshness::Stale => {
                AuthError::keys_unavailable(retry_after)
            }
            _ => kind.into(),
        };
        let key_id = jws.header().key_id.as_deref();
        Verdict::Decided(Err(error.with_issuer(&self.policy.issuer).with_key_id(key_id)))
    }

    /// Asks for newer keys where they could help. A token that would be refused with any key is not worth a fetch.
    fn demand(&self, kind: AuthErrorKind, jws: &UnverifiedJws<'_>, seen: u64, now: Moment) -> Option<Demand> {
        let kind = match kind {
            AuthErrorKind::KeysUnavailable | AuthErrorKind::UnknownKey => MissKind::UnknownKey,
            // Another key may stand under the same name by now, of the same type or of another.
            AuthErrorKind::BadSignature | AuthErrorKind::KeyMismatch => MissKind::BadSignature,
            _ => return None,
        };
        let demand = self.demand.as_ref()?;
        if !self.policy.algorithms.contains(&jws.header().algorithm) {
            return None;
        }
        self.policy.judge(jws.header(), jws.unverified_payload(), now).ok()?;
        Some(demand.demand(Miss { kind, key_id: jws.header().key_id.as_deref(), seen }, now))
    }
}

/// Names of issuers and nothing else.
impl fmt::Debug for Authenticator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Authenticator")
            .field("issuers", &self.0.issuers.keys())
            .finish_non_exhaustive()
    }
}

/// When to come again where nothing more is known.
const RETRY_SOON: Duration = Duration::from_secs(1);
