//! What is allocated for a token, and what a cached one holds. Writes rows as JSON; `bench-micro` runs it.
//!
//! It counts what Rust code asks the allocator for. What aws-lc takes from C by itself is not seen: for jsonwebtoken that is
//! the parsed key of each token.

#![forbid(unsafe_code)]

mod counting;
mod gates;
mod memory;
mod mint;
mod peer;
mod request;

use std::alloc::System;
use std::error::Error;
use std::process::ExitCode;

use claimgate_testkit::Alg;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

type Failure = Box<dyn Error>;

fn main() -> ExitCode {
    match run() {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("bench-allocations: {problem}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<String, Failure> {
    let mut rows = Vec::new();
    for alg in [Alg::RS256, Alg::PS256, Alg::ES256, Alg::EdDSA] {
        rows.extend(counting::measure(alg)?);
    }
    rows.extend(memory::measure()?);
    Ok(serde_json::to_string(&rows)?)
}
