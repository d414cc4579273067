//! One issuer as it is trusted: its rules, its keys, and the bell that is rung when a key is missing.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{AuthError, AuthErrorKind};
use crate::header::Header;
use crate::issuer::Issuer;
use crate::jws::UnverifiedJws;
use crate::key::VerificationKey;
use crate::key_demand::{Demand, KeyDemand, Miss, MissKind};
use crate::live_keys::{Freshness, LiveKeys};
use crate::moment::Moment;
use crate::policy::Policy;
use crate::possession::Possession;
#[cfg(feature = "refresh")]
use crate::refresh::Driven;
use crate::signature::{VerifiedJws, left_out, still_verifies};
use crate::token::VerifiedToken;
use crate::verdict::{Asking, Verdict};

pub(crate) struct TrustedIssuer {
    /// What it was made from: a reload keeps what has not changed.
    pub(crate) described: Issuer,
    pub(crate) policy: Arc<Policy>,
    pub(crate) keys: Arc<LiveKeys>,
    /// The same issuer with its default key, which alone checks tokens that name none.
    pub(crate) unnamed: Option<Arc<TrustedIssuer>>,
    /// Who refreshes the keys. Whoever holds the issuer, such as a request that waits, keeps the refresher going.
    #[cfg(feature = "refresh")]
    pub(crate) driven: Option<Arc<Driven>>,
}

impl TrustedIssuer {
    pub(crate) fn look(
        &self,
        jws: UnverifiedJws<'_>,
        possession: Possession<'_>,
        now: Moment,
        asking: Asking,
    ) -> Verdict {
        if let Some(unnamed) = self.for_header(jws.header()) {
            return unnamed.look(jws, possession, now, asking);
        }
        let snapshot = self.keys.snapshot();
        let (kind, jws) = match snapshot.usable(now) {
            None => (AuthErrorKind::KeysUnavailable, jws),
            Some(keys) => {
                let valid_at = self.policy.certificate_validity.instant(now);
                let is_header_new = jws.is_header_new();
                match VerifiedJws::verify(jws, keys, &self.policy.algorithms, valid_at) {
                    Ok(jws) => {
                        if is_header_new {
                            self.keys.headers().add(jws.header());
                        }
                        let under = (&self.policy, &self.keys, snapshot.number());
                        return Verdict::Decided(VerifiedToken::judge(jws, under, possession, now));
                    }
                    Err(failed) => failed,
                }
            }
        };
        let seen = snapshot.generation();
        let demand = if asking.keys > 0 { self.demand(kind, &jws, possession, seen, now) } else { None };
        let (retry_after, is_busy) = match demand {
            Some(Demand::AlreadyThere) if asking.looks > 0 => {
                return self.look(jws, possession, now, Asking { looks: asking.looks - 1, ..asking });
            }
            // Sets are swapped faster than they are read: one of them will do.
            Some(Demand::AlreadyThere) => (RETRY_SOON, true),
            Some(Demand::Awaited { fetched, conclusive }) => {
                let keys = if conclusive { 0 } else { asking.keys - 1 };
                return Verdict::Awaited { wait: fetched, then: Asking { keys, ..asking } };
            }
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
            (AuthErrorKind::KeyNotValid, _) => {
                let valid_at = self.policy.certificate_validity.instant(now);
                let key = snapshot.usable(now).zip(valid_at);
                let key = key.and_then(|(keys, second)| left_out(jws.header(), keys, second));
                AuthError::key_not_valid(key.and_then(VerificationKey::logged_certificate))
            }
            _ => kind.into(),
        };
        let key_id = jws.header().key_id.as_deref();
        Verdict::Decided(Err(error.with_issuer(&self.policy.issuer).with_key_id(key_id)))
    }

    /// Whether `token`, which was found good before, would be found good now in a request that may come with it.
    pub(crate) fn still_admits(&self, token: &VerifiedToken, now: Moment) -> bool {
        if let Some(unnamed) = self.for_header(token.header()) {
            return unnamed.still_admits(token, now);
        }
        let snapshot = self.keys.snapshot();
        let valid_at = self.policy.certificate_validity.instant(now);
        token.was_judged_by(&self.policy, &self.keys)
            && token.is_timely(now)
            && snapshot.usable(now).is_some_and(|keys| {
                still_verifies(token.header(), token.key(), keys, &self.policy.algorithms, valid_at)
            })
            && {
                token.note_keys(snapshot.number());
                true
            }
    }

    /// The issuer with its default key, where a token with this header is its.
    fn for_header(&self, header: &Header) -> Option<&TrustedIssuer> {
        self.unnamed.as_deref().filter(|_| header.key_id.is_none())
    }

    /// All that have keys of the issuer: what operators say of it holds for each.
    pub(crate) fn with_unnamed(&self) -> impl Iterator<Item = &TrustedIssuer> {
        [Some(self), self.unnamed.as_deref()].into_iter().flatten()
    }

    /// Asks for newer keys where they could help. A token that would be refused with any key is not worth a fetch.
    fn demand(
        &self,
        kind: AuthErrorKind,
        jws: &UnverifiedJws<'_>,
        possession: Possession<'_>,
        seen: u64,
        now: Moment,
    ) -> Option<Demand> {
        let kind = match kind {
            AuthErrorKind::KeysUnavailable | AuthErrorKind::UnknownKey => MissKind::UnknownKey,
            // Another key may stand under the same name by now, of the same type or of another.
            AuthErrorKind::BadSignature | AuthErrorKind::KeyMismatch => MissKind::BadSignature,
            _ => return None,
        };
        let bell = self.bell()?;
        if !self.policy.algorithms.contains(&jws.header().algorithm) {
            return None;
        }
        self.policy.judge(jws.header(), jws.unverified_payload(), possession, now).ok()?;
        let (key_id, thumbprints) = (jws.header().key_id.as_deref(), jws.header().thumbprints);
        Some(bell.demand(Miss { kind, key_id, thumbprints, seen }, now))
    }

    /// All that a request gets to know of who fetches keys; none where nobody does.
    #[cfg_attr(not(feature = "refresh"), expect(clippy::unused_self, reason = "nobody fetches"))]
    fn bell(&self) -> Option<&dyn KeyDemand> {
        // A default key is read on schedule alone: anybody can send a token without a name for its key.
        #[cfg(feature = "refresh")]
        return self
            .driven
            .as_deref()
            .filter(|_| !self.described.source.is_default_key())
            .map(|driven| driven as &dyn KeyDemand);
        #[cfg(not(feature = "refresh"))]
        None
    }
}

/// When to come again where nothing more is known.
const RETRY_SOON: Duration = Duration::from_secs(1);
