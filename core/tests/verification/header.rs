//! Headers that ask for more.

use super::*;

#[test]
fn n082_what_must_be_understood_is_not() {
    headers([
        ("unknown", r#"{"alg":"ES256","kid":"test-1","crit":["foo"],"foo":1}"#, Err(UnsupportedHeader)),
        ("escaped", r#"{"alg":"ES256","kid":"test-1","cr\u0069t":["foo"],"foo":1}"#, Err(UnsupportedHeader)),
        ("the same, not critical", r#"{"alg":"ES256","kid":"test-1","foo":1}"#, Ok(())),
    ]);
}

#[test]
fn n083_a_crit_that_no_header_may_have_is_refused() {
    headers([
        ("empty", r#"{"alg":"ES256","kid":"test-1","crit":[]}"#, Err(UnsupportedHeader)),
        ("no array", r#"{"alg":"ES256","kid":"test-1","crit":"exp"}"#, Err(UnsupportedHeader)),
        ("null", r#"{"alg":"ES256","kid":"test-1","crit":null}"#, Err(UnsupportedHeader)),
        ("a registered name", r#"{"alg":"ES256","kid":"test-1","crit":["alg"]}"#, Err(UnsupportedHeader)),
    ]);
}

#[test]
fn n084_an_unencoded_payload_is_refused() {
    headers([(
        "b64",
        r#"{"alg":"ES256","kid":"test-1","b64":false,"crit":["b64"]}"#,
        Err(UnsupportedHeader),
    )]);
}

#[test]
fn n085_b64_is_refused_without_crit_too() {
    headers([
        ("false", r#"{"alg":"ES256","kid":"test-1","b64":false}"#, Err(UnsupportedHeader)),
        ("true", r#"{"alg":"ES256","kid":"test-1","b64":true}"#, Err(UnsupportedHeader)),
    ]);
}
