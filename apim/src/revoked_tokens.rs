//! Tokens that are revoked before they expire.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwapOption;
use claimgate_core::Moment;
use siphasher::sip128::{Hasher128, SipHasher13};

/// Tokens that are revoked by their identifier, `jti` (RFC 7519, section 4.1.7). Cheap to clone; all clones are one list, which
/// any number of gateways can heed.
///
/// 1. A revocation counts from the next request on, whether the token is cached as verified or not.
/// 2. It is for the tokens of one issuer, or for those of all. Two issuers may well give one identifier to two tokens, so name
///    the issuer where it is known.
/// 3. It is kept until the token has expired by the largest leeway there is. The number of revocations is bounded: one that
///    finds no room is refused, and none makes way for it that still counts.
///    A time that is before the token's own `exp` ends the revocation with it, so take that of the token. An issuer that is not
///    spelt as in `iss` revokes nothing.
/// 4. A token without `jti` cannot be revoked so. What is left is its key
///    ([`Authenticator::revoke_key`](claimgate_core::Authenticator::revoke_key)), or a rule about its other claims.
///
/// The list is in memory: after a restart it is empty, and other instances have lists of their own.
///
/// # Example
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use claimgate_apim::{ApiManager, RevokedTokens};
/// # use claimgate_apim::ResourceTable;
/// # use claimgate_core::{Authenticator, Issuer};
/// # let issuer = claimgate_testkit::TestIssuer::new("https://idp.example.com");
/// # let trusted = Issuer::new(issuer.issuer()).any_audience().jwks(issuer.jwks());
/// # let resources = ResourceTable::from_toml(
/// #     "[[api]]\nname = 'a'\ncontext = '/a'\nversion = '1'\n[[api.resource]]\npath = '/*'\nmethods = ['GET']",
/// # )?;
/// # let authenticator = Authenticator::builder().issuer(trusted).build()?;
///
/// let revoked = RevokedTokens::new();
/// let manager = ApiManager::builder(authenticator, resources).revoked_tokens(&revoked).build()?;
///
/// let expires = SystemTime::now() + Duration::from_secs(3_600);
/// let now = manager.authenticator().now();
/// revoked.revoke(Some("https://idp.example.com"), "9b3e7f2a", expires, now)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RevokedTokens(Arc<List>);

/// Why a token is not revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevocationError {
    /// There are as many revocations as there may be, and all of them still count.
    Full {
        /// How many there may be.
        most: usize,
    },
    /// The identifier is empty. A token has another one or none.
    NoIdentifier,
    /// The token has expired, even by the largest leeway.
    Expired,
}

/// The revocations, spread over [`PARTS`] lists that are swapped whole.
///
/// Shared: each part is an `ArcSwapOption`, beside all of them the number of revocations. A request that begins after
/// [`revoke`](RevokedTokens::revoke) has returned meets both as they were left; one that has begun may be late. Readers lock
/// nothing, and without any revocation they look at the number alone. Writers wait for each other.
struct List {
    parts: Box<[Part]>,
    count: AtomicUsize,
    most: usize,
    secret: (u64, u64),
    writing: Mutex<Writing>,
}

/// Ordered by tag.
type Part = ArcSwapOption<Vec<Revocation>>;

/// What a writer knows that readers do not need.
#[derive(Default)]
struct Writing {
    /// Before this second every revocation of a full list still counts.
    full_until: u64,
}

#[derive(Clone, Copy)]
struct Revocation {
    tag: Tag,
    /// The second from which on it does not count, since 1970-01-01T00:00:00Z. By the wall clock, as the `exp` of tokens.
    end: u64,
}

/// What a revocation is found by: 128 bits of a hash with a secret of this process over issuer and identifier. The size does not
/// depend on what issuers write, and no identifier stays in memory.
type Tag = u128;

impl RevokedTokens {
    /// No revocations yet, and at most 1,000,000. Each takes 32 bytes.
    pub fn new() -> Self {
        RevokedTokens::at_most(1_000_000)
    }

    /// No revocations yet, and at most `revocations`. With 0, every revocation is refused.
    pub fn at_most(revocations: usize) -> Self {
        let half = || RandomState::new().build_hasher().finish();
        RevokedTokens(Arc::new(List {
            parts: (0..PARTS).map(|_| Part::const_empty()).collect(),
            count: AtomicUsize::new(0),
            most: revocations,
            secret: (half(), half()),
            writing: Mutex::default(),
        }))
    }

    /// Revokes the tokens of `issuer`, or of every issuer, whose `jti` is `token_id`, to the byte. `until` is when the token expires:
    /// five minutes more, the largest leeway that an issuer may have, the revocation counts. Of two for one token the longer
    /// one does. `now` is the time by the clock of the authenticator
    /// ([`Authenticator::now`](claimgate_core::Authenticator::now)).
    ///
    /// # Errors
    ///
    /// A [`RevocationError`], also as a line of the log: the token is as good as before.
    pub fn revoke(
        &self,
        issuer: Option<&str>,
        token_id: &str,
        until: SystemTime,
        now: Moment,
    ) -> Result<(), RevocationError> {
        let revoked = self.0.add(issuer, token_id, end(until), seconds(now));
        if let Err(error) = &revoked {
            tracing::error!(target: "claimgate", "token not revoked: {error}");
        }
        revoked
    }

