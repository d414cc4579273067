//! The real identity provider of the tests, installed from its lock file.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::metadata::Metadata;
use crate::node::Node;
use crate::process::run;

/// Installs what the tests talk to. A counterpart that cannot be had is a failure, never a skip.
pub(crate) fn ensure(metadata: &Metadata) -> Outcome<Node> {
    let node = Node::ensure(&metadata.target_directory)?;
    let folder = metadata.workspace_root.join("tests/idp");
    let lock = folder.join("package-lock.json");
    // npm's own copy of the lock differs from the file; ours is written last, so an interrupted
    // install is not taken for a finished one.
    let stamp = folder.join("node_modules/.installed-lock.json");
    if !same(&lock, &stamp)? {
        run(node.npm().arg("ci").current_dir(&folder))?;
        fs::copy(&lock, &stamp).map_err(|error| Failure::check(format!("{}: {error}", stamp.display())))?;
    }
    Ok(node)
}

/// How a test finds the Node that was found here.
pub(crate) fn tell(command: &mut Command, node: &Node) {
    command.env("CLAIMGATE_NODE", node.program());
}

fn same(lock: &Path, stamp: &Path) -> Outcome<bool> {
    let wanted = fs::read(lock).map_err(|error| Failure::check(format!("{}: {error}", lock.display())))?;
    Ok(fs::read(stamp).is_ok_and(|present| present == wanted))
}
