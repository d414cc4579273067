//! `cargo xtask test`: installs what the tests need and runs all of them.

use std::fs;
use std::process::Command;

use crate::counterpart::Counterparts;
use crate::failure::{Failure, Outcome};
use crate::junit;
use crate::metadata::Metadata;
use crate::process::{self, cargo, status};
use crate::programs;
use crate::report::Report;
use crate::steps::Steps;
use crate::tools;

const PROFILE: &str = "ci";

pub(crate) fn run() -> Outcome<()> {
    let metadata = Metadata::of_members()?;
    let mut steps = Steps::default();
    let outcome = in_steps(&metadata, &mut steps);
    steps.finish()?;
    // The last line, so that whoever reads only the end of a log sees what ran.
    println!("tests: {}", outcome?);
    Ok(())
}

fn in_steps(metadata: &Metadata, steps: &mut Steps) -> Outcome<String> {
    let bench = Bench::set_up(metadata, steps)?;
    steps.run("doctests", || {
        process::run(&mut bench.cargo(["test", "--doc", "--workspace", "--all-features"]))
    })?;
    steps.run("tests", || {
        let (code, report) = bench.nextest(PROFILE, &[])?;
        let report = report?;
        match code {
            0 => Ok(report.counts()),
            _ => Err(Failure::check(report.counts())),
        }
    })
}

/// A machine on which the tests can run: tools and counterparts are there, everything is built.
pub(crate) struct Bench<'a> {
    metadata: &'a Metadata,
    counterparts: Counterparts,
}

impl<'a> Bench<'a> {
    pub(crate) fn set_up(metadata: &'a Metadata, steps: &mut Steps) -> Outcome<Self> {
        steps.run("install cargo-nextest", || tools::NEXTEST.ensure())?;
        let counterparts = steps.run("install the providers", || Counterparts::ensure(metadata))?;
        steps.run("install programs", || programs::ensure(&programs::OF_TESTS))?;
        let bench = Self { metadata, counterparts };
        // `cargo test` builds a binary only as a test of itself. With all targets the plain ones
        // are built too, with the features that the tests are built with, so nothing is built twice.
        let build = ["build", "--workspace", "--all-targets", "--all-features"];
        steps.run("build", || process::run(&mut bench.cargo(build)))?;
        Ok(bench)
    }

    /// A cargo whose tests find their counterparts and the binaries of this workspace.
    pub(crate) fn cargo<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = cargo(arguments);
        self.counterparts.tell(&mut command);
        command.env("CLAIMGATE_BIN_DIR", self.metadata.target_directory.join("debug"));
        command
    }

    /// Runs nextest and reads its report. The exit code stands beside the report, as a report of
    /// passed tests may come from a run that was cut short.
    pub(crate) fn nextest(&self, profile: &str, arguments: &[&str]) -> Outcome<(i32, Outcome<Report>)> {
        // Its store is there also where cargo's target directory is elsewhere.
        let store = self.metadata.workspace_root.join("target/nextest");
        let path = store.join(profile).join("junit.xml");
        // A report of an earlier run must not stand for this one.
        if path.exists() {
            fs::remove_file(&path).map_err(|error| Failure::check(format!("{}: {error}", path.display())))?;
        }
        let mut command =
            self.cargo(["nextest", "run", "--workspace", "--all-features", "--profile", profile]);
        let code = status(command.args(arguments))?;
        let report = fs::read_to_string(&path)
            .map_err(|error| Failure::check(format!("nextest (exit code {code}) left no report: {error}")))
            .and_then(|text| junit::read(&text));
        Ok((code, report))
    }
}
