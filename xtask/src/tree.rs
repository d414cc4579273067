//! What claimgate-core may depend on: no framework ever, and HTTP only inside the key client.

use std::collections::BTreeSet;

use crate::failure::{Failure, Outcome};
use crate::process::{capture, cargo};

const CORE: &str = "claimgate-core";
const HTTP: &[&str] = &["http", "http-body", "http-body-util", "hyper", "hyper-util", "hyper-rustls"];
const CLIENT: &[&str] = &["reqwest", "tokio"];
const FRAMEWORKS: &[&str] = &["axum", "axum-core", "actix-web", "actix-http", "actix-rt", "tonic"];

pub(crate) fn check() -> Outcome<()> {
    let bare = packages(&["--no-default-features"])?;
    refuse("without default features", &bare, &[HTTP, CLIENT, FRAMEWORKS])?;

    // reqwest and what only it brings are cut off; what is left may know no HTTP.
    let client = ["--no-default-features", "--features", "jwks-client"];
    let beside_reqwest = packages(&[&client[..], &["--prune", "reqwest"]].concat())?;
    refuse("with jwks-client, besides reqwest", &beside_reqwest, &[HTTP])?;

    let everything = packages(&["--all-features"])?;
    refuse("with all features", &everything, &[FRAMEWORKS])?;
    eprintln!("{CORE}: {} packages bare, {} with all features", bare.len(), everything.len());
    Ok(())
}

/// The names in core's tree of normal dependencies, on every target.
fn packages(selection: &[&str]) -> Outcome<BTreeSet<String>> {
    let fixed = ["tree", "--package", CORE, "--edges", "normal", "--target", "all"];
    let format = ["--prefix", "none", "--format", "{p}"];
    let printed = capture(&mut cargo([&fixed[..], &format[..], selection].concat()))?;
    let names = names(&printed);
    // An empty answer would let every check pass.
    if names.contains(CORE) { Ok(names) } else { Err(Failure::check(format!("cargo tree shows no {CORE}"))) }
}

fn names(printed: &str) -> BTreeSet<String> {
    printed.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn refuse(how: &str, present: &BTreeSet<String>, refused: &[&[&str]]) -> Outcome<()> {
    let found = refused.iter().copied().flatten().copied().filter(|&name| present.contains(name));
    let found = found.collect::<Vec<_>>();
    if found.is_empty() {
        return Ok(());
    }
    Err(Failure::check(format!("{CORE} {how} depends on {}", found.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_name_is_found_whole() {
        let present = names("claimgate-core v0.1.0 (/somewhere/core)\nhttp v1.3.1\nhttparse v1.10.1 (*)\n");
        assert_eq!(present.len(), 3);
        assert!(refuse("bare", &present, &[HTTP]).is_err());
        assert!(refuse("bare", &present, &[CLIENT, FRAMEWORKS]).is_ok());
    }
}
