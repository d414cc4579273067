//! A published value that is good for a time.

use std::fmt;
use std::sync::Arc;

use crate::moment::Moment;
use crate::published::{Cell, Edition, Machine, Memory, Published};
use crate::until::{Limit, Until};

/// A value, and how long it holds.
///
/// Shared: what [`Published`] shares, and the two atomic numbers of the limit. Ordered by: a limit that comes nearer is told
/// before the swap and one that moves away after it. Readers ask for the limit first and for the number of the edition after it,
/// so that whoever has seen a limit of later sees that number too: no edition lives longer by the limit of another.
pub(crate) struct Lasting<T, M: Memory = Machine> {
    published: Published<T, M>,
    until: Until<M>,
}

impl<T, M: Memory> Lasting<T, M> {
    pub(crate) fn new(value: T, limit: Limit) -> Self {
        Lasting { until: Until::new(limit), published: Published::new(value) }
    }

    pub(crate) fn load(&self) -> <M::Cell<Edition<T>> as Cell<Edition<T>>>::Guard {
        self.published.load()
    }

    /// Whether the edition of this number, or one that allows as much, is in place and has not ended at `now`.
    pub(crate) fn holds(&self, number: u64, now: Moment) -> bool {
        self.until.holds_at(now) && self.published.is_current(number)
    }

    /// Puts `value` in place, which ends at `limit`. With `allows_as_much`, what was found under the one before stands.
    pub(crate) fn publish(&self, value: T, limit: Limit, allows_as_much: bool) -> Arc<Edition<T>> {
        self.until.set(limit.earlier(self.until.limit()));
        let before = if allows_as_much { self.published.renew(value) } else { self.published.replace(value) };
        self.until.set(limit);
        before
    }
}

impl<T: fmt::Debug> fmt::Debug for Lasting<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Lasting").field(&self.published).finish()
    }
}

#[cfg(test)]
mod model;
