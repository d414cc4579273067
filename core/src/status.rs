//! How the keys of each issuer are, for operators.

use std::sync::Arc;
use std::time::Duration;

use crate::authenticator::Authenticator;
use crate::live_keys::Freshness;
use crate::moment::Moment;
use crate::trusted_issuer::TrustedIssuer;

/// How the keys of one issuer are.
#[derive(Clone, Debug)]
pub struct IssuerStatus {
    issuer: Arc<str>,
    state: KeyState,
    key_ids: Vec<Option<String>>,
    skipped_keys: usize,
    revoked_keys: usize,
    is_pinned: bool,
    is_dynamic: bool,
    age: Option<Duration>,
    last_error: Option<String>,
    next_refresh: Option<Duration>,
}

/// How far the keys of an issuer can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyState {
    /// No keys have come yet: requests get a 503.
    NeverLoaded,
    /// The keys are as the configuration wants them.
    Fresh,
    /// A refresh is overdue; the keys still serve.
    Stale,
    /// The keys are too old to serve: requests get a 503.
    Expired,
}

impl Authenticator {
    /// How the keys of each issuer are now, in the order of their names. Of dynamic issuers, those that are known.
    pub fn status(&self) -> Vec<IssuerStatus> {
        let (now, trust) = (self.now(), self.trust());
        let mut all: Vec<_> = trust.issuers.values().map(|issuer| issuer.status(now)).collect();
        #[cfg(feature = "jwks-client")]
        for tenant in trust.tenants.iter().flat_map(|tenants| tenants.all()) {
            all.push(IssuerStatus { is_dynamic: true, ..tenant.status(now) });
        }
        all.sort_by(|one, another| one.issuer.cmp(&another.issuer));
        all
    }
}

impl TrustedIssuer {
    pub(crate) fn status(&self, now: Moment) -> IssuerStatus {
        let snapshot = self.keys.snapshot();
        let keys = snapshot.keys().map(|keys| &**keys);
        #[cfg(feature = "refresh")]
        let driven = self.driven.as_deref();
        IssuerStatus {
            issuer: self.policy.issuer.clone(),
            state: snapshot.freshness(now).into(),
            key_ids: keys
                .map(|keys| keys.keys().iter().map(|key| key.key_id().map(str::to_owned)).collect())
                .unwrap_or_default(),
            skipped_keys: keys.map_or(0, |keys| keys.skipped().len()),
            revoked_keys: snapshot.revoked().len(),
            is_pinned: snapshot.is_pinned(),
            is_dynamic: false,
            age: snapshot.age(now),
            #[cfg(feature = "refresh")]
            last_error: driven.and_then(crate::refresh::Driven::last_error).or_else(|| {
                let unnamed = self.unnamed.as_deref()?;
                Some(format!("default_key: {}", unnamed.driven.as_deref()?.last_error()?))
            }),
            #[cfg(not(feature = "refresh"))]
            last_error: None,
            #[cfg(feature = "refresh")]
            next_refresh: driven.and_then(|driven| driven.next_attempt(now)),
            #[cfg(not(feature = "refresh"))]
            next_refresh: None,
        }
    }
}

impl IssuerStatus {
    /// The issuer, as it is configured.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// How far its keys can be relied on.
    pub fn state(&self) -> KeyState {
        self.state
    }

    /// Whether tokens of the issuer can be judged now.
    pub fn is_usable(&self) -> bool {
        self.state.is_usable()
    }

    /// The `kid` of each key, in the order of the source; none for a key that has none.
    pub fn key_ids(&self) -> impl Iterator<Item = Option<&str>> {
        self.key_ids.iter().map(Option::as_deref)
    }

    /// How many keys of the source were left out, since they cannot be used.
    pub fn skipped_keys(&self) -> usize {
        self.skipped_keys
    }

    /// How many keys are revoked, whether the source has them or not.
    pub fn revoked_keys(&self) -> usize {
        self.revoked_keys
    }

    /// Whether an operator has pinned the keys.
    pub fn is_pinned(&self) -> bool {
        self.is_pinned
    }

    /// Whether a resolver named it, and not the configuration.
    pub fn is_dynamic(&self) -> bool {
        self.is_dynamic
    }

    /// How long ago the keys were asked for; none for keys that do not age.
    pub fn age(&self) -> Option<Duration> {
        self.age
    }

    /// Why the last fetch failed; none where it did not, or where nothing is fetched.
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// How long until the next fetch of the schedule; none where nothing is fetched.
    pub fn next_refresh(&self) -> Option<Duration> {
        self.next_refresh
    }
}

impl KeyState {
    /// Whether tokens can be judged by the keys.
    pub fn is_usable(self) -> bool {
        match self {
            KeyState::Fresh | KeyState::Stale => true,
            KeyState::NeverLoaded | KeyState::Expired => false,
        }
    }

    /// The state as one word, for a label or a document: `never_loaded`, `fresh`, `stale` or `expired`.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyState::NeverLoaded => "never_loaded",
            KeyState::Fresh => "fresh",
            KeyState::Stale => "stale",
            KeyState::Expired => "expired",
        }
    }
}

impl From<Freshness> for KeyState {
    fn from(freshness: Freshness) -> Self {
        match freshness {
            Freshness::NeverLoaded => KeyState::NeverLoaded,
            Freshness::Fresh => KeyState::Fresh,
            Freshness::Stale => KeyState::Stale,
            Freshness::Expired => KeyState::Expired,
        }
    }
}
