//! What is wrong with a configuration, for the developer.

use std::fmt;

/// Everything that is wrong with a configuration, all at once.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<ConfigProblem>,
}

/// One thing that is wrong. It quotes the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    place: String,
    message: String,
}

impl ConfigError {
    /// The problems, in the order of the configuration.
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }

    pub(crate) fn single(message: String) -> Self {
        ConfigError { problems: vec![ConfigProblem { place: String::new(), message }] }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(formatter, "{separator}{problem}")?;
        }
        Ok(())
    }
}

/// As it is displayed: this is what a `main` that gives it back shows.
impl fmt::Debug for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for ConfigError {}

/// For configurations of other formats than ours. Whoever makes an error has a problem to tell: one without any says nothing.
impl FromIterator<ConfigProblem> for ConfigError {
    fn from_iter<I: IntoIterator<Item = ConfigProblem>>(problems: I) -> Self {
        ConfigError { problems: problems.into_iter().collect() }
    }
}

impl ConfigProblem {
    /// A problem at `place`, which may be empty. The message quotes the value, unless that is a secret.
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        ConfigProblem { place: place.into(), message: message.into() }
    }

    /// Where it is: an issuer, a key of the file.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What it is, with the value in it.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => formatter.write_str(&self.message),
            place => write!(formatter, "{place}: {}", self.message),
        }
    }
}

/// Collects problems while a configuration is read. For the files of other crates of this family.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Problems(Vec<ConfigProblem>);

impl Problems {
    /// Notes that `message` is wrong at `place`.
    pub fn add(&mut self, place: impl Into<String>, message: impl Into<String>) {
        let problem = ConfigProblem { place: place.into(), message: message.into() };
        // A value that two stages look at is told once.
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    /// Notes the problems of `error` too.
    pub fn extend(&mut self, error: ConfigError) {
        for problem in error.problems {
            self.add(problem.place, problem.message);
        }
    }

    /// `value`, unless there was a problem.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with all of them.
    pub fn or<T>(self, value: T) -> Result<T, ConfigError> {
        if self.0.is_empty() { Ok(value) } else { Err(ConfigError { problems: self.0 }) }
    }
}
