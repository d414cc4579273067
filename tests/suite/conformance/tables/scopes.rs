//! What a token allows: N118 to N122.

use claimgate_tower::AuthErrorKind::{Expired, InvalidClaim};
use serde_json::{Value, json};

use super::rows;
use crate::conformance::case::Outcome::{
    Accepted, InsufficientScope, InvalidToken, MissingLayer, Unauthenticated,
};
use crate::conformance::case::{Case, request, token};
use crate::conformance::host::{Handler, Request};
use crate::conformance::world::{SUBJECT, World};

pub(super) const CASES: &[Case] = &[
    token("n118 an object", |w| scope(w, json!({ "order": 1 })), InvalidToken(InvalidClaim)).handler(ORDER),
    token(
        "n118 an object, on a route that asks for none",
        |w| scope(w, json!({ "a": 1 })),
        InvalidToken(InvalidClaim),
    ),
    token("n118 true", |w| scope(w, json!(true)), InvalidToken(InvalidClaim)).handler(ORDER),
    token("n118 null", |w| scope(w, json!(null)), InvalidToken(InvalidClaim)).handler(ORDER),
    token("n118 an array with a number", |w| scope(w, json!(["order", 1])), InvalidToken(InvalidClaim))
        .handler(ORDER),
    token("n118 an array", |w| scope(w, json!(["menu", "order"])), Accepted(SUBJECT)).handler(ORDER),
    token("n118 an empty array", |w| scope(w, json!([])), InsufficientScope("order")).handler(ORDER),
    token(
        "n118 an array whose member has a space",
        |w| scope(w, json!(["menu order"])),
        InsufficientScope("order"),
    )
    .handler(ORDER),
    token("n118 a string", |w| scope(w, json!("menu order")), Accepted(SUBJECT)).handler(ORDER),
    token("n118 several spaces", |w| scope(w, json!("  menu   order ")), Accepted(SUBJECT)).handler(ORDER),
    token("n119 more after", |w| scope(w, json!("orderall")), InsufficientScope("order")).handler(ORDER),
    token("n119 more before", |w| scope(w, json!("reorder")), InsufficientScope("order")).handler(ORDER),
    token("n119 upper case", |w| scope(w, json!("ORDER")), InsufficientScope("order")).handler(ORDER),
    token("n119 a prefix", |w| scope(w, json!("ord")), InsufficientScope("order")).handler(ORDER),
    token("n120 a no-break space", |w| scope(w, json!("menu\u{a0}order")), InsufficientScope("order"))
        .handler(ORDER),
    token("n120 a tab", |w| scope(w, json!("menu\torder")), InsufficientScope("order")).handler(ORDER),
    token("n120 a comma", |w| scope(w, json!("menu,order")), InsufficientScope("order")).handler(ORDER),
    token("n120 a line feed", |w| scope(w, json!("menu\norder")), InsufficientScope("order")).handler(ORDER),
    token("n120 a letter that looks alike", |w| scope(w, json!("\u{43e}rder")), InsufficientScope("order"))
        .handler(ORDER),
    token("n121 missing", |w| scope(w, json!("menu")), InsufficientScope("order")).handler(ORDER),
    token("n121 no scope claim", |w| w.token().without("scope").mint(), InsufficientScope("order"))
        .handler(ORDER),
    token("n121 with a realm", |w| scope(w, json!("menu")), InsufficientScope("order"))
        .handler(ORDER)
        .realm("pizza"),
    token("n121 one of two missing", |w| scope(w, json!("menu")), InsufficientScope("menu order"))
        .handler(ALL),
    token("n121 both there, the other way round", |w| scope(w, json!("order menu")), Accepted(SUBJECT))
        .handler(ALL),
    token("n121 any of two, one there", |w| scope(w, json!("menu")), Accepted(SUBJECT)).handler(ANY),
    token("n121 any of two, none there", |w| scope(w, json!("other")), InsufficientScope("menu order"))
        .handler(ANY),
    token("n121 all of none", |w| w.token().without("scope").mint(), Accepted(SUBJECT))
        .handler(Handler::AllOf(&[])),
    token("n121 any of none", |w| scope(w, json!("menu")), InsufficientScope(""))
        .handler(Handler::AnyOf(&[])),
    token("n121 an expired token that has it", |w| w.token().expired().mint(), InvalidToken(Expired))
        .handler(ORDER),
    request("n121 no credential", |_| Request::get(), Unauthenticated).handler(ORDER),
    request("n121 no credential and none needed to get here", |_| Request::get(), Unauthenticated)
        .handler(ORDER)
        .optional(),
    request("n121 the same with a realm", |_| Request::get(), Unauthenticated)
        .handler(ORDER)
        .optional()
        .realm("pizza"),
    token("n121 no gate before it", |w| w.token().mint(), MissingLayer).handler(ORDER).without_gate(),
    request("n121 no gate and no credential", |_| Request::get(), MissingLayer).handler(ANY).without_gate(),
    token("n122 nested", |w| roles(w, json!({ "roles": ["order"] })), Accepted(SUBJECT))
        .handler(ORDER)
        .trusting(|w| w.trust().scopes_claim(["realm_access", "roles"])),
    token(
        "n122 a name with a dot is no path",
        |w| roles(w, json!({ "roles": ["order"] })),
        InsufficientScope("order"),
    )
    .handler(ORDER)
    .trusting(|w| w.trust().scopes_claim(["realm_access.roles"])),
    token(
        "n122 a path is no name with a dot",
        |w| w.token().claim("realm_access.roles", "order").mint(),
        InsufficientScope("order"),
    )
    .handler(ORDER)
    .trusting(|w| w.trust().scopes_claim(["realm_access", "roles"])),
    token(
        "n122 a URL for a name",
        |w| w.token().claim("https://x.y/roles", "order").mint(),
        Accepted(SUBJECT),
    )
    .handler(ORDER)
    .trusting(|w| w.trust().scopes_claim(["https://x.y/roles"])),
    token("n122 a path through a string", |w| roles(w, json!("order")), InvalidToken(InvalidClaim))
        .handler(ORDER)
        .trusting(|w| w.trust().scopes_claim(["realm_access", "roles"])),
    token(
        "n122 the default claim does not count beside it",
        |w| w.token().mint(),
        InsufficientScope("order"),
    )
    .handler(ORDER)
    .trusting(|w| w.trust().scopes_claim(["roles"])),
];

rows! {
    n118_scopes_are_strings
    n119_scopes_are_compared_whole
    n120_spaces_alone_separate_scopes
    n121_a_missing_scope_is_named
    n122_scopes_come_from_the_claim_that_is_configured
}

const ORDER: Handler = Handler::AllOf(&["order"]);
const ALL: Handler = Handler::AllOf(&["menu", "order"]);
const ANY: Handler = Handler::AnyOf(&["menu", "order"]);

fn scope(w: &World, value: Value) -> String {
    w.token().claim("scope", value).mint()
}

fn roles(w: &World, value: Value) -> String {
    w.token().without("scope").claim("realm_access", value).mint()
}
