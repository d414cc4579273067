//! What kind of token it is: N114 and N115; and claims that must have a value.

use claimgate_tower::AuthErrorKind::{ClaimMismatch, InvalidClaim, MalformedToken, MissingClaim, WrongType};
use claimgate_tower::Issuer;
use serde_json::json;

use super::rows;
use crate::conformance::case::Outcome::{Accepted, InvalidToken};
use crate::conformance::case::{Case, token};
use crate::conformance::world::{SUBJECT, World};

pub(super) const CASES: &[Case] = &[
    token("n114 where access tokens alone count", id_token, InvalidToken(WrongType)).trusting(strict),
    token(
        "n114 where the audience is the client",
        |w| w.token().header("typ", "JWT").audience("client").mint(),
        InvalidToken(claimgate_tower::AuthErrorKind::WrongAudience),
    ),
    token("n115 at+jwt", |w| typ(w, "at+jwt"), Accepted(SUBJECT)),
    token("n115 AT+JWT", |w| typ(w, "AT+JWT"), Accepted(SUBJECT)),
    token("n115 application/at+jwt", |w| typ(w, "application/at+jwt"), Accepted(SUBJECT)),
    token("n115 Application/AT+JWT", |w| typ(w, "Application/AT+JWT"), Accepted(SUBJECT)),
    token("n115 JWT", |w| typ(w, "JWT"), Accepted(SUBJECT)),
    token("n115 absent", |w| w.token().without_header("typ").mint(), Accepted(SUBJECT)),
    token(
        "n115 absent, where access tokens alone count",
        |w| w.token().without_header("typ").mint(),
        InvalidToken(WrongType),
    )
    .trusting(strict),
    token("n115 at+jwt, where access tokens alone count", |w| typ(w, "at+jwt"), Accepted(SUBJECT))
        .trusting(strict),
    token("n115 dpop+jwt", |w| typ(w, "dpop+jwt"), InvalidToken(WrongType)),
    token("n115 logout+jwt", |w| typ(w, "logout+jwt"), InvalidToken(WrongType)),
    token("n115 secevent+jwt", |w| typ(w, "secevent+jwt"), InvalidToken(WrongType)),
    token("n115 more before", |w| typ(w, "xat+jwt"), InvalidToken(WrongType)),
    token("n115 text/at+jwt", |w| typ(w, "text/at+jwt"), InvalidToken(WrongType)),
    token("n115 the prefix twice", |w| typ(w, "application/application/at+jwt"), InvalidToken(WrongType)),
    token("n115 a parameter", |w| typ(w, "at+jwt; charset=utf-8"), InvalidToken(WrongType)),
    token("n115 empty", |w| typ(w, ""), InvalidToken(WrongType)),
    token(
        "n115 an array",
        |w| w.token().header("typ", json!(["at+jwt"])).mint(),
        InvalidToken(MalformedToken),
    ),
    token(
        "n116 a value that is configured",
        |w| w.token().claim("client_id", "cli").mint(),
        Accepted(SUBJECT),
    )
    .trusting(clients),
    token("n116 another value", |w| w.token().claim("client_id", "cli2").mint(), InvalidToken(ClaimMismatch))
        .trusting(clients),
    token(
        "n116 a value of another type",
        |w| w.token().claim("group", json!(["web"])).mint(),
        InvalidToken(InvalidClaim),
    )
    .trusting(|w| w.trust().claim("group", ["web"])),
    token("n116 no value", |w| w.token().mint(), InvalidToken(MissingClaim)).trusting(clients),
];

rows! {
    n114_id_tokens
    n115_types_of_tokens
    n116_claims_that_need_a_value
}

fn typ(w: &World, name: &str) -> String {
    w.token().header("typ", name).mint()
}

/// It names this service as its audience, or the audience would refuse it first.
fn id_token(w: &World) -> String {
    w.token().header("typ", "JWT").claim("nonce", "n-0S6_WzA2Mj").mint()
}

fn strict(w: &World) -> Issuer {
    w.trust().token_types(["at+jwt"])
}

fn clients(w: &World) -> Issuer {
    w.trust().claim("client_id", ["web", "cli"])
}
