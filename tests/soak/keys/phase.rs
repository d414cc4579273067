//! One trouble, and the calm before it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use claimgate_testkit::{Alg, TestIssuer};
use serde::Serialize;
use tokio::runtime::Handle;

use crate::args::Trusted;
use crate::fetches;
use crate::flood::Flood;
use crate::known::{Known, Signed};
use crate::load::Load;
use crate::program::Program;
use crate::rotation::{NewKey, Rotation};
use crate::size::Size;
use crate::tally::{Counts, Latency, Tally};
use crate::trouble::Trouble;

/// What was seen in both.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Phase {
    pub(crate) trouble: Trouble,
    pub(crate) calm: Counts,
    pub(crate) calm_latency: Latency,
    pub(crate) good: Counts,
    pub(crate) good_latency: Latency,
    pub(crate) flood: Counts,
    pub(crate) new_keys: Vec<NewKey>,
    pub(crate) fetches: usize,
    pub(crate) most_fetches: usize,
}

impl Phase {
    /// Each phase has a server and an issuer of its own: none begins with the back-off or the spent budget of another.
    pub(crate) async fn measure(
        trouble: Trouble,
        size: &Size,
        issuers: &Handle,
    ) -> Result<Self, Box<dyn Error>> {
        let issuer = issuers.spawn(TestIssuer::serve_new(Alg::ES256)).await??;
        let settings = trouble.settings(size);
        let (name, jwks_uri) = (issuer.url().to_owned(), issuer.jwks_uri().to_owned());
        let (server, _) = Program::start(&Trusted { issuer: name, jwks_uri, settings }.arguments())?;
        let known = Arc::new(Known::new(Signed::mint(issuer.issuer())));
        let good = async |lasting| {
            let load = Load { rate: size.rate, connections: size.connections, lasting };
            load.send(&server.address, known.clone()).await
        };
        good(size.warm_up).await?;
        let (calm, calm_latency) = good(size.calm).await?.finish();

        let lasting = size.lasting(trouble);
        let (begun, before) = (Instant::now(), issuer.jwks_requests());
        issuer.set_jwks(trouble.behaviour());
        let rotation = async {
            if !trouble.rotates() {
                return Ok(Vec::new());
            }
            let rotation = Rotation { lasting, cooldown: settings.cooldown };
            rotation.run(&issuer, &server.address, &known).await
        };
        let flood = async {
            if trouble != Trouble::Flood {
                return Ok(Tally::default());
            }
            let load = Load { rate: size.flood_rate, connections: size.flood_connections, lasting };
            Ok(load.send(&server.address, Arc::new(Flood::new(issuer.issuer()))).await?)
        };
        let good = async { Ok(good(lasting).await?) };
        let (good, flood, new_keys) = tokio::try_join!(good, flood, rotation)
            .map_err(|error: Box<dyn Error>| format!("while {}: {error}", trouble.name()))?;
        let fetches = issuer.jwks_requests() - before;
        // The time as it was: where the machine is slow, more fetches fit into it.
        let most_fetches = fetches::most(trouble, settings, begun.elapsed());
        let (good, good_latency) = good.finish();
        let (flood, _) = flood.finish();
        Ok(Phase { trouble, calm, calm_latency, good, good_latency, flood, new_keys, fetches, most_fetches })
    }

    /// How many times longer the slowest hundredth took than in the calm.
    pub(crate) fn ratio(&self) -> f64 {
        self.good_latency.p99 / self.calm_latency.p99
    }

    /// The longest that a new key took, as far as they were accepted.
    pub(crate) fn slowest_key(&self) -> Duration {
        let accepted = self.new_keys.iter().filter_map(|key| key.accepted_after);
        Duration::from_secs_f64(accepted.fold(0.0, f64::max))
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Phase { calm_latency, good_latency, .. } = self;
        write!(
            formatter,
            "{}: {} requests, {} not 200, {} waited; p99 {:.2} ms, calm {:.2} ms; at most {:.1} ms; {} fetches of {}",
            self.trouble.name(),
            self.good.all(),
            self.good.except(&[200]),
            self.good.waited,
            good_latency.p99,
            calm_latency.p99,
            good_latency.max,
            self.fetches,
            self.most_fetches,
        )?;
        if !self.new_keys.is_empty() {
            let (keys, slowest) = (self.new_keys.len(), self.slowest_key());
            write!(formatter, "; {keys} new keys, the slowest after {slowest:.3?}")?;
        }
        match self.flood.all() {
            0 => Ok(()),
            _ => write!(formatter, "; flood {:?}", self.flood.statuses),
        }
    }
}
