//! The report that nextest writes, in the format of junit.

use std::fmt::Display;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::failure::{Failure, Outcome};
use crate::report::{Report, TestResult};

/// Reads a report. A test passed when its element holds neither `failure` nor `error`, and was not
/// skipped; nothing else in the format says that it ran well.
pub(crate) fn read(text: &str) -> Outcome<Report> {
    let mut reader = Reader::from_str(text);
    let mut report = Report::default();
    let mut current: Option<TestResult> = None;
    loop {
        match reader.read_event().map_err(malformed)? {
            Event::Start(element) => match element.name().as_ref() {
                "testcase" => current = Some(begin(&element)?),
                name => mark(&mut current, name),
            },
            Event::Empty(element) => match element.name().as_ref() {
                "testcase" => report.results.push(begin(&element)?),
                name => mark(&mut current, name),
            },
            Event::End(element) if element.name().as_ref() == "testcase" => {
                report.results.extend(current.take());
            }
            Event::Eof => return Ok(report),
            _ => {}
        }
    }
}

fn begin(element: &BytesStart<'_>) -> Outcome<TestResult> {
    Ok(TestResult {
        binary: attribute(element, "classname")?,
        path: attribute(element, "name")?,
        passed: true,
    })
}

fn mark(current: &mut Option<TestResult>, element: &str) {
    if let (Some(result), "failure" | "error" | "skipped") = (current, element) {
        result.passed = false;
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Outcome<String> {
    let attribute = element.try_get_attribute(name).map_err(malformed)?;
    let attribute = attribute.ok_or_else(|| malformed(format!("a testcase without {name}")))?;
    Ok(attribute.normalized_value(XmlVersion::Explicit1_0).map_err(malformed)?.into_owned())
}

fn malformed(error: impl Display) -> Failure {
    Failure::check(format!("the JUnit report cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="4" failures="2" errors="0">
  <testsuite name="claimgate-core" tests="4" disabled="0" errors="0" failures="2">
    <testcase name="jws::tests::n027_empty" classname="claimgate-core" timestamp="2026-01-01T00:00:00Z" time="0.01">
    </testcase>
    <testcase name="n028_two_parts" classname="claimgate-core" time="0.01"/>
    <testcase name="jws::tests::n029_four_parts" classname="claimgate-core" time="0.01">
      <failure message="left &lt; right" type="test failure with exit code 101">text with &lt;/testcase&gt;</failure>
      <system-out>failure</system-out>
    </testcase>
    <testcase name="n030_dots" classname="claimgate-core"><error type="execution failure"/></testcase>
  </testsuite>
</testsuites>"#;

    #[test]
    fn tells_passed_from_failed() {
        let report = read(REPORT).unwrap();
        let results = report.results.iter().map(|result| (result.path.as_str(), result.passed));
        assert_eq!(
            results.collect::<Vec<_>>(),
            [
                ("jws::tests::n027_empty", true),
                ("n028_two_parts", true),
                ("jws::tests::n029_four_parts", false),
                ("n030_dots", false),
            ]
        );
        assert_eq!(report.counts(), "2 passed, 2 failed");
        assert_eq!(report.results[0].binary, "claimgate-core");
    }

    #[test]
    fn finds_tests_by_the_start_of_their_function_name() {
        let report = read(REPORT).unwrap();
        assert_eq!(report.named("n027_").count(), 1);
        assert_eq!(report.named("jws").count(), 0);
    }

    #[test]
    fn refuses_what_is_not_a_report() {
        for text in ["<testsuites><testcase></testsuites>", "<testcase classname='x'/>", "<a"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
