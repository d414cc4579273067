//! One keep-alive connection of a client.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came back: the status, and the whole head in lower case.
pub(crate) type Answer = (u16, String);

impl Connection {
    pub(crate) async fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::new() })
    }

    /// One request and its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::Error::other("the server closed a connection"));
            }
            if let Some(answer) = complete(&self.buffer) {
                return Ok(answer);
            }
        }
    }
}

/// A request with this token, or without one when it is empty.
pub(crate) fn request(token: &str) -> Vec<u8> {
    let credential = match token {
        "" => String::new(),
        token => format!("Authorization: Bearer {token}\r\n"),
    };
    format!("GET / HTTP/1.1\r\nHost: localhost\r\n{credential}\r\n").into_bytes()
}

/// An answer that has come to its end.
fn complete(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let (head, body) = (str::from_utf8(&answer[..end]).ok()?.to_ascii_lowercase(), &answer[end + 4..]);
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    (length.parse() == Ok(body.len())).then_some((status, head))
}
