//! One client: it keeps its connection and looks at every answer.

use std::fmt;
use std::io;

use crate::connection::{Connection, request};

/// A kind of request, and what has to come of it.
#[derive(Clone)]
pub(crate) struct Visit {
    statuses: Vec<u16>,
    request: Vec<u8>,
}

pub(crate) struct Client {
    connection: Connection,
    visits: Vec<Visit>,
    next: usize,
}

/// An answer that is none of those that may come.
#[derive(Debug)]
pub(crate) struct Surprise(String);

impl Visit {
    /// Reads what [`line`](Self::line) wrote.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (statuses, token) = line.split_once(' ')?;
        let statuses = statuses.split('|').map(str::parse).collect::<Result<_, _>>().ok()?;
        Some(Visit { statuses, request: request(token) })
    }

    /// A token, or the empty text for none, with the statuses that it may get.
    pub(crate) fn line(statuses: &str, token: &str) -> String {
        format!("{statuses} {token}")
    }
}

impl Client {
    pub(crate) async fn open(address: &str, visits: &[Visit]) -> io::Result<Self> {
        Ok(Client { connection: Connection::open(address).await?, visits: visits.to_vec(), next: 0 })
    }

    /// One request and its answer; the kinds of requests take turns.
    pub(crate) async fn visit(&mut self) -> Result<(), Surprise> {
        let visit = &self.visits[self.next % self.visits.len()];
        self.next += 1;
        let (status, _) = self.connection.exchange(&visit.request).await?;
        if visit.statuses.contains(&status) {
            return Ok(());
        }
        Err(Surprise(format!("{status} in the place of {:?}", visit.statuses)))
    }
}

impl From<io::Error> for Surprise {
    fn from(error: io::Error) -> Self {
        Surprise(error.to_string())
    }
}

impl fmt::Display for Surprise {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Surprise {}
