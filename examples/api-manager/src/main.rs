//! A pizza API behind the rules of an API manager, with an issuer inside: nothing else is needed to try it.

#![forbid(unsafe_code)]

mod args;
mod gateway;
mod guide;
mod routes;
mod server;

use std::error::Error;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::process::ExitCode;

use claimgate_testkit::{Alg, TestIssuer};
use claimgate_tower::apim::Deployment;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::args::{Command, HELP};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("api-manager: {problem}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    match Command::from_env()? {
        Command::Help => Ok(io::stdout().write_all(HELP.as_bytes())?),
        Command::Open { port } => open(port).await,
    }
}

async fn open(port: u16) -> Result<(), Box<dyn Error>> {
    let stop = server::stop()?;
    // First of all, so that a port in use is all there is to read. Loopback alone: whoever reaches it gets tokens.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
        let hint = if error.kind() == io::ErrorKind::AddrInUse { "; choose another with --port" } else { "" };
        format!("127.0.0.1:{port}: {error}{hint}")
    })?;
    let address = listener.local_addr()?;

    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .without_time()
        .with_target(false)
        .init();

    let issuer = TestIssuer::serve_new(Alg::RS256).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("deployment.toml");
    std::fs::write(&file, include_str!("../deployment.toml").replace("ISSUER", issuer.url()))?;

    let manager = gateway::manager(&file)?;
    // From here on the gateway follows the file. One that is wrong is told in the log and changes nothing.
    let _watch = Deployment::watch(&file, &manager)?;

    let mut stdout = io::stdout();
    stdout.write_all(guide::text(issuer.issuer(), address, &file).as_bytes())?;
    stdout.flush()?;
    Ok(server::serve(listener, routes::router(manager), stop).await?)
}
