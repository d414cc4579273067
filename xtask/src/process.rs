//! Running other programs.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, Stdio};

use crate::failure::{Failure, Outcome};

/// The cargo that runs us, so that a toolchain chosen on the command line holds for what we start.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Runs a command with its output shown; anything but exit code 0 is a failure.
pub(crate) fn run(command: &mut Command) -> Outcome<()> {
    match status(command)? {
        0 => Ok(()),
        code => Err(Failure::check(format!("{} ended with exit code {code}", name(command)))),
    }
}

/// Runs a command with its output shown and returns its exit code; death by a signal counts as 255.
pub(crate) fn status(command: &mut Command) -> Outcome<i32> {
    let status = command.stdin(Stdio::null()).status().map_err(|error| not_started(command, &error))?;
    Ok(status.code().unwrap_or(255))
}

/// Runs a command and returns what it printed.
pub(crate) fn capture(command: &mut Command) -> Outcome<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| not_started(command, &error))?;
    if !output.status.success() {
        return Err(Failure::check(format!("{} ended with {}", name(command), output.status)));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| Failure::check(format!("{} printed something that is not UTF-8", name(command))))
}

/// What a command printed when it is there and succeeds; for asking whether a tool is installed.
pub(crate) fn probe(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether packages of the distribution can be installed.
pub(crate) fn is_root() -> bool {
    probe(Command::new("id").arg("-u")).is_some_and(|uid| uid.trim() == "0")
}

/// The command as typed, for messages.
fn name(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    let arguments = command.get_args().take(3).map(OsStr::to_string_lossy);
    std::iter::once(program.into()).chain(arguments).collect::<Vec<_>>().join(" ")
}

fn not_started(command: &Command, error: &io::Error) -> Failure {
    Failure::check(format!("cannot start {}: {error}", name(command)))
}
