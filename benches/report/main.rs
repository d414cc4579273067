//! Makes the page of `docs/` and its plots out of what the benchmarks left.

#![forbid(unsafe_code)]

mod page;
mod plot;
mod plots;
mod tables;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use claimgate_benches::Row;
use claimgate_benches::measured::Measured;
use lexopt::{Arg, Parser};
use serde::de::DeserializeOwned;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("bench-report: {problem}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let (mut work, mut docs) = (PathBuf::from("target/bench"), PathBuf::from("docs"));
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("work") => work = parser.value()?.into(),
            Arg::Long("docs") => docs = parser.value()?.into(),
            other => return Err(format!("{}; usage: bench-report {USAGE}", other.unexpected()).into()),
        }
    }
    let micro: Vec<Row> = read(&work.join("micro.json"))?;
    let measured: Measured = read(&work.join("macro.json"))?;
    fs::create_dir_all(&docs)?;
    for (name, drawn) in plots::all(&measured)? {
        fs::write(docs.join(name), drawn)?;
    }
    let page = docs.join("benchmarks.md");
    fs::write(&page, page::text(&micro, &measured))?;
    eprintln!("written: {}", page.display());
    Ok(())
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<T, Box<dyn Error>> {
    let text = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", file.display()).into())
}

const USAGE: &str = "[--work FOLDER] [--docs FOLDER]";
