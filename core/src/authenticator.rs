//! From a request to a decision.

use std::fmt;
use std::sync::Arc;

use arc_swap::Guard;

use crate::bearer::BearerToken;
use crate::cache::VerifiedTokens;
use crate::control::Control;
use crate::error::{AuthError, AuthErrorKind};
use crate::log::logged;
use crate::moment::Moment;
use crate::pending::Pending;
use crate::possession::{Possession, peer_certificate};
use crate::published::{Edition, Published};
#[cfg(feature = "refresh")]
use crate::refresh::{KeysNotReady, ready};
use crate::request::RequestView;
use crate::token::VerifiedToken;
use crate::token_cache::TokenCache;
use crate::token_source::TokenSource;
use crate::trust::Trust;
use crate::verdict::{Asking, Verdict};

/// The gate: decides who gets in. Cheap to clone; all clones share keys and settings.
///
/// Keys are fetched in the background from [`AuthenticatorBuilder::build`](crate::AuthenticatorBuilder::build) on, until the
/// last clone is dropped.
#[derive(Clone)]
pub struct Authenticator(Arc<Inner>);

struct Inner {
    trust: Published<Trust>,
    cache: Option<VerifiedTokens>,
    /// Adapters heed them too, so they stay what they are when the rest is changed.
    sources: Box<[TokenSource]>,
    control: Arc<Control>,
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

impl Authenticator {
    /// Decides about `request` as of `now`, which an adapter reads from [`now`](Self::now).
    ///
    /// It never blocks and never awaits. Without a usable key it asks for newer ones, within the budget of the issuer, and
    /// gives [`Decision::Pending`].
    pub fn authenticate<V: RequestView>(&self, request: &V, now: Moment) -> Decision {
        let token = BearerToken::found_in(request, &self.0.sources);
        self.decide(token, Possession::of(&|| peer_certificate(request)), now)
    }

    /// Decides about a bare token, for credentials that come by another way than a request.
    ///
    /// A token that is bound to a certificate ([`Confirmation::ClientCertificate`](crate::Confirmation::ClientCertificate)) is
    /// refused: whoever shows a token alone proves nothing else. Where there is a request, use
    /// [`authenticate_token_from`](Self::authenticate_token_from).
    pub fn authenticate_token(&self, token: &str, now: Moment) -> Decision {
        self.decide(BearerToken::from_token(token.as_bytes()), Possession::NOTHING, now)
    }

    /// Decides about a token that the caller took out of `request`, for credentials that stand where no
    /// [`TokenSource`] looks. Of the request only the certificate of the client counts.
    pub fn authenticate_token_from<V: RequestView>(&self, token: &str, request: &V, now: Moment) -> Decision {
        let token = BearerToken::from_token(token.as_bytes());
        self.decide(token, Possession::of(&|| peer_certificate(request)), now)
    }

    /// The time, from the clock that was configured. Read once per request.
    pub fn now(&self) -> Moment {
        self.0.control.clock.now()
    }

    /// The realm for challenges.
    pub fn realm(&self) -> Option<Arc<str>> {
        self.0.trust.load().realm.clone()
    }

    /// Waits for keys as [`Issuer::start`](crate::Issuer::start) says for each issuer: not at all, for a time, or until
    /// the first fetch has ended. Call it on tokio, before the server listens.
    ///
    /// # Errors
    ///
    /// [`KeysNotReady`] for an issuer with [`Start::Fail`](crate::Start::Fail) whose first fetch brought no keys.
    #[cfg(feature = "refresh")]
    pub async fn ready(&self) -> Result<(), KeysNotReady> {
        let trust = Arc::clone(&self.0.trust.load());
        ready(trust.issuers.values().filter_map(|issuer| issuer.driven.as_deref()), &*self.0.control.clock)
            .await
    }

    pub(crate) fn sources(&self) -> &[TokenSource] {
        &self.0.sources
    }

    /// What is trusted now.
    pub(crate) fn trust(&self) -> Guard<Arc<Edition<Trust>>> {
        self.0.trust.load()
    }

    /// Who may change what is trusted.
    pub(crate) fn control(&self) -> &Arc<Control> {
        &self.0.control
    }

    pub(crate) fn new(
        trust: Trust,
        cache: Option<VerifiedTokens>,
        sources: Box<[TokenSource]>,
        control: Arc<Control>,
    ) -> Self {
        Authenticator(Arc::new(Inner { trust: Published::new(trust), cache, sources, control }))
    }

    /// How verified tokens are cached, for as long as the authenticator lives.
    pub(crate) fn token_cache(&self) -> TokenCache {
        self.0.cache.as_ref().map_or_else(TokenCache::disabled, VerifiedTokens::settings)
    }

    /// Puts `trust` in the place of what was trusted. Requests that have begun go on with what they met.
    pub(crate) fn trust_instead(&self, trust: Trust) {
        self.0.trust.replace(trust);
    }

    fn decide(
        &self,
        token: Result<BearerToken<'_>, AuthError>,
        possession: Possession<'_>,
        now: Moment,
    ) -> Decision {
        if let Some(verified) = token.as_ref().ok().and_then(|token| self.kept(*token, possession, now)) {
            return Decision::Decided(Ok(verified));
        }
        let trust = self.0.trust.load();
        let token = match token.and_then(|token| token.within(trust.max_token_bytes)) {
            Ok(token) => token,
            Err(error) => {
                // As with the log line, the lack of a credential is the gate's.
                if error.kind() != AuthErrorKind::MissingCredentials {
                    trust.nobody.refused(error.kind());
                }
                return Decision::Decided(logged(Err(error)));
            }
        };
        match trust.look(token, possession, now, Asking::FIRST) {
            Verdict::Decided(result) => {
                if let Ok(verified) = &result {
                    self.keep(token, verified, &trust, now);
                }
                Decision::Decided(logged(result))
            }
            Verdict::Awaited { wait, then } => {
                let (trust, clock) = (Arc::clone(&trust), self.0.control.clock.clone());
                Decision::Pending(Pending::new(trust, clock, token, possession, wait, then))
            }
        }
    }

    /// The token as it was verified before, if it would be found good now.
    fn kept(&self, token: BearerToken<'_>, possession: Possession<'_>, now: Moment) -> Option<VerifiedToken> {
        let verified = self.0.cache.as_ref()?.find(token, now, |kept| {
            kept.is_good_as_before(&self.0.trust, now) || {
                let trust = self.0.trust.load();
                let is_good = token.within(trust.max_token_bytes).is_ok() && trust.still_admits(kept, now);
                if is_good {
                    note(&trust, kept);
                }
                is_good
            }
        })?;
        // Whoever cannot prove the possession does not put the token out for its owner.
        if !verified.is_good_with(possession) {
            return None;
        }
        verified.meters().accepted();
        Some(verified)
    }

    /// Keeps a token that was verified under `trust`. One that had to wait for its key is kept the next time that it comes.
    fn keep(&self, token: BearerToken<'_>, verified: &VerifiedToken, trust: &Edition<Trust>, now: Moment) {
        if let Some(cache) = &self.0.cache {
            note(trust, verified);
            cache.keep(token, verified, now);
        }
    }
}

/// Notes on a token that it was found good under `trust`.
fn note(trust: &Edition<Trust>, verified: &VerifiedToken) {
    if trust.is_configured(verified.issuer()) {
        verified.note_trust(trust.number());
    }
}

/// Names of issuers and nothing else.
impl fmt::Debug for Authenticator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Authenticator")
            .field("issuers", &self.trust().issuers.keys())
            .finish_non_exhaustive()
    }
}
