//! When to fetch: a state machine, (event, now) → action. No socket, no clock, no randomness of its own.

use std::time::Duration;

use crate::budget::Budget;
use crate::fetch_settings::FetchSettings;
use crate::key_demand::MissKind;
use crate::moment::Moment;

/// Decides about the fetches of one issuer.
///
/// There are two reasons to fetch, each with a budget of its own: the schedule, which no request can hurry or starve, and
/// demand, which is refused when its budget is empty. At most one fetch is in flight; it serves whoever asks meanwhile.
#[derive(Debug)]
pub(crate) struct Engine {
    interval: Duration,
    flight: Option<Flight>,
    generation: u64,
    /// The generation of the keys that are in place.
    loaded: u64,
    /// The generation of the keys that were fetched last.
    fetched: u64,
    due: Due,
    /// `Retry-After` of the issuer: until then requests cause no fetch either.
    held: Option<Due>,
    failures: u32,
    /// Somebody has asked for a fetch that begins from then on.
    is_asked: bool,
    /// An operator has put a set in place: nothing is fetched until it is taken back.
    is_pinned: bool,
    unknown_key: Budget,
    bad_signature: Budget,
}

#[derive(Debug)]
struct Flight {
    generation: u64,
    begun: Moment,
    taken: bool,
    /// What the fetch was begun for: its answer is final for every request that wants the same.
    wanted: Option<Wanted>,
}

/// What a request wants, as a hash: whether two requests want the same is all there is to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted(pub(crate) u64);

/// What the engine says to a request that asks for keys.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    AlreadyThere,
    Refused {
        retry_after: Duration,
    },
    /// Refused, since the budget of requests is spent.
    Spent {
        retry_after: Duration,
    },
    Await {
        generation: u64,
        conclusive: bool,
    },
}

/// What the driver is to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Fetch {
        generation: u64,
    },
    /// Nothing for so long, or until a request asks.
    Sleep(Duration),
}

/// How a fetch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Usable keys came, with the `max-age` of the answer.
    Keys { max_age: Option<Duration> },
    /// None came; the source may have said when to come again.
    Failed { retry_after: Option<Duration> },
}

/// What follows for the keys that came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fresh {
    /// When the fetch began: keys are as old as the question, not as the answer.
    pub(crate) since: Moment,
    pub(crate) lasting: Duration,
}

/// A time to come, told by both clocks: `after` it is over once either clock says so.
#[derive(Clone, Copy, Debug)]
struct Due {
    from: Moment,
    after: Duration,
}

impl Due {
    fn left(self, now: Moment) -> Duration {
        self.after.saturating_sub(now.since(self.from))
    }
}

impl Engine {
    /// An engine whose first fetch is due `after` a time: at once where there are no keys yet.
    pub(crate) fn new(settings: &FetchSettings, after: Duration, now: Moment) -> Self {
        Engine {
            interval: settings.refresh_interval,
            flight: None,
            generation: 0,
            loaded: 0,
            fetched: 0,
            due: Due { from: now, after },
            held: None,
            failures: 0,
            is_asked: false,
            is_pinned: false,
            unknown_key: Budget::new(settings.refresh_burst, settings.refresh_cooldown),
            bad_signature: Budget::new(1, settings.refresh_cooldown),
        }
    }

    /// A request asks for keys, having looked through those of the generation `seen`.
    pub(crate) fn demand(&mut self, kind: MissKind, wanted: Wanted, seen: u64, now: Moment) -> Answer {
        if seen != self.loaded {
            return Answer::AlreadyThere;
        }
        if self.is_pinned {
            return Answer::Refused { retry_after: LOOK_AGAIN };
        }
        if let Some(flight) = &self.flight {
            let conclusive = flight.wanted == Some(wanted);
            return Answer::Await { generation: flight.generation, conclusive };
        }
        let held = self.held.is_some_and(|held| !held.left(now).is_zero());
        let budget = match kind {
            MissKind::UnknownKey => &mut self.unknown_key,
            MissKind::BadSignature => &mut self.bad_signature,
        };
        // A fetch that the schedule is about to make is the schedule's, whoever comes first.
        let is_due = self.due.left(now).is_zero();
        let retry_after = self.due.left(now);
        if held {
            return Answer::Refused { retry_after };
        }
        if !(is_due || budget.take(now)) {
            return Answer::Spent { retry_after };
        }
        Answer::Await { generation: self.begin(Some(wanted), now), conclusive: true }
    }

