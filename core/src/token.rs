//! What request extensions hold: a token about which everything was checked.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::claims::string_or_strings;
use crate::error::{AuthError, AuthErrorKind};
use crate::header::Header;
use crate::json::{JsonObject, JsonValue, KeptText};
use crate::key::VerificationKey;
use crate::live_keys::LiveKeys;
use crate::meters::IssuerMeters;
use crate::moment::Moment;
use crate::policy::{Judgement, Policy, Times};
use crate::possession::Possession;
use crate::published::Published;
use crate::scopes::TokenScopes;
use crate::signature::VerifiedJws;
use crate::standing::Standing;
use crate::token_mark::Mark;

/// A verified token: the signature is that of a current key of its issuer, and every rule of the configuration was met.
///
/// Only an [`Authenticator`](crate::Authenticator) makes one, so whoever holds it need not ask. Cheap to clone.
#[derive(Clone)]
pub struct VerifiedToken(Arc<TokenBody>);

/// What the clones of a verified token share.
#[repr(C)]
pub(crate) struct TokenBody {
    // What is looked at each time that the token comes again stands together, in two lines of the processor's cache.
    standing: Standing,
    times: Times,
    /// By what the token is known again, once it is kept.
    mark: OnceLock<Mark>,
    policy: Arc<Policy>,
    keys: Arc<LiveKeys>,
    /// The SHA-256 of the certificate that each request with the token has to prove.
    bound_to: Option<Box<[u8; 32]>>,
    /// Looked at only where tokens are kept for a limited time.
    verified_at: Moment,
    key: VerificationKey,
    header: Arc<Header>,
    parsed: OnceLock<Parsed>,
    subject: Option<KeptText>,
    scopes: TokenScopes,
    payload: JsonObject,
}

/// The claims as one of the application's types; the next link is another type.
struct Parsed {
    type_id: TypeId,
    claims: Arc<dyn Any + Send + Sync>,
    next: OnceLock<Box<Parsed>>,
}

impl VerifiedToken {
    /// Judges a JWS whose signature is verified, in a request with `possession`. This is the only way to a `VerifiedToken`.
    pub(crate) fn judge(
        jws: VerifiedJws,
        (policy, keys, edition): (&Arc<Policy>, &Arc<LiveKeys>, u64),
        possession: Possession<'_>,
        now: Moment,
    ) -> Result<Self, AuthError> {
        let judgement = policy.judge(jws.header(), jws.payload(), possession, now);
        let Judgement { subject, scopes, times, bound_to } = judgement
            .map_err(|error| error.with_issuer(&policy.issuer).with_key_id(jws.header().key_id.as_deref()))?;
        let (header, payload, key) = jws.into_parts();
        Ok(VerifiedToken(Arc::new(TokenBody {
            subject,
            payload,
            header,
            policy: policy.clone(),
            keys: keys.clone(),
            key,
            scopes,
            times,
            bound_to,
            verified_at: now,
            parsed: OnceLock::new(),
            standing: Standing::new(edition),
            mark: OnceLock::new(),
        })))
    }

    /// Whether nothing has happened since the token was last found good but that time has passed, and the token is still good
    /// by that. `trust` is what is trusted now.
    pub(crate) fn is_good_as_before<T>(&self, trust: &Published<T>, now: Moment) -> bool {
        self.0.standing.is_as_before(trust, |keys| self.0.keys.are_as_good_as(keys, now))
            && self.0.policy.certificate_validity.instant(now).is_none()
            && self.is_timely(now)
    }

    /// Notes what is trusted where the token was found good.
    pub(crate) fn note_trust(&self, edition: u64) {
        self.0.standing.note_trust(edition);
    }

    /// Notes the keys among which that of the token was found.
    pub(crate) fn note_keys(&self, edition: u64) {
        self.0.standing.note_keys(edition);
    }

    /// The token that was kept as `body`.
    pub(crate) fn of(body: Arc<TokenBody>) -> Self {
        VerifiedToken(body)
    }

    pub(crate) fn body(&self) -> &Arc<TokenBody> {
        &self.0
    }

    pub(crate) fn was_judged_by(&self, policy: &Arc<Policy>, keys: &Arc<LiveKeys>) -> bool {
        Arc::ptr_eq(&self.0.policy, policy) && Arc::ptr_eq(&self.0.keys, keys)
    }

    pub(crate) fn is_timely(&self, now: Moment) -> bool {
        self.0.policy.check_times(&self.0.times, now).is_ok()
    }

    /// Whether a request with `possession` may come with the token.
    pub(crate) fn is_good_with(&self, possession: Possession<'_>) -> bool {
        self.0.bound_to.as_ref().is_none_or(|certificate| possession.proves(certificate))
    }

    pub(crate) fn header(&self) -> &Header {
        &self.0.header
    }

    pub(crate) fn key(&self) -> &VerificationKey {
        &self.0.key
    }

