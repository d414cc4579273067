//! JSON that two readers could read differently: N42 to N51.

use claimgate_testkit::base64url;
use claimgate_tower::AuthErrorKind::{AlgorithmNotAllowed, MalformedToken, TokenTooLarge};

use super::compact::without_limit;
use super::rows;
use crate::conformance::case::Outcome::{Accepted, InvalidToken};
use crate::conformance::case::{Case, token};
use crate::conformance::world::SUBJECT;

pub(super) const CASES: &[Case] = &[
    token(
        "n042 the payload",
        |w| w.token().raw_payload(b"{\"sub\":\"\xff\"}").mint(),
        InvalidToken(MalformedToken),
    ),
    token(
        "n042 the header",
        |w| w.token().raw_header(b"{\"alg\":\"ES256\",\"x\":\"\xff\"}").mint(),
        InvalidToken(MalformedToken),
    ),
    token("n042 half a surrogate pair", |w| w.raw_claim("x", r#""\ud800""#), InvalidToken(MalformedToken)),
    token(
        "n042 half a surrogate pair in a name",
        |w| w.raw_claim("x", r#"{"\ud800":1}"#),
        InvalidToken(MalformedToken),
    ),
    token(
        "n043 before the payload",
        |w| w.token().raw_payload(bom(r#"{"iss":"x"}"#)).mint(),
        InvalidToken(MalformedToken),
    ),
    token("n043 before the header", |w| w.raw_header(&bom(HEADER)), InvalidToken(MalformedToken)),
    token("n044 an array", |w| w.raw_header("[]"), InvalidToken(MalformedToken)),
    token("n044 an array around it", |w| w.raw_header(&format!("[{HEADER}]")), InvalidToken(MalformedToken)),
    token("n044 a string", |w| w.raw_header("\"ES256\""), InvalidToken(MalformedToken)),
    token("n044 null", |w| w.raw_header("null"), InvalidToken(MalformedToken)),
    token("n044 two objects", |w| w.raw_header(&format!("{HEADER}{{}}")), InvalidToken(MalformedToken)),
    token("n044 cut off", |w| w.raw_header(HEADER.trim_end_matches('}')), InvalidToken(MalformedToken)),
    token("n044 as it should be", |w| w.raw_header(HEADER), Accepted(SUBJECT)),
    token("n045 an array", |w| w.token().raw_payload("[]").mint(), InvalidToken(MalformedToken)),
    token(
        "n045 an array of claims",
        |w| w.token().raw_payload(r#"[{"sub":"a"}]"#).mint(),
        InvalidToken(MalformedToken),
    ),
    token("n045 a number", |w| w.token().raw_payload("1").mint(), InvalidToken(MalformedToken)),
    token("n045 a string", |w| w.token().raw_payload("\"claims\"").mint(), InvalidToken(MalformedToken)),
    token("n045 null", |w| w.token().raw_payload("null").mint(), InvalidToken(MalformedToken)),
    token("n045 nothing", |w| w.token().raw_payload("").mint(), InvalidToken(MalformedToken)),
    token(
        "n046 alg, the good one first",
        |w| w.raw_header(r#"{"alg":"ES256","alg":"none","kid":"test-1"}"#),
        InvalidToken(MalformedToken),
    ),
    token(
        "n046 alg, the good one last",
        |w| w.raw_header(r#"{"alg":"none","alg":"ES256","kid":"test-1"}"#),
        InvalidToken(MalformedToken),
    ),
    token(
        "n046 kid, twice the same",
        |w| w.raw_header(r#"{"alg":"ES256","kid":"test-1","kid":"test-1"}"#),
        InvalidToken(MalformedToken),
    ),
    token(
        "n046 a member that means nothing",
        |w| w.raw_header(r#"{"alg":"ES256","kid":"test-1","x":1,"x":1}"#),
        InvalidToken(MalformedToken),
    ),
    token("n047 sub", |w| w.raw_claim("sub", r#""a","sub":"b""#), InvalidToken(MalformedToken)),
    token("n047 exp", |w| w.raw_claim("exp", r#"1,"exp":9999999999"#), InvalidToken(MalformedToken)),
    token(
        "n047 aud",
        |w| w.raw_claim("aud", r#""https://api.example.com","aud":[]"#),
        InvalidToken(MalformedToken),
    ),
    token(
        "n047 inside a claim",
        |w| w.raw_claim("x", r#"{"role":"user","role":"admin"}"#),
        InvalidToken(MalformedToken),
    ),
    token("n047 inside an array", |w| w.raw_claim("x", r#"[1,{"a":1,"a":1}]"#), InvalidToken(MalformedToken)),
    token("n047 names that differ in case", |w| w.raw_claim("SUB", r#""admin""#), Accepted(SUBJECT)),
    token("n048 within the limit, claim", |w| w.raw_claim("x", &nested(5_000)), InvalidToken(MalformedToken)),
    token(
        "n048 within the limit, header",
        |w| w.raw_header(&in_header(&nested(5_000))),
        InvalidToken(MalformedToken),
    ),
    token("n048 20000 in a claim", |w| w.raw_claim("x", &nested(20_000)), InvalidToken(MalformedToken))
        .gate(without_limit),
    token(
        "n048 20000 in the header",
        |w| w.raw_header(&in_header(&nested(20_000))),
        InvalidToken(MalformedToken),
    )
    .gate(without_limit),
    token(
        "n048 the payload itself",
        |w| w.token().raw_payload("{\"a\":".repeat(20_000)).mint(),
        InvalidToken(MalformedToken),
    )
    .gate(without_limit),
    token("n048 twenty", |w| w.raw_claim("x", &nested(20)), Accepted(SUBJECT)),
    token("n049 claims", |w| w.raw_claim("x", &wide()), InvalidToken(TokenTooLarge)),
    token("n049 header", |w| w.raw_header(&in_header(&wide())), InvalidToken(TokenTooLarge)),
    token("n050 1e400", |w| w.raw_claim("exp", "1e400"), InvalidToken(MalformedToken)),
    token(
        "n050 -1e400 in a claim that means nothing",
        |w| w.raw_claim("x", "-1e400"),
        InvalidToken(MalformedToken),
    ),
    token("n050 4000 digits", |w| w.raw_claim("exp", &"9".repeat(4_000)), InvalidToken(MalformedToken)),
    token(
        "n050 4000 digits in the header",
        |w| w.raw_header(&in_header(&"9".repeat(4_000))),
        InvalidToken(MalformedToken),
    ),
    token("n050 NaN", |w| w.raw_claim("x", "NaN"), InvalidToken(MalformedToken)),
    token("n050 a leading zero", |w| w.raw_claim("x", "01"), InvalidToken(MalformedToken)),
    token("n051 alg", |w| w.raw_header(r#"{"\u0061lg":"ES256","kid":"test-1"}"#), Accepted(SUBJECT)),
    token(
        "n051 the value of alg",
        |w| w.raw_header(r#"{"alg":"ES\u003256","kid":"test-1"}"#),
        Accepted(SUBJECT),
    ),
    token(
        "n051 a value that becomes none",
        |w| w.raw_header(r#"{"alg":"\u006eone","kid":"test-1"}"#),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token(
        "n051 alg and escaped alg",
        |w| w.raw_header(r#"{"alg":"ES256","\u0061lg":"none","kid":"test-1"}"#),
        InvalidToken(MalformedToken),
    ),
    token("n051 escaped sub and sub", |w| w.raw_claim("\\u0073ub", "1"), InvalidToken(MalformedToken)),
    token("n051 iss", |w| w.raw_claim("iss", r#""https:\/\/idp\u002eexample.com""#), Accepted(SUBJECT)),
];

rows! {
    n042_invalid_utf8
    n043_byte_order_marks
    n044_headers_that_are_no_object
    n045_payloads_that_are_no_object
    n046_header_members_that_come_twice
    n047_claims_that_come_twice
    n048_deep_nesting
    n049_wide_objects
    n050_numbers_beyond_range
    n051_escaped_names_and_values
}

const HEADER: &str = r#"{"alg":"ES256","kid":"test-1","typ":"at+jwt"}"#;

fn bom(text: &str) -> String {
    format!("\u{feff}{text}")
}

fn in_header(value: &str) -> String {
    format!(r#"{{"alg":"ES256","kid":"test-1","x":{value}}}"#)
}

fn nested(depth: usize) -> String {
    "[".repeat(depth) + &"]".repeat(depth)
}

fn wide() -> String {
    let members: Vec<_> = (0..100_000).map(|n| format!(r#""{}":{n}"#, base64url(n.to_string()))).collect();
    format!("{{{}}}", members.join(","))
}
