//! The command line.

use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Open(Args),
}

#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) port: u16,
    pub(crate) rotate_every: Duration,
}

impl Command {
    pub(crate) fn from_env() -> Result<Self, lexopt::Error> {
        Self::parse(Parser::from_env())
    }

    fn parse(mut parser: Parser) -> Result<Self, lexopt::Error> {
        let mut args = Args { port: 8243, rotate_every: Duration::from_secs(30) };
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("port") => args.port = parser.value()?.parse()?,
                Arg::Long("rotate-every") => args.rotate_every = rotate_every(&parser.value()?.string()?)?,
                Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Command::Open(args))
    }
}

/// Never to rotate is refused with the rest: rotation is what this example is there to show.
fn rotate_every(text: &str) -> Result<Duration, String> {
    let parsed = humantime::parse_duration(text);
    let found = parsed.map_err(|error| format!("--rotate-every {text:?}: {error}; say it like 30s or 5m"))?;
    if !(SHORTEST..=LONGEST).contains(&found) {
        return Err(format!("--rotate-every {text:?}: from 1s to 1day"));
    }
    Ok(found)
}

pub(crate) const HELP: &str = "\
Usage: pizzashack [--port PORT] [--rotate-every DURATION]

A pizza API on loopback, guarded by claimgate, with an issuer inside. It prints what to try.

  --port PORT              default 8243; 0 takes a free one
  --rotate-every DURATION  how often the issuer changes its signing key, from 1s to 1day, default 30s;
                           tokens live 15m, or 240 rotations where that is shorter
  --help                   this text

RUST_LOG sets what is logged on stderr (default: info). Ctrl-C or SIGTERM ends it.
";

/// An RSA key takes up to half a second to make.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Command, String> {
        Command::parse(Parser::from_args(arguments)).map_err(|error| error.to_string())
    }

    #[test]
    fn takes_every_flag_or_none() {
        for (arguments, port, seconds) in [
            (&[][..], 8243, 30),
            (&["--port", "0"], 0, 30),
            (&["--rotate-every", "1s"], 8243, 1),
            (&["--rotate-every=5m", "--port=65535"], 65_535, 300),
            (&["--rotate-every", "1day"], 8243, 86_400),
        ] {
            let Ok(Command::Open(args)) = parse(arguments) else { panic!("{arguments:?} refused") };
            assert_eq!((args.port, args.rotate_every.as_secs()), (port, seconds), "{arguments:?}");
        }
        assert!(matches!(parse(&["--help"]), Ok(Command::Help)));
    }

    #[test]
    fn names_what_it_does_not_understand() {
        for (arguments, named) in [
            (&["--colour"][..], "--colour"),
            (&["margherita"], "margherita"),
            (&["--port"], "--port"),
            (&["--port", "65536"], "65536"),
            (&["--rotate-every", "0"], "from 1s"),
            (&["--rotate-every", "999ms"], "from 1s"),
            (&["--rotate-every", "86401s"], "to 1day"),
            (&["--rotate-every", "often"], "often"),
        ] {
            let error = parse(arguments).expect_err("a mistake");
            assert!(error.contains(named) && error.lines().count() == 1, "{arguments:?}: {error}");
        }
    }
}
