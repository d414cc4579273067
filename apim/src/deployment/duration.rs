//! Durations as `deployment.toml` has them: with a unit, or bare, in the unit of their key.

use std::time::Duration;

use toml::Value;

/// A duration: `"900s"`, `"15m"`, or `900` and `"900"` in seconds.
pub(super) fn seconds(value: &Value) -> Option<Duration> {
    match value {
        Value::Integer(number) => u64::try_from(*number).ok().map(Duration::from_secs),
        Value::String(text) => seconds_of(text),
        _ => None,
    }
}

/// The same of a text.
pub(super) fn seconds_of(text: &str) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(Duration::from_secs);
    }
    humantime::parse_duration(text).ok()
}

pub(super) const SECONDS: &str = "a duration such as \"15m\", or a number of seconds";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_number_is_in_the_unit_of_its_key() {
        let text = |text: &str| Value::String(text.to_owned());
        for (value, expected) in [
            (text("900s"), Some(900)),
            (text("15m"), Some(900)),
            (text("0m"), Some(0)),
            (text("1h"), Some(3600)),
            (text("900"), Some(900)),
            (text(" 900 "), Some(900)),
            (Value::Integer(900), Some(900)),
            (Value::Integer(0), Some(0)),
            (Value::Integer(-1), None),
            (text("-1"), None),
            (text("900x"), None),
            (text(""), None),
            (text("s"), None),
            (text("99999999999999999999"), None),
            (text("99999999999999999999d"), None),
            (Value::Float(1.5), None),
            (Value::Boolean(true), None),
        ] {
            assert_eq!(seconds(&value), expected.map(Duration::from_secs), "{value}");
        }
    }
}
