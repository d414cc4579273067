//! A value that readers take while writers put another in its place, and the number by which what was found under it is known
//! to be still true.

mod memory;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(crate) use memory::{Atomic, Cell, Machine, Memory};

/// The value in place.
///
/// Shared: an atomic number and an `ArcSwap`. Writers take turns, which their owner sees to. Ordered by: the number of the next
/// edition is stored before the edition itself is swapped in. Whoever has seen anything of an edition, or of what somebody
/// answered under it, sees its number from then on, so nothing that was found under an earlier one passes for current any
/// more. Who may be late: a reader that asked [`is_current`](Self::is_current) before the number was stored.
pub(crate) struct Published<T, M: Memory = Machine> {
    number: M::Number,
    edition: M::Cell<Edition<T>>,
}

/// A value and its number. Two editions of one number are such that whatever was allowed under the first is under the second.
#[derive(Debug)]
pub(crate) struct Edition<T> {
    number: u64,
    value: T,
}

/// The number of no edition.
pub(crate) const NEVER: u64 = 0;

impl<T, M: Memory> Published<T, M> {
    pub(crate) fn new(value: T) -> Self {
        let number = NEVER + 1;
        Published { number: Atomic::new(number), edition: Cell::new(Edition { number, value }) }
    }

    pub(crate) fn load(&self) -> <M::Cell<Edition<T>> as Cell<Edition<T>>>::Guard {
        self.edition.load()
    }

    /// Whether the edition of this number, or one that allows as much, is in place.
    pub(crate) fn is_current(&self, number: u64) -> bool {
        self.number.load(Ordering::Acquire) == number
    }

    /// Puts `value` in place. What was found under the one before has to be looked at again.
    pub(crate) fn replace(&self, value: T) -> Arc<Edition<T>> {
        let number = self.number.load(Ordering::Relaxed) + 1;
        self.number.store(number, Ordering::Release);
        self.edition.swap(Arc::new(Edition { number, value }))
    }

    /// Puts `value` in place, which allows whatever the one before did.
    pub(crate) fn renew(&self, value: T) -> Arc<Edition<T>> {
        let number = self.number.load(Ordering::Relaxed);
        self.edition.swap(Arc::new(Edition { number, value }))
    }
}

impl<T> Edition<T> {
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

impl<T> Deref for Edition<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Published<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Published").field(&**self.load()).finish()
    }
}

#[cfg(test)]
pub(crate) mod model;
