//! The verified tokens that are kept, so that a signature is checked once.
//!
//! A hit is never more than an acceptance that the caller has confirmed for now. Whatever is not one goes the way of a token
//! that is seen for the first time, and so gets its answer.

mod place;
mod set;
mod table;

use crate::bearer::BearerToken;
use crate::cache::place::Hasher;
use crate::cache::table::{Entry, Table};
use crate::moment::Moment;
use crate::token::{TokenBody, VerifiedToken};
use crate::token_cache::TokenCache;
use crate::token_mark::{Marker, NoRandomness};

pub(crate) struct VerifiedTokens {
    table: Table<TokenBody>,
    hasher: Hasher,
    marker: Marker,
    settings: TokenCache,
}

impl VerifiedTokens {
    pub(crate) fn new(settings: TokenCache) -> Result<Self, NoRandomness> {
        Ok(VerifiedTokens {
            table: Table::new(settings.capacity, settings.max_bytes),
            hasher: Hasher::new()?,
            marker: if settings.keep_token_text { Marker::Text } else { Marker::tag()? },
            settings,
        })
    }

    pub(crate) fn settings(&self) -> TokenCache {
        self.settings
    }

    /// The verified token whose text `token` is, if it is kept, young enough and `is_still_good`.
    pub(crate) fn find(
        &self,
        token: BearerToken<'_>,
        now: Moment,
        is_still_good: impl FnOnce(&VerifiedToken) -> bool,
    ) -> Option<VerifiedToken> {
        let place = self.hasher.place(token.bytes(), self.table.sets())?;
        let mut question = self.marker.question(token.bytes());
        let kept = self.table.find(place, |kept| kept.mark().is_some_and(|mark| question.is(mark)))?;
        let verified = VerifiedToken::of(kept);
        if !self.is_too_old(verified.body(), now) && is_still_good(&verified) {
            return Some(verified);
        }
        // Mostly it never will be again: too old, expired, its key revoked, its rules replaced. One that is good later is kept again
        // then.
        self.table.remove(place, verified.body());
        None
    }

    /// Keeps `verified`, whose text `token` is, if there is room or somebody makes room for it.
    pub(crate) fn keep(&self, token: BearerToken<'_>, verified: &VerifiedToken, now: Moment) {
        let Some(place) = self.hasher.place(token.bytes(), self.table.sets()) else { return };
        let Some(mark) = self.marker.mark(token.bytes()) else { return };
        verified.body().set_mark(mark);
        let mut question = self.marker.question(token.bytes());
        let is_same = |kept: &TokenBody| kept.mark().is_some_and(|mark| question.is(mark));
        let is_over = |kept: &TokenBody| kept.is_over(now) || self.is_too_old(kept, now);
        self.table.keep(place, verified.body(), is_same, is_over);
    }

    /// Whether the signature of `kept` was checked too long ago to count.
    fn is_too_old(&self, kept: &TokenBody, now: Moment) -> bool {
        self.settings.time_to_live.is_some_and(|longest| kept.age(now) >= longest)
    }
}

impl Entry for TokenBody {
    fn bytes(&self) -> usize {
        TokenBody::bytes(self)
    }
}

#[cfg(test)]
mod tests;
