//! What `cargo metadata` says of the workspace, as far as the checks read it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::failure::{Failure, Outcome};
use crate::process::{capture, cargo};

#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) workspace_members: Vec<String>,
    pub(crate) workspace_root: PathBuf,
    pub(crate) target_directory: PathBuf,
    /// Absent from a read without dependencies.
    pub(crate) resolve: Option<Resolve>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) rust_version: Option<String>,
    pub(crate) manifest_path: PathBuf,
    /// The registries it may go to; an empty list is `publish = false`.
    pub(crate) publish: Option<Vec<String>>,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// The name in the manifest where it differs from the package's.
    pub(crate) rename: Option<String>,
    pub(crate) features: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Resolve {
    pub(crate) nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) deps: Vec<Edge>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Edge {
    pub(crate) pkg: String,
    pub(crate) dep_kinds: Vec<EdgeKind>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct EdgeKind {
    /// `dev`, `build`, or nothing for a normal dependency.
    pub(crate) kind: Option<String>,
}

impl Metadata {
    /// The members alone: quick, and enough for paths and manifests.
    pub(crate) fn of_members() -> Outcome<Self> {
        Self::read(&["metadata", "--format-version", "1", "--no-deps"])
    }

    /// Everything in the lock file, with every feature on.
    pub(crate) fn of_everything() -> Outcome<Self> {
        Self::read(&["metadata", "--format-version", "1", "--all-features"])
    }

    fn read(arguments: &[&str]) -> Outcome<Self> {
        let printed = capture(&mut cargo(arguments))?;
        serde_json::from_str(&printed)
            .map_err(|error| Failure::check(format!("cargo metadata printed something unexpected: {error}")))
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }

    pub(crate) fn published(&self) -> impl Iterator<Item = &Package> {
        self.members().filter(|package| package.is_published())
    }

    pub(crate) fn is_example(&self, package: &Package) -> bool {
        package.manifest_path.starts_with(self.workspace_root.join("examples"))
    }
}

impl Package {
    pub(crate) fn is_published(&self) -> bool {
        self.publish.as_ref().is_none_or(|registries| !registries.is_empty())
    }
}
