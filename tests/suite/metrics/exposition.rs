//! The text that Prometheus reads.

use std::collections::{BTreeMap, BTreeSet};

/// The series of an exposition.
pub(crate) struct Exposition(Vec<Series>);

struct Series {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Exposition {
    /// Reads what the exporter writes: a series a line, no value of a label with a quote in it.
    pub(crate) fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Exposition(lines.map(Series::parse).collect())
    }

    /// The one series with just these labels.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|&(label, value)| (label.to_owned(), value.to_owned())).collect();
        self.of(name).find(|series| series.labels == labels).map(|series| series.value)
    }

    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = f64> {
        self.of(name).map(|series| series.value)
    }

    /// All names, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|series| series.name.as_str()).collect::<BTreeSet<_>>().into_iter()
    }

    /// The labels of the metric, of which all of its series have the same.
    pub(crate) fn labels(&self, name: &str) -> BTreeSet<&str> {
        let mut all = self.of(name).map(|series| series.labels.keys().map(String::as_str).collect());
        let labels: BTreeSet<_> = all.next().unwrap_or_default();
        assert!(all.all(|other: BTreeSet<_>| other == labels), "{name}");
        labels
    }

    pub(crate) fn has_label(&self, name: &str, label: &str) -> bool {
        self.labels(name).contains(label)
    }

    pub(crate) fn label_values_of(&self, name: &str, label: &str) -> BTreeSet<&str> {
        self.of(name).filter_map(|series| series.labels.get(label)).map(String::as_str).collect()
    }

    pub(crate) fn label_values(&self, label: &str) -> BTreeSet<&str> {
        self.0.iter().filter_map(|series| series.labels.get(label)).map(String::as_str).collect()
    }

    fn of(&self, name: &str) -> impl Iterator<Item = &Series> {
        self.0.iter().filter(move |series| series.name == name)
    }
}

impl Series {
    fn parse(line: &str) -> Self {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let labels =
            labels.strip_suffix('}').unwrap().split_inclusive("\",").filter(|label| !label.is_empty());
        let labels = labels.map(|label| {
            let (label, value) = label.trim_end_matches(',').split_once('=').unwrap();
            (label.to_owned(), value.trim_matches('"').to_owned())
        });
        Series { name: name.to_owned(), labels: labels.collect(), value: value.parse().unwrap() }
    }
}
