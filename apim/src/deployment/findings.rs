//! What is found while a configuration is read: problems, which end it, and notices, which do not.

use claimgate_core::{ConfigError, ConfigProblem};

use crate::deployment::notice::Notice;

#[derive(Debug, Default)]
pub(super) struct Findings {
    problems: Vec<ConfigProblem>,
    notices: Vec<Notice>,
}

impl Findings {
    pub(super) fn problem(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.problems.push(ConfigProblem::new(place, message));
    }

    pub(super) fn notice(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    /// `value` and the notices, unless there was a problem.
    pub(super) fn or<T>(self, value: T) -> Result<(T, Vec<Notice>), ConfigError> {
        if self.problems.is_empty() {
            Ok((value, self.notices))
        } else {
            Err(self.problems.into_iter().collect())
        }
    }
}

/// The error of one problem without a place.
pub(crate) fn single(message: impl Into<String>) -> ConfigError {
    [ConfigProblem::new("", message)].into_iter().collect()
}
