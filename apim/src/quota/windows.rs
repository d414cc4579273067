//! The windows of one process.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use claimgate_core::Moment;
use hashbrown::HashTable;
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::quota::demand::{Demand, Demands, Denial};
use crate::told::Told;

/// Counts requests in windows that begin with the first one and end after their time.
///
/// The windows are spread over [`PARTS`] tables with a lock each, so two requests wait for each other only where they take from
/// windows of one table, and then for some hundred nanoseconds. A request holds the locks of all its windows, at most three,
/// while it looks whether every one has something left, and only then takes from them: one that is denied takes nothing, and
/// nobody sees a request half counted. The locks are taken in the order of the tables, so two requests never wait in a circle.
pub(super) struct Windows {
    parts: Box<[Mutex<Part>]>,
    /// How many windows one part may have.
    most: usize,
    secret: (u64, u64),
    told: Told,
}

#[derive(Default)]
struct Part {
    windows: HashTable<Window>,
    /// Where every window of a full part is live: when that was found, and how long the first of them had left.
    full: Option<(Moment, Duration)>,
}

struct Window {
    tag: Tag,
    /// When its first request came. Means nothing while `used` is 0.
    began: Moment,
    per: Duration,
    used: u64,
}

/// What a window is found by: 128 bits of a hash with a secret of this process. Nobody can make names that share a window, two
/// that do by accident are not to be expected in the life of a machine, and the size does not depend on what tokens say.
type Tag = u128;

/// A demand and where its window is.
struct Place<'w> {
    index: usize,
    part: &'w Mutex<Part>,
    tag: Tag,
}

impl Windows {
    /// At most `most` windows, and one for each part at least.
    pub(super) fn new(most: usize) -> Self {
        let half = || RandomState::new().build_hasher().finish();
        Windows {
            parts: (0..PARTS).map(|_| Mutex::default()).collect(),
            most: (most / PARTS).max(1),
            secret: (half(), half()),
            told: Told::default(),
        }
    }

    /// Takes one of each, or nothing.
    pub(super) fn take(&self, demands: &Demands<'_>, now: Moment) -> Result<(), Denial> {
        let places = demands.each_ref().map(|demand| demand.as_ref().and_then(|demand| self.place(demand)));
        let mut held = hold(&places);
        let mut denial = None;
        for (demand, place) in demands.iter().zip(&places) {
            let Some(demand) = demand else { continue };
            let wait = match found(&mut held, place.as_ref()) {
                Some((part, tag)) => part.wait(tag, demand, now, self.most),
                // Every demand has a place, and every place is held.
                None => Some(Wait::Room(demand.bound.per)),
            };
            let wait = match wait {
                None => continue,
                Some(Wait::Turn(wait)) => wait,
                Some(Wait::Room(wait)) => {
                    self.tell(now);
                    wait
                }
            };
            denial = Some(Denial::and(denial, demand.level, wait));
        }
        if let Some(denial) = denial {
            return Err(denial);
        }
        for place in &places {
            if let Some((part, tag)) = found(&mut held, place.as_ref()) {
                part.count(tag);
            }
        }
        Ok(())
    }

    /// Every field has its length before it, so no two demands write the same. The time is part of it: were two policies of
    /// different length to share a window, the shorter would end it for the longer one.
    fn place(&self, demand: &Demand<'_>) -> Option<Place<'_>> {
        let mut hasher = SipHasher13::new_with_keys(self.secret.0, self.secret.1);
        hasher.write_u8(demand.level as u8);
        hasher.write_u128(demand.bound.per.as_nanos());
        for name in [demand.application, demand.other] {
            hasher.write_usize(name.len());
            hasher.write(name.as_bytes());
        }
        let tag = hasher.finish128().as_u128();
        let index = usize::try_from(tag >> 64 & (PARTS as u128 - 1)).ok()?;
        Some(Place { index, part: self.parts.get(index)?, tag })
    }

    /// How many windows there are, those that have ended included.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.lock().unwrap().windows.len()).sum()
    }