    /// The claims as `T`. They are parsed once per token and type and kept with the token.
    ///
    /// # Errors
    ///
    /// [`ClaimsShape`](AuthErrorKind::ClaimsShape) when the claims do not deserialize into `T`.
    pub fn claims<T: DeserializeOwned + Send + Sync + 'static>(&self) -> Result<Arc<T>, AuthError> {
        if let Some(claims) = self.0.parsed.get().and_then(Parsed::find) {
            return Ok(claims);
        }
        let claims =
            self.0.payload.deserialize().map_err(|_| self.named_in(AuthErrorKind::ClaimsShape.into()))?;
        let claims: Arc<T> = Arc::new(claims);
        match self.0.parsed.set(Parsed::new(claims.clone())) {
            Ok(()) => Ok(claims),
            Err(own) => Ok(self.0.parsed.get().and_then(|first| first.add(own)).unwrap_or(claims)),
        }
    }

    /// The claim `name` as JSON text.
    pub fn raw_claim(&self, name: &str) -> Option<&str> {
        self.0.payload.get(name).map(JsonValue::text)
    }

    /// Whether the claim `name` is one of `values`, or an array of strings that holds one of them.
    pub(crate) fn claim_has(&self, name: &str, values: &[Box<str>]) -> bool {
        let own = self.0.payload.get(name).and_then(string_or_strings).unwrap_or_default();
        own.iter().any(|own| values.iter().any(|value| **value == **own))
    }

    /// All claims as JSON text.
    pub fn raw_claims(&self) -> &str {
        self.0.payload.text()
    }

    /// `sub`: whom the token is about.
    pub fn subject(&self) -> Option<&str> {
        self.0.subject.as_ref().map(|subject| self.0.payload.kept(subject))
    }

    /// The configured issuer, which is `iss` to the byte.
    pub fn issuer(&self) -> &str {
        &self.0.policy.issuer
    }

    /// `typ` of the header, as the token has it (RFC 7515, section 4.1.9).
    pub fn token_type(&self) -> Option<&str> {
        self.0.header.token_type.as_deref()
    }

    /// The `kid` of the key that verified the token.
    pub fn key_id(&self) -> Option<&str> {
        self.0.key.key_id()
    }

    /// The scopes that the token grants.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.0.scopes.iter(&self.0.payload)
    }

    /// Whether the token grants `scope`.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|own| own == scope)
    }

    /// `exp`, in seconds since 1970-01-01T00:00:00Z.
    pub fn expires_at(&self) -> i64 {
        self.0.times.expires_at
    }

    /// The realm for challenges, where rules behind the authentication refuse the request.
    pub fn realm(&self) -> Option<&str> {
        self.0.policy.realm.as_deref()
    }

    pub(crate) fn shared_realm(&self) -> Option<Arc<str>> {
        self.0.policy.realm.clone()
    }

    pub(crate) fn meters(&self) -> &IssuerMeters {
        &self.0.policy.meters
    }

    /// The error with what may be said of this token.
    pub(crate) fn named_in(&self, error: AuthError) -> AuthError {
        error.with_issuer(&self.0.policy.issuer).with_key_id(self.key_id())
    }
}

impl TokenBody {
    pub(crate) fn mark(&self) -> Option<&Mark> {
        self.mark.get()
    }

    pub(crate) fn set_mark(&self, mark: Mark) {
        // A token is kept once, by the request that verified it.
        let _ = self.mark.set(mark);
    }

    /// Whether the token has expired by the rules that it was judged by.
    pub(crate) fn is_over(&self, now: Moment) -> bool {
        self.policy.is_expired(&self.times, now)
    }

    /// How long ago its signature was checked.
    pub(crate) fn age(&self, now: Moment) -> Duration {
        now.since(self.verified_at)
    }

    /// The bytes that the token takes, as far as they are its own.
    pub(crate) fn bytes(&self) -> usize {
        let texts = self.scopes.bytes() + self.subject.as_ref().map_or(0, KeptText::bytes);
        let bound_to = self.bound_to.as_ref().map_or(0, |certificate| certificate.len());
        // Tokens mostly share their header, but the next one may not.
        let parts = self.payload.bytes() + self.header.bytes() + texts;
        size_of::<Self>() + parts + bound_to + self.mark().map_or(0, Mark::bytes)
    }
}

impl Parsed {
    fn new<T: Send + Sync + 'static>(claims: Arc<T>) -> Self {
        Parsed { type_id: TypeId::of::<T>(), claims, next: OnceLock::new() }
    }

    /// The claims as `T`, if they are in this link or one behind it.
    fn find<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let mut link = self;
        while link.type_id != TypeId::of::<T>() {
            link = link.next.get()?;
        }
        link.claims.clone().downcast().ok()
    }

    /// Puts `own` behind the last link. If another thread has put one of this type there, its claims are the ones that everybody
    /// gets: they are given, and ours are dropped.
    fn add<T: Send + Sync + 'static>(&self, own: Parsed) -> Option<Arc<T>> {
        let (mut link, mut own) = (self, Box::new(own));
        while link.type_id != TypeId::of::<T>() {
            own = link.next.set(own).err()?;
            link = link.next.get()?;
        }
        link.claims.clone().downcast().ok()
    }
}

/// Where the token is from, nothing that it says.
impl fmt::Debug for VerifiedToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerifiedToken")
            .field("issuer", &self.issuer())
            .field("key", &self.0.key)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
