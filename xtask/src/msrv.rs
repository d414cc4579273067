//! The oldest Rust: no dependency may ask for a newer one than the workspace promises.
//!
//! Cargo's resolver prefers versions that fit but takes others when it must; a build with that
//! Rust itself runs in the workflow.

use std::collections::{BTreeMap, BTreeSet};

use crate::failure::{Failure, Outcome};
use crate::metadata::{Metadata, Node, Package, Resolve};
use crate::tools::Version;

pub(crate) fn check(metadata: &Metadata) -> Outcome<()> {
    let Some(resolve) = &metadata.resolve else {
        return Err(Failure::check("cargo metadata resolved no dependencies"));
    };
    let promised = metadata.members().filter_map(rust_version).min();
    let promised = promised.ok_or_else(|| Failure::check("no workspace member states its rust-version"))?;
    let built = built(resolve, metadata.workspace_members.iter().map(String::as_str));
    let mut stated = 0_usize;
    let mut newer = Vec::new();
    for package in metadata.packages.iter().filter(|package| built.contains(package.id.as_str())) {
        let Some(needed) = rust_version(package) else { continue };
        stated += 1;
        if needed > promised {
            newer.push(format!("{} {} needs Rust {needed}", package.name, package.version));
        }
    }
    if newer.is_empty() {
        eprintln!("{} packages, {stated} state a rust-version, none above {promised}", built.len());
        return Ok(());
    }
    Err(Failure::check(format!("the workspace promises Rust {promised}, but {}", newer.join(", "))))
}

fn rust_version(package: &Package) -> Option<Version> {
    package.rust_version.as_deref().and_then(Version::parse)
}

/// Everything that a user's build compiles: the roots, and what they need normally or to build.
fn built<'a>(resolve: &'a Resolve, roots: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let nodes = resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect::<BTreeMap<_, _>>();
    let mut seen = BTreeSet::new();
    let mut open = roots.collect::<Vec<_>>();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(nodes.get(id).into_iter().copied().flat_map(needed));
        }
    }
    seen
}

fn needed(node: &Node) -> impl Iterator<Item = &str> {
    let needed =
        node.deps.iter().filter(|edge| edge.dep_kinds.iter().any(|kind| kind.kind.as_deref() != Some("dev")));
    needed.map(|edge| edge.pkg.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::{Edge, EdgeKind};

    #[test]
    fn development_dependencies_do_not_count() {
        let edge = |pkg: &str, kinds: &[Option<&str>]| Edge {
            pkg: pkg.into(),
            dep_kinds: kinds.iter().map(|kind| EdgeKind { kind: kind.map(str::to_owned) }).collect(),
        };
        let node = |id: &str, deps| Node { id: id.into(), deps };
        let resolve = Resolve {
            nodes: vec![
                node("root", vec![edge("normal", &[None]), edge("dev", &[Some("dev")])]),
                node("normal", vec![edge("build", &[Some("build")]), edge("both", &[Some("dev"), None])]),
                node("dev", vec![edge("below-dev", &[None])]),
            ],
        };
        let built = built(&resolve, ["root"].into_iter());
        assert_eq!(built.into_iter().collect::<Vec<_>>(), ["both", "build", "normal", "root"]);
    }
}
