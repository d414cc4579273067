//! The command line.

use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Serve(Args),
}

#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) config: PathBuf,
    /// Before the `listen` of the file.
    pub(crate) listen: Option<String>,
}

impl Command {
    pub(crate) fn from_env() -> Result<Self, lexopt::Error> {
        Self::parse(Parser::from_env())
    }

    fn parse(mut parser: Parser) -> Result<Self, lexopt::Error> {
        let (mut config, mut listen) = (None, None);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("config") => config = Some(parser.value()?.into()),
                Arg::Long("listen") => listen = Some(parser.value()?.string()?),
                Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
                other => return Err(other.unexpected()),
            }
        }
        let config = config.ok_or("which configuration? say --config FILE; --help tells more")?;
        Ok(Command::Serve(Args { config, listen }))
    }
}

pub(crate) const HELP: &str = "\
Usage: websocket --config FILE [--listen ADDRESS]

A WebSocket echo guarded by claimgate.

  --config FILE       what to trust, as TOML; claimgate.toml beside the sources is an example
  --listen ADDRESS    such as 127.0.0.1:8080, before the `listen` of the file; port 0 takes a free one
  --help              this text

RUST_LOG sets what is logged on stderr (default: info). Ctrl-C or SIGTERM ends it.
";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Command, String> {
        Command::parse(Parser::from_args(arguments)).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_the_file_and_the_address() {
        let Ok(Command::Serve(args)) = parse(&["--config", "a.toml", "--listen=127.0.0.1:0"]) else {
            panic!("refused");
        };
        assert_eq!((args.config, args.listen.as_deref()), (PathBuf::from("a.toml"), Some("127.0.0.1:0")));
        assert!(matches!(parse(&["--config", "a.toml", "-h"]), Ok(Command::Help)));
    }

    #[test]
    fn names_what_it_does_not_understand() {
        for (arguments, named) in [
            (&[][..], "--config"),
            (&["--config"], "--config"),
            (&["--colour"], "--colour"),
            (&["--config", "a.toml", "b.toml"], "b.toml"),
        ] {
            let error = parse(arguments).expect_err("a mistake");
            assert!(error.contains(named) && error.lines().count() == 1, "{arguments:?}: {error}");
        }
    }
}
