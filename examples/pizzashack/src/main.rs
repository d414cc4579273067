//! A pizza API guarded by claimgate, with an issuer inside: nothing else is needed to try it.
//!
//! The gate finds the issuer's keys as it would find a stranger's, by discovery over HTTP, and the issuer changes its
//! signing key while requests run.

#![forbid(unsafe_code)]

mod args;
mod guide;
mod issuer;
mod menu;
mod routes;
mod server;

use std::error::Error;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Duration;

use claimgate_tower::{Algorithm, Authenticator, Issuer, Start};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::args::{Args, Command, HELP};
use crate::issuer::{AUDIENCE, MAX_KEYS, ShackIssuer};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("pizzashack: {problem}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    match Command::from_env()? {
        Command::Help => Ok(io::stdout().write_all(HELP.as_bytes())?),
        Command::Open(args) => open(args).await,
    }
}

async fn open(args: Args) -> Result<(), Box<dyn Error>> {
    let stop = server::stop()?;
    // First of all, so that a port in use is all there is to read. Loopback alone: whoever reaches it gets tokens.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await.map_err(|error| {
        let hint = if error.kind() == io::ErrorKind::AddrInUse { "; choose another with --port" } else { "" };
        format!("127.0.0.1:{}: {error}{hint}", args.port)
    })?;
    let address = listener.local_addr()?;

    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .without_time()
        .with_target(false)
        .init();

    let issuer = ShackIssuer::start(args.rotate_every).await?;
    let gate = gate(&issuer, args.rotate_every)?;
    gate.ready().await?;

    let mut stdout = io::stdout();
    stdout.write_all(guide::text(&issuer, address).as_bytes())?;
    stdout.flush()?;
    tokio::spawn(issuer.clone().rotate());
    Ok(server::serve(listener, routes::router(gate, issuer), stop).await?)
}

fn gate(issuer: &ShackIssuer, rotate_every: Duration) -> Result<Authenticator, Box<dyn Error>> {
    let issuer = Issuer::new(issuer.url())
        .audience(AUDIENCE)
        .algorithms([Algorithm::RS256])
        .max_keys(MAX_KEYS)
        // One clock on both sides: a token ends when it says.
        .leeway(Duration::ZERO)
        .start(Start::Wait(Duration::from_secs(10)))
        // The first token of a new key causes a fetch. Two are allowed in each rotation, so that there is one for it
        // even after somebody has tried a `kid` that never was.
        .refresh_cooldown((rotate_every / 2).min(Duration::from_secs(10)));
    Ok(Authenticator::builder().issuer(issuer).realm("pizzashack").build()?)
}
