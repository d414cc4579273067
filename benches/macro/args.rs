//! The command line.

use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

/// What is measured, and for how long.
#[derive(Debug)]
pub(crate) struct Args {
    /// Where the results go, and what the run needs besides.
    pub(crate) work: PathBuf,
    /// Where the binaries of the peers are; without it there are none.
    pub(crate) peers: Option<PathBuf>,
    /// The manifests of the peers, whose lock files tell their versions.
    pub(crate) peer_sources: Option<PathBuf>,
    pub(crate) envoy: Option<PathBuf>,
    pub(crate) rounds: usize,
    pub(crate) seconds: u64,
    pub(crate) tokens: usize,
    /// Tokens of which each is sent once.
    pub(crate) fresh: usize,
    pub(crate) server_core: usize,
    pub(crate) generator_core: usize,
    /// Only servers whose name has this in it, and the bare ones.
    pub(crate) only: Option<String>,
}

impl Args {
    /// Nothing when help is asked for.
    pub(crate) fn from_env() -> Result<Option<Self>, lexopt::Error> {
        Self::parse(Parser::from_env())
    }

    fn parse(mut parser: Parser) -> Result<Option<Self>, lexopt::Error> {
        let mut args = Args {
            work: "target/bench".into(),
            peers: None,
            peer_sources: None,
            envoy: None,
            rounds: 7,
            seconds: 3,
            tokens: 1000,
            fresh: 60_000,
            server_core: 0,
            generator_core: 1,
            only: None,
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("work") => args.work = parser.value()?.into(),
                Arg::Long("peers") => args.peers = Some(parser.value()?.into()),
                Arg::Long("peer-sources") => args.peer_sources = Some(parser.value()?.into()),
                Arg::Long("envoy") => args.envoy = Some(parser.value()?.into()),
                Arg::Long("rounds") => args.rounds = parser.value()?.parse::<usize>()?.clamp(1, MOST_ROUNDS),
                Arg::Long("seconds") => args.seconds = parser.value()?.parse::<u64>()?.clamp(1, MOST_SECONDS),
                Arg::Long("tokens") => args.tokens = parser.value()?.parse::<usize>()?.clamp(1, MOST_TOKENS),
                Arg::Long("fresh") => args.fresh = parser.value()?.parse::<usize>()?.clamp(1, MOST_TOKENS),
                Arg::Long("server-core") => args.server_core = parser.value()?.parse()?,
                Arg::Long("generator-core") => args.generator_core = parser.value()?.parse()?,
                Arg::Long("only") => args.only = Some(parser.value()?.string()?),
                Arg::Long("small") => (args.rounds, args.seconds) = (1, 1),
                Arg::Short('h') | Arg::Long("help") => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(args))
    }
}

pub(crate) const HELP: &str = "\
Usage: bench-macro [OPTIONS]

Measures our servers and, where they are given, those of others. Exits with 0 when every bar is met, 1 when one is missed
and 2 when it could not run. It needs wrk, taskset and setpriv.

  --work FOLDER           where macro.json goes (default: target/bench)
  --peers FOLDER          the binaries of the peers, named peer-NAME
  --peer-sources FOLDER   their packages, whose lock files tell versions
  --envoy FILE            the binary of Envoy
  --rounds N              how often each server is measured (default: 7)
  --seconds N             how long each time (default: 3)
  --tokens N              how many tokens are sent in turn (default: 1000)
  --fresh N               how many tokens there are to send once each, in a second (default: 60000)
  --server-core N         where servers run (default: 0)
  --generator-core N      where the generator runs (default: 1)
  --only TEXT             only servers with this in their name, and the bare ones
  --small                 one round of a second: shows that it works and measures nothing
";

/// A run ends within two hours, whatever is asked for.
const MOST_ROUNDS: usize = 30;
const MOST_SECONDS: u64 = 10;
const MOST_TOKENS: usize = 200_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_bounded() {
        let line = ["--rounds", "1000", "--seconds", "1000", "--fresh=1000000000"];
        let args = Args::parse(Parser::from_args(line)).unwrap().unwrap();
        assert_eq!((args.rounds, args.seconds, args.fresh), (MOST_ROUNDS, MOST_SECONDS, MOST_TOKENS));
    }
}
