//! Things timed side by side.

use std::time::{Duration, Instant};

/// The arms of a comparison. Each does one step again and again, for some milliseconds, and then it is the turn of the next.
#[derive(Default)]
pub(crate) struct Comparison<'a> {
    arms: Vec<Arm<'a>>,
}

/// Does so many steps and gives how many of them went well.
type Arm<'a> = Box<dyn FnMut(usize) -> usize + 'a>;

/// Nanoseconds for a step: of each run, of each arm, the median of the slices.
pub(crate) struct Times(Vec<Vec<f64>>);

/// The place of an arm among the others.
#[derive(Clone, Copy)]
pub(crate) struct Place(usize);

impl<'a> Comparison<'a> {
    /// Adds an arm. `step` says whether it went well: a step that does not is no measurement.
    pub(crate) fn arm(&mut self, mut step: impl FnMut() -> bool + 'a) -> Place {
        // The loop is in the box, so that no step pays for the call.
        self.arms.push(Box::new(move |count| (0..count).filter(|_| step()).count()));
        Place(self.arms.len() - 1)
    }

    pub(crate) fn run(mut self, runs: usize) -> Result<Times, &'static str> {
        let counts = self.arms.iter_mut().map(calibrate).collect::<Result<Vec<usize>, _>>()?;
        // Once through for nothing: caches and the processor's clock are as they will be.
        self.once(&counts)?;
        (0..runs).map(|_| self.once(&counts)).collect::<Result<_, _>>().map(Times)
    }

    fn once(&mut self, counts: &[usize]) -> Result<Vec<f64>, &'static str> {
        let mut times = vec![Vec::new(); self.arms.len()];
        for _ in 0..SLICES {
            for ((arm, count), times) in self.arms.iter_mut().zip(counts).zip(&mut times) {
                times.push(nanoseconds(slice(arm, *count)?) / float(*count));
            }
        }
        Ok(times.into_iter().map(median).collect())
    }
}

impl Times {
    /// What comes out of each run, given the nanoseconds of an arm.
    pub(crate) fn each(&self, figure: impl Fn(&dyn Fn(Place) -> f64) -> f64) -> Vec<f64> {
        let of_run = |run: &Vec<f64>| figure(&|place: Place| run.get(place.0).copied().unwrap_or(f64::NAN));
        self.0.iter().map(of_run).collect()
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
    let mut count = 1;
    loop {
        let time = slice(arm, count)?;
        if time >= SLICE {
            return Ok(count);
        }
        count *= 2;
    }
}

fn slice(arm: &mut Arm<'_>, count: usize) -> Result<Duration, &'static str> {
    let start = Instant::now();
    let good = arm(count);
    let time = start.elapsed();
    if good == count { Ok(time) } else { Err("a step did not end as it has to") }
}

/// At least so long, at most about twice.
const SLICE: Duration = Duration::from_millis(2);
/// In a run, of each arm.
const SLICES: usize = 24;
