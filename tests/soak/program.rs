//! The server that is measured: this program once more, as a process of its own.

use std::error::Error;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running server; killed when this is dropped, however the measurement ends.
pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) address: String,
}

impl Program {
    /// Starts it and waits until it listens. Gives what it printed before.
    pub(crate) fn start<S: AsRef<str>>(arguments: &[S]) -> Result<(Self, Vec<String>), Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments.iter().map(AsRef::as_ref))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the server has no pipe")?;
        let mut program = Program { child, address: String::new() };
        let mut printed = Vec::new();
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            if let Some(address) = line.strip_prefix("listening on ") {
                address.clone_into(&mut program.address);
                return Ok((program, printed));
            }
            printed.push(line);
        }
        Err("the server ended before it listened".into())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Called in the server: ends it with the one who started it. Nothing is dropped in a process that a signal ends, and its
/// end of the pipe closes all the same.
pub(crate) fn end_with_parent() {
    std::thread::spawn(|| {
        _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::exit(0);
    });
}
