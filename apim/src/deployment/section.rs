//! One table of `deployment.toml`, read key by key.

use std::time::Duration;

use toml::{Table, Value};

use crate::deployment::duration::{SECONDS, seconds};
use crate::deployment::findings::Findings;
use crate::deployment::notice::Notice;

/// A table from which keys are taken by name and type. What has the wrong type is a problem that quotes the value; what is
/// left at the end is unknown.
pub(super) struct Section<'f> {
    /// What problems call it.
    place: String,
    /// What its keys are called after.
    path: String,
    table: Table,
    known: Vec<&'static str>,
    findings: &'f mut Findings,
}

impl<'f> Section<'f> {
    pub(super) fn new(path: impl Into<String>, table: Table, findings: &'f mut Findings) -> Self {
        let path = path.into();
        Section { place: path.clone(), path, table, known: Vec::new(), findings }
    }

    /// Problems are told under another name than that of the table.
    pub(super) fn called(self, place: impl Into<String>) -> Self {
        Section { place: place.into(), ..self }
    }

    pub(super) fn findings(&mut self) -> &mut Findings {
        self.findings
    }

    pub(super) fn problem(&mut self, message: impl Into<String>) {
        self.findings.problem(self.place.clone(), message);
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The full name of `key`.
    pub(super) fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn string(&mut self, key: &'static str) -> Option<String> {
        let text = self.typed(key, "a string", |value| value.as_str().map(str::to_owned))?;
        if let Some(placeholder) = placeholder(&text) {
            self.problem(format!("{key} = {text:?}: {placeholder} is not resolved here"));
            return None;
        }
        Some(text)
    }

    /// A string that no problem quotes.
    pub(super) fn secret(&mut self, key: &'static str) -> Option<String> {
        self.known.push(key);
        let Value::String(secret) = self.table.remove(key)? else {
            self.problem(format!("{key}: expected a string"));
            return None;
        };
        Some(secret)
    }

    /// A string that is not empty.
    pub(super) fn name(&mut self, key: &'static str) -> Option<String> {
        let name = self.string(key)?;
        if name.is_empty() {
            self.problem(format!("{key} = \"\": it is empty"));
            return None;
        }
        Some(name)
    }

    /// The name of a header field (RFC 9110, section 5.1).
    pub(super) fn header_name(&mut self, key: &'static str) -> Option<String> {
        let name = self.string(key)?;
        if !is_header_name(&name) {
            self.problem(format!("{key} = {name:?}: expected the name of a header field"));
            return None;
        }
        Some(name)
    }

    pub(super) fn boolean(&mut self, key: &'static str) -> Option<bool> {
        self.typed(key, "true or false", Value::as_bool)
    }

    pub(super) fn duration(&mut self, key: &'static str) -> Option<Duration> {
        self.typed(key, SECONDS, seconds)
    }

    pub(super) fn string_list(&mut self, key: &'static str) -> Option<Vec<String>> {
        self.typed(key, "a list of strings", |value| {
            value.as_array()?.iter().map(|entry| entry.as_str().map(str::to_owned)).collect()
        })
    }

    pub(super) fn table(&mut self, key: &'static str) -> Option<Table> {
        self.typed(key, "a table", |value| value.as_table().cloned())
    }

    /// The tables of `[[key]]`.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Table> {
        let read = |value: &Value| value.as_array()?.iter().map(|entry| entry.as_table().cloned()).collect();
        self.typed(key, "one or more tables in double brackets", read).unwrap_or_default()
    }

    /// Tells that `key` names a Java class.
    pub(super) fn needs_plugin(&mut self, key: &'static str, class: String) -> String {
        let key = self.key(key);
        self.findings.notice(Notice::NeedsPlugin { key, class: class.clone() });
        class
    }

    /// Keys that are known, and for other parts of the original than its gateway.
    pub(super) fn others(&mut self, keys: &[&'static str]) {
        for key in keys {
            self.known.push(key);
            self.table.remove(*key);
        }
    }

    /// A key that somebody might expect something of.
    pub(super) fn no_effect(&mut self, key: &'static str, reason: &'static str) {
        self.known.push(key);
        if self.table.remove(key).is_some() {
            let key = self.key(key);
            self.findings.notice(Notice::NoEffect { key, reason });
        }
    }

    /// Takes `key` as whatever `read` makes of it.
    pub(super) fn typed<T>(
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
                value => shortened(value.to_string()),
            };
            self.problem(format!("{key} = {shown}: expected {expected}"));
        }
        typed
    }

    /// Tells every key that nobody took.
    pub(super) fn end(self) {
        // Near is what a slip of the fingers makes; anything further away would be a guess.
        self.tell(|length| 1 + length / 4, true);
    }

    /// Tells the keys that nobody took and that look like one that is known: the others are for other parts of the original.
    pub(super) fn end_among_others(self) {
        self.tell(|length| 1 + length / 8, false);
    }

    fn tell(mut self, farthest: impl Fn(usize) -> usize, tells_strangers: bool) {
        for key in std::mem::take(&mut self.table).keys() {
            let nearest = nearest(key, &self.known, &farthest).map(|known| self.key(known));
            if tells_strangers || nearest.is_some() {
                let key = self.key(&shortened(key.clone()));
                self.findings.notice(Notice::UnknownKey { key, nearest });
            }
        }
    }
}

/// The known key that `key` looks like.
pub(super) fn nearest<'k>(
    key: &str,
    known: &[&'k str],
    farthest: impl Fn(usize) -> usize,
) -> Option<&'k str> {
    // The distance to a key of a megabyte would take minutes to find.
    if key.len() > MOST_SHOWN {
        return None;
    }
    let distances = known.iter().map(|known| (strsim::damerau_levenshtein(known, key), *known));
    let (_, nearest) = distances.filter(|(distance, _)| *distance <= farthest(key.len())).min()?;
    Some(nearest)
}

/// RFC 9110, section 5.6.2.
pub(super) fn is_header_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

/// The place holders of the original, which stand for what its start scripts and its vault know.
fn placeholder(text: &str) -> Option<&'static str> {
    PLACEHOLDERS.into_iter().find(|placeholder| text.contains(placeholder))
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

const PLACEHOLDERS: [&str; 5] = ["$env{", "$ref{", "$secret{", "$sys{", "${"];

/// Enough to find the place in the file, and little enough for a line of a log.
const MOST_SHOWN: usize = 200;
