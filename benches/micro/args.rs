//! The command line.

use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

pub(crate) struct Args {
    /// How often everything is measured.
    pub(crate) runs: usize,
    /// Whether a missed row is a failure.
    pub(crate) check: bool,
    /// A part of the names of the rows that are wanted.
    pub(crate) only: Option<String>,
    /// Where the rows go, besides the terminal.
    pub(crate) json: Option<PathBuf>,
}

impl Args {
    pub(crate) fn parse(mut parser: Parser) -> Result<Self, lexopt::Error> {
        let mut args = Args { runs: 7, check: false, only: None, json: None };
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("runs") => args.runs = parser.value()?.parse::<usize>()?.max(1),
                Arg::Long("check") => args.check = true,
                Arg::Long("only") => args.only = Some(parser.value()?.string()?),
                Arg::Long("json") => args.json = Some(parser.value()?.into()),
                other => return Err(other.unexpected()),
            }
        }
        Ok(args)
    }

    /// Whether a row of this name is wanted.
    pub(crate) fn wants(&self, row: &str) -> bool {
        self.only.as_deref().is_none_or(|only| row.contains(only))
    }

    /// Whether a topic may have a row that is wanted. What names no topic may be in a row of any.
    pub(crate) fn wants_topic(&self, topic: &str, all: &[&str]) -> bool {
        let Some(only) = &self.only else { return true };
        let names = |topic: &str| topic.contains(only.as_str()) || only.contains(topic);
        names(topic) || !all.iter().any(|topic| names(topic))
    }
}
