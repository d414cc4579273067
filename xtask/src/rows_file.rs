//! `tests/rows.toml`: where each row of the behaviour tables is tested, or why it is not.

use std::fmt;

use toml::Value;

use crate::failure::{Failure, Outcome};

/// The tables whose rows tests name: refusals, faults of the key side, rules of API managers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    N,
    F,
    S,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Row {
    /// Function names, or the starts of them; the tests of each must be there and pass.
    Tests(Vec<String>),
    NotApplicable(String),
    NotYet(String),
    /// The file says nothing about it.
    Missing,
}

impl Table {
    pub(crate) fn parse(word: &str) -> Outcome<Self> {
        match word {
            "N" => Ok(Self::N),
            "F" => Ok(Self::F),
            "S" => Ok(Self::S),
            other => Err(Failure::usage(format!("no such table: {other:?}; there are N, F and S"))),
        }
    }

    pub(crate) fn rows(self) -> u32 {
        match self {
            Self::N => 148,
            Self::F => 42,
            Self::S => 61,
        }
    }

    /// How a test of this row begins: `n017_`, `f03_`, `s61_`.
    fn prefix(self, row: u32) -> String {
        match self {
            Self::N => format!("n{row:03}_"),
            Self::F => format!("f{row:02}_"),
            Self::S => format!("s{row:02}_"),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Reads one table of the file: a row for each number, in order.
pub(crate) fn read(text: &str, table: Table) -> Outcome<Vec<Row>> {
    let file = text.parse::<toml::Table>().map_err(|error| bad(&error.to_string()))?;
    let mut rows = vec![Row::Missing; table.rows() as usize];
    let Some(entries) = file.get(&table.to_string()) else { return Ok(rows) };
    let entries = entries.as_table().ok_or_else(|| bad(&format!("{table} is not a table")))?;
    for (key, value) in entries {
        let number = key.parse::<u32>().ok().filter(|number| (1..=table.rows()).contains(number));
        let number = number.ok_or_else(|| bad(&format!("{table} has no row {key:?}")))?;
        let row = entry(value, &table.prefix(number));
        let row = row.ok_or_else(|| {
            bad(&format!("{table}{number} is none of \"test\", tests, not_applicable, not_yet"))
        })?;
        if let Some(slot) = rows.get_mut(number as usize - 1) {
            *slot = row;
        }
    }
    Ok(rows)
}

fn entry(value: &Value, prefix: &str) -> Option<Row> {
    let table = match value {
        Value::String(word) if word == "test" => return Some(Row::Tests(vec![prefix.to_owned()])),
        Value::Table(table) if table.len() == 1 => table,
        _ => return None,
    };
    let (key, value) = table.iter().next()?;
    match (key.as_str(), value) {
        ("tests", Value::Array(names)) if !names.is_empty() => {
            names.iter().map(|name| name.as_str().and_then(test_name)).collect::<Option<_>>().map(Row::Tests)
        }
        ("not_applicable", Value::String(reason)) if !reason.is_empty() => {
            Some(Row::NotApplicable(reason.clone()))
        }
        ("not_yet", Value::String(subject)) if !subject.is_empty() => Some(Row::NotYet(subject.clone())),
        _ => None,
    }
}

/// Names go into a regular expression, so they are held to what a function name can be.
fn test_name(name: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (!name.is_empty() && name.chars().all(fits)).then(|| name.to_owned())
}

fn bad(problem: &str) -> Failure {
    Failure::check(format!("tests/rows.toml: {}", problem.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_and_leaves_the_rest_missing() {
        let text = r#"
            [F]
            1 = "test"
            2 = { tests = ["f02_", "keeps_old_keys"] }
            3 = { not_applicable = "no such feature" }
            42 = { not_yet = "the key engine" }
        "#;
        let rows = read(text, Table::F).unwrap();
        assert_eq!(rows.len(), 42);
        assert_eq!(rows[0], Row::Tests(vec!["f01_".into()]));
        assert_eq!(rows[1], Row::Tests(vec!["f02_".into(), "keeps_old_keys".into()]));
        assert_eq!(rows[2], Row::NotApplicable("no such feature".into()));
        assert_eq!(rows[3], Row::Missing);
        assert_eq!(rows[41], Row::NotYet("the key engine".into()));
    }

    #[test]
    fn refuses_what_it_does_not_know_and_names_the_row() {
        for (text, named) in [
            ("[F]\n43 = \"test\"", "\"43\""),
            ("[F]\n0 = \"test\"", "\"0\""),
            ("[F]\n5 = \"tset\"", "F5"),
            ("[F]\n5 = { not_yet = \"\" }", "F5"),
            ("[F]\n5 = { tests = [] }", "F5"),
            ("[F]\n5 = { tests = [\"a|b\"] }", "F5"),
            ("[F]\n5 = { not_yet = \"x\", not_applicable = \"y\" }", "F5"),
            ("[F]\n5 = \"test\"\n5 = \"test\"", "duplicate"),
            ("F = 1", "F is not a table"),
        ] {
            let failure = read(text, Table::F).unwrap_err().to_string();
            assert!(failure.contains(named), "{text}: {failure}");
        }
    }

    #[test]
    fn the_prefix_has_the_digits_of_its_table() {
        assert_eq!(Table::N.prefix(7), "n007_");
        assert_eq!(Table::F.prefix(7), "f07_");
        assert_eq!(Table::S.prefix(61), "s61_");
    }
}
