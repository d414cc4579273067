//! How a server that is measured begins.

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;

/// Whose tokens are accepted: the last arguments of every server, in this order.
pub(crate) struct Trusted {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) jwks_uri: String,
}

impl Trusted {
    pub(crate) fn from_args(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut next = |name: &str| arguments.next().ok_or(format!("{name} is missing"));
        Ok(Trusted { issuer: next("ISSUER")?, audience: next("AUDIENCE")?, jwks_uri: next("JWKS_URI")? })
    }
}

/// Tells the benchmark where to send requests, and ends this process when the benchmark ends: one that is killed drops
/// nothing, and its end of the pipe closes all the same.
pub(crate) fn announce(address: SocketAddr) -> Result<(), Box<dyn Error>> {
    std::thread::spawn(|| {
        _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::exit(0);
    });
    let mut stdout = io::stdout();
    writeln!(stdout, "listening on {address}")?;
    Ok(stdout.flush()?)
}
