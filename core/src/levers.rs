//! What operators say of keys in an emergency, against whatever the source of the keys says.

use std::fmt;
#[cfg(feature = "refresh")]
use std::pin::Pin;
use std::sync::Arc;
#[cfg(feature = "refresh")]
use std::task::{Context, Poll};

use tracing::warn;

use crate::authenticator::Authenticator;
use crate::control::Changing;
use crate::key_set::KeySet;
use crate::live_keys::Overrides;
use crate::revoked_keys::RevokedKeys;
use crate::trusted_issuer::TrustedIssuer;

/// Why a lever did not move.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeverError {
    /// No issuer of this name is trusted.
    UnknownIssuer,
    /// The issuer has no such key, or none is revoked under this name.
    UnknownKey,
    /// The set of keys is empty: nobody could get in.
    EmptySet,
    /// A set is pinned, and nothing is fetched meanwhile; or none is, where one was to be unpinned.
    Pin,
    /// The keys of the issuer are those of the configuration: there is nothing to fetch.
    NothingToFetch,
}

/// The fetch that [`Authenticator::refresh_now`] has asked for. It goes on also when nobody waits for it.
#[cfg(feature = "refresh")]
#[must_use = "the fetch goes on without it; await it to hear how it ends"]
pub struct Refreshing(Pin<Box<dyn Future<Output = Result<(), String>> + Send>>);

/// Levers for an emergency. Each holds for all clones from the next request on, and across reloads. They are kept in this
/// process only: say them on every instance, and again after a restart.
impl Authenticator {
    /// Takes the keys that `issuer` names `key_id` out of use. Their thumbprints (RFC 7638) are denied until
    /// [`restore_key`](Self::restore_key): no refresh, no other source and no other `kid` brings them back.
    ///
    /// Tokens that are signed with one are refused with [`RevokedKey`](crate::AuthErrorKind::RevokedKey).
    ///
    /// # Errors
    ///
    /// [`UnknownIssuer`](LeverError::UnknownIssuer), and [`UnknownKey`](LeverError::UnknownKey) where the set has no key of
    /// this name now; one that is not there is revoked by [`revoke_thumbprint`](Self::revoke_thumbprint).
    pub fn revoke_key(&self, issuer: &str, key_id: &str) -> Result<(), LeverError> {
        self.pull(issuer, |trusted, overrides| {
            let mut is_known = false;
            for place in trusted.with_unnamed() {
                let snapshot = place.keys.snapshot();
                let keys = snapshot.keys().into_iter().flat_map(|keys| keys.keys());
                for key in keys.filter(|key| key.is_named(key_id)) {
                    is_known = true;
                    overrides.revoked = overrides.revoked.with(key.thumbprint(), Some(key_id));
                }
            }
            if !is_known {
                return Err(LeverError::UnknownKey);
            }
            revoke(trusted, overrides);
            Ok("key revoked")
        })
    }

    /// Takes the key with this thumbprint (RFC 7638: the 32 bytes, as [`VerificationKey::thumbprint`](crate::VerificationKey::thumbprint) gives them) out of use, whether `issuer` publishes it now or not, and whether the issuer is
    /// trusted now or not: a tenant that nobody has heard of for an hour, or an issuer that a reload brings back, comes without
    /// the key.
    pub fn revoke_thumbprint(&self, issuer: &str, thumbprint: [u8; 32]) {
        let said = self.revoke_as(issuer, |revoked| revoked.with(thumbprint, None));
        tell(issuer, &said, "key revoked");
    }

    /// Denies these keys and no others of `issuer` for good: no lever brings one back, and nobody is told. For crates on top of
    /// this one.
    #[doc(hidden)]
    pub fn deny_thumbprints(&self, issuer: &str, thumbprints: &[[u8; 32]]) {
        self.revoke_as(issuer, |revoked| revoked.denying(thumbprints));
    }

    fn revoke_as(&self, issuer: &str, change: impl FnOnce(&RevokedKeys) -> RevokedKeys) -> Overrides {
        let mut changing = self.control().change();
        let overrides = changing.entry(issuer.into()).or_default();
        overrides.revoked = change(&overrides.revoked);
        if let Ok(trusted) = self.trusted(issuer) {
            revoke(&trusted, overrides);
        }
        overrides.clone()
    }

    /// Takes back [`revoke_key`](Self::revoke_key): the keys may serve again where the source still has them.
    ///
    /// # Errors
    ///
    /// [`UnknownIssuer`](LeverError::UnknownIssuer), and [`UnknownKey`](LeverError::UnknownKey) where no key was revoked by
    /// this name.
    pub fn restore_key(&self, issuer: &str, key_id: &str) -> Result<(), LeverError> {
        self.pull(issuer, |trusted, overrides| {
            overrides.revoked = overrides.revoked.without_key_id(key_id).ok_or(LeverError::UnknownKey)?;
            revoke(trusted, overrides);
            Ok("key restored")
        })
    }

    /// Takes back the revocation of the key with this thumbprint, however it was revoked.
    ///
    /// # Errors
    ///
    /// [`UnknownKey`](LeverError::UnknownKey) where it is not revoked.
    pub fn restore_thumbprint(&self, issuer: &str, thumbprint: [u8; 32]) -> Result<(), LeverError> {
        let mut changing = self.control().change();
        let overrides = changing.get_mut(issuer).ok_or(LeverError::UnknownKey)?;
        overrides.revoked = overrides.revoked.without_thumbprint(thumbprint).ok_or(LeverError::UnknownKey)?;
        if let Ok(trusted) = self.trusted(issuer) {
            revoke(&trusted, overrides);
        }
        tell(issuer, overrides, "key restored");
        Ok(())
    }

