//! The issuer inside: its tokens, and the change of its keys.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use claimgate_testkit::{Alg, ServedIssuer, TestIssuer, TokenBuilder};
use humantime::format_duration;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tracing::{error, info};

/// An issuer on a loopback port of its own; serves while a clone of it lives.
#[derive(Clone)]
pub(crate) struct ShackIssuer {
    served: Arc<ServedIssuer>,
    rotation: Rotation,
}

/// How often the signing key changes, and how long what it signs is good.
#[derive(Clone, Copy, Debug)]
struct Rotation {
    every: Duration,
    token_life: Duration,
}

impl ShackIssuer {
    pub(crate) async fn start(rotate_every: Duration) -> io::Result<Self> {
        let served = Arc::new(TestIssuer::serve_new(Alg::RS256).await?);
        Ok(Self { served, rotation: Rotation::new(rotate_every) })
    }

    /// Its name, where discovery begins.
    pub(crate) fn url(&self) -> &str {
        self.served.url()
    }

    pub(crate) fn rotate_every(&self) -> Duration {
        self.rotation.every
    }

    pub(crate) fn token_life(&self) -> Duration {
        self.rotation.token_life
    }

    /// A token for the shack, without any scope.
    pub(crate) fn token(&self) -> TokenBuilder {
        let token = self.served.issuer().token();
        token.subject("alice").audience(AUDIENCE).expires_in(self.rotation.token_life)
    }

    /// Changes the signing key again and again.
    pub(crate) async fn rotate(self) {
        self.rotation.run(self.served.issuer().clone()).await;
    }
}

impl Rotation {
    /// Fast rotation shortens the life of tokens: every key whose tokens still live is published, and a gate takes no
    /// more than so many.
    fn new(every: Duration) -> Self {
        Self { every, token_life: LONGEST_LIFE.min(every * KEYS_IN_A_LIFE) }
    }

    /// Each old key stays published until the last token signed with it has expired.
    async fn run(self, issuer: TestIssuer) {
        let mut ticks = interval(self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            let old = issuer.current_key().kid().to_owned();
            let rotating = issuer.clone();
            // It takes its time, and requests go on meanwhile.
            let new = match tokio::task::spawn_blocking(move || rotating.rotate()).await {
                Ok(new) => new,
                Err(problem) => {
                    error!("the signing key stays {old}: {problem}");
                    continue;
                }
            };
            let life = format_duration(self.token_life);
            info!("key {new} signs from now on; {old} stays published for {life}, while tokens of it live");
            let issuer = issuer.clone();
            tokio::spawn(async move {
                sleep(self.token_life + LATE_TOKEN).await;
                issuer.retire(&old);
                info!("key {old} retired: the last token signed with it has expired");
            });
        }
    }
}

/// What the shack calls itself in `aud`.
pub(crate) const AUDIENCE: &str = "pizzashack";

/// How many keys the gate takes. `KEYS_IN_A_LIFE`, and those of [`LATE_TOKEN`] at one a second, stay below it.
pub(crate) const MAX_KEYS: usize = 256;
const KEYS_IN_A_LIFE: u32 = 240;
const LONGEST_LIFE: Duration = Duration::from_secs(15 * 60);
/// A token may be signed with the old key in the moment of the change, and its times are rounded to seconds.
const LATE_TOKEN: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use claimgate_testkit::tamper::unverified_header;
    use serde_json::Value;
    use tokio::time::Instant;

    use super::*;

    fn published(issuer: &TestIssuer) -> BTreeSet<String> {
        let set: Value = serde_json::from_str(&issuer.jwks()).unwrap();
        let keys = set["keys"].as_array().unwrap();
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }

    /// On a clock that jumps, and with keys that are made in no time.
    #[tokio::test(start_paused = true)]
    async fn a_key_is_published_while_a_token_of_it_lives_and_not_for_long_after() {
        for every in [1, 3, 4, 30, 3_600].map(Duration::from_secs) {
            let issuer = TestIssuer::with_algorithm("http://127.0.0.1:1", Alg::EdDSA);
            let rotation = Rotation::new(every);
            let running = tokio::spawn(rotation.run(issuer.clone()));
            // When the last token of each key expires.
            let mut expiries = BTreeMap::new();
            let mut most = 0;
            let end = Instant::now() + rotation.token_life.max(every) * 2 + LATE_TOKEN;
            while Instant::now() < end {
                let header = unverified_header(&issuer.token().mint()).unwrap();
                let kid = header["kid"].as_str().unwrap().to_owned();
                expiries.insert(kid, Instant::now() + rotation.token_life);
                let published = published(&issuer);
                most = most.max(published.len());
                for (kid, expiry) in &expiries {
                    let left = expiry.saturating_duration_since(Instant::now());
                    assert!(left.is_zero() || published.contains(kid), "{every:?}: {kid} with {left:?} left");
                    let gone = Instant::now().saturating_duration_since(*expiry) > LATE_TOKEN + every;
                    assert!(!gone || !published.contains(kid), "{every:?}: {kid} is still published");
                }
                sleep(every.min(rotation.token_life) / 2).await;
            }
            running.abort();
            assert!((2..=MAX_KEYS).contains(&most), "{every:?}: {most} keys");
        }
    }
}
