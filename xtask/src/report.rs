//! Which tests ran, and how each ended.

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) results: Vec<TestResult>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TestResult {
    /// The test binary, as nextest names it.
    pub(crate) binary: String,
    /// The path of the test inside its binary.
    pub(crate) path: String,
    pub(crate) passed: bool,
}

impl Report {
    /// The tests whose function name starts with one of the prefixes.
    pub(crate) fn named<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a TestResult> {
        self.results.iter().filter(move |result| result.function().starts_with(prefix))
    }

    /// As `3 passed, 0 failed`.
    pub(crate) fn counts(&self) -> String {
        let passed = self.results.iter().filter(|result| result.passed).count();
        format!("{passed} passed, {} failed", self.results.len() - passed)
    }
}

impl TestResult {
    /// The last segment of the path: modules say on which host a test runs, functions what they test.
    fn function(&self) -> &str {
        self.path.rsplit("::").next().unwrap_or(&self.path)
    }
}
