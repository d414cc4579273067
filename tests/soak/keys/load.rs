//! Requests by a schedule that waits for no answer.
//!
//! A thread keeps the schedule and hands each request to the connection whose turn it is, busy or not. A request that finds it
//! busy waits there, and its time counts from when it was due: a stall is felt by all that were due meanwhile, and not by the
//! one that hit it alone.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::connection::Connection;
use crate::server::WAITED;
use crate::tally::Tally;

pub(crate) struct Load {
    /// In a second.
    pub(crate) rate: u32,
    pub(crate) connections: usize,
    pub(crate) lasting: Duration,
}

/// Where requests come from, one after the other. It is asked when a request is sent, not when it is due.
pub(crate) trait Requests: Send + Sync {
    fn next(&self) -> Arc<[u8]>;
}

impl Load {
    /// How many requests that makes.
    pub(crate) fn count(&self) -> u32 {
        let count = u128::from(self.rate) * self.lasting.as_millis() / 1_000;
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Sends them all and looks at every answer.
    pub(crate) async fn send(&self, address: &str, requests: Arc<dyn Requests>) -> io::Result<Tally> {
        let (mut lanes, mut clients) = (Vec::new(), JoinSet::new());
        for _ in 0..self.connections {
            let connection = Connection::open(address).await?;
            let (lane, due) = unbounded_channel();
            lanes.push(lane);
            clients.spawn(client(connection, due, requests.clone()));
        }
        let (gap, count) = (Duration::from_secs(1) / self.rate, self.count());
        thread::spawn(move || keep_schedule(gap, count, &lanes));
        let mut tally = Tally::default();
        while let Some(client) = clients.join_next().await {
            tally.merge(client?);
        }
        Ok(tally)
    }
}

/// A thread's sleep is exact to a tenth of a millisecond; the runtime's timers know whole ones.
fn keep_schedule(gap: Duration, count: u32, lanes: &[UnboundedSender<Instant>]) {
    let start = Instant::now();
    for (number, lane) in (0..count).zip(lanes.iter().cycle()) {
        let due = start + gap * number;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        // A client ends before its lane only with its runtime.
        _ = lane.send(due);
    }
}

async fn client(
    connection: Connection,
    mut due: UnboundedReceiver<Instant>,
    requests: Arc<dyn Requests>,
) -> Tally {
    let (mut tally, mut connection) = (Tally::default(), Some(connection));
    while let Some(due) = due.recv().await {
        let answer = match &mut connection {
            Some(connection) => timeout(PATIENCE, connection.exchange(&requests.next())).await.ok(),
            None => None,
        };
        if let Some(Ok((status, head))) = answer {
            tally.answered(due.elapsed(), status, head.contains(WAITED));
        } else {
            // What comes next on this connection may be the answer of another request, so it is used no more.
            connection = None;
            tally.unanswered();
        }
    }
    tally
}

/// Longer than a fetch may take: who waits for one shall be seen to.
const PATIENCE: Duration = Duration::from_secs(10);
