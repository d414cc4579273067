//! What a key costs: in sets of 1, 100 and 10,000 keys, with 1 and 1,000 issuers, and while sets are swapped.
//! `cargo xtask soak --cost` runs it.
//!
//! Everything is measured side by side in slices of milliseconds that take turns, so that what else the machine does falls on
//! both sides alike, and several times, of which the middle counts.

#![forbid(unsafe_code)]

mod comparison;
mod lookup;
#[path = "../machine.rs"]
mod machine;
#[path = "../median.rs"]
mod median;
mod mint;
mod report;
mod swap;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt};

struct Args {
    runs: usize,
    report: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(problem) => {
            eprintln!("keys-cost: {problem}");
            ExitCode::from(2)
        }
    }
}

/// Prints every comparison and gives whether all of them held.
fn run() -> Result<bool, Box<dyn Error>> {
    let args = Args::parse(Parser::from_env())?;
    let mut comparisons = lookup::measure(args.runs)?;
    comparisons.push(swap::measure(args.runs)?);
    for comparison in &comparisons {
        println!("{comparison}");
    }
    if let Some(file) = &args.report {
        let text = report::markdown(&comparisons, args.runs)?;
        std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(comparisons.iter().all(comparison::Comparison::holds))
}

impl Args {
    fn parse(mut parser: Parser) -> Result<Self, lexopt::Error> {
        let mut args = Args { runs: 5, report: None };
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("runs") => args.runs = parser.value()?.parse::<usize>()?.max(1),
                Arg::Long("report") => args.report = Some(parser.value()?.into()),
                other => return Err(other.unexpected()),
            }
        }
        Ok(args)
    }
}
