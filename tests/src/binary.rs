//! This workspace's own servers, started as a user starts them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::HarnessError;

/// A running server; killed when this is dropped.
pub struct Server {
    address: String,
    /// Killed on drop.
    _child: Child,
}

impl Server {
    /// Starts the binary of a package and waits for its line `listening on ADDRESS`.
    pub async fn start<S: AsRef<OsStr>>(
        package: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<Self, HarnessError> {
        let mut child = Command::new(executable(package).await?)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| HarnessError::during(&format!("starting {package}"), error))?;
        let stdout =
            child.stdout.take().ok_or_else(|| HarnessError::new(format!("{package} has no stdout")))?;
        let mut lines = BufReader::new(stdout).lines();
        let address = timeout(PATIENCE, address(&mut lines)).await;
        let address = address
            .map_err(|_| HarnessError::new(format!("{package} did not listen within {PATIENCE:?}")))?
            .ok_or_else(|| {
                HarnessError::new(format!("{package} ended before it listened, see its output"))
            })?;
        // A full pipe would stop the server.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { address, _child: child })
    }

    /// What it listens on, such as `127.0.0.1:41000`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The URL of a path on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// The path of a package's binary, built from what the sources say now.
///
/// Cargo builds the binaries of other packages for no test, and one left from an earlier build
/// would be tested in place of the present code. `cargo xtask test` builds them all and says where;
/// without it, cargo is asked here.
pub async fn executable(package: &str) -> Result<PathBuf, HarnessError> {
    if let Some(folder) = std::env::var_os("CLAIMGATE_BIN_DIR") {
        return Ok(Path::new(&folder).join(package).with_extension(std::env::consts::EXE_EXTENSION));
    }
    eprintln!("building {package}");
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "build",
            "--package",
            package,
            "--all-features",
            "--message-format",
            "json-render-diagnostics",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await
        .map_err(|error| HarnessError::during(&format!("building {package}"), error))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let built = printed.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    built
        .filter(|message| message.target.name == package)
        .find_map(|message| message.executable)
        .ok_or_else(|| HarnessError::new(format!("cargo built no binary {package} ({})", output.status)))
}

async fn address(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<String> {
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(address) = line.strip_prefix("listening on ") {
            return Some(address.trim().to_owned());
        }
    }
    None
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
