//! An issuer that takes a new key into use every second, and what each new key meets.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use claimgate_testkit::ServedIssuer;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};

use crate::connection::Connection;
use crate::known::{Known, Signed};
use crate::server::WAITED;

pub(crate) struct Rotation {
    pub(crate) lasting: Duration,
    pub(crate) cooldown: Duration,
}

/// How a key came into use.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct NewKey {
    /// In seconds after the first request that used it; none when it never was.
    pub(crate) accepted_after: Option<f64>,
    pub(crate) refused: usize,
    /// Whether a request with it waited for a fetch.
    pub(crate) has_waited: bool,
}

impl Rotation {
    /// How many new keys there are: the first at once, and the last early enough to be accepted within the time.
    fn count(&self) -> usize {
        let last = self.lasting.saturating_sub(self.cooldown);
        usize::try_from(last.as_nanos() / EVERY.as_nanos()).unwrap_or(usize::MAX) + 1
    }

    /// Takes them into use one after the other. What a key has signed is good as soon as the server has accepted it once, and
    /// the key is retired when nothing has used it for a while.
    pub(crate) async fn run(
        &self,
        issuer: &ServedIssuer,
        address: &str,
        known: &Arc<Known>,
    ) -> Result<Vec<NewKey>, Box<dyn Error>> {
        let (mut ticks, mut keys) = (interval(EVERY), JoinSet::new());
        for _ in 0..self.count() {
            ticks.tick().await;
            issuer.issuer().rotate();
            let signed = Signed::mint(issuer.issuer());
            keys.spawn(introduce(address.to_owned(), signed, known.clone(), self.cooldown * 3));
            for key_id in known.take_unused(UNUSED) {
                issuer.issuer().retire(&key_id);
            }
        }
        keys.join_all().await.into_iter().map(|key| Ok(key?)).collect()
    }
}

/// Comes with a key that the server does not have, again and again until it has.
async fn introduce(
    address: String,
    signed: Signed,
    known: Arc<Known>,
    patience: Duration,
) -> std::io::Result<NewKey> {
    let mut connection = Connection::open(&address).await?;
    let (begun, mut key) = (Instant::now(), NewKey::default());
    let accepted = timeout(patience, async {
        loop {
            let (status, head) = connection.exchange(&signed.first()).await?;
            key.has_waited |= head.contains(WAITED);
            if status == 200 {
                return Ok::<_, std::io::Error>(begun.elapsed());
            }
            key.refused += 1;
            sleep(COME_AGAIN).await;
        }
    });
    // Out of patience is an answer too: the key was not accepted.
    if let Ok(after) = accepted.await {
        key.accepted_after = Some(after?.as_secs_f64());
        known.add(signed);
    }
    Ok(key)
}

const EVERY: Duration = Duration::from_secs(1);
const COME_AGAIN: Duration = Duration::from_millis(20);
const UNUSED: Duration = Duration::from_secs(1);
