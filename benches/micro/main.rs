//! What a token costs in the process, without a network: against a bare check of a signature, against another library, cached,
//! behind the Tower layer, among many keys and while keys are fetched.
//!
//! Everything that is compared is timed side by side in slices of milliseconds that take turns, so that what else the machine
//! does falls on all sides alike, and several times, of which the middle counts.

#![forbid(unsafe_code)]

mod algorithms;
mod allocator;
mod args;
mod cached;
mod echo;
mod gates;
mod gateway;
mod layer;
mod many;
mod mint;
mod peer;
mod refresh;
mod refusals;
mod request;
mod signature;
mod tag;
mod threads;
mod timing;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use claimgate_benches::Row;
use claimgate_testkit::Alg;
use lexopt::Parser;

use crate::args::Args;

type Failure = Box<dyn Error>;

/// Rows that are measured together; their names begin with the name of the topic.
type Measure = fn(runs: usize) -> Result<Vec<Row>, Failure>;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(problem) => {
            eprintln!("bench-micro: {problem}");
            ExitCode::from(2)
        }
    }
}

/// Prints every row and gives whether all is well.
fn run() -> Result<bool, Failure> {
    let args = Args::parse(Parser::from_env())?;
    let names = TOPICS.map(|(name, _)| name);
    let mut rows: Vec<Row> = Vec::new();
    for (name, measure) in TOPICS {
        if args.wants_topic(name, &names) {
            let of_topic = measure(args.runs).map_err(|problem| format!("{name}: {problem}"))?;
            for row in of_topic.into_iter().filter(|row| args.wants(&row.what)) {
                writeln!(io::stdout(), "{row}")?;
                rows.push(row);
            }
        }
    }
    if rows.is_empty() {
        return Err("no row has such a name".into());
    }
    if let Some(file) = &args.json {
        let text = serde_json::to_string_pretty(&rows)?;
        std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(!args.check || rows.iter().all(Row::holds))
}

const TOPICS: [(&str, Measure); 14] = [
    ("RS256", |runs| algorithms::measure(Alg::RS256, runs)),
    ("PS256", |runs| algorithms::measure(Alg::PS256, runs)),
    ("ES256", |runs| algorithms::measure(Alg::ES256, runs)),
    ("EdDSA", |runs| algorithms::measure(Alg::EdDSA, runs)),
    ("ES384", |runs| algorithms::measure(Alg::ES384, runs)),
    ("RS512", |runs| algorithms::measure(Alg::RS512, runs)),
    ("cached", cached::measure),
    ("layer", layer::measure),
    ("two threads", threads::measure),
    ("many", many::measure),
    ("refresh", refresh::measure),
    ("refused", refusals::measure),
    ("gateway", gateway::measure),
    ("allocator", allocator::measure),
];
