//! Which programs took part.

use std::path::Path;
use std::process::Command;

use crate::args::Args;
use crate::peers::locked;

/// Each program with its version, as far as it can be found.
pub(crate) fn all(args: &Args) -> Vec<(String, String)> {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let ours = |package: &str| locked(&lock, package).ok();
    // `wrk -v` prints its version and, as it measured nothing, fails.
    let wrk = printed(Command::new("wrk").arg("-v"))
        .and_then(|text| text.split_whitespace().nth(1).map(str::to_owned));
    let rustc = printed(Command::new("rustc").arg("--version"))
        .and_then(|text| text.split_whitespace().nth(1).map(str::to_owned));
    let versions = [
        ("claimgate", Some(env!("CARGO_PKG_VERSION").to_owned())),
        ("rustc", rustc),
        ("axum", ours("axum")),
        ("actix-web", ours("actix-web")),
        ("aws-lc-rs", ours("aws-lc-rs")),
        ("Envoy", args.envoy.as_deref().and_then(envoy)),
        ("wrk", wrk),
    ];
    versions.into_iter().filter_map(|(name, version)| Some((name.to_owned(), version?))).collect()
}

/// `envoy  version: COMMIT/1.40.0/Clean/RELEASE/BoringSSL`
pub(crate) fn envoy(binary: &Path) -> Option<String> {
    printed(Command::new(binary).arg("--version"))?.split('/').rev().nth(3).map(str::to_owned)
}

fn printed(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
