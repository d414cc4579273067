//! From the request to one token: N1 to N26.

use claimgate_tower::AuthErrorKind::{
    Expired, MalformedCredentials, MalformedToken, MultipleCredentials, TokenTooLarge, UnknownIssuer,
};

use super::rows;
use crate::conformance::case::Outcome::{Accepted, InvalidRequest, InvalidToken, NotFound, Unauthenticated};
use crate::conformance::case::{Case, request, token};
use crate::conformance::host::{NOBODY, Request};
use crate::conformance::world::{OTHER_ISSUER, SUBJECT, World};

pub(super) const CASES: &[Case] = &[
    request("n001 no field", |_| Request::get(), Unauthenticated),
    request("n001 an empty field", |_| Request::get().authorization(""), Unauthenticated),
    request("n001 a field that looks alike", |w| raw_in("x-authorization", w), Unauthenticated),
    request("n001 with a realm", |_| Request::get(), Unauthenticated).realm("pizza"),
    token("n001 a good token", good, Accepted(SUBJECT)),
    request("n002 Basic", |_| Request::get().authorization("Basic eDp5"), Unauthenticated),
    request("n002 DPoP", |w| with(&format!("DPoP {}", good(w))), Unauthenticated),
    request("n002 a bare token", |w| with(&good(w)), Unauthenticated),
    request("n003 nothing after the scheme", |_| with("Bearer"), InvalidRequest(MalformedCredentials)),
    request("n003 a space after the scheme", |_| with("Bearer "), InvalidRequest(MalformedCredentials)),
    request("n003 with a realm", |_| with("Bearer"), InvalidRequest(MalformedCredentials)).realm("pizza"),
    token("n004 quotes", |_| "an\"invalid\"token".to_owned(), InvalidToken(MalformedToken)),
    token("n004 braces", |w| format!("{{{}}}", good(w)), InvalidToken(MalformedToken)),
    token("n004 with a realm", |_| "(a.b.c)".to_owned(), InvalidToken(MalformedToken)).realm("pizza"),
    request(
        "n005 one good token, twice",
        |w| {
            let token = good(w);
            Request::bearer(&token).authorization(format!("Bearer {token}"))
        },
        InvalidRequest(MultipleCredentials),
    ),
    request(
        "n005 two good tokens",
        |w| Request::bearer(&good(w)).authorization(format!("Bearer {}", good(w))),
        InvalidRequest(MultipleCredentials),
    ),
    request(
        "n005 a good token before Basic",
        |w| Request::bearer(&good(w)).authorization("Basic eDp5"),
        InvalidRequest(MultipleCredentials),
    ),
    request(
        "n005 a good token after Basic",
        |w| with("Basic eDp5").authorization(format!("Bearer {}", good(w))),
        InvalidRequest(MultipleCredentials),
    ),
    request(
        "n005 a good token and an empty field",
        |w| Request::bearer(&good(w)).authorization(""),
        InvalidRequest(MultipleCredentials),
    ),
    request(
        "n005 two fields without a token",
        |_| with("Basic eDp5").authorization("Basic eDp5"),
        InvalidRequest(MultipleCredentials),
    ),
    request(
        "n006 joined by a comma and a space",
        |w| with(&format!("Bearer {}, Bearer {}", good(w), good(w))),
        InvalidRequest(MalformedCredentials),
    ),
    request(
        "n006 joined by a comma",
        |w| with(&format!("Bearer {},Bearer {}", good(w), good(w))),
        InvalidRequest(MalformedCredentials),
    ),
    request(
        "n006 joined by a comma, second scheme left out",
        |w| with(&format!("Bearer {},{}", good(w), good(w))),
        InvalidRequest(MalformedCredentials),
    ),
    request(
        "n006 an empty first member",
        |w| with(&format!("Bearer ,{}", good(w))),
        InvalidRequest(MalformedCredentials),
    ),
    request("n007 mixed case", |w| with(&format!("bEaReR {}", good(w))), Accepted(SUBJECT)),
    request("n007 lower case", |w| with(&format!("bearer {}", good(w))), Accepted(SUBJECT)),
    request("n007 upper case", |w| with(&format!("BEARER {}", good(w))), Accepted(SUBJECT)),
    request("n008 a letter before", |w| with(&format!("xBearer {}", good(w))), Unauthenticated),
    request("n008 a word before", |w| with(&format!("foo Bearer {}", good(w))), Unauthenticated),
    request("n008 a letter after", |w| with(&format!("Bearers {}", good(w))), Unauthenticated),
    request("n008 a colon after", |w| with(&format!("Bearer: {}", good(w))), Unauthenticated),
    request("n009 two spaces", |w| with(&format!("Bearer  {}", good(w))), Accepted(SUBJECT)),
    request("n009 many spaces", |w| with(&format!("Bearer          {}", good(w))), Accepted(SUBJECT)),
    request("n009 a tab", |w| with(&format!("Bearer\t{}", good(w))), InvalidRequest(MalformedCredentials)),
    request(
        "n009 a space and a tab",
        |w| with(&format!("Bearer \t{}", good(w))),
        InvalidRequest(MalformedCredentials),
    ),
    request(
        "n010 a word after",
        |w| with(&format!("Bearer {} extra", good(w))),
        InvalidRequest(MalformedCredentials),
    ),
    request(
        "n010 a token after",
        |w| with(&format!("Bearer {} {}", good(w), good(w))),
        InvalidRequest(MalformedCredentials),
    ),
    request(
        "n010 a tab and a word after",
        |w| with(&format!("Bearer {}\textra", good(w))),
        InvalidRequest(MalformedCredentials),
    ),
    request("n014 a token in the query", |w| target(w, "/?access_token="), Unauthenticated),
    request(
        "n014 and a bad one in the field",
        |w| target(w, "/?access_token=").authorization("Bearer a.b.c"),
        InvalidToken(MalformedToken),
    ),
    request(
        "n014 and a good one in the field",
        |w| target(w, "/?access_token=").authorization(format!("Bearer {}", good(w))),
        Accepted(SUBJECT),
    ),
    request(
        "n016 a token in a JSON body",
        |w| {
            Request::new("POST", "/")
                .header("content-type", "application/json")
                .body(format!("{{\"access_token\":\"{}\"}}", good(w)))
        },
        Unauthenticated,
    ),
    request("n017 a token in the form of a GET", |w| form("GET", w), Unauthenticated),
    request("n017 a token in the form of a POST", |w| form("POST", w), Unauthenticated),
    request(
        "n019 the token",
        |_| Request::get().authorization(b"Bearer \x80\xff"),
        InvalidToken(MalformedToken),
    ),
    request(
        "n019 one byte in the token",
        |w| Request::get().authorization([b"Bearer ", good(w).as_bytes(), b"\xe9"].concat()),
        InvalidToken(MalformedToken),
    ),
    request("n019 the scheme", |_| Request::get().authorization(b"B\xe9arer a.b.c"), Unauthenticated),
    request(
        "n019 a no-break space after the scheme",
        |w| with(&format!("Bearer\u{a0}{}", good(w))),
        Unauthenticated,
    ),
    request(
        "n019 another field",
        |w| Request::bearer(&good(w)).header("x-name", b"\x80\xff"),
        Accepted(SUBJECT),
    ),
    token("n020 the longest", |w| of_length(w, 16_384), Accepted(SUBJECT)),
    token("n020 one byte longer", |w| of_length(w, 16_385), InvalidToken(TokenTooLarge)),
    token("n020 a megabyte that is no token", |_| "a".repeat(1 << 20), InvalidToken(TokenTooLarge)),
    request("n023 OPTIONS with Origin alone", |_| preflight(), Unauthenticated),
    request(
        "n023 a whole preflight, the switch being off",
        |_| preflight().header("access-control-request-method", "GET"),
        Unauthenticated,
    ),
    request(
        "n023 a preflight with a bad token",
        |_| preflight().header("access-control-request-method", "GET").authorization("Bearer a.b.c"),
        InvalidToken(MalformedToken),
    ),
    request("n024 a served path", |_| Request::new("GET", "/admin"), Unauthenticated),
    request("n024 two slashes", |_| Request::new("GET", "//admin"), Unauthenticated),
    request("n024 a percent-encoded letter", |_| Request::new("GET", "/%61dmin"), Unauthenticated),
    request("n024 a way around", |_| Request::new("GET", "/public/../admin"), Unauthenticated),
    request("n024 a slash after", |_| Request::new("GET", "/admin/"), Unauthenticated),
    request("n024 upper case", |_| Request::new("GET", "/ADMIN"), Unauthenticated),
    request("n024 the asterisk", |_| Request::new("OPTIONS", "*"), Unauthenticated),
    request("n024 a path parameter", |_| Request::new("GET", "/admin;x=/"), Unauthenticated),
    request("n025 a path that nobody serves", |_| Request::new("GET", "/new"), Unauthenticated),
    request(
        "n025 the same with a bad token",
        |_| Request::new("GET", "/new").authorization("Bearer a.b.c"),
        InvalidToken(MalformedToken),
    ),
    request(
        "n025 the same with a good token",
        |w| Request::new("GET", "/new").authorization(format!("Bearer {}", good(w))),
        NotFound,
    ),
    request("n025 a method that nobody serves", |_| Request::new("PURGE", "/"), Unauthenticated),
    request("n123 no credential", |_| Request::get(), Accepted(NOBODY)).optional(),
    request("n123 another scheme", |_| with("Basic eDp5"), Accepted(NOBODY)).optional(),
    token("n123 a good token", good, Accepted(SUBJECT)).optional(),
    token("n123 an expired token", |w| w.token().expired().mint(), InvalidToken(Expired)).optional(),
    token("n123 no token at all", |_| "nonsense".to_owned(), InvalidToken(MalformedToken)).optional(),
    request("n123 an empty token", |_| with("Bearer "), InvalidRequest(MalformedCredentials)).optional(),
    request(
        "n123 two fields",
        |w| Request::bearer(&good(w)).authorization("Basic eDp5"),
        InvalidRequest(MultipleCredentials),
    )
    .optional(),
    token(
        "n124 an unknown issuer",
        |w| w.token().claim("iss", OTHER_ISSUER).mint(),
        InvalidToken(UnknownIssuer),
    )
    .optional(),
];

