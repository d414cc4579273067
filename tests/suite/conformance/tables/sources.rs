//! Tokens that stand elsewhere than in `Authorization`: N11 to N26, once these places are configured.

use claimgate_tower::AuthErrorKind::{
    BadSignature, MalformedCredentials, MalformedToken, MultipleCredentials,
};
use claimgate_tower::{Authenticator, AuthenticatorBuilder, TokenSource};

use super::rows;
use crate::conformance::case::Outcome::{Accepted, InvalidRequest, InvalidToken, Unauthenticated};
use crate::conformance::case::{Case, request};
use crate::conformance::host::Request;
use crate::conformance::run::check_head;
use crate::conformance::world::{SUBJECT, World};

pub(super) const CASES: &[Case] = &[
    request("n011 header and query", |w| query(w).authorization(bearer(w)), TWICE).gate(everywhere),
    request("n011 header and an empty query", |w| target("/?access_token=").authorization(bearer(w)), TWICE)
        .gate(everywhere),
    request("n011 the header alone", |w| Request::get().authorization(bearer(w)), Accepted(SUBJECT))
        .gate(everywhere),
    request("n012 header and cookie", |w| cookie(w).authorization(bearer(w)), TWICE).gate(everywhere),
    request("n012 two headers", |w| x_auth(w).authorization(bearer(w)), TWICE).gate(everywhere),
    request("n012 header and protocol", |w| protocol(w).authorization(bearer(w)), TWICE).gate(everywhere),
    request("n012 cookie and query", |w| query(w).header("cookie", format!("jwt={}", good(w))), TWICE)
        .gate(everywhere),
    request("n012 the cookie alone", cookie, Accepted(SUBJECT)).gate(everywhere),
    request("n012 the other header alone", x_auth, Accepted(SUBJECT)).gate(everywhere),
    request(
        "n012 a forged cookie",
        |w| Request::get().header("cookie", format!("jwt={}", forged(w))),
        FORGED,
    )
    .gate(everywhere),
    request("n012 Basic and a cookie", |w| cookie(w).authorization("Basic eDp5"), Accepted(SUBJECT))
        .gate(everywhere),
    request("n013 the parameter twice", |_| target("/?access_token=a.b.c&access_token=a.b.c"), TWICE)
        .gate(everywhere),
    request("n013 its name in two spellings", |_| target("/?access_token=a.b.c&access%5Ftoken=a.b.c"), TWICE)
        .gate(everywhere),
    request("n013 another parameter", |_| target("/?access_tokens=a.b.c"), Unauthenticated).gate(everywhere),
    request("n015 an empty parameter", |_| target("/?access_token="), MALFORMED).gate(everywhere),
    request("n015 a parameter without a value", |_| target("/?access_token"), MALFORMED).gate(everywhere),
    request("n015 an empty cookie", |_| Request::get().header("cookie", "jwt="), MALFORMED).gate(everywhere),
    request("n015 an empty header", |_| Request::get().header("x-auth", ""), MALFORMED).gate(everywhere),
    request(
        "n015 escapes in the parameter",
        |_| target("/?access_token=a%2Eb.c"),
        InvalidToken(MalformedToken),
    )
    .gate(everywhere),
    request(
        "n018 the cookie twice",
        |w| Request::get().header("cookie", format!("jwt={0}; jwt={0}", good(w))),
        TWICE,
    )
    .gate(everywhere),
    request(
        "n018 the cookie twice, once empty",
        |w| Request::get().header("cookie", format!("jwt={}; jwt=", good(w))),
        TWICE,
    )
    .gate(everywhere),
    request(
        "n018 names that look alike",
        |w| Request::get().header("cookie", format!("jwt2={}; JWT=a", good(w))),
        Unauthenticated,
    )
    .gate(everywhere),
    request("n026 the cookie in the second line", |w| crumbs(w, "a=1", "jwt"), Accepted(SUBJECT))
        .gate(everywhere),
    request("n026 the cookie in both lines", |w| crumbs(w, "jwt=a.b.c", "jwt"), TWICE).gate(everywhere),
];

rows! {
    n011_a_request_has_one_credential_of_header_and_query
    n012_a_request_has_one_credential_of_header_and_cookie
    n013_a_parameter_stands_there_once
    n015_an_empty_place_holds_no_token
    n018_a_cookie_stands_there_once
    n026_cookie_lines_are_read_as_one
}

const TWICE: crate::conformance::case::Outcome = InvalidRequest(MultipleCredentials);
const MALFORMED: crate::conformance::case::Outcome = InvalidRequest(MalformedCredentials);
const FORGED: crate::conformance::case::Outcome = InvalidToken(BadSignature);

/// RFC 6750, section 2.3: "Success (2XX status) responses to these requests SHOULD contain a Cache-Control header with the
/// 'private' option."
#[tokio::test]
async fn an_answer_to_a_token_in_the_query_is_private() {
    let world = World::new();
    let case = request("a token in the query", query, Accepted(SUBJECT)).gate(everywhere);
    for host in crate::conformance::HOSTS {
        let setup = case.setup(&world);
        let mut reply = host.send(&setup, &query(&world)).await;
        let private =
            reply.headers.iter().position(|header| *header == ("cache-control".into(), "private".into()));
        reply.headers.remove(private.unwrap_or_else(|| panic!("{}: {reply:?}", host.name())));
        check_head(&reply, Accepted(SUBJECT), None).unwrap();
        let refused = host.send(&setup, &target("/?access_token=a.b.c")).await;
        check_head(&refused, InvalidToken(MalformedToken), None).unwrap();
    }
}

/// Every place that there is.
fn everywhere(world: &World) -> AuthenticatorBuilder {
    let name = |name: &str| name.to_owned();
    Authenticator::builder().issuer(world.trust()).token_sources([
        TokenSource::Authorization,
        TokenSource::Header { name: name("X-Auth"), scheme: None },
        TokenSource::Cookie { name: name("jwt") },
        TokenSource::Query { name: name("access_token") },
        TokenSource::WebSocketProtocol { marker: name("bearer") },
    ])
}

fn good(w: &World) -> String {
    w.token().mint()
}

fn forged(w: &World) -> String {
    w.token().forged().mint()
}

fn bearer(w: &World) -> String {
    format!("Bearer {}", good(w))
}

/// It lives as long as the test process.
fn target(target: &str) -> Request {
    Request::new("GET", target.to_owned().leak())
}

fn query(w: &World) -> Request {
    target(&format!("/?a=1&access_token={}", good(w)))
}

fn cookie(w: &World) -> Request {
    Request::get().header("cookie", format!("a=1; jwt={}; b=2", good(w)))
}

fn x_auth(w: &World) -> Request {
    Request::get().header("x-auth", good(w))
}

fn protocol(w: &World) -> Request {
    Request::get().header("sec-websocket-protocol", format!("chat, bearer, {}", good(w)))
}

fn crumbs(w: &World, first: &'static str, name: &str) -> Request {
    Request::get().header("cookie", first).header("cookie", format!("{name}={}", good(w)))
}
