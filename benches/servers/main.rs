//! Our servers that are measured: axum or actix-web; bare, with a layer that decides nothing, with every signature checked, or with the cache.

#![forbid(unsafe_code)]

mod actix_host;
#[path = "../peers/serve/actix.rs"]
mod actix_server;
mod axum_host;
#[path = "../peers/serve/axum.rs"]
mod axum_server;
mod gate;
#[path = "../peers/serve/start.rs"]
mod start;
mod through;

use std::error::Error;
use std::process::ExitCode;

use serde::Deserialize;

use crate::gate::Mode;
use crate::start::Trusted;

/// What handlers take of a token.
#[derive(Deserialize)]
struct Caller {
    sub: String,
    #[expect(dead_code, reason = "parsed and not told, as in the peers")]
    scope: String,
}

/// The subject that the bare servers answer with: as long as one from a token.
const NOBODY: &str = "user-000000";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("bench-server: {problem}; usage: bench-server axum|actix {USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let host = arguments.next().ok_or("which host?")?;
    let mode = Mode::parse(arguments.next().as_deref())?;
    let trusted = Trusted::from_args(arguments)?;
    match host.as_str() {
        "axum" => axum_host::serve(mode, trusted),
        "actix" => actix_host::serve(mode, trusted),
        other => Err(format!("unknown host {other:?}").into()),
    }
}

const USAGE: &str = "bare|through|tag|cold|cached ISSUER AUDIENCE JWKS_URI";
