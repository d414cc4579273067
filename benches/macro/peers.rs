//! The crates of others.

use std::error::Error;
use std::fs;
use std::path::Path;

use claimgate_benches::measured::{Host, Kind, Role};

use crate::args::Args;
use crate::contender::{Contender, Program};

/// Those that were built, and the names of those that were not.
pub(crate) fn found(args: &Args) -> Result<(Vec<Contender>, Vec<String>), Box<dyn Error>> {
    let Some(folder) = &args.peers else { return Ok((Vec::new(), Vec::new())) };
    let (mut found, mut not_built) = (Vec::new(), Vec::new());
    for (host, package, name) in PEERS {
        let version = match &args.peer_sources {
            Some(sources) => Some(locked(&sources.join(package).join("Cargo.lock"), package)?),
            None => None,
        };
        let binary = folder.join(format!("peer-{package}"));
        if binary.exists() {
            let (name, program) = (name.to_owned(), Program::Peer(binary));
            found.push(Contender { name, host, kind: Kind::Peer, role: Role::Cold, version, program });
        } else {
            not_built.push([package, version.as_deref().unwrap_or_default()].join(" ").trim().to_owned());
        }
    }
    Ok((found, not_built))
}

/// The version of a package in a lock file.
pub(crate) fn locked(file: &Path, package: &str) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let version = in_lock(&text, package).map(str::to_owned);
    version.ok_or_else(|| format!("{} knows no {package}", file.display()).into())
}

fn in_lock<'t>(text: &'t str, package: &str) -> Option<&'t str> {
    let (_, entry) = text.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    Some(entry.split_once('"')?.0)
}

const PEERS: [(Host, &str, &str); 7] = [
    (Host::Axum, "aliri_axum", "aliri_axum"),
    (Host::Axum, "axum-jwt-auth", "axum-jwt-auth"),
    (Host::Axum, "huskarl-resource-server", "huskarl-resource-server"),
    (Host::Axum, "jwt-authorizer", "jwt-authorizer"),
    (Host::Axum, "oauth-resource-server", "oauth-resource-server"),
    (Host::Axum, "tower-oauth2-resource-server", "tower-oauth2-resource-server"),
    (Host::Actix, "actix-web-httpauth", "actix-web-httpauth and jsonwebtoken"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_of_the_package_and_of_no_other() {
        let lock = "[[package]]\nname = \"ab\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"b\"\nversion = \"2.1.3\"\n";
        assert_eq!(in_lock(lock, "b"), Some("2.1.3"));
        assert_eq!(in_lock(lock, "c"), None);
    }
}
