//! The configuration file of a running server, heeded when it changes.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

use tracing::{info, warn};

use crate::authenticator::Authenticator;
use crate::builder::AuthenticatorBuilder;
use crate::config::Config;
use crate::config_error::ConfigError;
use crate::watch::FileWatch;

/// Heeds changes of a configuration file until it is dropped.
#[must_use = "the file is no longer heeded once this is dropped"]
pub struct ConfigWatch {
    _files: FileWatch,
}

impl Config {
    /// Reloads `authenticator` from the file at `path` whenever it changes, and once at the start. The file is all that is trusted
    /// then: for what is added to its builder in code, there is [`watch_with`](Self::watch_with). A file that is wrong changes nothing, and the log
    /// says what is wrong with it; so does one that is gone. What is wrong may be with a file that it names, so it is tried again
    /// now and then.
    ///
    /// What is not about authentication, such as `listen`, is read at the start only, and so is `token.sources`: a file that
    /// changes them is wrong.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] when the directory of the file cannot be watched.
    pub fn watch(
        path: impl Into<PathBuf>,
        authenticator: &Authenticator,
    ) -> Result<ConfigWatch, ConfigError> {
        Self::watch_with(path, authenticator, |builder| builder)
    }

    /// The same, with whatever `adjust` does to the builder of the file: dynamic issuers, token sources, issuers that are not in
    /// the file. It is what was done to the builder at the start.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] when the directory of the file cannot be watched.
    pub fn watch_with(
        path: impl Into<PathBuf>,
        authenticator: &Authenticator,
        adjust: impl Fn(AuthenticatorBuilder) -> AuthenticatorBuilder + Send + 'static,
    ) -> Result<ConfigWatch, ConfigError> {
        let path = path.into();
        let (sender, changes) = sync_channel(1);
        let files = FileWatch::start([path.as_path()], move || note(&sender)).map_err(ConfigError::single)?;
        let authenticator = authenticator.clone();
        let heeding = Heeding { path, authenticator, adjust: Box::new(adjust), heeded: None, told: None };
        // Reading files and opening key stores takes time that no runtime has to spare. The thread ends with the watch, whose
        // end of the channel is the only one.
        thread::Builder::new()
            .name("claimgate-config".to_owned())
            .spawn(move || heeding.run(&changes))
            .map_err(|error| ConfigError::single(format!("no thread to watch the configuration: {error}")))?;
        Ok(ConfigWatch { _files: files })
    }
}

/// One change that waits says as much as many.
fn note(sender: &SyncSender<()>) {
    let _ = sender.try_send(());
}

struct Heeding {
    path: PathBuf,
    authenticator: Authenticator,
    adjust: Box<dyn Fn(AuthenticatorBuilder) -> AuthenticatorBuilder + Send>,
    /// The file as it serves.
    heeded: Option<Vec<u8>>,
    /// What was last told of a file that does not.
    told: Option<String>,
}

impl Heeding {
    /// Looks at the file at once, since it may have changed between its loading and the watch; then whenever something has
    /// changed beside it, and now and then, since a directory that is put in the place of another is not heard of.
    fn run(mut self, changes: &Receiver<()>) {
        if let Err(TryRecvError::Disconnected) = changes.try_recv() {
            return;
        }
        loop {
            self.look();
            match changes.recv_timeout(LOOK_AGAIN) {
                Ok(()) if !settle(changes) => return,
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Reloads from the file unless it serves already. One that was wrong is tried again, since what was wrong may have been a
    /// file that it names; it is told once.
    fn look(&mut self) {
        let path = &*self.path;
        let text = std::fs::read(path).ok();
        if text.is_some() && text == self.heeded {
            return;
        }
        let reload = || {
            // What was compared is what is read: by now the file may be another, which is then not the one that serves.
            let config = match text.as_deref().map(str::from_utf8) {
                Some(Ok(text)) => Config::parse(text, path.parent().unwrap_or(Path::new("")))?,
                // It says what is wrong.
                Some(Err(_)) | None => Config::load(path)?,
            };
            self.authenticator.reload((self.adjust)(config.into_builder()))
        };
        // A panic of a parser, or of whatever a system without threads or files does, must not end the heeding.
        let reloaded =
            catch_unwind(AssertUnwindSafe(reload)).map_err(|_| "it made the reader panic".to_owned());
        match reloaded.and_then(|reloaded| reloaded.map_err(|error| error.to_string())) {
            Ok(()) => {
                (self.heeded, self.told) = (text, None);
                info!(target: "claimgate", ?path, "configuration file heeded");
            }
            Err(error) if self.told.as_ref() == Some(&error) => {}
            Err(error) => {
                warn!(target: "claimgate", ?path, "configuration file not heeded: {error}");
                self.told = Some(error);
            }
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

const LOOK_AGAIN: Duration = Duration::from_secs(30);
const SETTLE: Duration = Duration::from_millis(50);
const MOST_WAITS: usize = 20;
