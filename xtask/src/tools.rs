//! The cargo subcommands that the commands need: pinned, and installed only when missing.

use crate::failure::Outcome;
use crate::process::{cargo, probe, run};

pub(crate) struct Tool {
    /// As in `cargo NAME`; the package is `cargo-NAME`.
    name: &'static str,
    pin: &'static str,
}

pub(crate) const NEXTEST: Tool = Tool { name: "nextest", pin: "0.9.143" };
pub(crate) const HACK: Tool = Tool { name: "hack", pin: "0.6.46" };
pub(crate) const DENY: Tool = Tool { name: "deny", pin: "0.20.2" };

impl Tool {
    /// Installs the tool unless a version that is at least the pin is there.
    ///
    /// It goes to cargo's home, where cargo looks for subcommands even when that is not on `PATH`.
    pub(crate) fn ensure(&self) -> Outcome<()> {
        let printed = probe(&mut cargo([self.name, "--version"]));
        match printed.as_deref().and_then(first_version) {
            Some(present) if Some(&present) >= Version::parse(self.pin).as_ref() => return Ok(()),
            Some(present) => eprintln!("cargo-{} {present} is older than {}", self.name, self.pin),
            None => eprintln!("cargo-{} is not installed", self.name),
        }
        let package = format!("cargo-{}@{}", self.name, self.pin);
        let mut install = cargo(["install", "--locked", "--force", &package]);
        // These tools wait for files and for cargo; hardly optimised they are built in half the
        // time and run as fast as anybody can tell.
        for (key, value) in [("OPT_LEVEL", "1"), ("LTO", "off"), ("CODEGEN_UNITS", "16"), ("DEBUG", "0")] {
            install.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
        }
        // A target directory of the workspace may be locked by another cargo; the tool gets its own.
        install.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET_DIR");
        run(&mut install)
    }
}

/// The first three numbers of a version; what follows a `-` is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u32, u32, u32);

impl Version {
    /// Reads `1.89`, `1.89.0`, `v20.1.2`; nothing for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let core = text.split(['-', '+']).next()?;
        let mut numbers = core.split('.').map(|number| number.parse().ok());
        let version = Self(numbers.next()??, numbers.next()??, numbers.next().unwrap_or(Some(0))?);
        numbers.next().is_none().then_some(version)
    }

    pub(crate) fn major(self) -> u32 {
        self.0
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

fn first_version(printed: &str) -> Option<Version> {
    printed.split_whitespace().find_map(Version::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        for (text, version) in [
            ("1.89", Some(Version(1, 89, 0))),
            ("1.89.1", Some(Version(1, 89, 1))),
            ("v20.20.2", Some(Version(20, 20, 2))),
            ("18.20.4+dfsg-1", Some(Version(18, 20, 4))),
            ("0.9.143-rc.1", Some(Version(0, 9, 143))),
            ("1", None),
            ("1.x", None),
            ("1.2.3.4", None),
            ("cargo", None),
            ("", None),
        ] {
            assert_eq!(Version::parse(text), version, "{text}");
        }
    }

    #[test]
    fn finds_the_version_in_what_a_tool_prints() {
        assert_eq!(
            first_version("cargo-nextest 0.9.143 (60fa45f63 2026-08-04)\n"),
            Version::parse("0.9.143")
        );
        assert_eq!(first_version("no number here"), None);
    }

    #[test]
    fn a_later_version_is_greater() {
        assert!(Version::parse("0.10.0") > Version::parse("0.9.143"));
        assert!(Version::parse("1.89") == Version::parse("1.89.0"));
    }
}
