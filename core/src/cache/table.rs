//! A table of a bounded number of entries and bytes that nobody locks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cache::place::Place;
use crate::cache::set::{Set, WAYS};

/// What the table has to know of an entry.
pub(super) trait Entry {
    /// The bytes that it takes.
    fn bytes(&self) -> usize;
}

/// Sets of eight ways. An entry may be in either of two, so that hardly any is turned away while there is room at all: with
/// half as many ways again as entries, 10,000 of 10,000 were kept in every run of the benchmark.
///
/// Nobody waits here and nothing is swept: when the table is full, a newcomer contends with the weakest of its two sets, or of
/// a few others where those are empty. What
/// goes is dropped by whoever put it out, outside of everything.
pub(super) struct Table<E> {
    sets: Box<[Set<E>]>,
    room: Room,
    /// The set that is looked at next where a newcomer's own are empty.
    turn: AtomicUsize,
}

/// How much room is taken. It is claimed before an entry is put into its place and released after it has left it, so it is never
/// less than what the entries take.
struct Room {
    entries: AtomicUsize,
    bytes: AtomicUsize,
    most_entries: usize,
    most_bytes: usize,
}

impl<E: Entry> Table<E> {
    pub(super) fn new(most_entries: usize, most_bytes: usize) -> Self {
        let ways = most_entries.saturating_add(most_entries / 2);
        let sets = ways.div_ceil(WAYS).max(1);
        Table {
            sets: std::iter::repeat_with(Set::default).take(sets).collect(),
            room: Room { entries: 0.into(), bytes: 0.into(), most_entries, most_bytes },
            turn: AtomicUsize::new(0),
        }
    }

    /// The number of sets, of which a [`Place`] names two.
    pub(super) fn sets(&self) -> usize {
        self.sets.len()
    }

    /// The entry at `place` that `is_it`. It has been of use.
    pub(super) fn find(&self, place: Place, mut is_it: impl FnMut(&E) -> bool) -> Option<Arc<E>> {
        self.at(place).find_map(|set| {
            let (way, entry) = set.find(place.fingerprint, &mut is_it)?;
            set.touch(way);
            Some(entry)
        })
    }

    /// Puts `entry` to `place`: over one that `is_same`, where there is room, or where somebody has to go for it. Those that
    /// are over go first.
    pub(super) fn keep(
        &self,
        place: Place,
        entry: &Arc<E>,
        mut is_same: impl FnMut(&E) -> bool,
        is_over: impl Fn(&E) -> bool,
    ) {
        let bytes = entry.bytes();
        if bytes > self.room.most_bytes {
            // No room that others leave would be enough.
            return;
        }
        let same = self.at(place).find_map(|set| Some((set, set.find(place.fingerprint, &mut is_same)?.0)));
        if let Some((set, way)) = same {
            self.turn_out(set, way);
        }
        let uses = u8::from(self.at(place).any(|set| set.was_turned_away(place.fingerprint)));
        // Each turn but the last puts somebody out whose bytes were not enough.
        for _ in 0..MOST_TURNED_OUT {
            if self.room.claim(bytes) {
                let free = self.at(place).filter_map(|set| Some((set, set.free_way()?)));
                match free.min_by_key(|(set, _)| set.used_ways()) {
                    Some((set, way)) => self.put(set, way, place.fingerprint, entry, uses),
                    None => match self.contend(place, &is_over) {
                        Some((set, way)) => self.put(set, way, place.fingerprint, entry, uses),
                        None => self.room.release(bytes),
                    },
                }
                return;
            }
            let Some((set, way)) = self.contend(place, &is_over) else { return };
            self.turn_out(set, way);
        }
    }

    /// Takes `entry` out, if it is at `place`.
    pub(super) fn remove(&self, place: Place, entry: &Arc<E>) {
        if let Some(out) = self.at(place).find_map(|set| set.take(entry)) {
            self.room.release(out.bytes());
        }
    }

    /// Whose way a newcomer at `place` gets, if anybody's. One without uses has to go. Others stay the first time that the
    /// newcomer comes and lose a use, so that many tokens which come once do not put out those that come all the time, and what
    /// was used long ago does not stay for ever.
    fn contend(&self, place: Place, is_over: impl Fn(&E) -> bool) -> Option<(&Set<E>, usize)> {
        let weakest = |set| {
            let (way, strength) = Set::weakest(set, &is_over)?;
            Some((set, way, strength))
        };
        let own = self.at(place).filter_map(weakest).min_by_key(|(_, _, strength)| *strength);
        // Few entries may have taken all the bytes, and none of them is here: then one of those whose turn it is.
        let others = || self.next_in_turn().filter_map(weakest).min_by_key(|(_, _, strength)| *strength);
        let (set, way, strength) = own.or_else(others)?;
        if strength <= WITHOUT_USES || self.at(place).any(|set| set.was_turned_away(place.fingerprint)) {
            set.turn_away(set.fingerprint(way));
            return Some((set, way));
        }
        set.weaken(way);
        set.turn_away(place.fingerprint);
        None
    }

    /// Some sets, others each time.
    fn next_in_turn(&self) -> impl Iterator<Item = &Set<E>> {
        let first = self.turn.fetch_add(LOOKED_AT, Ordering::Relaxed);
        (0..LOOKED_AT).filter_map(move |next| self.sets.get(first.wrapping_add(next) % self.sets.len()))
    }

    /// For an entry whose room is claimed.
    fn put(&self, set: &Set<E>, way: usize, fingerprint: u32, entry: &Arc<E>, uses: u8) {
        if let Some(out) = set.put(way, fingerprint, Some(entry.clone()), uses) {
            self.room.release(out.bytes());
        }
    }

    fn turn_out(&self, set: &Set<E>, way: usize) {
        if let Some(out) = set.put(way, 0, None, 0) {
            self.room.release(out.bytes());
        }
    }

    fn at(&self, place: Place) -> impl Iterator<Item = &Set<E>> {
        let [first, second] = place.sets;
        let second = (second != first).then_some(second);
        [Some(first), second].into_iter().flatten().filter_map(|set| self.sets.get(set))
    }
}

/// The strength of an entry that nobody has used again.
const WITHOUT_USES: u8 = 1;

/// How many sets are looked at for one with entries.
const LOOKED_AT: usize = 16;

/// Entries are of about one size; one of many times that size may stay outside.
const MOST_TURNED_OUT: usize = 4;

impl Room {
    fn claim(&self, bytes: usize) -> bool {
        let take = |taken: &AtomicUsize, more: usize, most: usize| {
            let fits = |taken: usize| taken.checked_add(more).filter(|sum| *sum <= most);
            taken.fetch_update(Ordering::AcqRel, Ordering::Relaxed, fits).is_ok()
        };
        if !take(&self.entries, 1, self.most_entries) {
            return false;
        }
        let has_room = take(&self.bytes, bytes, self.most_bytes);
        if !has_room {
            self.entries.fetch_sub(1, Ordering::AcqRel);
        }
        has_room
    }

    fn release(&self, bytes: usize) {
        self.entries.fetch_sub(1, Ordering::AcqRel);
        self.bytes.fetch_sub(bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests;