    /// Whether the token that `issuer` calls `token_id` is revoked. A token that has no identifier is not.
    pub(crate) fn contains<'t>(
        &self,
        issuer: &str,
        token_id: impl FnOnce() -> Option<&'t str>,
        now: Moment,
    ) -> bool {
        let list = &*self.0;
        if list.count.load(Ordering::Acquire) == 0 {
            return false;
        }
        let Some(token_id) = token_id() else { return false };
        let now = seconds(now);
        [Some(issuer), None].into_iter().any(|issuer| list.has(list.tag(issuer, token_id), now))
    }
}

impl List {
    fn has(&self, tag: Tag, now: u64) -> bool {
        let Some(part) = self.part(tag) else { return false };
        let part = part.load();
        let found = part.as_deref().and_then(|part| part.get(place(part, tag).ok()?));
        found.is_some_and(|revocation| revocation.counts(now))
    }

    fn add(&self, issuer: Option<&str>, token_id: &str, end: u64, now: u64) -> Result<(), RevocationError> {
        let revocation = Revocation { tag: self.tag(issuer, token_id), end };
        if token_id.is_empty() {
            return Err(RevocationError::NoIdentifier);
        }
        if !revocation.counts(now) {
            return Err(RevocationError::Expired);
        }
        let full = RevocationError::Full { most: self.most };
        let part = self.part(revocation.tag).ok_or(full)?;
        // Whoever panicked with the lock has left a number behind, and it is whole.
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.sweep(part, now);
        let mut kept = part.load().as_deref().cloned().unwrap_or_default();
        match place(&kept, revocation.tag) {
            Ok(at) => kept.iter_mut().skip(at).take(1).for_each(|own| own.end = own.end.max(end)),
            Err(_) if !self.has_room(&mut writing, now) => return Err(full),
            Err(at) => {
                kept.insert(at, revocation);
                writing.full_until = writing.full_until.min(end);
            }
        }
        self.replace(part, kept);
        Ok(())
    }

    /// Whether one more may come. Where the list is full, what does not count any more goes.
    fn has_room(&self, writing: &mut Writing, now: u64) -> bool {
        let is_full = || self.count.load(Ordering::Relaxed) >= self.most;
        // Whoever goes on to revoke must not have all of them looked at each time.
        if is_full() && now >= writing.full_until {
            let firsts = self.parts.iter().filter_map(|part| self.sweep(part, now));
            writing.full_until = firsts.min().unwrap_or_default();
        }
        !is_full()
    }

    /// Takes out of `part` what does not count any more. Gives the end of what will be the next.
    fn sweep(&self, part: &Part, now: u64) -> Option<u64> {
        let before = part.load();
        let before = before.as_deref()?;
        let counting = || before.iter().filter(|revocation| revocation.counts(now));
        if counting().count() < before.len() {
            self.replace(part, counting().copied().collect());
        }
        counting().map(|revocation| revocation.end).min()
    }

    /// For whoever holds the lock of writers.
    fn replace(&self, part: &Part, revocations: Vec<Revocation>) {
        let after = revocations.len();
        let before = part.swap((after > 0).then(|| Arc::new(revocations)));
        let before = before.map_or(0, |before| before.len());
        let count = self.count.load(Ordering::Relaxed).saturating_sub(before).saturating_add(after);
        self.count.store(count, Ordering::Release);
    }

    /// The issuer has its length before it, so no two pairs are written the same.
    fn tag(&self, issuer: Option<&str>, token_id: &str) -> Tag {
        let mut hasher = SipHasher13::new_with_keys(self.secret.0, self.secret.1);
        hasher.write_u8(issuer.is_some().into());
        if let Some(issuer) = issuer {
            hasher.write_usize(issuer.len());
            hasher.write(issuer.as_bytes());
        }
        hasher.write(token_id.as_bytes());
        hasher.finish128().as_u128()
    }

    fn part(&self, tag: Tag) -> Option<&Part> {
        self.parts.get(usize::try_from(tag & (PARTS as u128 - 1)).ok()?)
    }
}

impl Revocation {
    fn counts(&self, now: u64) -> bool {
        now < self.end
    }
}

fn place(part: &[Revocation], tag: Tag) -> Result<usize, usize> {
    part.binary_search_by_key(&tag, |revocation| revocation.tag)
}

/// The second from which on a token that expires at `until` is good nowhere. A part of a second counts as a whole one.
fn end(until: SystemTime) -> u64 {
    let until = until.duration_since(UNIX_EPOCH).unwrap_or_default();
    until.as_secs().saturating_add(u64::from(until.subsec_nanos() > 0)).saturating_add(LEEWAY)
}

fn seconds(now: Moment) -> u64 {
    u64::try_from(now.unix_seconds()).unwrap_or_default()
}

/// The largest leeway that core allows, in seconds.
const LEEWAY: u64 = 300;

/// A power of two, so that bits of the tag choose. With the default bound a part has a thousand revocations at most, on average,
/// and to copy them for one more takes some microseconds.
const PARTS: usize = 1_024;

impl Default for RevokedTokens {
    fn default() -> Self {
        RevokedTokens::new()
    }
}

/// How many there are, those included that do not count any more and whose place nobody has needed yet.
impl fmt::Debug for RevokedTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.count.load(Ordering::Acquire);
        formatter.debug_struct("RevokedTokens").field("count", &count).finish_non_exhaustive()
    }
}

impl fmt::Display for RevocationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RevocationError::Full { most } => {
                write!(formatter, "there are {most} revocations that still count, and no more may be")
            }
            RevocationError::NoIdentifier => formatter.write_str("the identifier is empty"),
            RevocationError::Expired => formatter.write_str("the token has expired"),
        }
    }
}

impl std::error::Error for RevocationError {}

#[cfg(test)]
mod tests;
