//! What Linux tells of a process, and where it lets one run.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::process::{Command, Stdio};

/// The program, to be run on one core. It ends when this process does, also when that is killed and can end nothing itself.
pub(crate) fn pinned(core: usize, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "taskset", "--cpu-list", &core.to_string()]).arg(program);
    command
}

/// Keeps every thread of this process off the core of the servers.
pub(crate) fn pin_self(core: usize) -> Result<(), Box<dyn Error>> {
    let process = std::process::id().to_string();
    let mut command = Command::new("taskset");
    command.args(["--all-tasks", "--cpu-list", "--pid", &core.to_string(), &process]);
    let status = command.stdout(Stdio::null()).status().map_err(|error| format!("taskset: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("there is no core {core} for the generator").into()) }
}

/// The CPU time of all threads of a process, user's and system's, in nanoseconds.
///
/// The scheduler's own account: `stat` has the same in hundredths of a second.
pub(crate) fn cpu_nanos(process: u32) -> Result<u64, Box<dyn Error>> {
    let mut sum = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let path = thread?.path().join("schedstat");
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        sum += text.split_whitespace().next().ok_or("an empty schedstat")?.parse::<u64>()?;
    }
    Ok(sum)
}

/// The memory of a process that is in RAM, in KiB: all of it, and what of it is no page of a file.
pub(crate) fn resident_kib(process: u32) -> Result<(u32, u32), Box<dyn Error>> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let field = |name: &str| -> Result<u32, Box<dyn Error>> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let number = line.and_then(|line| line.split_whitespace().next()).ok_or(format!("no {name}"))?;
        Ok(number.parse()?)
    };
    Ok((field("VmRSS")?, field("RssAnon")?))
}
