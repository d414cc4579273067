//! Hears of changes of files.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// Calls back when something has changed beside one of some files, until it is dropped. The calls come on a thread of its own.
///
/// What is watched are the directories: a file that is replaced by a rename is another file, and one that is a link into
/// another directory changes when a link beside it does, as those of mounted volumes do.
pub(crate) struct FileWatch {
    _watcher: RecommendedWatcher,
}

impl FileWatch {
    /// Watches the directories of `paths`; a path that is a directory is watched itself.
    ///
    /// The error says which directory cannot be watched.
    pub(crate) fn start<'p>(
        paths: impl IntoIterator<Item = &'p Path>,
        changed: impl Fn() + Send + 'static,
    ) -> Result<Self, String> {
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // An error says that events may have been lost, so that something may have changed.
            if event.map_or(true, |event| is_change(event.kind)) {
                changed();
            }
        });
        let mut watcher = watcher.map_err(|error| format!("files cannot be watched: {error}"))?;
        let directories: BTreeSet<PathBuf> = paths.into_iter().map(directory).collect();
        for directory in directories {
            watcher
                .watch(&directory, RecursiveMode::NonRecursive)
                .map_err(|error| format!("{directory:?} cannot be watched: {error}"))?;
        }
        Ok(FileWatch { _watcher: watcher })
    }
}

impl fmt::Debug for FileWatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FileWatch")
    }
}

fn directory(path: &Path) -> PathBuf {
    if path.is_dir() {
        return path.to_owned();
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Reading a file is an event too, and reading it because of that would never end.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}
