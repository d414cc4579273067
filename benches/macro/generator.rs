//! The load: wrk, on a core of its own.

use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::child::Guard;
use crate::process::pinned;

/// What wrk counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) requests: f64,
    pub(crate) micros: f64,
    pub(crate) p99: f64,
}

/// Sends requests for so long. That one is refused or lost is an error: a server that refuses is fast.
pub(crate) fn run(
    core: usize,
    folder: &Path,
    address: SocketAddr,
    tokens: &Path,
    seconds: u64,
) -> Result<Load, Box<dyn Error>> {
    let script = folder.join("wrk.lua");
    fs::write(&script, include_str!("wrk.lua"))?;
    let mut command = pinned(core, "wrk");
    command.args(["--threads", "1", "--connections", &CONNECTIONS.to_string()]);
    command.arg("--duration").arg(format!("{seconds}s")).arg("--script").arg(script);
    command.arg(format!("http://{address}/")).arg("--").arg(tokens);
    let limit = Duration::from_secs(seconds) + LEEWAY;
    let mut child = Guard::start(&mut command)?;
    let line = child.line_after("measured ", limit).map_err(|error| format!("wrk: {error}"))?;
    child.wait(limit).map_err(|error| format!("wrk: {error}"))?;

    let field = |name: &str| {
        let word = line.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        word.and_then(|word| word.parse::<f64>().ok()).ok_or(format!("wrk told no {name}: {line}"))
    };
    let (refused, lost) = (field("refused")?, field("lost")?);
    if refused > 0.0 || lost > 0.0 {
        return Err(format!("{refused} requests were refused and {lost} lost").into());
    }
    Ok(Load { requests: field("requests")?, micros: field("micros")?, p99: field("p99")? })
}

/// Enough that the server always has a request to go on with.
pub(crate) const CONNECTIONS: usize = 32;

/// What starting, reading the tokens and ending may take on a busy machine.
const LEEWAY: Duration = Duration::from_secs(20);
