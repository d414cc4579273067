//! What all runs together say.

use serde::Serialize;

use crate::bounds;
use crate::phase::Phase;
use crate::size::Size;

#[derive(Serialize)]
pub(crate) struct Outcome {
    pub(crate) passed: bool,
    pub(crate) problems: Vec<String>,
    /// The phases of each run, in their order.
    pub(crate) runs: Vec<Vec<Phase>>,
}

impl Outcome {
    pub(crate) fn of(runs: Vec<Vec<Phase>>, size: &Size) -> Self {
        let problems = bounds::missed(&runs, size);
        Outcome { passed: problems.is_empty(), problems, runs }
    }
}
