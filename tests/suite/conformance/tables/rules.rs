//! What routes ask of good tokens, what refusals look like when the application says so, and preflights.

use claimgate_tower::AuthErrorKind::{BadSignature, Expired, MalformedCredentials};

use super::rows;
use crate::conformance::HOSTS;
use crate::conformance::case::Outcome::{
    Accepted, AccessDenied, InsufficientScope, InvalidRequest, InvalidToken, MissingLayer, Unauthenticated,
};
use crate::conformance::case::{Case, request, token};
use crate::conformance::host::{Handler, NOBODY, Request};
use crate::conformance::world::{SUBJECT, World};

pub(super) const CASES: &[Case] = &[
    token("claim of the value", good, Accepted(SUBJECT)).handler(KITCHEN),
    token("claim among others", |w| department(w, &["bar", "kitchen"]), Accepted(SUBJECT)).handler(KITCHEN),
    token("claim of another value", |w| department(w, &["bar"]), AccessDenied).handler(KITCHEN),
    token("claim of a longer value", |w| department(w, &["kitchens"]), AccessDenied).handler(KITCHEN),
    token("claim of nothing", |w| department(w, &[]), AccessDenied).handler(KITCHEN).realm("pizza"),
    token("claim of another type", |w| w.token().claim("department", 7).mint(), AccessDenied)
        .handler(KITCHEN),
    token("claim absent", |w| w.token().mint(), AccessDenied).handler(KITCHEN),
    token("claim of an expired token", |w| w.token().expired().mint(), InvalidToken(Expired))
        .handler(KITCHEN),
    request("claim without a token", |_| Request::get(), Unauthenticated).handler(KITCHEN).optional(),
    token("claim without a gate", good, MissingLayer).handler(KITCHEN).without_gate(),
    token("that is so", good, Accepted(SUBJECT)).handler(Handler::That),
    token("that is not so", |w| w.token().subject("another").mint(), AccessDenied).handler(Handler::That),
    token("scoped with both", good, Accepted(SUBJECT)).handler(Handler::Scoped),
    token("scoped with one", |w| w.token().scope("menu").mint(), InsufficientScope("menu order"))
        .handler(Handler::Scoped),
    request("scoped without a token", |_| Request::get(), Unauthenticated)
        .handler(Handler::Scoped)
        .optional(),
    token("scoped without a gate", good, MissingLayer).handler(Handler::Scoped).without_gate(),
    request("preflight let through", preflight, Accepted(NOBODY)).preflight(),
    request("preflight not let through", preflight, Unauthenticated),
    request(
        "preflight with a bad credential",
        |w| preflight(w).authorization("Bearer"),
        InvalidRequest(MalformedCredentials),
    )
    .preflight(),
    request(
        "preflight with a forged token",
        |w| preflight(w).authorization(format!("Bearer {}", w.token().forged().mint())),
        InvalidToken(BadSignature),
    )
    .preflight(),
    request("preflight to claims", preflight, Unauthenticated).preflight().handler(Handler::Claims),
    request("preflight without its method", |_| options().header("origin", ORIGIN), Unauthenticated)
        .preflight(),
    request("preflight without an origin", |_| options().header(METHOD, "PUT"), Unauthenticated).preflight(),
    request(
        "preflight of another method",
        |_| Request::get().header("origin", ORIGIN).header(METHOD, "PUT"),
        Unauthenticated,
    )
    .preflight(),
    request(
        "preflight in name only, and bad",
        |_| options().header("origin", ORIGIN).authorization("Bearer"),
        InvalidRequest(MalformedCredentials),
    )
    .preflight(),
];

rows! {
    claim_is_asked_for
    that_is_asked_by_the_application
    scoped_is_a_scope_in_a_signature
    preflight_is_let_through_if_it_is_one
}

const KITCHEN: Handler = Handler::Claim("department", &["kitchen", "office"]);
const ORIGIN: &str = "https://app.example.com";
const METHOD: &str = "access-control-request-method";

/// RFC 9457, and the challenge of RFC 6750 whatever the body is; also behind the gate, where rules and extractors refuse.
#[tokio::test]
async fn refusals_are_problem_details_if_the_application_wants_them() {
    let world = World::new();
    let bodies = [
        (
            token("problem", |w| w.token().expired().mint(), InvalidToken(Expired)),
            "Unauthorized",
            "invalid_token",
        ),
        (request("problem", |_| Request::get(), Unauthenticated), "Unauthorized", ""),
        (
            token("problem", |w| w.token().scope("menu").mint(), InsufficientScope("order"))
                .handler(Handler::AllOf(&["order"])),
            "Forbidden",
            "insufficient_scope",
        ),
        (
            token("problem", |w| w.token().scope("menu").mint(), InsufficientScope("menu order"))
                .handler(Handler::Scoped),
            "Forbidden",
            "insufficient_scope",
        ),
    ];
    for (case, title, code) in bodies {
        for host in
            HOSTS.iter().filter(|host| host.renders() && (host.has_extractors() || !case.needs_extractors()))
        {
            let request = case.request(&world);
            let mut setup = case.setup(&world);
            setup.problem = true;
            let mut reply = host.send(&setup, &request).await;
            let (status, challenge) = case.outcome.head(None);
            let code = if code.is_empty() { String::new() } else { format!(r#","error":"{code}""#) };
            let body = format!(r#"{{"type":"about:blank","title":"{title}","status":{status}{code}}}"#);
            assert_eq!(String::from_utf8_lossy(&reply.body), body, "{}", host.name());
            let challenge = challenge.unwrap();
            let expected = [
                ("content-type".to_owned(), "application/problem+json".to_owned()),
                (challenge.0.to_owned(), challenge.1),
            ];
            reply.headers.sort();
            assert_eq!(
                (reply.status, reply.headers.as_slice()),
                (status, expected.as_slice()),
                "{}",
                host.name()
            );
            assert_eq!(reply.error.map(|error| error.kind()), case.outcome.kind(), "{}", host.name());
        }
    }
}

fn good(w: &World) -> String {
    department(w, &["kitchen"])
}

fn department(w: &World, names: &[&str]) -> String {
    match names {
        [one] => w.token().claim("department", *one).mint(),
        _ => w.token().claim("department", names.to_vec()).mint(),
    }
}

fn options() -> Request {
    Request::new("OPTIONS", "/")
}

fn preflight(_: &World) -> Request {
    options().header("origin", ORIGIN).header(METHOD, "PUT")
}
