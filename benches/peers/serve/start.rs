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

/// Tells the benchmark where to send requests.
pub(crate) fn announce(address: SocketAddr) -> Result<(), Box<dyn Error>> {
    let mut stdout = io::stdout();
    writeln!(stdout, "listening on {address}")?;
    Ok(stdout.flush()?)
}
