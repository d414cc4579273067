//! The configuration file of a running server, heeded when it changes.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
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
        let authenticator = authenticator.clone();
        ConfigWatch::start(path.into(), move |text, base| {
            let builder = Config::parse(text, base)?.into_builder();
            authenticator.reload(authenticator.within_runtime(|| adjust(builder)))
        })
    }
}

impl ConfigWatch {
    /// Calls `heed` with the text of the file at `path` and where it is: at the start, whenever it has changed, and again now and
    /// then while it fails. For the files of crates on top of this one.
    #[doc(hidden)]
    pub fn start(
        path: PathBuf,
        heed: impl FnMut(&str, &Path) -> Result<(), ConfigError> + Send + 'static,
    ) -> Result<ConfigWatch, ConfigError> {
        let (sender, changes) = sync_channel(1);
        let files = FileWatch::start([path.as_path()], move || note(&sender)).map_err(ConfigError::single)?;
        let heeding = Heeding { path, heed: Box::new(heed), heeded: None, told: None };
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

/// Takes the text of the file, and the directory where its relative paths begin.
type Heed = dyn FnMut(&str, &Path) -> Result<(), ConfigError> + Send;

struct Heeding {
    path: PathBuf,
    heed: Box<Heed>,
    /// The file as it serves.
    heeded: Option<String>,
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
        let read = read(path);
        if read.as_ref().is_ok_and(|text| self.heeded.as_ref() == Some(text)) {
            return;
        }
        // What was compared is what is heeded: by now the file may be another, which is then not the one that serves.
        let heed = || match &read {
            Ok(text) => (self.heed)(text, path.parent().unwrap_or(Path::new(""))),
            Err(error) => Err(ConfigError::single(format!("{path:?} cannot be read: {error}"))),
        };
        // A panic of a parser, or of whatever a system without threads or files does, must not end the heeding.
        let heeded = catch_unwind(AssertUnwindSafe(heed)).map_err(|_| "it made the reader panic".to_owned());
        match heeded.and_then(|heeded| heeded.map_err(|error| error.to_string())) {
            Ok(()) => {
                (self.heeded, self.told) = (read.ok(), None);
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

/// A file that grows without end must not fill the memory of a service.
fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {MOST_BYTES} bytes")));
    }
    Ok(text)
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
const MOST_BYTES: u64 = 64 << 20;
