//! Servers under load over loopback: the server on one core, the generator on another, rounds in which each has its turn.
//!
//! `cargo xtask bench` runs it and makes what it needs.

#![forbid(unsafe_code)]

mod args;
mod child;
mod contender;
mod envoy;
mod generator;
mod http;
mod memory;
mod peers;
mod probe;
mod process;
mod rounds;
mod rows;
mod tally;
mod tokens;
mod versions;

use std::error::Error;
use std::fs;
use std::process::ExitCode;

use claimgate_benches::measured::{Measured, Setting};
use claimgate_testkit::{Alg, TestIssuer};

use crate::args::{Args, HELP};
use crate::contender::Stage;
use crate::generator::CONNECTIONS;
use crate::tokens::Tokens;

/// Two threads: this one, which waits for other programs, and one that serves the keys meanwhile.
#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> ExitCode {
    let measured = match Args::from_env() {
        Ok(Some(args)) => run(&args).await,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => Err(error.into()),
    };
    match measured {
        Ok(measured) if measured.rows.iter().all(claimgate_benches::Row::holds) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("bench-macro: {problem}");
            ExitCode::from(2)
        }
    }
}

async fn run(args: &Args) -> Result<Measured, Box<dyn Error>> {
    process::pin_self(args.generator_core)?;
    fs::create_dir_all(&args.work)?;
    let served = TestIssuer::serve_new(Alg::RS256).await?;
    let tokens = Tokens::mint(served.issuer(), &args.work, args.tokens, args.fresh)?;
    let stage = Stage { args, served: &served, tokens: &tokens };

    let (contenders, not_built) = contender::all(&stage)?;
    for name in &not_built {
        eprintln!("{name}: not built, so left out");
    }
    let refusals = probe::all(&stage, &contenders)?;
    let tally = rounds::run(&stage, &contenders)?;
    let mut rows = rows::of(&tally, &contenders, &refusals);
    rows.push(memory::row(&stage)?);

    let setting = Setting {
        rounds: args.rounds,
        seconds: args.seconds,
        connections: CONNECTIONS,
        tokens: args.tokens,
        token_bytes: tokens.bytes,
        versions: versions::all(args),
    };
    let servers = tally.servers(&contenders, &refusals);
    let measured = Measured { setting, rows, servers, not_built };
    for row in &measured.rows {
        println!("{row}");
    }
    let file = args.work.join("macro.json");
    fs::write(&file, serde_json::to_vec_pretty(&measured)?)?;
    eprintln!("written: {}", file.display());
    Ok(measured)
}