    /// Pins `keys`: they alone verify the tokens of `issuer` until [`unpin`](Self::unpin), and they do not age. A fetch in
    /// flight is dropped, and no other is begun. Revoked keys among them stay revoked. For an issuer with a default key of its own
    /// (`Issuer::default_key`), tokens that name no key are refused meanwhile, unless the set has one.
    ///
    /// # Errors
    ///
    /// [`UnknownIssuer`](LeverError::UnknownIssuer), and [`EmptySet`](LeverError::EmptySet).
    pub fn replace_keys(&self, issuer: &str, keys: KeySet) -> Result<(), LeverError> {
        if keys.is_empty() {
            return Err(LeverError::EmptySet);
        }
        self.pull(issuer, |trusted, overrides| {
            overrides.pinned = Some(Arc::new(keys));
            pin(trusted, overrides);
            if let Some(unnamed) = &trusted.unnamed {
                pin(unnamed, &overrides.for_unnamed());
            }
            Ok("keys pinned")
        })
    }

    /// Goes back to the source of `issuer`, with a fetch at once. The pinned set serves until that has brought keys: what was
    /// fetched before may be the very reason why it was pinned.
    ///
    /// # Errors
    ///
    /// [`UnknownIssuer`](LeverError::UnknownIssuer), and [`Pin`](LeverError::Pin) where no set is pinned.
    pub fn unpin(&self, issuer: &str) -> Result<(), LeverError> {
        self.pull(issuer, |trusted, overrides| {
            overrides.pinned.take().ok_or(LeverError::Pin)?;
            trusted.with_unnamed().for_each(unpin);
            Ok("keys unpinned")
        })
    }

    /// Fetches the keys of `issuer` at once, on nobody's budget. What comes out of it begins now, so it has what the issuer
    /// has published up to now.
    ///
    /// # Errors
    ///
    /// [`UnknownIssuer`](LeverError::UnknownIssuer), [`Pin`](LeverError::Pin) while a set is pinned, and
    /// [`NothingToFetch`](LeverError::NothingToFetch) where the keys are those of the configuration.
    #[cfg(feature = "refresh")]
    pub fn refresh_now(&self, issuer: &str) -> Result<Refreshing, LeverError> {
        let trusted = self.trusted(issuer)?;
        let driven: Vec<_> = trusted.with_unnamed().filter_map(|place| place.driven.as_ref()).collect();
        if driven.is_empty() {
            return Err(LeverError::NothingToFetch);
        }
        let fetches: Option<Vec<_>> = driven.into_iter().map(|driven| driven.refresh_now()).collect();
        let fetches = fetches.ok_or(LeverError::Pin)?;
        // All have begun; each is heard out.
        Ok(Refreshing(Box::pin(async move {
            let mut ended = Ok(());
            for fetch in fetches {
                ended = ended.and(fetch.await);
            }
            ended
        })))
    }

    /// Changes what is said of `issuer`, if `change` does not fail, one change at a time.
    fn pull(
        &self,
        issuer: &str,
        change: impl FnOnce(&TrustedIssuer, &mut Overrides) -> Result<&'static str, LeverError>,
    ) -> Result<(), LeverError> {
        let mut changing: Changing<'_> = self.control().change();
        let trusted = self.trusted(issuer)?;
        let name = &trusted.policy.issuer;
        let mut overrides = changing.get(name).cloned().unwrap_or_default();
        let done = change(&trusted, &mut overrides)?;
        tell(issuer, &overrides, done);
        changing.insert(name.clone(), overrides);
        trusted.keys.tell(&trusted.policy.meters, self.now());
        Ok(())
    }

    fn trusted(&self, issuer: &str) -> Result<Arc<TrustedIssuer>, LeverError> {
        self.trust().issuer(issuer).ok_or(LeverError::UnknownIssuer)
    }
}

fn revoke(trusted: &TrustedIssuer, overrides: &Overrides) {
    trusted.with_unnamed().for_each(|place| place.keys.revoke(overrides.revoked.clone()));
}

fn pin(place: &TrustedIssuer, overrides: &Overrides) {
    let Some(keys) = overrides.pinned.clone() else { return };
    #[cfg(feature = "refresh")]
    if let Some(driven) = &place.driven {
        return driven.pin(keys);
    }
    place.keys.pin(place.keys.snapshot().generation(), keys);
}

fn unpin(place: &TrustedIssuer) {
    #[cfg(feature = "refresh")]
    if let Some(driven) = &place.driven {
        return driven.unpin();
    }
    place.keys.unpin(None);
}

fn tell(issuer: &str, overrides: &Overrides, done: &str) {
    let (revoked, pinned) = (overrides.revoked.len(), overrides.pinned.is_some());
    warn!(target: "claimgate", issuer, revoked, pinned, "{done} by an operator");
}

#[cfg(feature = "refresh")]
impl Future for Refreshing {
    /// The error says why the fetch failed, as the log does.
    type Output = Result<(), String>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

#[cfg(feature = "refresh")]
impl fmt::Debug for Refreshing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Refreshing")
    }
}

impl fmt::Display for LeverError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            LeverError::UnknownIssuer => "no issuer of this name is trusted",
            LeverError::UnknownKey => "the issuer has no such key",
            LeverError::EmptySet => "the set of keys is empty",
            LeverError::Pin => "a set of keys is pinned, or none is",
            LeverError::NothingToFetch => "the keys of the issuer are those of the configuration",
        })
    }
}

impl std::error::Error for LeverError {}
