//! Whose token it is: N106 to N109, and the log of N146.

use claimgate_tower::AuthErrorKind::{BadSignature, InvalidClaim, MissingClaim, UnknownIssuer, UnknownKey};
use claimgate_tower::{Authenticator, AuthenticatorBuilder, Issuer};
use serde_json::json;

use super::rows;
use crate::conformance::case::Outcome::{Accepted, InvalidToken};
use crate::conformance::case::{Case, token};
use crate::conformance::world::{AUDIENCE, ISSUER, OTHER_ISSUER, SUBJECT, World, good};

pub(super) const CASES: &[Case] = &[
    token("n106 absent", |w| w.token().without("iss").mint(), InvalidToken(MissingClaim)),
    token("n106 null", |w| w.token().claim("iss", json!(null)).mint(), InvalidToken(InvalidClaim)),
    token("n106 a number", |w| w.token().claim("iss", 1).mint(), InvalidToken(InvalidClaim)),
    token("n106 empty", |w| iss(w, ""), InvalidToken(UnknownIssuer)),
    token(
        "n107 the good one second",
        |w| w.token().claim("iss", json!(["evil", ISSUER])).mint(),
        InvalidToken(InvalidClaim),
    ),
    token(
        "n107 the good one alone",
        |w| w.token().claim("iss", json!([ISSUER])).mint(),
        InvalidToken(InvalidClaim),
    ),
    token(
        "n107 an object",
        |w| w.token().claim("iss", json!({ ISSUER: 1 })).mint(),
        InvalidToken(InvalidClaim),
    ),
    token("n108 more after", |w| iss(w, "https://idp.example.com.evil"), InvalidToken(UnknownIssuer)),
    token("n108 a slash after", |w| iss(w, "https://idp.example.com/"), InvalidToken(UnknownIssuer)),
    token("n108 a letter less", |w| iss(w, "https://idp.example.co"), InvalidToken(UnknownIssuer)),
    token("n108 a letter before", |w| iss(w, "xhttps://idp.example.com"), InvalidToken(UnknownIssuer)),
    token("n108 a space before", |w| iss(w, " https://idp.example.com"), InvalidToken(UnknownIssuer)),
    token("n108 upper case", |w| iss(w, "https://IDP.example.com"), InvalidToken(UnknownIssuer)),
    token(
        "n108 the port that goes without saying",
        |w| iss(w, "https://idp.example.com:443"),
        InvalidToken(UnknownIssuer),
    ),
    token("n108 plain http", |w| iss(w, "http://idp.example.com"), InvalidToken(UnknownIssuer)),
    token("n108 a wildcard", |w| iss(w, "*"), InvalidToken(UnknownIssuer)),
    token(
        "n109 signed by the other's key",
        |w| w.token().signed_by(&w.other.current_key()).mint(),
        InvalidToken(BadSignature),
    )
    .gate(both),
    token(
        "n109 the other way round",
        |w| good(&w.other).signed_by(&w.issuer.current_key()).mint(),
        InvalidToken(BadSignature),
    )
    .gate(both),
    token(
        "n109 a key that only the other has",
        |w| w.token().signed_by(&second(w)).mint(),
        InvalidToken(UnknownKey),
    )
    .gate(both),
    token("n109 the first by its own", |w| w.token().mint(), Accepted(SUBJECT)).gate(both),
    token("n109 the second by its own", |w| good(&w.other).mint(), Accepted(SUBJECT)).gate(both),
    token(
        "n146 quotes and line breaks in kid",
        |w| w.token().kid(INJECTION).mint(),
        InvalidToken(UnknownKey),
    ),
    token("n146 in iss", |w| iss(w, INJECTION), InvalidToken(UnknownIssuer)),
    token("n146 in a realm's challenge", |w| iss(w, INJECTION), InvalidToken(UnknownIssuer)).realm("pizza"),
    token("n146 in sub", |w| w.token().subject(INJECTION).forged().mint(), InvalidToken(BadSignature)),
];

rows! {
    n106_iss_is_required
    n107_iss_is_one_string
    n108_iss_is_compared_to_the_byte
    n109_keys_belong_to_their_issuer
    n146_a_token_writes_no_challenge
}

const INJECTION: &str = "x\", error_description=\"you are in\"\r\nset-cookie: a=b";

fn iss(w: &World, name: &str) -> String {
    w.token().claim("iss", name).mint()
}

fn both(w: &World) -> AuthenticatorBuilder {
    let other = Issuer::new(OTHER_ISSUER).audience(AUDIENCE).jwks(w.other.jwks());
    Authenticator::builder().issuer(w.trust()).issuer(other)
}

/// A key that the other issuer alone publishes.
fn second(w: &World) -> claimgate_testkit::SigningKey {
    let first = w.other.current_key();
    w.other.rotate();
    let second = w.other.current_key();
    w.other.sign_with(first.kid());
    second
}
