//! What the header may not ask for: N53 to N56 and N74 to N85.

use claimgate_testkit::{Alg, SigningKey, base64url, tamper};
use claimgate_tower::AuthErrorKind::{
    AlgorithmNotAllowed, BadSignature, MalformedToken, UnknownKey, UnsupportedHeader,
};
use serde_json::json;

use super::compact::without_limit;
use super::rows;
use crate::conformance::case::Outcome::{Accepted, InvalidToken};
use crate::conformance::case::{Case, token};
use crate::conformance::world::{SUBJECT, World};

pub(super) const CASES: &[Case] = &[
    token("n053 none", |w| w.token().unsigned().mint(), InvalidToken(AlgorithmNotAllowed)),
    token(
        "n053 none without kid",
        |w| w.token().unsigned().without_header("kid").mint(),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token(
        "n054 None",
        |w| w.token().unsigned().header("alg", "None").mint(),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token(
        "n054 NONE",
        |w| w.token().unsigned().header("alg", "NONE").mint(),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token(
        "n054 nOnE",
        |w| w.token().unsigned().header("alg", "nOnE").mint(),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token(
        "n054 none and a space",
        |w| w.token().unsigned().header("alg", "none ").mint(),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token(
        "n055 the header replaced",
        |w| tamper::with_header(&w.token().mint(), NONE),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token(
        "n055 signed as none",
        |w| w.token().header("alg", "none").mint(),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token("n056 absent", |w| w.token().without_header("alg").mint(), InvalidToken(AlgorithmNotAllowed)),
    token("n056 an empty header", |w| w.raw_header("{}"), InvalidToken(AlgorithmNotAllowed)),
    token("n056 a number", |w| w.token().header("alg", 1).mint(), InvalidToken(MalformedToken)),
    token("n056 null", |w| w.token().header("alg", json!(null)).mint(), InvalidToken(MalformedToken)),
    token(
        "n056 an array",
        |w| w.token().header("alg", json!(["ES256"])).mint(),
        InvalidToken(MalformedToken),
    ),
    token("n056 empty", |w| w.token().header("alg", "").mint(), InvalidToken(AlgorithmNotAllowed)),
    token("n056 lower case", |w| w.token().header("alg", "es256").mint(), InvalidToken(AlgorithmNotAllowed)),
    token(
        "n056 a curve that is not supported",
        |w| w.token().header("alg", "ES256K").mint(),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token("n074 a number", |w| w.token().header("kid", 1).mint(), InvalidToken(MalformedToken)),
    token(
        "n074 an array",
        |w| w.token().header("kid", json!(["test-1"])).mint(),
        InvalidToken(MalformedToken),
    ),
    token("n074 an object", |w| w.token().header("kid", json!({})).mint(), InvalidToken(MalformedToken)),
    token("n074 null", |w| w.token().header("kid", json!(null)).mint(), InvalidToken(MalformedToken)),
    token("n075 a path", |w| w.token().kid("../../../../dev/null").mint(), InvalidToken(UnknownKey)),
    token("n075 SQL", |w| w.token().kid("' OR 1=1 --").mint(), InvalidToken(UnknownKey)),
    token("n075 a URL", |w| w.token().kid("http://127.0.0.1:1/jwks").mint(), InvalidToken(UnknownKey)),
    token("n075 empty", |w| w.token().kid("").mint(), InvalidToken(UnknownKey)),
    token("n075 another case", |w| w.token().kid("TEST-1").mint(), InvalidToken(UnknownKey)),
    token("n076 a megabyte", |w| w.token().kid("k".repeat(1 << 20)).mint(), InvalidToken(UnknownKey))
        .gate(without_limit),
    token("n076 NUL", |w| w.token().kid("test-1\0").mint(), InvalidToken(UnknownKey)),
    token(
        "n076 a line of its own",
        |w| w.token().kid("x\r\nINFO request accepted").mint(),
        InvalidToken(UnknownKey),
    ),
    token("n076 terminal codes", |w| w.token().kid("\u{1b}[2J\u{202e}").mint(), InvalidToken(UnknownKey)),
    token("n079 another key than kid names", |w| with_own_key(w, "test-1"), InvalidToken(BadSignature)),
    token("n079 a kid of its own", |w| with_own_key(w, "mine"), InvalidToken(UnknownKey)),
    token(
        "n079 no kid",
        |w| w.token().signed_by(&SigningKey::generate(Alg::ES256, "x")).without_header("kid").mint(),
        InvalidToken(BadSignature),
    ),
    token("n080 another key than kid names", |w| with_own_chain(w, "test-1"), InvalidToken(BadSignature)),
    token("n080 a kid of its own", |w| with_own_chain(w, "mine"), InvalidToken(UnknownKey)),
    token(
        "n080 beside a good signature",
        |w| w.token().header("x5c", json!(["MIIB"])).mint(),
        Accepted(SUBJECT),
    ),
    token(
        "n082 unknown",
        |w| w.token().header("crit", json!(["foo"])).header("foo", 1).mint(),
        InvalidToken(UnsupportedHeader),
    ),
    token(
        "n082 unknown and absent",
        |w| w.token().header("crit", json!(["foo"])).mint(),
        InvalidToken(UnsupportedHeader),
    ),
    token("n083 empty", |w| w.token().header("crit", json!([])).mint(), InvalidToken(UnsupportedHeader)),
    token("n083 a string", |w| w.token().header("crit", "exp").mint(), InvalidToken(UnsupportedHeader)),
    token("n083 null", |w| w.token().header("crit", json!(null)).mint(), InvalidToken(UnsupportedHeader)),
    token(
        "n083 a registered name",
        |w| w.token().header("crit", json!(["alg"])).mint(),
        InvalidToken(UnsupportedHeader),
    ),
    token(
        "n084 false",
        |w| w.token().header("crit", json!(["b64"])).header("b64", false).mint(),
        InvalidToken(UnsupportedHeader),
    ),
    token(
        "n084 true",
        |w| w.token().header("crit", json!(["b64"])).header("b64", true).mint(),
        InvalidToken(UnsupportedHeader),
    ),
    token("n085 false", |w| w.token().header("b64", false).mint(), InvalidToken(UnsupportedHeader)),
];

rows! {
    n053_unsigned_tokens
    n054_unsigned_tokens_by_other_spellings
    n055_unsigned_tokens_with_a_signature
    n056_no_algorithm
    n074_a_kid_is_a_string
    n075_a_kid_is_no_path_and_no_url
    n076_a_kid_writes_no_log
    n079_a_token_brings_no_key
    n080_a_token_brings_no_certificate
    n082_unknown_critical_members
    n083_malformed_critical_members
    n084_unencoded_payloads
    n085_unencoded_payloads_not_marked_critical
}

const NONE: &str = r#"{"alg":"none","typ":"at+jwt"}"#;

fn with_own_key(w: &World, kid: &str) -> String {
    let own = SigningKey::generate(Alg::ES256, kid);
    w.token().signed_by(&own).header("jwk", own.public_jwk()).mint()
}

fn with_own_chain(w: &World, kid: &str) -> String {
    let own = SigningKey::generate(Alg::ES256, kid);
    let chain = json!([base64url(own.public_key_pem())]);
    w.token().signed_by(&own).header("x5c", chain).mint()
}
