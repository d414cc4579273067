//! One thing against another, measured side by side.

use std::fmt;

use crate::median::median;

pub(crate) struct Comparison {
    pub(crate) what: &'static str,
    pub(crate) against: &'static str,
    /// Nanoseconds for a token in each run: of the one, and of the other.
    pub(crate) runs: Vec<(f64, f64)>,
    /// How many times longer it may take.
    pub(crate) most: f64,
}

impl Comparison {
    /// The median of the runs.
    pub(crate) fn ratio(&self) -> f64 {
        median(self.ratios())
    }

    pub(crate) fn ratios(&self) -> impl Iterator<Item = f64> {
        self.runs.iter().map(|(what, against)| what / against)
    }

    /// Microseconds for a token, of the one and of the other.
    pub(crate) fn times(&self) -> (f64, f64) {
        let what = median(self.runs.iter().map(|(what, _)| *what));
        let against = median(self.runs.iter().map(|(_, against)| *against));
        (what / 1_000.0, against / 1_000.0)
    }

    pub(crate) fn holds(&self) -> bool {
        self.ratio() <= self.most
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Comparison { what, against, most, .. } = self;
        let (time, time_against) = self.times();
        let verdict = if self.holds() { "held" } else { "missed" };
        write!(
            formatter,
            "{what}: {time:.2} µs a token, {against}: {time_against:.2} µs; {:.3} times, at most {most:.3}: {verdict}",
            self.ratio()
        )
    }
}
