//! `cargo xtask`: what a contributor runs before a push, and what CI runs after it.
//!
//! Each command is a file of its own; `command.rs` knows which there are.

mod apt;
mod bench;
mod ci;
mod command;
mod counterpart;
mod failure;
mod inject;
mod instructions;
mod junit;
mod metadata;
mod msrv;
mod node;
mod process;
mod programs;
mod report;
mod rows;
mod rows_file;
mod soak;
mod steps;
mod test;
mod tools;
mod tree;
mod venv;

use std::process::ExitCode;

use command::Command;

fn main() -> ExitCode {
    match Command::parse(std::env::args_os().skip(1)).and_then(Command::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            failure.exit_code()
        }
    }
}
