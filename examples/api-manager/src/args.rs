//! The command line.

use lexopt::{Arg, Parser, ValueExt};

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Open { port: u16 },
}

impl Command {
    pub(crate) fn from_env() -> Result<Self, lexopt::Error> {
        let (mut parser, mut port) = (Parser::from_env(), 8244);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("port") => port = parser.value()?.parse()?,
                Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Command::Open { port })
    }
}

pub(crate) const HELP: &str = "\
Usage: api-manager [--port PORT]

A pizza API on loopback behind the rules of an API manager, with an issuer inside. It prints what to try.

  --port PORT  default 8244; 0 takes a free one
  --help       this text

RUST_LOG sets what is logged on stderr (default: info). Ctrl-C or SIGTERM ends it.
";