rows! {
    n001_no_credential_gets_a_bare_challenge
    n002_another_scheme_is_no_credential
    n003_a_scheme_without_a_token_is_a_bad_request
    n004_characters_that_no_token_has_are_an_invalid_token
    n005_a_second_field_is_a_bad_request
    n006_a_list_of_credentials_is_a_bad_request
    n007_the_scheme_has_no_case
    n008_the_scheme_comes_first_and_whole
    n009_spaces_follow_the_scheme_and_nothing_else
    n010_nothing_follows_the_token
    n014_a_token_in_the_query_is_not_looked_at
    n016_a_token_in_a_json_body_is_not_looked_at
    n017_a_token_in_a_form_is_not_looked_at
    n019_bytes_beyond_ascii_are_refused
    n020_a_token_has_a_longest_length
    n023_a_preflight_is_no_way_around
    n024_no_spelling_of_a_path_is_a_way_around
    n025_a_path_without_a_route_is_guarded_too
    n123_optional_authentication_refuses_bad_credentials
    n124_optional_authentication_refuses_unknown_issuers
}

fn good(w: &World) -> String {
    w.token().mint()
}

fn with(value: &str) -> Request {
    Request::get().authorization(value)
}

fn raw_in(name: &'static str, w: &World) -> Request {
    Request::get().header(name, format!("Bearer {}", good(w)))
}

/// A target with the token at its end. It lives as long as the test process.
fn target(w: &World, before: &str) -> Request {
    Request::new("GET", format!("{before}{}", good(w)).leak())
}

fn form(method: &'static str, w: &World) -> Request {
    Request::new(method, "/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("access_token={}", good(w)))
}

fn preflight() -> Request {
    Request::new("OPTIONS", "/").header("origin", "https://evil.example.com")
}

/// A good token of exactly so many bytes. Three bytes become four characters, so one part alone does not meet every length.
fn of_length(w: &World, length: usize) -> String {
    let pad = |n: usize| "x".repeat(n);
    let mint = |header, payload| w.token().header("pad", pad(header)).claim("pad", pad(payload)).mint();
    let near = (length - mint(0, 0).len()) / 4 * 3;
    let sizes = (0..6).flat_map(|header| (near - 12..near + 6).map(move |payload| (header, payload)));
    sizes.map(|(header, payload)| mint(header, payload)).find(|token| token.len() == length).unwrap()
}
