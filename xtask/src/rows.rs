//! `cargo xtask rows N|F|S`: one line a row of a behaviour table.

use std::fs;

use crate::failure::{Failure, Outcome};
use crate::metadata::Metadata;
use crate::report::Report;
use crate::rows_file::{self, Row, Table};
use crate::steps::Steps;
use crate::test::Bench;

const PROFILE: &str = "rows";
/// What nextest returns when tests ran and some failed.
const TESTS_FAILED: i32 = 100;

pub(crate) fn run(table: Table) -> Outcome<()> {
    let metadata = Metadata::of_members()?;
    let path = metadata.workspace_root.join("tests/rows.toml");
    let text =
        fs::read_to_string(&path).map_err(|error| Failure::check(format!("tests/rows.toml: {error}")))?;
    let rows = rows_file::read(&text, table)?;
    let report = run_tests(&metadata, &rows)?;
    let lines = rows.iter().map(|row| line(row, &report)).collect::<Vec<_>>();
    for (number, line) in (1..).zip(&lines) {
        println!("{table}{number} {line}");
    }
    let failed = lines.iter().filter(|line| line.starts_with("FAIL")).count();
    if failed == 0 { Ok(()) } else { Err(Failure::check(format!("{failed} rows of {table} fail"))) }
}

fn run_tests(metadata: &Metadata, rows: &[Row]) -> Outcome<Report> {
    let Some(filter) = filter(rows) else { return Ok(Report::default()) };
    let mut steps = Steps::default();
    let bench = Bench::set_up(metadata, &mut steps)?;
    let (code, report) = bench.nextest(PROFILE, &["--no-tests", "pass", "--filterset", &filter])?;
    match code {
        // No report is left when no test fits; then every row says so.
        0 => Ok(report.unwrap_or_default()),
        TESTS_FAILED => report,
        _ => Err(Failure::check(format!("the tests did not run: nextest ended with exit code {code}"))),
    }
}

/// The tests that the rows name; nothing when they name none.
fn filter(rows: &[Row]) -> Option<String> {
    let names = rows.iter().flat_map(names).map(String::as_str).collect::<Vec<_>>();
    (!names.is_empty()).then(|| format!("test(/(^|::)({})[^:]*$/)", names.join("|")))
}

fn names(row: &Row) -> &[String] {
    match row {
        Row::Tests(names) => names,
        _ => &[],
    }
}

fn line(row: &Row, report: &Report) -> String {
    match row {
        Row::Missing => "FAIL: no entry in tests/rows.toml".to_owned(),
        Row::NotApplicable(reason) => format!("not applicable: {reason}"),
        Row::NotYet(subject) => format!("not yet: {subject}"),
        Row::Tests(names) => match names.iter().find_map(|name| problem(name, report)) {
            Some(problem) => format!("FAIL: {problem}"),
            None => "pass".to_owned(),
        },
    }
}

fn problem(name: &str, report: &Report) -> Option<String> {
    if report.named(name).next().is_none() {
        return Some(format!("no test {name}… ran"));
    }
    let failed = report.named(name).find(|result| !result.passed)?;
    Some(format!("{} {} failed", failed.binary, failed.path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::TestResult;

    fn tests(names: &[&str]) -> Row {
        Row::Tests(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn a_row_passes_only_when_each_of_its_tests_ran_and_passed() {
        let result = |path: &str, passed| TestResult { binary: "suite".into(), path: path.into(), passed };
        let report = Report {
            results: vec![
                result("axum::n001_no_header", true),
                result("actix::n001_no_header", true),
                result("axum::n002_basic", true),
                result("actix::n002_basic", false),
            ],
        };
        for (row, expected) in [
            (tests(&["n001_"]), "pass"),
            (tests(&["n002_"]), "FAIL: suite actix::n002_basic failed"),
            (tests(&["n003_"]), "FAIL: no test n003_… ran"),
            (tests(&["n001_", "keeps_keys"]), "FAIL: no test keeps_keys… ran"),
            (Row::NotApplicable("why".into()), "not applicable: why"),
            (Row::NotYet("what".into()), "not yet: what"),
            (Row::Missing, "FAIL: no entry in tests/rows.toml"),
        ] {
            assert_eq!(line(&row, &report), expected);
        }
    }

    #[test]
    fn the_filter_looks_at_the_function_name_only() {
        let rows = [tests(&["n001_"]), Row::Missing, tests(&["n002_", "keeps"])];
        assert_eq!(filter(&rows).as_deref(), Some("test(/(^|::)(n001_|n002_|keeps)[^:]*$/)"));
        assert_eq!(filter(&[Row::Missing]), None);
    }
}
