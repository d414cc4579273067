//! Which plots there are.

use std::error::Error;

use claimgate_benches::measured::{Host, Measured, Server, Spread};

use crate::plot::{Bar, Plot};
use crate::tables::thousands;

/// Each with the name of its file.
pub(crate) fn all(measured: &Measured) -> Result<Vec<(&'static str, String)>, Box<dyn Error>> {
    let axum = Plot {
        title: "axum: requests a second on one core, RS256".to_owned(),
        bars: sorted(measured, |server| (server.host == Host::Axum).then_some(server.per_second)),
        told: thousands,
    };
    let added = Plot {
        title: "CPU time that the check adds to a request, µs".to_owned(),
        bars: sorted(measured, |server| server.added),
        told: |micros| format!("{micros:.2}"),
    };
    Ok(vec![(REQUESTS, axum.draw()?), (ADDED, added.draw()?)])
}

/// The best first: the most requests, the least time.
fn sorted(measured: &Measured, figure: impl Fn(&Server) -> Option<Spread>) -> Vec<Bar> {
    let bar = |server: &Server| {
        let name = match (server.host, figure(server)?) {
            (Host::Actix, figure) if !server.name.contains("actix") => {
                (format!("{}, actix-web", server.name), figure)
            }
            (_, figure) => (server.name.clone(), figure),
        };
        Some((Bar { name: name.0, kind: server.kind, figure: name.1 }, server.per_second.median))
    };
    let mut bars: Vec<(Bar, f64)> = measured.servers.iter().filter_map(bar).collect();
    bars.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    bars.into_iter().map(|(bar, _)| bar).collect()
}

pub(crate) const REQUESTS: &str = "benchmarks-axum.svg";
pub(crate) const ADDED: &str = "benchmarks-added.svg";
