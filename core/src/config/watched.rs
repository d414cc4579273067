//! The configuration file of a running server, heeded when it changes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tracing::{info, warn};

use crate::authenticator::Authenticator;
use crate::config::Config;
use crate::config_error::ConfigError;
use crate::watch::FileWatch;

/// Heeds changes of a configuration file until it is dropped.
#[must_use = "the file is no longer heeded once this is dropped"]
pub struct ConfigWatch {
    _files: FileWatch,
}

impl Config {
    /// Reloads `authenticator` from the file at `path` whenever it changes. A file that is wrong changes nothing, and the log
    /// says what is wrong with it; so does one that is gone.
    ///
    /// What is not about authentication, such as `listen`, is read at the start only.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] when the directory of the file cannot be watched.
    pub fn watch(
        path: impl Into<PathBuf>,
        authenticator: &Authenticator,
    ) -> Result<ConfigWatch, ConfigError> {
        let path = path.into();
        let (sender, changes) = sync_channel(1);
        // Before the watch begins: what changes afterwards is heard of, and differs from this.
        let text = std::fs::read(&path).ok();
        let files = FileWatch::start([path.as_path()], move || note(&sender)).map_err(ConfigError::single)?;
        let authenticator = authenticator.clone();
        // Reading files and opening key stores takes time that no runtime has to spare. The thread ends with the watch, whose
        // end of the channel is the only one.
        thread::Builder::new()
            .name("claimgate-config".to_owned())
            .spawn(move || heed(&path, text, &authenticator, &changes))
            .map_err(|error| ConfigError::single(format!("no thread to watch the configuration: {error}")))?;
        Ok(ConfigWatch { _files: files })
    }
}

/// One change that waits says as much as many.
fn note(sender: &SyncSender<()>) {
    let _ = sender.try_send(());
}

fn heed(path: &Path, mut text: Option<Vec<u8>>, authenticator: &Authenticator, changes: &Receiver<()>) {
    while changes.recv().is_ok() {
        if !settle(changes) {
            return;
        }
        let now = std::fs::read(path).ok();
        // Something else in the directory has changed.
        if now.is_some() && now == text {
            continue;
        }
        text = now;
        match Config::load(path).and_then(|config| authenticator.reload(config.into_builder())) {
            Ok(()) => info!(target: "claimgate", ?path, "configuration file heeded"),
            Err(error) => warn!(target: "claimgate", ?path, "configuration file not heeded: {error}"),
        }
    }
}

/// Waits until a file that is being written is written, within bounds: a directory may never come to rest. Gives whether
/// anybody watches still.
fn settle(changes: &Receiver<()>) -> bool {
    for _ in 0..MOST_WAITS {
        match changes.recv_timeout(SETTLE) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
    true
}

impl fmt::Debug for ConfigWatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ConfigWatch")
    }
}

const SETTLE: Duration = Duration::from_millis(50);
const MOST_WAITS: usize = 20;
