//! A run of named steps, each with the minutes it took.

use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome};

#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
}

struct Step {
    name: &'static str,
    took: Duration,
    failed: bool,
}

impl Steps {
    /// Runs one step and gives its value; the caller decides whether later steps need it.
    pub(crate) fn run<T>(&mut self, name: &'static str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        eprintln!("==> {name}");
        let start = Instant::now();
        let outcome = work();
        let step = Step { name, took: start.elapsed(), failed: outcome.is_err() };
        if let Err(failure) = &outcome {
            eprintln!("{name}: {failure}");
        }
        eprintln!("<== {}", step.line());
        self.done.push(step);
        outcome
    }

    /// Prints the summary; a failure when any step failed.
    pub(crate) fn finish(self) -> Outcome<()> {
        let total = self.done.iter().map(|step| step.took).sum::<Duration>();
        eprintln!("\nminutes per step:");
        for step in &self.done {
            eprintln!("  {}", step.line());
        }
        eprintln!("  {:<24} {:>5.1} min", "together", minutes(total));
        let failed = self.done.iter().filter(|step| step.failed).map(|step| step.name).collect::<Vec<_>>();
        if failed.is_empty() { Ok(()) } else { Err(Failure::check(format!("failed: {}", failed.join(", ")))) }
    }
}

impl Step {
    fn line(&self) -> String {
        let word = if self.failed { "FAILED" } else { "ok" };
        format!("{:<24} {:>5.1} min  {word}", self.name, minutes(self.took))
    }
}

fn minutes(duration: Duration) -> f64 {
    duration.as_secs_f64() / 60.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_steps_run_after_a_failed_one_and_the_end_names_it() {
        let mut steps = Steps::default();
        assert!(steps.run("first", || Err::<(), _>(Failure::check("no"))).is_err());
        assert_eq!(steps.run("second", || Ok(7)), Ok(7));
        assert_eq!(steps.finish(), Err(Failure::check("failed: first")));
    }

    #[test]
    fn a_run_without_failures_succeeds() {
        let mut steps = Steps::default();
        assert_eq!(steps.run("only", || Ok(())), Ok(()));
        assert_eq!(steps.finish(), Ok(()));
    }
}
