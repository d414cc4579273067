//! Whether the memory of an actix-web server stays flat: 2,000 keep-alive connections, a million requests, with good tokens,
//! bad ones and none. `cargo xtask soak --actix` runs it.
//!
//! The server is a process of its own, this program once more, so that only its memory is measured.

#![forbid(unsafe_code)]

mod client;
#[path = "../connection.rs"]
mod connection;
mod memory;
#[path = "../program.rs"]
mod program;
mod server;

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use lexopt::{Arg, Parser, ValueExt};
use tokio::task::JoinSet;

use crate::client::{Client, Surprise, Visit};
use crate::program::Program;

struct Args {
    serve: bool,
    connections: usize,
    requests: usize,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(problem) => {
            eprintln!("actix-soak: {problem}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, Box<dyn Error>> {
    let args = Args::parse(Parser::from_env())?;
    if args.serve {
        server::serve()?;
        return Ok(true);
    }
    memory::enough_files(args.connections)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(measure(&args))
}

/// Prints how the memory went, and gives whether it stayed flat.
async fn measure(args: &Args) -> Result<bool, Box<dyn Error>> {
    let (server, printed) = Program::start(&["--serve"])?;
    let visits = printed.iter().map(|line| Visit::parse(line)).collect::<Option<Vec<_>>>();
    let visits = visits.ok_or("the server printed something unexpected")?;
    let resident = || memory::resident(server.child.id());
    println!("empty: {} KiB", resident()?);
    let mut clients = Vec::new();
    for _ in 0..args.connections {
        clients.push(Client::open(&server.address, &visits).await?);
    }
    // Buffers and pools have their size after a tenth; from then on nothing may grow.
    let each = (args.requests / TENTHS / args.connections).max(1);
    let (mut warm, mut last) = (0, 0);
    let start = Instant::now();
    for tenth in 1..=TENTHS {
        clients = visit(clients, each).await?;
        last = resident()?;
        if tenth == 1 {
            warm = last;
        }
        println!("{} requests: {last} KiB", tenth * each * args.connections);
    }
    let seconds = start.elapsed().as_secs_f64();
    let grown = last.saturating_sub(warm);
    println!(
        "{} connections, {} requests in {seconds:.0} s: {warm} KiB warm, {last} KiB at the end, {grown} KiB more",
        clients.len(),
        TENTHS * each * clients.len(),
    );
    Ok(grown <= MAX_GROWTH_KIB && grown * 100 <= warm * MAX_GROWTH_PERCENT)
}

/// So many requests on every connection, all at once; the connections stay open.
async fn visit(clients: Vec<Client>, each: usize) -> Result<Vec<Client>, Box<dyn Error>> {
    let mut tasks = JoinSet::new();
    for mut client in clients {
        tasks.spawn(async move {
            for _ in 0..each {
                client.visit().await?;
            }
            Ok::<_, Surprise>(client)
        });
    }
    let mut clients = Vec::new();
    while let Some(client) = tasks.join_next().await {
        clients.push(client??);
    }
    Ok(clients)
}

impl Args {
    fn parse(mut parser: Parser) -> Result<Self, lexopt::Error> {
        let mut args = Args { serve: false, connections: 2_000, requests: 1_000_000 };
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("serve") => args.serve = true,
                Arg::Long("connections") => args.connections = parser.value()?.parse::<usize>()?.max(1),
                Arg::Long("requests") => args.requests = parser.value()?.parse()?,
                other => return Err(other.unexpected()),
            }
        }
        Ok(args)
    }
}

const TENTHS: usize = 10;
const MAX_GROWTH_PERCENT: u64 = 5;
const MAX_GROWTH_KIB: u64 = 8 * 1024;
