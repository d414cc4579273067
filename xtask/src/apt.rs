//! Debian's packages. Only root can install them.

use std::process::Command;

use crate::failure::Outcome;
use crate::process::{is_root, run};

/// Whether packages can be installed, and the list of them is of today.
pub(crate) fn is_ready() -> bool {
    is_root() && run(Command::new("apt-get").arg("update")).is_ok()
}

pub(crate) fn install(packages: &[&str]) -> Outcome<()> {
    run(Command::new("apt-get").args(["install", "-y", "--no-install-recommends"]).args(packages))
}
