//! Whether the memory of an actix-web server stays flat: 2,000 keep-alive connections, a million requests, with good tokens,
//! bad ones and none. `cargo xtask soak --actix` runs it.
//!
//! The server is a process of its own, this program once more, so that only its memory is measured.

#![forbid(unsafe_code)]

mod connection;
mod memory;
mod server;

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Instant;

use lexopt::{Arg, Parser, ValueExt};
use tokio::task::JoinSet;

use crate::connection::{Connection, Visit};

/// Kills the server however the measurement ends.
struct Server {
    child: Child,
    address: String,
    visits: Vec<Visit>,
}

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
    let server = Server::start()?;
    let resident = || memory::resident(server.child.id());
    println!("empty: {} KiB", resident()?);
    let mut connections = Vec::new();
    for _ in 0..args.connections {
        connections.push(Connection::open(&server.address, &server.visits).await?);
    }
    // Buffers and pools have their size after a tenth; from then on nothing may grow.
    let each = (args.requests / TENTHS / args.connections).max(1);
    let (mut warm, mut last) = (0, 0);
    let start = Instant::now();
    for tenth in 1..=TENTHS {
        connections = visit(connections, each).await?;
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
        connections.len(),
        TENTHS * each * connections.len(),
    );
    Ok(grown <= MAX_GROWTH_KIB && grown * 100 <= warm * MAX_GROWTH_PERCENT)
}

/// So many requests on every connection, all at once; the connections stay open.
async fn visit(connections: Vec<Connection>, each: usize) -> Result<Vec<Connection>, Box<dyn Error>> {
    let mut tasks = JoinSet::new();
    for mut connection in connections {
        tasks.spawn(async move {
            for _ in 0..each {
                connection.exchange().await?;
            }
            Ok::<_, connection::Surprise>(connection)
        });
    }
    let mut connections = Vec::new();
    while let Some(connection) = tasks.join_next().await {
        connections.push(connection??);
    }
    Ok(connections)
}

impl Server {
    fn start() -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--serve")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the server has no pipe")?;
        let mut server = Server { child, address: String::new(), visits: Vec::new() };
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            if let Some(address) = line.strip_prefix("listening on ") {
                address.clone_into(&mut server.address);
                return Ok(server);
            }
            server.visits.push(Visit::parse(&line).ok_or("the server printed something unexpected")?);
        }
        Err("the server ended before it listened".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
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
