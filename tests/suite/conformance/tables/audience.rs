//! Whom it is for, whom it is about, and whose hands it must be in: N111 to N113, N116, N117, N128, N132, N133.

use claimgate_tower::AuthErrorKind::{InvalidClaim, MissingClaim, UnprovenPossession, WrongAudience};
use claimgate_tower::Issuer;
use serde_json::{Value, json};

use super::rows;
use crate::conformance::case::Outcome::{Accepted, InvalidToken};
use crate::conformance::case::{Case, token};
use crate::conformance::host::NOBODY;
use crate::conformance::world::{AUDIENCE, ISSUER, SUBJECT, World};

pub(super) const CASES: &[Case] = &[
    token("n111 absent", |w| w.token().without("aud").mint(), InvalidToken(MissingClaim)),
    token("n111 absent, any audience", |w| w.token().without("aud").mint(), Accepted(SUBJECT))
        .trusting(anybody),
    token("n112 another", |w| aud(w, json!("https://other.example.com")), InvalidToken(WrongAudience)),
    token("n112 another, any audience", |w| aud(w, json!("https://other.example.com")), Accepted(SUBJECT))
        .trusting(anybody),
    token("n112 more after", |w| aud(w, json!("https://api.example.com/v2")), InvalidToken(WrongAudience)),
    token("n112 upper case", |w| aud(w, json!("HTTPS://API.EXAMPLE.COM")), InvalidToken(WrongAudience)),
    token(
        "n112 among others in one string",
        |w| aud(w, json!(format!("a {AUDIENCE}"))),
        InvalidToken(WrongAudience),
    ),
    token("n112 empty", |w| aud(w, json!("")), InvalidToken(WrongAudience)),
    token("n112 an empty array", |w| aud(w, json!([])), InvalidToken(WrongAudience)),
    token("n112 an array of numbers", |w| aud(w, json!([1])), InvalidToken(InvalidClaim)),
    token("n112 a number beside the good one", |w| aud(w, json!([AUDIENCE, 1])), InvalidToken(InvalidClaim)),
    token("n112 an object", |w| aud(w, json!({ AUDIENCE: true })), InvalidToken(InvalidClaim)),
    token("n112 null", |w| aud(w, json!(null)), InvalidToken(InvalidClaim)),
    token("n112 an array in an array", |w| aud(w, json!([[AUDIENCE]])), InvalidToken(InvalidClaim)),
    token("n113 alone", |w| aud(w, json!([AUDIENCE])), Accepted(SUBJECT)),
    token("n113 the last of three", |w| aud(w, json!(["a", "b", AUDIENCE])), Accepted(SUBJECT)),
    token("n113 the second that is configured", |w| aud(w, json!("second")), Accepted(SUBJECT)).trusting(two),
    token("n116 all there", |w| w.token().claim("client_id", "web").mint(), Accepted(SUBJECT))
        .trusting(rfc_9068),
    token("n116 no client_id", |w| w.token().mint(), InvalidToken(MissingClaim)).trusting(rfc_9068),
    token(
        "n116 no jti",
        |w| w.token().claim("client_id", "web").without("jti").mint(),
        InvalidToken(MissingClaim),
    )
    .trusting(rfc_9068),
    token(
        "n116 no sub",
        |w| w.token().claim("client_id", "web").without("sub").mint(),
        InvalidToken(MissingClaim),
    )
    .trusting(rfc_9068),
    token(
        "n116 null for jti",
        |w| w.token().claim("client_id", "web").claim("jti", json!(null)).mint(),
        InvalidToken(MissingClaim),
    )
    .trusting(rfc_9068),
    token("n116 no sub and none required", |w| w.token().without("sub").mint(), Accepted(NOBODY)),
    token("n117 a number", |w| w.token().claim("sub", 1).mint(), InvalidToken(InvalidClaim)),
    token("n117 empty", |w| w.token().subject("").mint(), InvalidToken(InvalidClaim)),
    token("n117 null", |w| w.token().claim("sub", json!(null)).mint(), InvalidToken(InvalidClaim)),
    token("n117 an array", |w| w.token().claim("sub", json!(["a"])).mint(), InvalidToken(InvalidClaim)),
    token(
        "n128 to a key",
        |w| cnf(w, json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" })),
        InvalidToken(UnprovenPossession),
    ),
    token(
        "n132 to a certificate",
        |w| cnf(w, json!({ "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" })),
        InvalidToken(UnprovenPossession),
    ),
    token("n133 by an unknown method", |w| cnf(w, json!({ "osc": {} })), InvalidToken(UnprovenPossession)),
    token("n133 by none", |w| cnf(w, json!({})), InvalidToken(UnprovenPossession)),
    token("n133 by null", |w| cnf(w, json!(null)), InvalidToken(UnprovenPossession)),
];

rows! {
    n111_aud_is_required
    n112_aud_of_somebody_else
    n113_aud_among_others
    n116_claims_that_are_required
    n117_sub_is_a_string
    n128_tokens_bound_to_a_key
    n132_tokens_bound_to_a_certificate
    n133_tokens_bound_in_another_way
}

fn aud(w: &World, audience: Value) -> String {
    w.token().claim("aud", audience).mint()
}

fn cnf(w: &World, confirmation: Value) -> String {
    w.token().claim("cnf", confirmation).mint()
}

fn anybody(w: &World) -> Issuer {
    Issuer::new(ISSUER).any_audience().jwks(w.issuer.jwks())
}

fn two(w: &World) -> Issuer {
    Issuer::new(ISSUER).audiences([AUDIENCE, "second"]).jwks(w.issuer.jwks())
}

/// What an access token of RFC 9068 has (section 2.2).
fn rfc_9068(w: &World) -> Issuer {
    w.trust().required_claims(["sub", "client_id", "jti", "iat"])
}
