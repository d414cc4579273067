//! Processes that this one starts. Each ends with its owner, however the run ends.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Killed and waited for when this is dropped.
#[derive(Debug)]
pub(crate) struct Guard(Child);

impl Guard {
    pub(crate) fn start(command: &mut Command) -> Result<Self, Box<dyn Error>> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        Ok(Guard(child.map_err(|error| format!("cannot start {name}: {error}"))?))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Waits for a line that begins so, and gives the rest of it.
    pub(crate) fn line_after(
        &mut self,
        start: &'static str,
        limit: Duration,
    ) -> Result<String, Box<dyn Error>> {
        let stdout = self.0.stdout.take().ok_or("no pipe")?;
        let (tell, told) = mpsc::channel();
        // Goes on reading to the end, as a program may block, or fail, that writes where nobody reads.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(rest) = line.strip_prefix(start) {
                    _ = tell.send(rest.to_owned());
                }
            }
        });
        told.recv_timeout(limit).map_err(|_| format!("nothing that begins with {start:?} was printed").into())
    }

    /// Waits until it ends by itself.
    pub(crate) fn wait(&mut self, limit: Duration) -> Result<(), Box<dyn Error>> {
        let until = Instant::now() + limit;
        while Instant::now() < until {
            match self.0.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(status.to_string().into()),
                None => thread::sleep(Duration::from_millis(10)),
            }
        }
        Err(format!("still running after {} s", limit.as_secs()).into())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
