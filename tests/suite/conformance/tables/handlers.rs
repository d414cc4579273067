//! Handlers that ask for claims, with and without a gate before them. No row of the table speaks of them.

use claimgate_tower::AuthErrorKind::{ClaimsShape, Expired};

use super::rows;
use crate::conformance::case::Outcome::{Accepted, InvalidToken, MissingLayer, Unauthenticated};
use crate::conformance::case::{Case, request, token};
use crate::conformance::host::{Handler, NOBODY, Request};
use crate::conformance::world::World;

pub(super) const CASES: &[Case] = &[
    token("claims valid", good, Accepted(SEEN)).handler(Handler::Claims),
    request("claims absent", |_| Request::get(), Unauthenticated).handler(Handler::Claims),
    request("claims absent, let through", |_| Request::get(), Unauthenticated)
        .handler(Handler::Claims)
        .optional(),
    request("claims absent, let through, with a realm", |_| Request::get(), Unauthenticated)
        .handler(Handler::Claims)
        .optional()
        .realm("pizza"),
    token("claims bad", bad, InvalidToken(Expired)).handler(Handler::Claims),
    token("claims misfit", misfit, InvalidToken(ClaimsShape)).handler(Handler::Claims),
    token("claims misfit, with a realm", misfit, InvalidToken(ClaimsShape))
        .handler(Handler::Claims)
        .realm("pizza"),
    token(
        "claims misfit, a claim that is missing",
        |w| w.token().without("tenant").mint(),
        InvalidToken(ClaimsShape),
    )
    .handler(Handler::Claims),
    token("claims without a gate", good, MissingLayer).handler(Handler::Claims).without_gate(),
    request("claims without a gate and a credential", |_| Request::get(), MissingLayer)
        .handler(Handler::Claims)
        .without_gate(),
    token("two types", good, Accepted("subject-of-the-token of 7, menu order")).handler(Handler::TwoClaims),
    token("two types, the second a misfit", |w| w.token().without("scope").mint(), InvalidToken(ClaimsShape))
        .handler(Handler::TwoClaims),
    token("maybe valid", good, Accepted(SEEN)).handler(Handler::MaybeClaims).optional(),
    token("maybe valid, where a token is required", good, Accepted(SEEN)).handler(Handler::MaybeClaims),
    request("maybe absent", |_| Request::get(), Accepted(NOBODY)).handler(Handler::MaybeClaims).optional(),
    request("maybe absent, where a token is required", |_| Request::get(), Unauthenticated)
        .handler(Handler::MaybeClaims),
    token("maybe bad", bad, InvalidToken(Expired)).handler(Handler::MaybeClaims).optional(),
    token("maybe misfit", misfit, InvalidToken(ClaimsShape)).handler(Handler::MaybeClaims).optional(),
    token("maybe without a gate", good, MissingLayer).handler(Handler::MaybeClaims).without_gate(),
    request("maybe without a gate and a credential", |_| Request::get(), MissingLayer)
        .handler(Handler::MaybeClaims)
        .without_gate(),
    token("inserted valid", good, Accepted(SEEN)).handler(Handler::InsertedClaims),
    token("inserted misfit", misfit, InvalidToken(ClaimsShape)).handler(Handler::InsertedClaims),
    token("inserted bad", bad, InvalidToken(Expired)).handler(Handler::InsertedClaims),
    request("inserted absent", |_| Request::get(), Unauthenticated).handler(Handler::InsertedClaims),
];

rows! {
    claims_are_an_argument
    two_types_of_claims_are_two_arguments
    maybe_claims_are_none_only_without_a_credential
    inserted_claims_are_in_the_extensions
}

const SEEN: &str = "subject-of-the-token of 7";

fn good(w: &World) -> String {
    w.token().mint()
}

fn bad(w: &World) -> String {
    w.token().expired().mint()
}

fn misfit(w: &World) -> String {
    w.token().claim("tenant", "seven-and-a-half").mint()
}
