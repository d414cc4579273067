//! When to come again, by what an answer says about it.

use std::time::{Duration, SystemTime};

use reqwest::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, HeaderMap, HeaderName, RETRY_AFTER};

/// How much longer an answer says that it is good for, received `now`. It may only shorten what is configured, so whoever
/// writes these fields can cause more fetches and never fewer; the engine sets the floor.
///
/// `no-store` and `no-cache` say nothing about how long keys are good for, and some issuers send them always.
pub(crate) fn lasting(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    // "If a response includes a Cache-Control header field with the max-age directive, a recipient MUST ignore the Expires
    // header field" (RFC 9111, section 5.3).
    let lifetime = max_age(headers).or_else(|| until_expiry(headers, now))?;
    // What caches on the way have used up of it (section 4.2.3).
    Some(lifetime.saturating_sub(age(headers)))
}

/// `Retry-After` (RFC 9110, section 10.2.3): seconds or a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = text(headers, &RETRY_AFTER)?.trim();
    delta_seconds(value).or_else(|| Some(left(date(value)?, origin(headers, now))))
}

/// `max-age` of `Cache-Control` (RFC 9111, section 5.2.2.1). Of several the first counts (section 4.2.1).
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let fields = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    fields.flat_map(|value| value.split(',')).find_map(|directive| {
        let (name, argument) = directive.split_once('=')?;
        let seconds = argument.trim().trim_matches('"');
        if name.trim().eq_ignore_ascii_case("max-age") { delta_seconds(seconds) } else { None }
    })
}

/// `Expires` counts from `Date`: the two come from one clock, ours may be another.
fn until_expiry(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = text(headers, &EXPIRES)?;
    // "MUST interpret invalid date formats, especially the value "0", as representing a time in the past" (section 5.3).
    Some(date(value).map_or(Duration::ZERO, |expiry| left(expiry, origin(headers, now))))
}

fn age(headers: &HeaderMap) -> Duration {
    text(headers, &AGE).and_then(|value| delta_seconds(value.trim())).unwrap_or(Duration::ZERO)
}

fn origin(headers: &HeaderMap, now: SystemTime) -> SystemTime {
    text(headers, &DATE).and_then(date).unwrap_or(now)
}

fn left(until: SystemTime, from: SystemTime) -> Duration {
    until.duration_since(from).unwrap_or(Duration::ZERO)
}

fn date(value: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(value.trim()).ok()
}

fn delta_seconds(value: &str) -> Option<Duration> {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    // A number beyond what we can count is long: "the cache MUST consider the value to be … 2147483648" (section 1.2.2).
    is_number.then(|| Duration::from_secs(value.parse().unwrap_or(2_147_483_648)))
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06 08:49:37, the date that RFC 9110, section 5.6.7 writes in three ways.
    const THEN: Duration = Duration::from_secs(784_111_777);
    const DATE_THEN: (&str, &str) = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let field = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), value.parse().expect("a header value"))
        };
        fields.iter().map(field).collect()
    }

    /// What an answer with `fields` says, received a minute after [`THEN`].
    fn says(
        fields: &[(&'static str, &str)],
        read: fn(&HeaderMap, SystemTime) -> Option<Duration>,
    ) -> Option<u64> {
        let now = SystemTime::UNIX_EPOCH + THEN + Duration::from_secs(60);
        read(&headers(fields), now).map(|duration| duration.as_secs())
    }

    #[test]
    fn reads_max_age_and_nothing_else() {
        for (value, expected) in [
            ("max-age=300", Some(300)),
            ("public, Max-Age=\"60\", must-revalidate", Some(60)),
            ("max-age=0", Some(0)),
            ("max-age=99999999999999999999999", Some(2_147_483_648)),
            ("max-age=10, max-age=20", Some(10)),
            ("s-maxage=300", None),
            ("no-store", None),
            ("max-age=-1", None),
            ("max-age=", None),
            ("max-age", None),
        ] {
            assert_eq!(says(&[("cache-control", value)], lasting), expected, "{value}");
        }
    }

    #[test]
    fn expires_counts_from_the_date_of_the_answer() {
        let expires = |value| ("expires", value);
        for (name, fields, expected) in [
            ("from Date", vec![DATE_THEN, expires("Sun, 06 Nov 1994 08:54:37 GMT")], Some(300)),
            ("from the clock", vec![expires("Sun, 06 Nov 1994 08:54:37 GMT")], Some(240)),
            ("RFC 850", vec![DATE_THEN, expires("Sunday, 06-Nov-94 08:54:37 GMT")], Some(300)),
            ("asctime", vec![DATE_THEN, expires("Sun Nov  6 08:54:37 1994")], Some(300)),
            (
                "a date that is none",
                vec![("date", "now"), expires("Sun, 06 Nov 1994 08:54:37 GMT")],
                Some(240),
            ),
            ("past", vec![DATE_THEN, expires("Sun, 06 Nov 1994 08:49:36 GMT")], Some(0)),
            ("0", vec![DATE_THEN, expires("0")], Some(0)),
            ("no date", vec![DATE_THEN, expires("tomorrow")], Some(0)),
            (
                "beside max-age",
                vec![DATE_THEN, expires("Sun, 06 Nov 1994 08:54:37 GMT"), ("cache-control", "max-age=900")],
                Some(900),
            ),
            (
                "beside another directive",
                vec![DATE_THEN, expires("Sun, 06 Nov 1994 08:54:37 GMT"), ("cache-control", "public")],
                Some(300),
            ),
            ("neither", vec![DATE_THEN], None),
        ] {
            assert_eq!(says(&fields, lasting), expected, "{name}");
        }
    }

    #[test]
    fn the_age_of_an_answer_is_taken_off() {
        let expires = ("expires", "Sun, 06 Nov 1994 08:54:37 GMT");
        for (name, fields, expected) in [
            ("max-age", vec![("cache-control", "max-age=300"), ("age", "100")], Some(200)),
            ("older than that", vec![("cache-control", "max-age=300"), ("age", "301")], Some(0)),
            ("Expires", vec![DATE_THEN, expires, ("age", "100")], Some(200)),
            (
                "beyond counting",
                vec![("cache-control", "max-age=300"), ("age", "9999999999999999999999")],
                Some(0),
            ),
            ("no number", vec![("cache-control", "max-age=300"), ("age", "-5")], Some(300)),
            ("alone", vec![("age", "5")], None),
        ] {
            assert_eq!(says(&fields, lasting), expected, "{name}");
        }
        let lines = headers(&[("cache-control", "public")]);
        let mut lines = lines.clone();
        lines.append(CACHE_CONTROL, "max-age=7".parse().unwrap());
        assert_eq!(lasting(&lines, SystemTime::UNIX_EPOCH), Some(Duration::from_secs(7)), "in two lines");
    }

    #[test]
    fn f22_retry_after_is_seconds_or_a_date() {
        for (name, fields, expected) in [
            ("seconds", vec![("retry-after", "120")], Some(120)),
            ("a date", vec![DATE_THEN, ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")], Some(30)),
            ("a date, by the clock", vec![("retry-after", "Sun, 06 Nov 1994 08:50:47 GMT")], Some(10)),
            ("past", vec![DATE_THEN, ("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")], Some(0)),
            ("beyond counting", vec![("retry-after", "99999999999999999999999")], Some(2_147_483_648)),
            ("neither", vec![("retry-after", "soon")], None),
            ("negative", vec![("retry-after", "-1")], None),
            ("none", vec![], None),
        ] {
            assert_eq!(says(&fields, retry_after), expected, "{name}");
        }
    }
}