    fn tell(&self, now: Moment) {
        if self.told.again(now) {
            tracing::warn!(
                target: "claimgate",
                most = self.most.saturating_mul(PARTS),
                "no room for another quota window: requests of users who have none are denied"
            );
        }
    }
}

/// Why a demand is not met, and for how long.
enum Wait {
    /// The window has nothing left.
    Turn(Duration),
    /// There is no window and no room for one.
    Room(Duration),
}

impl Part {
    /// How long the demand has to wait. Where it has no window it gets one that nothing is taken from yet.
    fn wait(&mut self, tag: Tag, demand: &Demand<'_>, now: Moment, most: usize) -> Option<Wait> {
        let bound = demand.bound;
        if let Some(window) = self.windows.find_mut(hash(tag), |window| window.tag == tag) {
            if window.has_ended(now) {
                (window.began, window.used) = (now, 0);
            }
            return (window.used >= bound.limit).then(|| Wait::Turn(window.left(now)));
        }
        if let Some(wait) = self.full(now, most) {
            return Some(Wait::Room(wait));
        }
        let window = Window { tag, began: now, per: bound.per, used: 0 };
        self.windows.insert_unique(hash(tag), window, |window| hash(window.tag));
        (bound.limit == 0).then_some(Wait::Turn(bound.per))
    }

    /// How long there will be no room for another window. A live window never makes room: whoever has used it up could come
    /// anew, and whoever has not would get more than the policy says.
    fn full(&mut self, now: Moment, most: usize) -> Option<Duration> {
        if self.windows.len() < most {
            return None;
        }
        // A crowd that has no window must not make each of its requests look through the table.
        if let Some((at, left)) = self.full
            && let Some(left) = left.checked_sub(now.since(at)).filter(|left| !left.is_zero())
        {
            return Some(left);
        }
        self.windows.retain(|window| !window.has_ended(now));
        let first = self.windows.iter().map(|window| window.left(now)).min();
        self.full = first.filter(|_| self.windows.len() >= most).map(|left| (now, left));
        self.full.map(|(_, left)| left)
    }

    fn count(&mut self, tag: Tag) {
        if let Some(window) = self.windows.find_mut(hash(tag), |window| window.tag == tag) {
            window.used = window.used.saturating_add(1);
        }
    }
}

impl Window {
    fn has_ended(&self, now: Moment) -> bool {
        self.used == 0 || now.since(self.began) >= self.per
    }

    fn left(&self, now: Moment) -> Duration {
        self.per.saturating_sub(now.since(self.began))
    }
}

type Held<'w> = [Option<(usize, MutexGuard<'w, Part>)>; 3];

/// Locks the parts, each once, in their order.
fn hold<'w>(places: &[Option<Place<'w>>; 3]) -> Held<'w> {
    let mut order = places.each_ref().map(|place| place.as_ref().map(|place| (place.index, place.part)));
    order.sort_unstable_by_key(|place| place.map(|(index, _)| index));
    let mut before = None;
    order.map(|place| {
        let (index, part) = place?;
        if before.replace(index) == Some(index) {
            return None;
        }
        // Whoever panicked with the lock has left numbers behind, and each of them is whole.
        Some((index, part.lock().unwrap_or_else(PoisonError::into_inner)))
    })
}

fn found<'h>(held: &'h mut Held<'_>, place: Option<&Place<'_>>) -> Option<(&'h mut Part, Tag)> {
    let place = place?;
    let (_, part) = held.iter_mut().flatten().find(|(index, _)| *index == place.index)?;
    Some((part, place.tag))
}

/// What places a window within its part: the half of the tag that has not chosen the part.
#[allow(clippy::cast_possible_truncation)] // the lower half is what is wanted
fn hash(tag: Tag) -> u64 {
    tag as u64
}

/// A power of two, so that bits of the tag choose; more than most machines have cores.
const PARTS: usize = 64;
