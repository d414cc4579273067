//! A WebSocket echo guarded by claimgate, set up by a configuration file.

#![forbid(unsafe_code)]

mod args;
mod echo;
mod routes;
mod server;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use claimgate_tower::config::Config;
use claimgate_tower::{AuthenticatorBuilder, TokenSource};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::args::{Args, Command, HELP};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("websocket: {problem}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    match Command::from_env()? {
        Command::Help => Ok(io::stdout().write_all(HELP.as_bytes())?),
        Command::Serve(args) => serve(args).await,
    }
}

async fn serve(args: Args) -> Result<(), Box<dyn Error>> {
    let config = Config::load(&args.config)?;
    let listen = args.listen.or_else(|| config.listen().map(str::to_owned));
    let listen = listen.ok_or("nowhere to listen: say --listen ADDRESS, or listen = \"…\" in the file")?;
    let stop = server::stop()?;
    // Before anything is logged or fetched, so that a port in use is all there is to read.
    let listener = TcpListener::bind(&listen).await.map_err(|error| format!("{listen}: {error}"))?;

    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();

    // Here and not in the file, as the page says the marker too.
    let with_protocol = |builder: AuthenticatorBuilder| {
        let protocol = TokenSource::WebSocketProtocol { marker: "bearer".to_owned() };
        builder.token_sources([TokenSource::Authorization, protocol])
    };
    let gate = with_protocol(config.into_builder()).build()?;
    // Issuers come, go and change with the file; one that is wrong is told in the log and changes nothing.
    let _watch = Config::watch_with(args.config, &gate, with_protocol)?;
    // Waits as the file says under `start`; by default it does not, and requests get a 503 until the keys are there.
    gate.ready().await?;

    let mut stdout = io::stdout();
    writeln!(stdout, "listening on {}", listener.local_addr()?)?;
    stdout.flush()?;
    Ok(server::serve(listener, routes::router(gate), stop).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_configuration_is_valid() {
        let config = Config::load(concat!(env!("CARGO_MANIFEST_DIR"), "/claimgate.toml")).unwrap();
        assert_eq!(config.listen(), Some("127.0.0.1:8080"));
    }
}
