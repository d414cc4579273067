//! What the macro-benchmark leaves for the report.

use serde::{Deserialize, Serialize};

use crate::Row;

/// All of a run over loopback.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// How it was measured.
    pub setting: Setting,
    /// What was judged.
    pub rows: Vec<Row>,
    /// Every server, those of one host together and its bare one first.
    pub servers: Vec<Server>,
    /// Names of the peers that are left out, as they were not built.
    pub not_built: Vec<String>,
}

/// How it was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Setting {
    /// How often each server was measured; medians are over these.
    pub rounds: usize,
    /// How long each time.
    pub seconds: u64,
    /// Connections of the generator.
    pub connections: usize,
    /// How many different tokens it sent in turn.
    pub tokens: usize,
    /// How long each was.
    pub token_bytes: usize,
    /// Programs and their versions.
    pub versions: Vec<(String, String)>,
}

/// One server under load.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Server {
    /// What is told in tables and plots.
    pub name: String,
    /// What serves the requests.
    pub host: Host,
    /// Whose server it is.
    pub kind: Kind,
    /// What it is compared as.
    pub role: Role,
    /// The version of the crate or program, where it is not ours.
    pub version: Option<String>,
    /// Which tokens it refuses, as it showed before it was measured.
    pub refuses: Vec<String>,
    /// Answers in a second.
    pub per_second: Spread,
    /// Its CPU time for each, in microseconds.
    pub micros: Spread,
    /// How much of that comes on top of the bare server in the same round.
    pub added: Option<Spread>,
    /// The share of its core that it used.
    pub busy: Spread,
    /// The generator's 99th percentile, in microseconds.
    pub p99: Spread,
}

/// What serves the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Host {
    /// axum 0.8, or what a peer needs.
    Axum,
    /// actix-web 4.
    Actix,
    /// Envoy, with an answer of its own.
    Envoy,
}

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// The host without a check.
    Bare,
    /// claimgate.
    Ours,
    /// Somebody else's.
    Peer,
}

/// What it is compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// The host without a check.
    Bare,
    /// The host with a layer that decides nothing.
    Through,
    /// The host with a layer that makes a tag of the token, reads the time and decides nothing.
    Tag,
    /// It checks every signature.
    Cold,
    /// It has a cache, and each token comes again.
    Cached,
    /// It has a cache, and no token comes again.
    Fresh,
}

/// The middle of some figures and their ends.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Spread {
    /// The middle.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Spread {
    /// Of these figures; nothing of none.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let (min, max) = (*figures.first()?, *figures.last()?);
        Some(Spread { median: *figures.get(figures.len() / 2)?, min, max })
    }
}
