//! One client: it keeps its connection and looks at every answer.

use std::fmt;
use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A kind of request, and what has to come of it.
#[derive(Clone)]
pub(crate) struct Visit {
    statuses: Vec<u16>,
    request: Vec<u8>,
}

pub(crate) struct Connection {
    stream: TcpStream,
    visits: Vec<Visit>,
    next: usize,
    buffer: Vec<u8>,
}

/// An answer that is none of those that may come.
#[derive(Debug)]
pub(crate) struct Surprise(String);

impl Visit {
    /// Reads what [`line`](Self::line) wrote.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (statuses, token) = line.split_once(' ')?;
        let statuses = statuses.split('|').map(str::parse).collect::<Result<_, _>>().ok()?;
        let credential = match token {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{credential}\r\n").into_bytes();
        Some(Visit { statuses, request })
    }

    /// A token, or the empty text for none, with the statuses that it may get.
    pub(crate) fn line(statuses: &str, token: &str) -> String {
        format!("{statuses} {token}")
    }
}

impl Connection {
    pub(crate) async fn open(address: &str, visits: &[Visit]) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, visits: visits.to_vec(), next: 0, buffer: Vec::new() })
    }

    /// One request and its answer; the kinds of requests take turns.
    pub(crate) async fn exchange(&mut self) -> Result<(), Surprise> {
        let visit = &self.visits[self.next % self.visits.len()];
        self.next += 1;
        self.stream.write_all(&visit.request).await?;
        self.buffer.clear();
        let status = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(Surprise("the server closed a connection".to_owned()));
            }
            if let Some(status) = complete(&self.buffer) {
                break status;
            }
        };
        if visit.statuses.contains(&status) {
            return Ok(());
        }
        Err(Surprise(format!("{status} in the place of {:?}", visit.statuses)))
    }
}

/// The status of an answer that has come to its end.
fn complete(answer: &[u8]) -> Option<u16> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let (head, body) = (str::from_utf8(&answer[..end]).ok()?.to_ascii_lowercase(), &answer[end + 4..]);
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    let status = head.split(' ').nth(1)?;
    (length.parse() == Ok(body.len())).then(|| status.parse().ok())?
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
