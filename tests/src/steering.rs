//! A running script of `tests/idp`: a line goes in, a line of JSON comes out.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpSocket;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::HarnessError;

/// What can be done to every provider. It ends when this is dropped, or when the test process dies.
pub struct Steering {
    url: String,
    pipes: Mutex<Pipes>,
    /// The port while nobody listens on it.
    port: Mutex<Option<TcpSocket>>,
    /// Killed on drop.
    _child: Child,
}

/// How many requests a provider has seen since its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Seen {
    /// For the key set, counted when they arrive, also while they are held.
    pub jwks: u64,
    /// For either discovery document.
    pub discovery: u64,
}

impl Steering {
    /// Starts a script and waits until it serves; gives what it says of itself besides its URL.
    pub(crate) async fn start<T: DeserializeOwned>(script: &mut Command) -> Result<(Self, T), HarnessError> {
        let mut child =
            script.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().map_err(
                |error| {
                    let program = script.as_std().get_program().display();
                    HarnessError::missing(&format!("{program} does not start ({error})"))
                },
            )?;
        let (Some(commands), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(HarnessError::new("the provider has no pipes"));
        };
        let mut pipes = Pipes { commands, answers: BufReader::new(answers).lines() };
        let Ready { url, rest } = pipes.answer().await?;
        let steering = Self { url, pipes: Mutex::new(pipes), port: Mutex::new(None), _child: child };
        Ok((steering, rest))
    }

    /// The exact `iss` of its tokens; discovery starts here.
    pub fn issuer(&self) -> &str {
        &self.url
    }

    /// Where its key set is.
    pub fn jwks_uri(&self) -> String {
        format!("{}/jwks", self.url)
    }

    /// New keys of every kind come first from now on; the old ones stay published or are gone.
    pub async fn rotate(&self, keep_old: bool) -> Result<(), HarnessError> {
        self.command(if keep_old { "rotate keep" } else { "rotate drop" }).await
    }

    /// Requests seen since the start.
    pub async fn seen(&self) -> Result<Seen, HarnessError> {
        self.ask("count").await
    }

    /// Requests for the key set seen since the start.
    pub async fn jwks_requests(&self) -> Result<u64, HarnessError> {
        Ok(self.seen().await?.jwks)
    }

    /// Lets requests for the key set wait until [`Self::release_jwks`].
    pub async fn hold_jwks(&self) -> Result<(), HarnessError> {
        self.command("hold").await
    }

    /// Answers the requests that wait, with the keys of this moment.
    pub async fn release_jwks(&self) -> Result<(), HarnessError> {
        self.command("release").await
    }

    /// Begins an outage: connections are refused, and those that are open are cut off.
    pub async fn down(&self) -> Result<(), HarnessError> {
        self.command("down").await?;
        *self.port.lock().await = Some(self.reserve_port()?);
        Ok(())
    }

    /// Ends the outage, on the same port.
    pub async fn up(&self) -> Result<(), HarnessError> {
        self.port.lock().await.take();
        self.command("up").await
    }

    /// An outage after which all keys are new, as of a provider that keeps them in memory.
    pub async fn restart(&self) -> Result<(), HarnessError> {
        self.down().await?;
        self.rotate(false).await?;
        self.up().await
    }

    pub(crate) async fn command(&self, command: &str) -> Result<(), HarnessError> {
        self.ask::<Done>(command).await.map(|Done {}| ())
    }

    async fn ask<T: DeserializeOwned>(&self, command: &str) -> Result<T, HarnessError> {
        self.pipes.lock().await.ask(command).await
    }

    /// Bound and not listening: whoever connects is refused, and no other test is given the port.
    fn reserve_port(&self) -> Result<TcpSocket, HarnessError> {
        let failed = |error| HarnessError::during("keeping the provider's port", error);
        let address = self.url.trim_start_matches("http://");
        let address = address.parse::<SocketAddr>();
        let address = address.map_err(|_| HarnessError::new(format!("{} has no port", self.url)))?;
        let socket = TcpSocket::new_v4().map_err(failed)?;
        // Connections that were cut off linger for a minute.
        socket.set_reuseaddr(true).map_err(failed)?;
        socket.bind(address).map_err(failed)?;
        Ok(socket)
    }
}

struct Pipes {
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Pipes {
    async fn ask<T: DeserializeOwned>(&mut self, command: &str) -> Result<T, HarnessError> {
        self.commands
            .write_all(format!("{command}\n").as_bytes())
            .await
            .map_err(|error| HarnessError::during("steering the provider", error))?;
        self.answer().await
    }

    async fn answer<T: DeserializeOwned>(&mut self) -> Result<T, HarnessError> {
        let line = timeout(PATIENCE, self.answers.next_line())
            .await
            .map_err(|_| HarnessError::new(format!("the provider said nothing for {PATIENCE:?}")))?
            .map_err(|error| HarnessError::during("reading from the provider", error))?;
        let line = line.ok_or_else(|| HarnessError::missing("the provider ended, see its output above"))?;
        parse(&line)
    }
}

#[derive(Deserialize)]
struct Ready<T> {
    url: String,
    #[serde(flatten)]
    rest: T,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Done {}

/// Reads what a provider answered.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, HarnessError> {
    serde_json::from_str(text)
        .map_err(|error| HarnessError::new(format!("the provider answered {text:?}: {error}")))
}

/// Making keys takes a second; this is for a machine that is busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
