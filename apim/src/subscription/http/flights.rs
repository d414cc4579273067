//! Questions on their way, one for all requests that need the same answer.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use claimgate_core::{Clock, Moment};
use quick_cache::sync::Cache;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::subscription::StoreError;
use crate::subscription::http::Answer;
use crate::subscription::http::client::StoreClient;
use crate::subscription::http::kept::{Asked, Kept, Question, Times};
use crate::told::Told;

// Shared are what is remembered, in a cache that locks its own shards, and the flights, behind a mutex that is held for a look-up
// and never across an await. A flight writes what it has learnt into the cache, then lands, then leaves the map: whoever finds it
// in the map waits for an answer that comes, and whoever does not finds the answer in the cache, if he looks while he holds the
// map. So a question is never asked twice at once. Whoever has looked into the cache just before may be late; he looks again.

/// What is remembered and what is being asked.
pub(super) struct Flights {
    pub(super) client: StoreClient,
    pub(super) cache: Cache<Asked, Kept>,
    pub(super) in_the_air: Mutex<HashMap<Asked, watch::Receiver<Option<Answer>>>>,
    pub(super) most: usize,
    pub(super) times: Times,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) runtime: Handle,
    /// Whether the log says that it fails.
    pub(super) is_down: AtomicBool,
    pub(super) told: Told,
}

/// What becomes of a question.
pub(super) enum Departure {
    /// The answer is there.
    Landed(Answer),
    /// The answer is to be waited for.
    InTheAir(watch::Receiver<Option<Answer>>),
}

impl Flights {
    /// The answer to `question`, or a seat in the flight that brings it.
    pub(super) fn board(self: &Arc<Self>, question: Question<'_>) -> Departure {
        let now = self.clock.now();
        if let Some(answer) = self.remembered(&question, now) {
            return Departure::Landed(answer);
        }
        let asked = question.to_asked();
        let (sender, receiver) = watch::channel(None);
        {
            let mut in_the_air = self.in_the_air();
            if let Some(flight) = in_the_air.get(&asked) {
                return Departure::InTheAir(flight.clone());
            }
            if let Some(answer) = self.remembered(&question, now) {
                return Departure::Landed(answer);
            }
            // It never queues: what waits for a store that is down only grows.
            if in_the_air.len() >= self.most {
                return Departure::Landed(self.last(&question, now));
            }
            in_the_air.insert(asked.clone(), receiver.clone());
        }
        // Without the lock: a runtime that is gone drops the flight at once, and that takes it.
        let flight = Flight { flights: self.clone(), asked, sender };
        self.runtime.spawn(flight.fly(now));
        Departure::InTheAir(receiver)
    }

    fn remembered(&self, question: &Question<'_>, now: Moment) -> Option<Answer> {
        self.cache.get(question)?.at(now, &self.times)
    }

    /// What counts where the store is not asked for want of room.
    fn last(&self, question: &Question<'_>, now: Moment) -> Answer {
        let full = StoreError::new("too many questions to the subscription store at once");
        let kept = self.cache.get(question).unwrap_or_default().then_failed(full.clone(), now);
        kept.last(now, &self.times).unwrap_or(Err(full))
    }

    fn in_the_air(&self) -> MutexGuard<'_, HashMap<Asked, watch::Receiver<Option<Answer>>>> {
        self.in_the_air.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One line when the store fails and one when it is back, and none for each request. One that fails for some clients and not for
    /// others is told once a minute.
    fn log(&self, error: Option<&StoreError>) {
        match error {
            Some(error) if !self.is_down.load(Ordering::Relaxed) && self.told.again(self.clock.now()) => {
                self.is_down.store(true, Ordering::Relaxed);
                tracing::warn!(target: "claimgate", reason = error.text(), "the subscription store fails");
            }
            None if self.is_down.swap(false, Ordering::Relaxed) => {
                tracing::info!(target: "claimgate", "the subscription store answers again");
            }
            _ => {}
        }
    }
}

/// A question on its way.
struct Flight {
    flights: Arc<Flights>,
    asked: Asked,
    sender: watch::Sender<Option<Answer>>,
}

impl Flight {
    async fn fly(self, departed: Moment) {
        let (flights, asked) = (&self.flights, &self.asked);
        let result = flights.client.ask(asked).await;
        flights.log(result.as_ref().err());
        let (kept, answer) = match result {
            Ok(answer) => (Kept::answered(answer.clone(), departed), Ok(answer)),
            Err(error) => {
                let now = flights.clock.now();
                let before = flights.cache.peek(asked).unwrap_or_default();
                let kept = before.then_failed(error.clone(), now);
                let last = kept.last(now, &flights.times).unwrap_or(Err(error));
                (kept, last)
            }
        };
        flights.cache.insert(asked.clone(), kept);
        self.sender.send_replace(Some(answer));
    }
}

/// However it ends: those who wait are told by the sender, which goes after this.
impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.in_the_air().remove(&self.asked);
    }
}

impl fmt::Debug for Flights {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HttpSubscriptions")
            .field("url", &self.client.shown())
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}
