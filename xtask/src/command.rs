//! The command line.

use std::ffi::OsString;

use lexopt::{Arg, Parser};

use crate::bench::Bench;
use crate::failure::{Failure, Outcome};
use crate::rows_file::Table;
use crate::soak::Soak;
use crate::{ci, instructions, rows, test};

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Test,
    Ci,
    Rows(Table),
    Soak(Soak),
    Bench(Bench),
    /// Whether the counts are accepted.
    Instructions(bool),
}

impl Command {
    pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Outcome<Self> {
        let mut parser = Parser::from_args(arguments);
        let Some(name) = next_value(&mut parser)? else { return Err(Failure::usage("no command given")) };
        let command = match name.as_str() {
            "help" => return Ok(Self::Help),
            "test" => Self::Test,
            "ci" => Self::Ci,
            "rows" => match next_value(&mut parser)? {
                Some(table) if table == "help" => return Ok(Self::Help),
                Some(table) => Self::Rows(Table::parse(&table)?),
                None => return Err(Failure::usage("rows needs a table: N, F or S")),
            },
            "soak" => return Ok(Soak::parse(&mut parser)?.map_or(Self::Help, Self::Soak)),
            "bench" => return Ok(Bench::parse(&mut parser)?.map_or(Self::Help, Self::Bench)),
            "instructions" => {
                return Ok(instructions::parse(&mut parser)?.map_or(Self::Help, Self::Instructions));
            }
            other => return Err(Failure::usage(format!("unknown command {other:?}"))),
        };
        match next_value(&mut parser)? {
            None => Ok(command),
            Some(word) if word == "help" => Ok(Self::Help),
            Some(word) => Err(Failure::usage(format!("unexpected argument {word:?}"))),
        }
    }

    pub(crate) fn run(self) -> Outcome<()> {
        match self {
            Self::Help => {
                print!("{USAGE}");
                Ok(())
            }
            Self::Test => test::run(),
            Self::Ci => ci::run(),
            Self::Rows(table) => rows::run(table),
            Self::Soak(soak) => soak.run(),
            Self::Bench(bench) => bench.run(),
            Self::Instructions(accept) => instructions::run(accept),
        }
    }
}

/// The next word; `--help` and `-h` count as the word `help`, wherever they stand.
fn next_value(parser: &mut Parser) -> Outcome<Option<String>> {
    match parser.next().map_err(|error| Failure::usage(error.to_string()))? {
        None => Ok(None),
        Some(Arg::Long("help") | Arg::Short('h')) => Ok(Some("help".to_owned())),
        Some(Arg::Value(value)) => Ok(Some(value.to_string_lossy().into_owned())),
        Some(other) => Err(Failure::usage(other.unexpected().to_string())),
    }
}

const USAGE: &str = "\
Usage: cargo xtask <COMMAND>

Commands:
  test           install what the tests need, then run all of them, doctests included
  ci             the checks besides the tests: format, lints, features, docs, licences, dependencies
  rows <N|F|S>   run the tests of one table of tests/rows.toml and print a line a row
  soak --actix   send a million requests over 2,000 connections and see that memory stays flat
  soak --keys    send 2,000 requests a second while the issuer misbehaves and see that none feels it
  soak --cost    time requests with key sets of every size, and while sets are swapped
  instructions   count the instructions of a decision, and fail where they are 3 % above the baseline
  bench          measure all, beside others too, and write docs/benchmarks.md; exits with 1 when a bar is missed

Options of soak:
  --small        counts and decisions alone, in seconds (--keys)
  --report       write the page of docs/ (--keys, --cost)

Options of instructions:
  --accept       make the counts the baseline

Options of bench:
  --check        what is in the process alone, in at most ten minutes
  --small        once and briefly, without the page: shows that it works

Options:
  -h, --help     print this
";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Outcome<Command> {
        Command::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn reads_every_command() {
        for (line, command) in [
            ("test", Command::Test),
            ("ci", Command::Ci),
            ("rows N", Command::Rows(Table::N)),
            ("rows F", Command::Rows(Table::F)),
            ("rows S", Command::Rows(Table::S)),
            ("soak --actix", Command::Soak(Soak::Actix)),
            ("soak --keys", Command::Soak(Soak::Keys { small: false, report: false })),
            ("soak --keys --report --small", Command::Soak(Soak::Keys { small: true, report: true })),
            ("soak --cost --report", Command::Soak(Soak::Cost { report: true })),
            ("soak --keys --help", Command::Help),
            ("soak --help", Command::Help),
            ("bench", Command::Bench(Bench::All { small: false })),
            ("bench --check", Command::Bench(Bench::Check)),
            ("bench --small", Command::Bench(Bench::All { small: true })),
            ("bench --check --help", Command::Help),
            ("bench help", Command::Help),
            ("instructions", Command::Instructions(false)),
            ("instructions --accept", Command::Instructions(true)),
            ("instructions --help", Command::Help),
            ("--help", Command::Help),
            ("-h", Command::Help),
            ("rows --help", Command::Help),
            ("ci --help", Command::Help),
        ] {
            assert_eq!(parse(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn a_bad_line_is_a_usage_failure_that_quotes_the_word() {
        for (line, quoted) in [
            ("", "no command"),
            ("tset", "\"tset\""),
            ("rows", "N, F or S"),
            ("rows Q", "\"Q\""),
            ("rows N F", "\"F\""),
            ("ci --fast", "--fast"),
            ("soak", "--actix"),
            ("soak --axum", "--actix"),
            ("soak --actix --small", "--small"),
            ("soak --keys --cost", "--cost"),
            ("soak --keys N", "\"N\""),
            ("instructions --all", "--all"),
            ("bench --check --small", "--small"),
            ("bench --small --check", "--check"),
            ("bench fast", "\"fast\""),
        ] {
            match parse(line) {
                Err(Failure::Usage(message)) => assert!(message.contains(quoted), "{line}: {message}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }
}
