//! Eight places for tokens, and who of them goes when there is no ninth.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering};

use arc_swap::ArcSwapOption;

pub(super) const WAYS: usize = 8;

/// Eight ways with an entry each, or with none.
///
/// Shared: each way is an `ArcSwapOption`, beside it the fingerprint of what is in it and how often that was used. The three
/// are not written as one, and need not be: a fingerprint only says where a look is worth while, and uses only who goes. Entries
/// are compared whole. Who may be late: a reader that meets a way between two of its writes finds nothing there.
///
/// What a look needs is in one line of the processor's cache and the entries are in the next, which it fetches with it.
#[repr(C, align(128))]
pub(super) struct Set<E> {
    fingerprints: [AtomicU32; WAYS],
    uses: [AtomicU8; WAYS],
    next_turned_away: AtomicU8,
    /// Whom there was no place for, or who had to go: one of them that comes again has earned a place.
    turned_away: [AtomicU16; REMEMBERED],
    entries: [ArcSwapOption<E>; WAYS],
}

const REMEMBERED: usize = 8;

/// Enough to tell what is used from what was used once; soon forgotten again.
const MOST_USES: u8 = 7;

impl<E> Default for Set<E> {
    fn default() -> Self {
        Set {
            fingerprints: Default::default(),
            uses: Default::default(),
            next_turned_away: AtomicU8::new(0),
            turned_away: Default::default(),
            entries: [const { ArcSwapOption::const_empty() }; WAYS],
        }
    }
}

impl<E> Set<E> {
    /// The way of the entry with this fingerprint that `is_it`, and the entry.
    pub(super) fn find(
        &self,
        fingerprint: u32,
        mut is_it: impl FnMut(&E) -> bool,
    ) -> Option<(usize, Arc<E>)> {
        let ways = self.fingerprints.iter().zip(&self.entries).enumerate();
        for (way, (own, entry)) in ways {
            if own.load(Ordering::Relaxed) == fingerprint {
                let entry = entry.load();
                if let Some(entry) = entry.as_ref().filter(|entry| is_it(entry)) {
                    return Some((way, entry.clone()));
                }
            }
        }
        None
    }

    /// Notes that the entry of `way` was of use.
    pub(super) fn touch(&self, way: usize) {
        if let Some(uses) = self.uses.get(way) {
            let count = uses.load(Ordering::Relaxed);
            // An entry that is used a lot is not written to any more: its line stays with every core.
            if count < MOST_USES {
                uses.store(count + 1, Ordering::Relaxed);
            }
        }
    }

    /// Puts `entry`, of which `uses` are known, into `way`. What was there is given back.
    pub(super) fn put(
        &self,
        way: usize,
        fingerprint: u32,
        entry: Option<Arc<E>>,
        uses: u8,
    ) -> Option<Arc<E>> {
        let before = self.entries.get(way)?.swap(entry);
        self.fingerprints.get(way)?.store(fingerprint, Ordering::Relaxed);
        self.uses.get(way)?.store(uses, Ordering::Relaxed);
        before
    }

    /// Takes `entry` out of its way, if it is still there.
    pub(super) fn take(&self, entry: &Arc<E>) -> Option<Arc<E>> {
        let place =
            self.entries.iter().find(|own| own.load().as_ref().is_some_and(|own| Arc::ptr_eq(own, entry)))?;
        let before = place.compare_and_swap(entry, None);
        before.as_ref().filter(|before| Arc::ptr_eq(before, entry)).cloned()
    }

    /// A way with nothing in it.
    pub(super) fn free_way(&self) -> Option<usize> {
        self.entries.iter().position(|entry| entry.load().is_none())
    }

    pub(super) fn used_ways(&self) -> usize {
        self.entries.iter().filter(|entry| entry.load().is_some()).count()
    }

    /// The way of an entry that `is_over`, else the one with the fewest uses, and its strength: one more than its uses, and 0
    /// for one that is over.
    pub(super) fn weakest(&self, is_over: impl Fn(&E) -> bool) -> Option<(usize, u8)> {
        let ways = self.entries.iter().zip(&self.uses).enumerate();
        let strengths = ways.filter_map(|(way, (entry, uses))| {
            let entry = entry.load();
            let is_over = is_over(entry.as_ref()?);
            Some((way, if is_over { 0 } else { uses.load(Ordering::Relaxed).saturating_add(1) }))
        });
        strengths.min_by_key(|(_, strength)| *strength)
    }

    /// Takes one use from the entry of `way`.
    pub(super) fn weaken(&self, way: usize) {
        if let Some(uses) = self.uses.get(way) {
            uses.store(uses.load(Ordering::Relaxed).saturating_sub(1), Ordering::Relaxed);
        }
    }

    /// What is in `way`, by its fingerprint.
    pub(super) fn fingerprint(&self, way: usize) -> u32 {
        self.fingerprints.get(way).map_or(0, |fingerprint| fingerprint.load(Ordering::Relaxed))
    }

    /// Remembers that there was no place for `fingerprint`.
    pub(super) fn turn_away(&self, fingerprint: u32) {
        let next = usize::from(self.next_turned_away.fetch_add(1, Ordering::Relaxed)) % REMEMBERED;
        if let Some(oldest) = self.turned_away.get(next) {
            oldest.store(remembered(fingerprint), Ordering::Relaxed);
        }
    }

    pub(super) fn was_turned_away(&self, fingerprint: u32) -> bool {
        let remembered = remembered(fingerprint);
        self.turned_away.iter().any(|earlier| earlier.load(Ordering::Relaxed) == remembered)
    }
}

/// Half of the fingerprint: to be taken for somebody else wins no more than a place.
#[expect(clippy::cast_possible_truncation, reason = "half of it")]
fn remembered(fingerprint: u32) -> u16 {
    fingerprint as u16
}
