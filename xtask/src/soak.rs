//! `cargo xtask soak`: long runs that watch memory, time and fetches.

use std::fs;
use std::process::Command;

use lexopt::{Arg, Parser};

use crate::failure::{Failure, Outcome};
use crate::metadata::Metadata;
use crate::process::{cargo, run};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Soak {
    /// 2,000 keep-alive connections and a million requests to an actix-web server.
    Actix,
    /// 2,000 requests a second to an axum server whose issuer misbehaves.
    Keys { small: bool, report: bool },
    /// What a key costs in sets of any size, and while sets are swapped.
    Cost { report: bool },
}

impl Soak {
    /// The rest of the line; nothing when it asks for help.
    pub(crate) fn parse(parser: &mut Parser) -> Outcome<Option<Self>> {
        let mut soak = None;
        while let Some(argument) = parser.next().map_err(|error| Failure::usage(error.to_string()))? {
            soak = Some(match (argument, soak) {
                (Arg::Long("help") | Arg::Short('h'), _) => return Ok(None),
                (Arg::Long("actix"), None) => Self::Actix,
                (Arg::Long("keys"), None) => Self::Keys { small: false, report: false },
                (Arg::Long("cost"), None) => Self::Cost { report: false },
                (Arg::Long("small"), Some(Self::Keys { report, .. })) => Self::Keys { small: true, report },
                (Arg::Long("report"), Some(Self::Keys { small, .. })) => Self::Keys { small, report: true },
                (Arg::Long("report"), Some(Self::Cost { .. })) => Self::Cost { report: true },
                (_, None) => break,
                (other, Some(_)) => return Err(Failure::usage(other.unexpected().to_string())),
            });
        }
        soak.map(Some).ok_or_else(|| Failure::usage("soak needs a subject: --actix, --keys or --cost"))
    }

    pub(crate) fn run(self) -> Outcome<()> {
        match self {
            Self::Actix => with_many_files(&example("actix-soak", true)),
            Self::Keys { small, report } => {
                let mut program = example("keys-soak", !small);
                if small {
                    program.arg("--small");
                }
                run(reporting(&mut program, report.then_some("soak-keys.md"))?)
            }
            Self::Cost { report } => {
                run(reporting(&mut example("keys-cost", true), report.then_some("keys-cost.md"))?)
            }
        }
    }
}

/// One of our programs; what follows are its own arguments.
fn example(name: &str, optimised: bool) -> Command {
    let mut command = cargo(["run", "--package", "claimgate-tests", "--example", name]);
    if optimised {
        command.arg("--release");
    }
    command.arg("--");
    command
}

/// Has it write its page of `docs/`, wherever in the workspace we are.
fn reporting<'c>(program: &'c mut Command, page: Option<&str>) -> Outcome<&'c mut Command> {
    let Some(page) = page else { return Ok(program) };
    let docs = Metadata::of_members()?.workspace_root.join("docs");
    // Now rather than when the page is written: by then a quarter of an hour would be lost.
    fs::create_dir_all(&docs).map_err(|error| Failure::check(format!("{}: {error}", docs.display())))?;
    Ok(program.arg("--report").arg(docs.join(page)))
}

/// Each connection is a file, and many systems allow 1,024 unless asked; only a shell can ask without unsafe code.
fn with_many_files(program: &Command) -> Outcome<()> {
    let mut raised = Command::new("sh");
    raised.args(["-c", "ulimit -S -n \"$(ulimit -H -n)\"; exec \"$0\" \"$@\""]);
    run(raised.arg(program.get_program()).args(program.get_args()))
}
