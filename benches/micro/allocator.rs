//! The rows about memory, from the program beside this one: counting what is allocated would slow down everything that is timed.

use std::env;
use std::process::Command;

use claimgate_benches::Row;

use crate::Failure;

pub(crate) fn measure(_: usize) -> Result<Vec<Row>, Failure> {
    let program = env::current_exe()?.with_file_name(format!("bench-allocations{}", env::consts::EXE_SUFFIX));
    let missing = |error| format!("{}: {error}; build all binaries of claimgate-benches", program.display());
    let output = Command::new(&program).output().map_err(missing)?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned().into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
