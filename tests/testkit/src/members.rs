use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What a test has said about the members of a JSON object: a value, or its absence. The last word on a name counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members(BTreeMap<String, Option<Value>>);

impl Members {
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), Some(value));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.insert(name.to_owned(), None);
    }

    /// Forgets what was said, so that the default shows again.
    pub(crate) fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }

    pub(crate) fn over<const N: usize>(&self, defaults: [(&str, Value); N]) -> Map<String, Value> {
        let mut members: Map<_, _> =
            defaults.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        for (name, value) in &self.0 {
            match value {
                Some(value) => members.insert(name.clone(), value.clone()),
                None => members.remove(name),
            };
        }
        members
    }
}
