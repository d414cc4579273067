//! Whether good requests feel anything of what goes wrong with an issuer: it hangs, answers 500, sends 200 MiB, rotates every
//! second, and rotates while a flood of made-up `kid`s asks for keys. `cargo xtask soak --keys` runs it.
//!
//! The server is a process of its own, this program once more. The issuer has a thread of its own here, so that what its
//! faults cost is no cost of the server's.

#![forbid(unsafe_code)]

mod args;
mod bounds;
#[path = "../connection.rs"]
mod connection;
mod fetches;
mod flood;
mod known;
mod load;
#[path = "../machine.rs"]
mod machine;
#[path = "../median.rs"]
mod median;
mod outcome;
mod phase;
#[path = "../program.rs"]
mod program;
mod report;
mod rotation;
mod server;
mod size;
mod tally;
mod trouble;

use std::error::Error;
use std::process::ExitCode;

use tokio::runtime::{Builder, Runtime};

use crate::args::{Args, Command};
use crate::outcome::Outcome;
use crate::phase::Phase;
use crate::trouble::Trouble;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(problem) => {
            eprintln!("keys-soak: {problem}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, Box<dyn Error>> {
    match Command::from_env()? {
        Command::Serve(trusted) => server::serve(&trusted).map(|()| true),
        Command::Measure(args) => measure(&args),
    }
}

/// Prints every phase, and at the end what was found, for a program to read. Gives whether all bounds held.
fn measure(args: &Args) -> Result<bool, Box<dyn Error>> {
    let (clients, issuers) = (one_thread()?, one_thread()?);
    let mut runs = Vec::new();
    for run in 1..=args.size.runs {
        let mut phases = Vec::new();
        for trouble in Trouble::ALL {
            let phase = clients.block_on(Phase::measure(trouble, &args.size, issuers.handle()))?;
            println!("run {run}, {phase}");
            phases.push(phase);
        }
        runs.push(phases);
    }
    let outcome = Outcome::of(runs, &args.size);
    if let Some(file) = &args.report {
        let text = report::markdown(&outcome, &args.size)?;
        std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    for problem in &outcome.problems {
        println!("missed: {problem}");
    }
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(outcome.passed)
}

fn one_thread() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(1).enable_all().build()
}
