//! `cargo xtask ci`: every check besides the tests.

use std::process::Command;

use crate::failure::Outcome;
use crate::inject;
use crate::instructions;
use crate::metadata::Metadata;
use crate::msrv;
use crate::process::{self, cargo};
use crate::steps::Steps;
use crate::tools;
use crate::tree;

/// Runs all checks, also after one has failed: who pushes wants to see everything at once.
pub(crate) fn run() -> Outcome<()> {
    let metadata = Metadata::of_everything()?;
    let mut steps = Steps::default();
    // A failed step is kept by `steps`, which tells it at the end.
    let _ = steps.run("fmt", || process::run(&mut cargo(["fmt", "--all", "--check"])));
    let _ = steps.run("clippy", || process::run(&mut clippy()));
    let _ = steps.run("instructions", || instructions::run(false));
    let _ = steps.run("docs", || process::run(&mut docs()));
    let _ = steps.run("install cargo-hack", || tools::HACK.ensure());
    let _ = steps.run("each feature alone", || process::run(&mut each_feature(&metadata)));
    let _ = steps.run("install cargo-deny", || tools::DENY.ensure());
    let _ = steps.run("deny", || process::run(&mut deny()));
    let _ = steps.run("oldest rust", || msrv::check(&metadata));
    let _ = steps.run("dependencies of core", tree::check);
    let _ = steps.run("feature inject", || inject::check(&metadata));
    steps.finish()
}

fn clippy() -> Command {
    cargo(["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
}

fn docs() -> Command {
    let mut command = cargo(["doc", "--workspace", "--no-deps", "--all-features"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}

/// Development dependencies stay in the manifests: cargo leaves their features out of a plain
/// check, and nothing has to be put back when the run is interrupted.
fn each_feature(metadata: &Metadata) -> Command {
    let mut command = cargo(["hack", "check", "--each-feature"]);
    for package in metadata.published() {
        command.args(["--package", &package.name]);
    }
    command
}

/// Advisories change without a commit, so they are looked at in the workflow and not here.
fn deny() -> Command {
    cargo(["deny", "--all-features", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"])
}
