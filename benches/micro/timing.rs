//! Things timed side by side.

use std::time::{Duration, Instant};

/// The arms of a comparison. Each does one step again and again, for some milliseconds, and then it is the turn of the next.
#[derive(Default)]
pub(crate) struct Comparison<'a> {
    arms: Vec<Arm<'a>>,
}

/// Does about so many steps.
type Arm<'a> = Box<dyn FnMut(usize) -> Slice + 'a>;

/// What an arm did when it was its turn.
struct Slice {
    steps: usize,
    /// How many of them went well.
    good: usize,
    time: Duration,
}

/// Nanoseconds for a step: of each run, of each round in it, of each arm.
pub(crate) struct Times(Vec<Vec<Vec<f64>>>);

/// The place of an arm among the others.
#[derive(Clone, Copy)]
pub(crate) struct Place(usize);

impl<'a> Comparison<'a> {
    /// Adds an arm. `step` says whether it went well: a step that does not is no measurement.
    pub(crate) fn arm(&mut self, mut step: impl FnMut() -> bool + 'a) -> Place {
        // The loop is in the box, so that no step pays for the call.
        self.push(move |steps| {
            let start = Instant::now();
            let good = (0..steps).filter(|_| step()).count();
            Slice { steps, good, time: start.elapsed() }
        })
    }

    /// Adds an arm that gets `state` ready for a batch of steps, off the clock, and then does them.
    pub(crate) fn prepared_arm<S: 'a>(
        &mut self,
        mut state: S,
        mut prepare: impl FnMut(&mut S) + 'a,
        mut step: impl FnMut(&mut S, usize) -> bool + 'a,
    ) -> Place {
        self.push(move |steps| {
            let mut slice = Slice { steps: 0, good: 0, time: Duration::ZERO };
            while slice.steps < steps {
                prepare(&mut state);
                let start = Instant::now();
                slice.good += (0..BATCH).filter(|place| step(&mut state, *place)).count();
                slice.time += start.elapsed();
                slice.steps += BATCH;
            }
            slice
        })
    }

    pub(crate) fn run(mut self, runs: usize) -> Result<Times, &'static str> {
        let counts = self.arms.iter_mut().map(calibrate).collect::<Result<Vec<usize>, _>>()?;
        // Once through for nothing: caches and the processor's clock are as they will be.
        self.once(&counts)?;
        (0..runs).map(|_| self.once(&counts)).collect::<Result<_, _>>().map(Times)
    }

    fn push(&mut self, arm: impl FnMut(usize) -> Slice + 'a) -> Place {
        self.arms.push(Box::new(arm));
        Place(self.arms.len() - 1)
    }

    fn once(&mut self, counts: &[usize]) -> Result<Vec<Vec<f64>>, &'static str> {
        let mut round =
            || self.arms.iter_mut().zip(counts).map(|(arm, steps)| arm(*steps).nanoseconds()).collect();
        (0..ROUNDS).map(|_| round()).collect()
    }
}

impl Slice {
    /// For a step.
    fn nanoseconds(&self) -> Result<f64, &'static str> {
        let good = self.good == self.steps;
        good.then(|| nanoseconds(self.time) / float(self.steps)).ok_or("a step did not end as it has to")
    }
}

impl Times {
    /// What comes out of each run, given the nanoseconds of an arm: the median of its rounds. Within a round the arms come right
    /// after each other, so a machine that gets slower or faster does so for all of them.
    pub(crate) fn each(&self, figure: impl Fn(&dyn Fn(Place) -> f64) -> f64) -> Vec<f64> {
        let of_round =
            |round: &Vec<f64>| figure(&|place: Place| round.get(place.0).copied().unwrap_or(f64::NAN));
        self.0.iter().map(|rounds| median(rounds.iter().map(of_round).collect())).collect()
    }

    pub(crate) fn ratios(&self, one: Place, other: Place) -> Vec<f64> {
        self.each(|time| time(one) / time(other))
    }

    pub(crate) fn microseconds(&self, arm: Place) -> Vec<f64> {
        self.each(|time| time(arm) / 1_000.0)
    }

    /// The median of an arm in words.
    pub(crate) fn told(&self, arm: Place) -> String {
        let time = median(self.each(|time| time(arm)));
        if time < 1_000.0 { format!("{time:.1} ns") } else { format!("{:.2} µs", time / 1_000.0) }
    }

    /// The medians of two arms in words.
    pub(crate) fn told_against(&self, one: Place, other: Place) -> String {
        format!("{} against {}", self.told(one), self.told(other))
    }
}

/// The median; of an even number the larger of the two in the middle, and none of none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 of anything are counted here")]
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}

pub(crate) fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

/// How many steps fill a slice.
fn calibrate(arm: &mut Arm<'_>) -> Result<usize, &'static str> {
    let mut steps = 1;
    loop {
        let slice = arm(steps);
        slice.nanoseconds()?;
        if slice.time >= SLICE {
            return Ok(slice.steps);
        }
        steps *= 2;
    }
}

/// At least so long, at most about twice.
const SLICE: Duration = Duration::from_millis(2);
/// In a run.
const ROUNDS: usize = 48;
/// Steps between two preparations.
pub(crate) const BATCH: usize = 64;
