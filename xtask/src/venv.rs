//! A Python environment of our own, for what comes from `PyPI`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt;
use crate::failure::Outcome;
use crate::process::run;

#[derive(Debug)]
pub(crate) struct Venv {
    folder: PathBuf,
}

impl Venv {
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn python(&self) -> PathBuf {
        self.folder.join("bin/python")
    }

    /// Makes it, empty, whatever was there.
    pub(crate) fn make(&self) -> Outcome<()> {
        let make = || run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&self.folder));
        make().or_else(|failure| {
            // Debian's python3 comes without the part that fills a virtual environment.
            if !apt::is_ready() {
                return Err(failure);
            }
            apt::install(&["python3-venv"])?;
            make()
        })
    }

    /// Installs with pip; the arguments are what comes after `pip install`.
    pub(crate) fn install<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Outcome<()> {
        run(Command::new(self.python()).args(["-m", "pip", "install", "--quiet"]).args(arguments))
    }
}
