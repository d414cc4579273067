//! What benchmarks measure, as rows: each a figure with the bar that it has to meet.

#![forbid(unsafe_code)]

pub mod measured;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// One figure: the median of several runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// What was measured against what.
    pub what: String,
    /// The median of the runs.
    #[serde(deserialize_with = "figure")]
    pub figure: f64,
    /// The smallest and the largest of the runs.
    #[serde(deserialize_with = "spread")]
    pub spread: (f64, f64),
    /// What the figure has to meet.
    pub bar: Bar,
    /// The times behind a ratio, in words.
    pub detail: String,
}

/// What a figure has to meet.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Bar {
    /// It may be this at most.
    AtMost(f64),
    /// It has to be this at least.
    AtLeast(f64),
    /// Nothing: it is told and not judged.
    Told,
}

impl Row {
    /// The row of these runs.
    pub fn of(
        what: impl Into<String>,
        bar: Bar,
        runs: impl IntoIterator<Item = f64>,
        detail: impl Into<String>,
    ) -> Self {
        let mut runs: Vec<f64> = runs.into_iter().collect();
        runs.sort_by(f64::total_cmp);
        let at = |place: usize| runs.get(place).copied().unwrap_or(f64::NAN);
        let spread = (at(0), at(runs.len().saturating_sub(1)));
        Row { what: what.into(), figure: at(runs.len() / 2), spread, bar, detail: detail.into() }
    }

    /// Whether the figure meets its bar. One that could not be measured meets none.
    pub fn holds(&self) -> bool {
        match self.bar {
            Bar::AtMost(most) => self.figure <= most,
            Bar::AtLeast(least) => self.figure >= least,
            Bar::Told => true,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { what, figure, spread, bar, detail } = self;
        write!(formatter, "{what}: {figure:.4} ({:.4} to {:.4}), ", spread.0, spread.1)?;
        match bar {
            Bar::AtMost(most) => write!(formatter, "at most {most}: ")?,
            Bar::AtLeast(least) => write!(formatter, "at least {least}: ")?,
            Bar::Told => {}
        }
        formatter.write_str(match (bar, self.holds()) {
            (Bar::Told, _) => "told",
            (_, true) => "held",
            (_, false) => "missed",
        })?;
        write!(formatter, "; {detail}")
    }
}

/// JSON has no number that is none: what could not be measured is written as `null`, and read as what it was.
fn figure<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

fn spread<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(f64, f64), D::Error> {
    let (smallest, largest) = <(Option<f64>, Option<f64>)>::deserialize(deserializer)?;
    Ok((smallest.unwrap_or(f64::NAN), largest.unwrap_or(f64::NAN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_a_figure_is_missed_also_after_a_way_through_json() {
        let row = Row::of("x", Bar::AtMost(1.0), [], "");
        let read: Row = serde_json::from_str(&serde_json::to_string(&row).unwrap()).unwrap();
        assert!(!row.holds() && !read.holds());
        assert!(read.figure.is_nan() && read.spread.0.is_nan());
    }
}
