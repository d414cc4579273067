//! `cargo xtask soak`: long runs that watch memory.

use std::process::Command;

use crate::failure::Outcome;
use crate::process::{cargo, run};

/// 2,000 keep-alive connections and a million requests to an actix-web server.
pub(crate) fn actix() -> Outcome<()> {
    let program = ["run", "--release", "--package", "claimgate-tests", "--example", "actix-soak"];
    let cargo = cargo(program);
    // Each connection is a file, and many systems allow 1,024 unless asked; only a shell can ask without unsafe code.
    let mut raised = Command::new("sh");
    raised.args(["-c", "ulimit -S -n \"$(ulimit -H -n)\"; exec \"$0\" \"$@\""]);
    run(raised.arg(cargo.get_program()).args(cargo.get_args()))
}
