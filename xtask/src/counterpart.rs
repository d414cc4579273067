//! The real identity providers of the tests, installed from their lists of exact versions.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::metadata::Metadata;
use crate::node::Node;
use crate::process::{probe, run};
use crate::venv::Venv;

/// What the tests talk to.
pub(crate) struct Counterparts {
    node: Node,
    authlib: Venv,
}

impl Counterparts {
    /// Installs what is missing. A counterpart that cannot be had is a failure, never a skip.
    pub(crate) fn ensure(metadata: &Metadata) -> Outcome<Self> {
        let folder = metadata.workspace_root.join("tests/idp");
        let node = oidc_provider(&folder, &metadata.target_directory)?;
        let authlib = authlib(&folder, &metadata.target_directory)?;
        Ok(Self { node, authlib })
    }

    /// How a test finds the programs that were found here.
    pub(crate) fn tell(&self, command: &mut Command) {
        command.env("CLAIMGATE_NODE", self.node.program());
        command.env("CLAIMGATE_PYTHON", self.authlib.python());
    }
}

fn oidc_provider(folder: &Path, target: &Path) -> Outcome<Node> {
    let node = Node::ensure(target)?;
    let wanted = folder.join("package-lock.json");
    // npm's own copy of the lock differs from the file.
    let stamp = folder.join("node_modules/.installed-lock.json");
    if !same(&wanted, &stamp)? {
        run(node.npm().arg("ci").current_dir(folder))?;
        mark(&wanted, &stamp)?;
    }
    Ok(node)
}

fn authlib(folder: &Path, target: &Path) -> Outcome<Venv> {
    // Where the harness looks for it, too.
    let venv = Venv::at(target.join("authlib-venv"));
    let wanted = folder.join("requirements.txt");
    let stamp = venv.folder().join("installed-requirements.txt");
    // A newer Python of the machine leaves an environment behind that finds none of its packages.
    let imports = probe(Command::new(venv.python()).args(["-c", "import authlib, flask, joserfc"]));
    if imports.is_none() || !same(&wanted, &stamp)? {
        venv.make()?;
        venv.install([Path::new("--requirement"), &wanted])?;
        mark(&wanted, &stamp)?;
    }
    Ok(venv)
}

fn same(wanted: &Path, stamp: &Path) -> Outcome<bool> {
    let wanted =
        fs::read(wanted).map_err(|error| Failure::check(format!("{}: {error}", wanted.display())))?;
    Ok(fs::read(stamp).is_ok_and(|present| present == wanted))
}

/// Done last, so that an interrupted install is not taken for a finished one.
fn mark(wanted: &Path, stamp: &Path) -> Outcome<()> {
    fs::copy(wanted, stamp).map_err(|error| Failure::check(format!("{}: {error}", stamp.display())))?;
    Ok(())
}
