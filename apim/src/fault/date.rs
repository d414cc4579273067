//! Dates in answers.

use std::time::{Duration, UNIX_EPOCH};

/// The last second that a date of HTTP can name: 9999-12-31T23:59:59Z.
const LAST: u64 = 253_402_300_799;

/// The second as `Retry-After` has it (RFC 9110, section 5.6.7). One beyond the year 9999 is told as the last of that year.
pub(super) fn http_date(seconds: u64) -> String {
    let since = Duration::from_secs(seconds.min(LAST));
    UNIX_EPOCH.checked_add(since).map(httpdate::fmt_http_date).unwrap_or_default()
}

/// The second as `nextAccessTime` has it: `2026-Nov-22 10:01:00+0000 UTC`.
pub(super) fn access_time(seconds: u64) -> String {
    let date = http_date(seconds);
    let mut parts = date.split(' ').skip(1);
    let mut next = || parts.next().unwrap_or_default();
    let (day, month, year, time) = (next(), next(), next(), next());
    format!("{year}-{month}-{day} {time}+0000 UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_http_and_of_the_original() {
        let cases = [
            // RFC 9110, section 5.6.7: its example.
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT", "1994-Nov-06 08:49:37+0000 UTC"),
            (1_795_341_660, "Sun, 22 Nov 2026 10:01:00 GMT", "2026-Nov-22 10:01:00+0000 UTC"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT", "2000-Feb-29 00:00:00+0000 UTC"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-Jan-01 00:00:00+0000 UTC"),
            (LAST, "Fri, 31 Dec 9999 23:59:59 GMT", "9999-Dec-31 23:59:59+0000 UTC"),
        ];
        for (seconds, http, access) in cases {
            assert_eq!((&*http_date(seconds), &*access_time(seconds)), (http, access), "{seconds}");
        }
    }

    #[test]
    fn a_second_beyond_all_dates_is_the_last_date() {
        for seconds in [LAST + 1, u64::MAX] {
            assert_eq!(http_date(seconds), http_date(LAST), "{seconds}");
        }
    }
}
