//! Which plots there are.

use std::error::Error;

use claimgate_benches::measured::{Host, Measured, Role, Server, Spread};

use crate::plot::{Bar, Plot};
use crate::tables::thousands;

/// Each with the name of its file.
pub(crate) fn all(measured: &Measured) -> Result<Vec<(&'static str, String)>, Box<dyn Error>> {
    let mut axum = bars(measured, |server| (server.host == Host::Axum).then_some(server.per_second));
    axum.sort_by(|one, other| other.figure.median.total_cmp(&one.figure.median));
    let axum =
        Plot { title: "axum: requests a second on one core, RS256".to_owned(), bars: axum, told: thousands };
    let mut added = bars(measured, |server| server.added);
    added.sort_by(|one, other| one.figure.median.total_cmp(&other.figure.median));
    let added = Plot {
        title: "CPU time that the check adds to a request, µs".to_owned(),
        bars: added,
        told: |micros| format!("{micros:.2}"),
    };
    Ok(vec![(REQUESTS, axum.draw()?), (ADDED, added.draw()?)])
}

fn bars(measured: &Measured, figure: impl Fn(&Server) -> Option<Spread>) -> Vec<Bar> {
    // What a cache costs where it never helps is for the tables.
    let servers = measured.servers.iter().filter(|server| server.role != Role::Fresh);
    servers
        .filter_map(|server| {
            Some(Bar { name: server.name.clone(), kind: server.kind, figure: figure(server)? })
        })
        .collect()
}

pub(crate) const REQUESTS: &str = "benchmarks-axum.svg";
pub(crate) const ADDED: &str = "benchmarks-added.svg";
