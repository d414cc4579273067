//! What became of requests.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

#[derive(Default)]
pub(crate) struct Tally {
    times: Vec<Duration>,
    counts: Counts,
}

/// Decisions.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Counts {
    pub(crate) statuses: BTreeMap<u16, usize>,
    pub(crate) unanswered: usize,
    /// For a fetch.
    pub(crate) waited: usize,
}

/// Times, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) max: f64,
}

impl Tally {
    pub(crate) fn answered(&mut self, after: Duration, status: u16, has_waited: bool) {
        self.times.push(after);
        *self.counts.statuses.entry(status).or_default() += 1;
        self.counts.waited += usize::from(has_waited);
    }

    pub(crate) fn unanswered(&mut self) {
        self.counts.unanswered += 1;
    }

    pub(crate) fn merge(&mut self, other: Tally) {
        self.times.extend(other.times);
        for (status, count) in other.counts.statuses {
            *self.counts.statuses.entry(status).or_default() += count;
        }
        self.counts.unanswered += other.counts.unanswered;
        self.counts.waited += other.counts.waited;
    }

    pub(crate) fn finish(mut self) -> (Counts, Latency) {
        self.times.sort_unstable();
        // By the nearest rank: the smallest time that so many of a thousand do not exceed.
        let at = |permille: usize| {
            let rank = (self.times.len() * permille).div_ceil(1_000).max(1);
            self.times.get(rank - 1).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
        };
        let latency = Latency { p50: at(500), p99: at(990), p999: at(999), max: at(1_000) };
        (self.counts, latency)
    }
}

impl Counts {
    pub(crate) fn all(&self) -> usize {
        self.statuses.values().sum::<usize>() + self.unanswered
    }

    /// Those that got something else than one of `statuses`.
    pub(crate) fn except(&self, statuses: &[u16]) -> usize {
        let expected = statuses.iter().filter_map(|status| self.statuses.get(status));
        self.all() - expected.sum::<usize>()
    }
}
