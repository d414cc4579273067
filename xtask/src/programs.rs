//! The programs of the machine that make what the tests read (key stores of Java, keys and certificates of OpenSSL), and those that
//! they run against.

use std::process::Command;

use crate::apt;
use crate::failure::{Failure, Outcome};
use crate::process::probe;

pub(crate) struct Program {
    name: &'static str,
    /// What it is asked, to see whether it is there.
    question: &'static str,
    /// The package of Debian and its like.
    package: &'static str,
}

/// What counts instructions.
pub(crate) static COUNTER: [Program; 1] =
    [Program { name: "valgrind", question: "--version", package: "valgrind" }];

/// What the tests need.
pub(crate) static OF_TESTS: [Program; 3] = [
    // The oldest Java in support makes the same stores as the newest, so whichever the distribution prefers.
    Program { name: "keytool", question: "-help", package: "default-jre-headless" },
    Program { name: "openssl", question: "version", package: "openssl" },
    Program { name: "redis-server", question: "--version", package: "redis-server" },
];

/// Installs those that are missing. One that cannot be had is a failure, never a skip.
pub(crate) fn ensure(programs: &'static [Program]) -> Outcome<()> {
    let missing = missing(programs);
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.iter().map(|program| program.package).collect::<Vec<_>>();
    if !apt::is_ready() {
        return Err(told(&missing));
    }
    apt::install(&packages)?;
    let missing = self::missing(programs);
    if missing.is_empty() { Ok(()) } else { Err(told(&missing)) }
}

fn missing(programs: &'static [Program]) -> Vec<&'static Program> {
    let is_missing = |program: &&Program| probe(Command::new(program.name).arg(program.question)).is_none();
    programs.iter().filter(is_missing).collect()
}

fn told(missing: &[&Program]) -> Failure {
    let each = missing.iter().map(|program| format!("{} (Debian: {})", program.name, program.package));
    Failure::check(format!("not on PATH: {}; install what is missing", each.collect::<Vec<_>>().join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_missing_is_told_with_its_package() {
        static PROGRAMS: [Program; 2] = [
            Program { name: "cargo", question: "--version", package: "cargo" },
            Program { name: "no-such-program", question: "--version", package: "nowhere" },
        ];
        let missing = missing(&PROGRAMS);
        let message = told(&missing).to_string();
        assert_eq!(message, "not on PATH: no-such-program (Debian: nowhere); install what is missing");
    }
}
