//! What Linux tells of a process.

use std::error::Error;
use std::fs;

/// The memory of a process that is in RAM, in KiB.
pub(crate) fn resident(process: u32) -> Result<u64, Box<dyn Error>> {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}; this needs Linux"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number =
        line.and_then(|line| line.split_whitespace().next()).ok_or("no VmRSS, has the server ended?")?;
    Ok(number.parse()?)
}

/// An error where this process, and so the server that it starts, may not open so many connections.
pub(crate) fn enough_files(connections: usize) -> Result<(), Box<dyn Error>> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()).unwrap_or("unlimited");
    match soft.parse::<usize>() {
        Ok(limit) if limit < connections + BESIDES => {
            let needed = connections + BESIDES;
            Err(format!("at most {limit} files may be open: say ulimit -n {needed} before").into())
        }
        _ => Ok(()),
    }
}

/// Files that are no connection of a client: the runtime's, the program's own, the connection to the issuer.
const BESIDES: usize = 100;
