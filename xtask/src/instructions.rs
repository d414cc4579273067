//! `cargo xtask instructions`: what a decision costs, in instructions, against what it cost before.
//!
//! Counts hardly change from run to run and from machine to machine, so a loss of a few hundredths shows at once.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use lexopt::{Arg, Parser};

use crate::failure::{Failure, Outcome};
use crate::metadata::Metadata;
use crate::process::{self, cargo};
use crate::programs;

/// How many times the baseline a count may be.
const MOST: f64 = 1.03;

/// Between two runs of these lengths everything cancels out but the decisions.
const COUNTS: [u64; 2] = [100, 1_100];

/// Whether the counts are to be the baseline from now on; nothing when the line asks for help.
pub(crate) fn parse(parser: &mut Parser) -> Outcome<Option<bool>> {
    let mut accept = false;
    while let Some(argument) = parser.next().map_err(|error| Failure::usage(error.to_string()))? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            Arg::Long("accept") => accept = true,
            other => return Err(Failure::usage(other.unexpected().to_string())),
        }
    }
    Ok(Some(accept))
}

pub(crate) fn run(accept: bool) -> Outcome<()> {
    programs::ensure(&programs::COUNTER)?;
    let metadata = Metadata::of_members()?;
    let package = ["--package", "claimgate-benches", "--bin", "bench-instructions"];
    process::run(cargo(["build", "--release", "--locked"]).args(package))?;
    let bench = Bench { metadata: &metadata };
    let bare = bench.count("bare")?;
    let counts = [("cached", bench.count("cached")?), ("cold", bench.count("cold")?.saturating_sub(bare))];
    if accept {
        return bench.accept(counts);
    }
    let mut has_lost = false;
    for (path, count) in counts {
        let before = bench.baseline(path)?;
        #[expect(clippy::cast_precision_loss, reason = "thousands")]
        let ratio = count as f64 / before as f64;
        has_lost |= ratio > MOST;
        println!("{path}: {count} instructions, {ratio:.3} of {before}, at most {MOST}");
    }
    if has_lost { Err(Failure::check("a decision costs more than it did")) } else { Ok(()) }
}

struct Bench<'a> {
    metadata: &'a Metadata,
}

impl Bench<'_> {
    /// The instructions of one decision on this path.
    fn count(&self, path: &str) -> Outcome<u64> {
        let [few, many] = COUNTS;
        let more = self.total(path, many)?.saturating_sub(self.total(path, few)?);
        Ok(more / (many - few))
    }

    fn total(&self, path: &str, count: u64) -> Outcome<u64> {
        let target = &self.metadata.target_directory;
        let out = target.join("bench-instructions.out");
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--quiet", "--tool=callgrind", "--toggle-collect=*_once*"]);
        valgrind.arg(format!("--callgrind-out-file={}", out.display()));
        valgrind.arg(target.join("release/bench-instructions")).arg(path).arg(count.to_string());
        process::run(&mut valgrind)?;
        let failed = |what: String| Failure::check(format!("{}: {what}", out.display()));
        let text = fs::read_to_string(&out).map_err(|error| failed(error.to_string()))?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok());
        total.ok_or_else(|| failed("no totals".to_owned()))
    }

    fn file(&self) -> PathBuf {
        self.metadata.workspace_root.join("benches/instructions/baseline.toml")
    }

    fn text(&self) -> Outcome<String> {
        let file = self.file();
        fs::read_to_string(&file).map_err(|error| Failure::check(format!("{}: {error}", file.display())))
    }

    fn baseline(&self, path: &str) -> Outcome<u64> {
        let text = self.text()?;
        let value = text.lines().find_map(|line| line.strip_prefix(path)?.trim().strip_prefix('='));
        let count = value.and_then(|value| value.trim().parse().ok());
        count.ok_or_else(|| Failure::check(format!("{} has no count of {path}", self.file().display())))
    }

    fn accept(&self, counts: [(&str, u64); 2]) -> Outcome<()> {
        let mut text = String::new();
        for line in self.text()?.lines().filter(|line| line.starts_with('#')) {
            _ = writeln!(text, "{line}");
        }
        for (path, count) in counts {
            println!("{path}: {count} instructions");
            _ = writeln!(text, "{path} = {count}");
        }
        fs::write(self.file(), text).map_err(|error| Failure::check(error.to_string()))
    }
}