    /// The driver asks what to do.
    pub(crate) fn step(&mut self, now: Moment) -> Step {
        if self.flight.is_none() && !self.is_pinned && (self.is_asked || self.due.left(now).is_zero()) {
            self.is_asked = false;
            self.begin(None, now);
        }
        match &mut self.flight {
            Some(flight) if !flight.taken => {
                flight.taken = true;
                Step::Fetch { generation: flight.generation }
            }
            _ if self.is_pinned => Step::Sleep(LOOK_AGAIN),
            // A sleep counts on the monotonic clock, which stands still while the machine sleeps: look again now and then.
            _ => Step::Sleep(self.due.left(now).min(LOOK_AGAIN)),
        }
    }

    /// A fetch has ended. `chance` is a random number from 0 to 1. Gives how fresh the keys are, if they may be put in
    /// place: not when they are those of a fetch that is not the current one.
    pub(crate) fn ended(
        &mut self,
        generation: u64,
        outcome: Outcome,
        now: Moment,
        chance: f64,
    ) -> Option<Fresh> {
        let flight = self.flight.take_if(|flight| flight.generation == generation)?;
        match outcome {
            Outcome::Keys { max_age } => {
                (self.loaded, self.fetched) = (generation, generation);
                self.failures = 0;
                self.held = None;
                let floor = SHORTEST_BY_HEADER.min(self.interval);
                let lasting = max_age.map_or(self.interval, |age| age.clamp(floor, self.interval));
                // At 80 % of the time, and up to a tenth of that earlier, so that a fleet that started at once spreads.
                self.due = Due { from: now, after: lasting.mul_f64(REFRESH_AT * (1.0 - 0.1 * chance)) };
                Some(Fresh { since: flight.begun, lasting })
            }
            Outcome::Failed { retry_after } => {
                self.held = retry_after.map(|wait| Due { from: now, after: wait.min(self.interval) });
                // What requests caused does not move the schedule, unless its own attempt is what failed.
                if flight.wanted.is_none() || self.due.left(now).is_zero() {
                    self.failures = self.failures.saturating_add(1);
                    self.due = Due { from: now, after: self.back_off(chance) };
                }
                // The schedule honours it as well.
                if let Some(held) = self.held.filter(|held| held.after > self.due.left(now)) {
                    self.due = held;
                }
                None
            }
        }
    }

    /// Asks for a fetch that begins from now on, whatever the budgets say. Gives its generation; none while a set is pinned.
    pub(crate) fn refresh_now(&mut self) -> Option<u64> {
        if self.is_pinned {
            return None;
        }
        // One that is in flight may have its answer from before; one that nobody has taken up yet has not begun.
        if let Some(flight) = self.flight.as_ref().filter(|flight| !flight.taken) {
            return Some(flight.generation);
        }
        self.is_asked = true;
        Some(self.generation + 1)
    }

    /// The fetch was dropped before it ended.
    pub(crate) fn abandoned(&mut self, generation: u64) {
        self.flight.take_if(|flight| flight.generation == generation);
    }

    /// Drops the fetch in flight, and fetches no more. Gives the generation of the set that is put in place.
    pub(crate) fn pin(&mut self) -> u64 {
        (self.flight, self.is_asked, self.is_pinned) = (None, false, true);
        self.generation += 1;
        self.loaded = self.generation;
        self.generation
    }

    /// Fetches again, at once.
    pub(crate) fn unpin(&mut self, now: Moment) {
        self.is_pinned = false;
        self.failures = 0;
        (self.held, self.due) = (None, Due { from: now, after: Duration::ZERO });
    }

    /// The generation up to which no fetch is in flight or waits to be taken up.
    pub(crate) fn settled(&self) -> u64 {
        self.generation - u64::from(self.flight.is_some())
    }

    /// The generation of the keys that were fetched last.
    pub(crate) fn fetched(&self) -> u64 {
        self.fetched
    }

    /// How long until the schedule's next attempt; none while a set is pinned.
    pub(crate) fn next_attempt(&self, now: Moment) -> Option<Duration> {
        (!self.is_pinned).then(|| self.due.left(now))
    }

    fn begin(&mut self, wanted: Option<Wanted>, now: Moment) -> u64 {
        self.generation += 1;
        self.flight = Some(Flight { generation: self.generation, begun: now, taken: false, wanted });
        self.generation
    }

    /// Full jitter over a span that doubles: from 1 s to at most 60 s, and never longer than the interval.
    fn back_off(&self, chance: f64) -> Duration {
        let doubled = SHORTEST_BACK_OFF.saturating_mul(1 << self.failures.min(6));
        let longest = doubled.min(LONGEST_BACK_OFF).min(self.interval.max(SHORTEST_BACK_OFF));
        SHORTEST_BACK_OFF + (longest.saturating_sub(SHORTEST_BACK_OFF)).mul_f64(chance)
    }
}

const REFRESH_AT: f64 = 0.8;
const SHORTEST_BY_HEADER: Duration = Duration::from_secs(60);
const SHORTEST_BACK_OFF: Duration = Duration::from_secs(1);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
