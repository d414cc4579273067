//! Typed reads of claims (RFC 7519, section 4.1). A claim of the wrong JSON type is refused, never taken for absent.

use std::borrow::Cow;

use crate::error::{AuthError, AuthErrorKind};
use crate::json::{JsonObject, JsonValue};

/// Reads claims out of a payload and names the claim in the error.
#[derive(Clone, Copy)]
pub(crate) struct Claims<'a>(pub(crate) &'a JsonObject);

impl<'a> Claims<'a> {
    pub(crate) fn get(self, name: &str) -> Option<JsonValue<'a>> {
        self.0.get(name)
    }

    pub(crate) fn require(self, name: &str) -> Result<JsonValue<'a>, AuthError> {
        self.get(name).ok_or_else(|| missing(name))
    }
}

/// Of the claim `name`: a string that is not empty, as no identifier of RFC 7519 or RFC 9068 is the empty one.
pub(crate) fn string<'a>(
    name: &str,
    value: Option<JsonValue<'a>>,
) -> Result<Option<Cow<'a, str>>, AuthError> {
    let Some(value) = value else { return Ok(None) };
    let text = value.as_str().filter(|text| !text.is_empty());
    text.map(Some).ok_or_else(|| invalid(name))
}

/// Of the claim `name`: a `NumericDate`, "the number of seconds from 1970-01-01T00:00:00Z UTC until the specified UTC date/time
/// …, ignoring leap seconds", where "non-integer values can be represented" (RFC 7519, section 2); those are rounded down. A
/// date before 1970 or beyond what an `i64` holds is out of range.
pub(crate) fn date(name: &str, value: Option<JsonValue<'_>>) -> Result<Option<i64>, AuthError> {
    let Some(value) = value else { return Ok(None) };
    let seconds = value.as_number().and_then(seconds);
    seconds.map(Some).ok_or_else(|| invalid(name))
}

/// Whether `aud` holds one of `audiences`: "an array of case-sensitive strings" or, for one audience, "a single case-sensitive
/// string" (RFC 7519, section 4.1.3).
pub(crate) fn audience_is_one_of(
    value: Option<JsonValue<'_>>,
    audiences: &[Box<str>],
) -> Result<bool, AuthError> {
    let mut found = false;
    let look = |audience: &str| found |= audiences.iter().any(|expected| **expected == *audience);
    each_string(value.ok_or_else(|| missing("aud"))?, look).ok_or_else(|| invalid("aud"))?;
    Ok(found)
}

/// The value at `path`, which names members of objects from the outside in.
pub(crate) fn at_path<T>(
    claims: Claims<'_>,
    path: &[Box<str>],
    read: impl Fn(JsonValue<'_>) -> Option<T>,
) -> Result<Option<T>, AuthError> {
    let Some((first, rest)) = path.split_first() else { return Ok(None) };
    let Some(value) = claims.get(first) else { return Ok(None) };
    if rest.is_empty() {
        return read(value).map(Some).ok_or_else(|| invalid(first));
    }
    let object = value.object().ok_or_else(|| invalid(first))?;
    at_path(Claims(&object), rest, read)
}

/// The strings of a value that is one string or an array of nothing but strings.
pub(crate) fn string_or_strings(value: JsonValue<'_>) -> Option<Vec<Cow<'_, str>>> {
    if let Some(text) = value.as_str() {
        return Some(vec![text]);
    }
    value.elements()?.map(JsonValue::as_str).collect()
}

/// Calls `look` with each of them; none, if some element is no string.
pub(crate) fn each_string(value: JsonValue<'_>, mut look: impl FnMut(&str)) -> Option<()> {
    if let Some(text) = value.as_str() {
        look(&text);
        return Some(());
    }
    value.elements()?.try_for_each(|element| element.as_str().map(|text| look(&text)))
}

pub(crate) fn missing(claim: &str) -> AuthError {
    AuthError::about_claim(AuthErrorKind::MissingClaim, claim.to_owned())
}

pub(crate) fn invalid(claim: &str) -> AuthError {
    AuthError::about_claim(AuthErrorKind::InvalidClaim, claim.to_owned())
}

fn seconds(number: &str) -> Option<i64> {
    if let Ok(whole) = number.parse::<i64>() {
        return (whole >= 0 && number != "-0").then_some(whole);
    }
    let fraction = number.parse::<f64>().ok().filter(|number| number.is_sign_positive())?;
    // 2^63 is the first value that an i64 does not hold, and it is a power of two, so the comparison is exact.
    #[expect(clippy::cast_possible_truncation, reason = "in range, and rounding down is what is meant")]
    (fraction < 9_223_372_036_854_775_808.0).then_some(fraction as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates_in_every_form_of_a_number() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1571915441", Some(1_571_915_441)),
            ("1571915441.9", Some(1_571_915_441)),
            ("1.5e3", Some(1_500)),
            ("1e10", Some(10_000_000_000)),
            ("9223372036854775807", Some(i64::MAX)),
            ("0.5", Some(0)),
            ("9223372036854775808", None),
            ("18446744073709551615", None),
            ("1e308", None),
            ("-1", None),
            ("-0.5", None),
            ("-0", None),
            ("\"1571915441\"", None),
            ("null", None),
            ("true", None),
            ("[1571915441]", None),
        ] {
            let payload = JsonObject::parse(format!("{{\"exp\":{text}}}")).unwrap();
            let found = date("exp", payload.get("exp"));
            assert_eq!(found.as_ref().ok().copied().flatten(), expected, "{text}");
            if let Err(error) = found {
                assert_eq!(
                    (error.kind(), error.claim()),
                    (AuthErrorKind::InvalidClaim, Some("exp")),
                    "{text}"
                );
            }
        }
        let none = JsonObject::parse("{}").unwrap();
        assert_eq!(date("exp", none.get("exp")).unwrap(), None);
    }

    #[test]
    fn an_audience_is_a_string_or_strings() {
        for (text, expected) in [
            ("\"api\"", Ok(true)),
            ("[\"x\",\"api\"]", Ok(true)),
            ("\"API\"", Ok(false)),
            ("\"api \"", Ok(false)),
            ("\"x api\"", Ok(false)),
            ("[]", Ok(false)),
            ("[\"api\",1]", Err(AuthErrorKind::InvalidClaim)),
            ("[1]", Err(AuthErrorKind::InvalidClaim)),
            ("{}", Err(AuthErrorKind::InvalidClaim)),
            ("null", Err(AuthErrorKind::InvalidClaim)),
            ("1", Err(AuthErrorKind::InvalidClaim)),
        ] {
            let payload = JsonObject::parse(format!("{{\"aud\":{text}}}")).unwrap();
            let found = audience_is_one_of(payload.get("aud"), &["api".into()]);
            assert_eq!(found.map_err(|error| error.kind()), expected, "{text}");
        }
    }
}
