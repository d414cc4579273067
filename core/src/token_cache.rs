//! How many verified tokens are kept, how long, and how they are told apart.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config_error::Problems;

/// The cache of verified tokens, as it is configured. With it a token's signature is checked once; all that time, keys,
/// revocations and a new configuration may change is checked every time.
///
/// Only verified tokens are kept, so that nobody fills it without tokens of a trusted issuer. What is kept never answers
/// otherwise than the token's first check would at the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct TokenCache {
    pub(crate) enabled: bool,
    pub(crate) capacity: usize,
    pub(crate) max_bytes: usize,
    pub(crate) keep_token_text: bool,
    pub(crate) time_to_live: Option<Duration>,
}

impl TokenCache {
    /// At most 10,000 tokens in at most 32 MiB, each until it expires, told apart by a keyed tag. This is what an authenticator has
    /// by default.
    pub fn new() -> Self {
        TokenCache {
            enabled: true,
            capacity: 10_000,
            max_bytes: 32 << 20,
            keep_token_text: false,
            time_to_live: None,
        }
    }

    /// No cache: every signature is checked.
    pub fn disabled() -> Self {
        TokenCache { enabled: false, ..TokenCache::new() }
    }

    pub(crate) fn check(&self, problems: &mut Problems) {
        let TokenCache { enabled, capacity, max_bytes, .. } = *self;
        for (key, value) in [("capacity", capacity), ("max_bytes", max_bytes)] {
            if enabled && value == 0 {
                problems.add("cache", format!("{key} = 0: nothing would be kept; enabled = false says so"));
            }
        }
        if capacity > LARGEST {
            problems.add("cache", format!("capacity = {capacity}: at most {LARGEST}"));
        }
        if let Some(time) = self.time_to_live.filter(|time| enabled && !TIMES_TO_LIVE.contains(time)) {
            problems.add("cache", format!("time_to_live = {time:?}: from 1s to 365d"));
        }
    }

    /// Whether both come to the same.
    pub(crate) fn is_as(&self, other: &TokenCache) -> bool {
        self == other || !(self.enabled || other.enabled)
    }

    /// How many tokens are kept at most, up to 16,777,216. A place for one takes 24 bytes, whether it is used or not.
    pub fn capacity(self, tokens: usize) -> Self {
        TokenCache { capacity: tokens, ..self }
    }

    /// How many bytes they may take together, as far as this crate knows: their claims as JSON, their headers and scopes, and
    /// their text where it is kept. Claims that were parsed into a type of the application's come on top.
    pub fn max_bytes(self, bytes: usize) -> Self {
        TokenCache { max_bytes: bytes, ..self }
    }

    /// How long a signature that was checked counts, from 1 s to 365 days: a token that comes again later is verified anew, as if it
    /// came for the first time. The age is the larger of what the two clocks of a [`Moment`](crate::Moment) say. Default: until the
    /// token expires.
    ///
    /// What this decides is the cost alone. The time, keys, revocations and the configuration count for kept tokens at once,
    /// however long they are kept.
    pub fn time_to_live(self, time: Duration) -> Self {
        TokenCache { time_to_live: Some(time), ..self }
    }

    /// Keeps the text of tokens and compares it, which is faster than a tag over the whole of it.
    ///
    /// # Security
    ///
    /// Whoever reads the memory of the process then finds tokens that work.
    pub fn keep_token_text(self) -> Self {
        TokenCache { keep_token_text: true, ..self }
    }
}

/// Its places take 400 MB: more is a slip of the finger.
const LARGEST: usize = 1 << 24;

/// Below is less than the clock of tokens tells apart, and above is a slip of the finger again: hardly a token lives so long.
const TIMES_TO_LIVE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(365 * 86_400);

impl Default for TokenCache {
    fn default() -> Self {
        TokenCache::new()
    }
}
