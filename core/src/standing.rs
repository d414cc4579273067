//! Under what a token was last found good.

use std::sync::atomic::Ordering;

use crate::published::{Atomic, Machine, Memory, NEVER, Published};

/// The numbers of two editions: of what is trusted, and of the keys. Each is true on its own, so two that were noted by two
/// threads are true together.
pub(crate) struct Standing<M: Memory = Machine> {
    trust: M::Number,
    keys: M::Number,
}

impl<M: Memory> Standing<M> {
    /// Of a token whose key was found in the edition `keys`.
    pub(crate) fn new(keys: u64) -> Self {
        Standing { trust: M::Number::new(NEVER), keys: M::Number::new(keys) }
    }

    /// Whether what is trusted is as it was, and the keys too, as `are_keys_as` says of the number of their edition.
    pub(crate) fn is_as_before<T>(
        &self,
        trust: &Published<T, M>,
        are_keys_as: impl FnOnce(u64) -> bool,
    ) -> bool {
        trust.is_current(self.trust.load(Ordering::Acquire)) && are_keys_as(self.keys.load(Ordering::Acquire))
    }

    /// Notes what is trusted where the token was found good.
    pub(crate) fn note_trust(&self, edition: u64) {
        self.trust.store(edition, Ordering::Release);
    }

    /// Notes the keys among which that of the token was found.
    pub(crate) fn note_keys(&self, edition: u64) {
        self.keys.store(edition, Ordering::Release);
    }
}
