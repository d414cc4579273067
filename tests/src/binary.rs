//! This workspace's own servers, started as a user starts them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::HarnessError;

/// A running server; killed when this is dropped.
pub struct Server {
    address: String,
    printed: Vec<String>,
    log: watch::Receiver<Vec<String>>,
    /// Killed on drop.
    child: Child,
}

impl Server {
    /// Starts the binary of a package and waits for its line `listening on ADDRESS`.
    pub async fn start<S: AsRef<OsStr>>(
        package: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<Self, HarnessError> {
        let mut child = Command::new(executable(package).await?)
            .args(arguments)
            // In a build of the whole workspace the log may have colours, which stand in the middle of words.
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| HarnessError::during(&format!("starting {package}"), error))?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(HarnessError::new(format!("{package} has no pipes")));
        };
        let log = log(stderr);
        let mut lines = BufReader::new(stdout).lines();
        let mut printed = Vec::new();
        let address = timeout(PATIENCE, address(&mut lines, &mut printed)).await;
        let address = address
            .map_err(|_| HarnessError::new(format!("{package} did not listen within {PATIENCE:?}")))?
            .ok_or_else(|| {
                HarnessError::new(format!("{package} ended before it listened, see its output"))
            })?;
        // A full pipe would stop the server.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { address, printed, log, child })
    }

    /// What it listens on, such as `127.0.0.1:41000`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The URL of a path on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What it printed before it listened.
    pub fn printed(&self) -> &[String] {
        &self.printed
    }

    /// How many lines of its log, until now, hold this text.
    pub fn logged(&self, text: &str) -> usize {
        self.log.borrow().iter().filter(|line| line.contains(text)).count()
    }

    /// Waits until a line of its log holds this text; the log comes by another way than the answers.
    pub async fn wait_for_log(&self, text: &str) -> Result<(), HarnessError> {
        let mut log = self.log.clone();
        let found = log.wait_for(|lines| lines.iter().any(|line| line.contains(text)));
        match timeout(PATIENCE, found).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(HarnessError::new(format!("the log says nothing of {text:?}"))),
        }
    }

    /// Sends it a signal, such as `TERM`, and waits for its end.
    pub async fn signal(mut self, name: &str) -> Result<ExitStatus, HarnessError> {
        let pid = self.child.id().ok_or_else(|| HarnessError::new("the server has ended before"))?;
        // The shell has `kill` built in; the program of that name is not on every machine.
        let sent = Command::new("sh").args(["-c", &format!("kill -s {name} {pid}")]).status().await;
        let sent = sent.map_err(|error| HarnessError::during("sending a signal", error))?;
        if !sent.success() {
            return Err(HarnessError::new(format!("the signal {name} could not be sent: {sent}")));
        }
        timeout(PATIENCE, self.child.wait())
            .await
            .map_err(|_| HarnessError::new(format!("the server goes on {PATIENCE:?} after {name}")))?
            .map_err(|error| HarnessError::during("waiting for the end", error))
    }
}

/// Runs the binary of a package to its end, for starts that must fail.
pub async fn run<S: AsRef<OsStr>>(
    package: &str,
    arguments: impl IntoIterator<Item = S>,
) -> Result<Output, HarnessError> {
    to_its_end(package, &executable(package).await?, arguments).await
}

/// Runs an example of the tests to its end.
pub async fn run_example<S: AsRef<OsStr>>(
    name: &str,
    arguments: impl IntoIterator<Item = S>,
) -> Result<Output, HarnessError> {
    let cargo = ["--package", "claimgate-tests", "--example", name];
    to_its_end(name, &built(name, "examples", &cargo).await?, arguments).await
}

/// The path of a package's binary, built from what the sources say now.
pub async fn executable(package: &str) -> Result<PathBuf, HarnessError> {
    built(package, "", &["--package", package]).await
}

/// Where cargo puts a program.
///
/// Cargo builds the binaries of other packages for no test, and one left from an earlier build
/// would be tested in place of the present code. `cargo xtask test` builds them all and says where;
/// without it, cargo is asked here.
async fn built(name: &str, folder: &str, chosen: &[&str]) -> Result<PathBuf, HarnessError> {
    if let Some(bins) = std::env::var_os("CLAIMGATE_BIN_DIR") {
        let path = Path::new(&bins).join(folder).join(name);
        return Ok(path.with_extension(std::env::consts::EXE_EXTENSION));
    }
    eprintln!("building {name}");
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--all-features", "--message-format", "json-render-diagnostics"])
        .args(chosen)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await
        .map_err(|error| HarnessError::during(&format!("building {name}"), error))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let built = printed.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    built
        .filter(|message| message.target.name == name)
        .find_map(|message| message.executable)
        .ok_or_else(|| HarnessError::new(format!("cargo built no binary {name} ({})", output.status)))
}

async fn to_its_end<S: AsRef<OsStr>>(
    name: &str,
    program: &Path,
    arguments: impl IntoIterator<Item = S>,
) -> Result<Output, HarnessError> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).kill_on_drop(true).output();
    timeout(PATIENCE, output)
        .await
        .map_err(|_| HarnessError::new(format!("{name} did not end within {PATIENCE:?}")))?
        .map_err(|error| HarnessError::during(&format!("running {name}"), error))
}

async fn address(lines: &mut Lines<BufReader<ChildStdout>>, printed: &mut Vec<String>) -> Option<String> {
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(address) = line.strip_prefix("listening on ") {
            return Some(address.trim().to_owned());
        }
        printed.push(line);
    }
    None
}

/// Collects the log, and shows it with the test's own output.
fn log(stderr: ChildStderr) -> watch::Receiver<Vec<String>> {
    let (sender, receiver) = watch::channel(Vec::new());
    let mut lines = BufReader::new(stderr).lines();
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            eprintln!("{line}");
            sender.send_modify(|lines| lines.push(line));
        }
    });
    receiver
}

/// As much of cargo's messages as says where a binary is.
#[derive(Deserialize)]
struct Message {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// For a machine that is busy with other things; a server listens within milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);
