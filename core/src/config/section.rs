//! One table of the file, read key by key.

use std::time::Duration;

use toml::{Table, Value};

use crate::config_error::{ConfigError, Problems};

/// A table from which keys are taken by name and type. What has the wrong type is a problem that quotes the value; what is
/// left at the [`end`](Section::end) is unknown. For the files of other crates of this family too.
#[doc(hidden)]
#[derive(Debug)]
pub struct Section<'p> {
    place: String,
    table: Table,
    known: Vec<&'static str>,
    problems: &'p mut Problems,
}

impl<'p> Section<'p> {
    /// The whole of a file.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with the line, where `text` is not TOML.
    pub fn parse(text: &str, problems: &'p mut Problems) -> Result<Self, ConfigError> {
        match text.parse::<Table>() {
            Ok(table) => Ok(Section::new("", table, problems)),
            Err(error) => Err(ConfigError::single(syntax_error(text, &error))),
        }
    }

    /// The table `table`; problems in it are told to be at `place`.
    pub fn new(place: impl Into<String>, table: Table, problems: &'p mut Problems) -> Self {
        Section { place: place.into(), table, known: Vec::new(), problems }
    }

    /// The table `table` that stands at `key` of this one.
    pub(crate) fn inner(&mut self, key: &str, table: Table) -> Section<'_> {
        Section::new(format!("{}: {key}", self.place), table, self.problems)
    }

    /// The value at `key`, without taking it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.table.get(key)
    }

    /// Notes that `message` is wrong with this table.
    pub fn problem(&mut self, message: impl Into<String>) {
        self.problems.add(self.place.clone(), message);
    }

    /// Takes a string.
    pub fn string(&mut self, key: &'static str) -> Option<String> {
        self.typed(key, "a string", |value| value.as_str().map(str::to_owned))
    }

    /// A string that no problem quotes.
    pub(crate) fn secret(&mut self, key: &'static str) -> Option<String> {
        self.known.push(key);
        let Value::String(secret) = self.table.remove(key)? else {
            self.problem(format!("{key}: expected a string"));
            return None;
        };
        Some(secret)
    }

    /// Takes `true` or `false`.
    pub fn boolean(&mut self, key: &'static str) -> Option<bool> {
        self.typed(key, "true or false", Value::as_bool)
    }

    pub(crate) fn size(&mut self, key: &'static str) -> Option<usize> {
        self.typed(key, "a whole number", |value| usize::try_from(value.as_integer()?).ok())
    }

    pub(crate) fn duration(&mut self, key: &'static str) -> Option<Duration> {
        self.typed(key, "a duration such as \"30s\"", duration)
    }

    /// Takes a list of strings.
    pub fn string_list(&mut self, key: &'static str) -> Option<Vec<String>> {
        self.typed(key, "a list of strings", strings)
    }

    /// A list of strings, or one string for a list of one.
    pub(crate) fn string_or_list(&mut self, key: &'static str) -> Option<Vec<String>> {
        self.typed(key, "a string or a list of strings", |value| match value.as_str() {
            Some(text) => Some(vec![text.to_owned()]),
            None => strings(value),
        })
    }

    /// A table whose values are strings or lists of strings.
    pub(crate) fn string_lists(&mut self, key: &'static str) -> Vec<(String, Vec<String>)> {
        let read = |value: &Value| {
            value.as_table()?.iter().map(|(name, values)| Some((name.clone(), strings(values)?))).collect()
        };
        self.typed(key, "a table of lists of strings", read).unwrap_or_default()
    }

    pub(crate) fn table(&mut self, key: &'static str) -> Option<Table> {
        self.typed(key, "a table", |value| value.as_table().cloned())
    }

    /// The tables of `[[key]]`.
    pub fn tables(&mut self, key: &'static str) -> Vec<Table> {
        let read = |value: &Value| value.as_array()?.iter().map(|entry| entry.as_table().cloned()).collect();
        self.typed(key, "one or more tables", read).unwrap_or_default()
    }

    /// A key that is known and whose feature is not there yet.
    pub(crate) fn not_yet(&mut self, key: &'static str, feature: &str) {
        self.known.push(key);
        if self.table.remove(key).is_some() {
            self.problem(format!("{key}: not built yet, it comes with {feature}"));
        }
    }

    /// Takes `key` as whatever `read` makes of it.
    pub fn typed<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        self.known.push(key);
        let value = self.table.remove(key)?;
        let typed = read(&value);
        if typed.is_none() {
            // What is in a table may be a password.
            let shown = match &value {
                Value::Table(_) => "a table".to_owned(),
                Value::Array(list) if list.iter().any(Value::is_table) => "a list of tables".to_owned(),
                value => value.to_string(),
            };
            self.problem(format!("{key} = {shown}: expected {expected}"));
        }
        typed
    }

    /// Tells every key that nobody took.
    pub fn end(mut self) {
        for key in std::mem::take(&mut self.table).keys() {
            // Near is what a slip of the fingers makes; anything further away would be a guess.
            let near = |known: &&&str| strsim::damerau_levenshtein(known, key) <= 1 + key.len() / 4;
            let nearest =
                self.known.iter().filter(near).min_by_key(|known| strsim::damerau_levenshtein(known, key));
            let hint = nearest.map(|known| format!(", did you mean {known:?}?")).unwrap_or_default();
            self.problem(format!("unknown key {key:?}{hint}"));
        }
    }
}

fn syntax_error(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
    format!("line {line}: {}", error.message().replace('\n', ", "))
}

pub(crate) fn duration(value: &Value) -> Option<Duration> {
    humantime::parse_duration(value.as_str()?).ok()
}

fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|entry| entry.as_str().map(str::to_owned)).collect()
}
