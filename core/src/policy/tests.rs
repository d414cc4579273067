use std::time::Instant;

use serde_json::{Value, json};

use super::*;
use crate::issuer::Issuer;

const NOW: i64 = 1_700_000_000;
const HOUR: i64 = 3_600;

/// Rules with one minute of leeway, as they are unless something is said.
fn rules() -> Issuer {
    Issuer::new("https://issuer.test").audience("api")
}

fn header(token_type: Option<&str>) -> Header {
    Header { algorithm: Algorithm::ES256, key_id: None, token_type: token_type.map(Into::into) }
}

fn moment(unix: i64) -> Moment {
    Moment::new(Duration::from_secs(u64::try_from(unix).unwrap()), Instant::now())
}

/// A good payload with these claims set, or left out where the value is `()`.
fn payload(claims: &str) -> JsonObject {
    let mut good = json!({ "aud": "api", "exp": NOW + HOUR });
    let Value::Object(claims) = serde_json::from_str(claims).unwrap() else { panic!("an object") };
    for (name, value) in claims {
        if value == "(absent)" {
            good.as_object_mut().unwrap().remove(&name);
        } else {
            good[name] = value;
        }
    }
    JsonObject::parse(good.to_string()).unwrap()
}

type Judged = Result<Vec<String>, (AuthErrorKind, Option<String>)>;

fn judge(rules: &Issuer, token_type: Option<&str>, payload: &JsonObject, now: i64) -> Judged {
    let judgement = rules.policy(None).judge(&header(token_type), payload, moment(now));
    judgement
        .map(|judgement| judgement.scopes.iter().map(str::to_owned).collect())
        .map_err(|error| (error.kind(), error.claim().map(str::to_owned)))
}

fn at(rules: &Issuer, claims: &str, now: i64) -> Result<(), AuthErrorKind> {
    judge(rules, None, &payload(claims), now).map(drop).map_err(|(kind, _)| kind)
}

/// The kind and the claim that a refusal is about.
fn about(kind: AuthErrorKind, claim: &str) -> Judged {
    Err((kind, Some(claim.to_owned())))
}

#[test]
fn n096_exp_is_over_from_the_second_of_its_leeway_on() {
    use AuthErrorKind::Expired;
    let none = rules().leeway(Duration::ZERO);
    let most = rules().leeway(Duration::from_secs(300));
    for (name, rules, exp, now, expected) in [
        ("no leeway, before", &none, NOW.to_string(), NOW - 1, Ok(())),
        ("no leeway, at", &none, NOW.to_string(), NOW, Err(Expired)),
        ("a minute, before its end", &rules(), NOW.to_string(), NOW + 59, Ok(())),
        ("a minute, at its end", &rules(), NOW.to_string(), NOW + 60, Err(Expired)),
        ("five minutes, before their end", &most, NOW.to_string(), NOW + 299, Ok(())),
        ("five minutes, at their end", &most, NOW.to_string(), NOW + 300, Err(Expired)),
        ("a fraction is rounded down, before", &none, format!("{NOW}.9"), NOW - 1, Ok(())),
        ("a fraction is rounded down, at", &none, format!("{NOW}.9"), NOW, Err(Expired)),
        ("with an exponent", &none, "1.7e9".to_owned(), NOW - 1, Ok(())),
        ("with an exponent, at", &none, "1.7e9".to_owned(), NOW, Err(Expired)),
        ("zero", &rules(), "0".to_owned(), NOW, Err(Expired)),
        ("zero within the leeway of 1970", &rules(), "0".to_owned(), 59, Ok(())),
    ] {
        let text = format!(r#"{{"aud":"api","exp":{exp}}}"#);
        let payload = JsonObject::parse(text).unwrap();
        assert_eq!(judge(rules, None, &payload, now).map(drop).map_err(|(kind, _)| kind), expected, "{name}");
    }
}

#[test]
fn n096_a_second_begins_when_it_begins() {
    let rules = rules().leeway(Duration::ZERO).policy(None);
    let judge = |unix| {
        let now = Moment::new(unix, Instant::now());
        rules.judge(&header(None), &payload(&format!(r#"{{"exp":{NOW}}}"#)), now).is_ok()
    };
    let second = NOW.unsigned_abs();
    assert!(judge(Duration::new(second - 1, 999_999_999)));
    assert!(!judge(Duration::new(second, 0)));
}

#[test]
fn n095_n097_n098_n100_exp_is_a_number_that_is_there() {
    use AuthErrorKind::{InvalidClaim, MissingClaim};
    assert_eq!(judge(&rules(), None, &payload(r#"{"exp":"(absent)"}"#), NOW), about(MissingClaim, "exp"));
    for exp in [
        "\"9999999999\"",
        "\"\"",
        "null",
        "true",
        "[9999999999]",
        "{}",
        "-1",
        "-0",
        "-1.5",
        "1e308",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
    ] {
        let payload = JsonObject::parse(format!(r#"{{"aud":"api","exp":{exp}}}"#)).unwrap();
        assert_eq!(judge(&rules(), None, &payload, NOW), about(InvalidClaim, "exp"), "{exp}");
    }
}

#[test]
fn n099_n105_the_largest_date_does_not_wrap() {
    let most = rules().leeway(Duration::from_secs(300));
    for (name, claims, now, expected) in [
        ("exp", format!(r#"{{"exp":{}}}"#, i64::MAX), NOW, Ok(())),
        ("exp, at the end of time", format!(r#"{{"exp":{}}}"#, i64::MAX), i64::MAX - 1, Ok(())),
        ("nbf", format!(r#"{{"nbf":{}}}"#, i64::MAX), NOW, Err(AuthErrorKind::NotYetValid)),
        ("iat", format!(r#"{{"iat":{}}}"#, i64::MAX), NOW, Err(AuthErrorKind::IssuedInFuture)),
        ("nbf within the leeway of 1970", r#"{"nbf":300}"#.to_owned(), 0, Ok(())),
        ("nbf beyond it", r#"{"nbf":301}"#.to_owned(), 0, Err(AuthErrorKind::NotYetValid)),
    ] {
        assert_eq!(at(&most, &claims, now), expected, "{name}");
    }
    let limited = most.max_lifetime(Duration::MAX);
    assert_eq!(at(&limited, &format!(r#"{{"exp":{},"iat":0}}"#, i64::MAX), NOW), Ok(()));
    let limited = limited.max_lifetime(Duration::from_secs(u64::MAX >> 1) - Duration::from_secs(1));
    let exp = format!(r#"{{"exp":{},"iat":0}}"#, i64::MAX);
    assert_eq!(at(&limited, &exp, NOW), Err(AuthErrorKind::LifetimeTooLong));
}

#[test]
fn n102_nbf_holds_until_its_leeway() {
    use AuthErrorKind::{InvalidClaim, NotYetValid};
    let none = rules().leeway(Duration::ZERO);
    for (name, rules, nbf, expected) in [
        ("now", &none, NOW.to_string(), Ok(())),
        ("in a second", &none, (NOW + 1).to_string(), Err(NotYetValid)),
        ("in a minute", &rules(), (NOW + 60).to_string(), Ok(())),
        ("in a minute and a second", &rules(), (NOW + 61).to_string(), Err(NotYetValid)),
        ("a string", &rules(), format!("\"{NOW}\""), Err(InvalidClaim)),
        ("null", &rules(), "null".to_owned(), Err(InvalidClaim)),
        ("negative", &rules(), "-1".to_owned(), Err(InvalidClaim)),
    ] {
        assert_eq!(at(rules, &format!(r#"{{"nbf":{nbf}}}"#), NOW), expected, "{name}");
    }
}

#[test]
fn n103_iat_is_not_in_the_future() {
    use AuthErrorKind::{InvalidClaim, IssuedInFuture};
    let none = rules().leeway(Duration::ZERO);
    for (name, rules, iat, expected) in [
        ("now", &none, NOW.to_string(), Ok(())),
        ("in a second", &none, (NOW + 1).to_string(), Err(IssuedInFuture)),
        ("in a minute", &rules(), (NOW + 60).to_string(), Ok(())),
        ("in a minute and a second", &rules(), (NOW + 61).to_string(), Err(IssuedInFuture)),
        ("long ago", &rules(), "0".to_owned(), Ok(())),
        ("a string", &rules(), format!("\"{NOW}\""), Err(InvalidClaim)),
        ("null", &rules(), "null".to_owned(), Err(InvalidClaim)),
    ] {
        assert_eq!(at(rules, &format!(r#"{{"iat":{iat}}}"#), NOW), expected, "{name}");
    }
}

#[test]
fn n101_a_token_lives_no_longer_than_it_may() {
    let limited = rules().max_lifetime(Duration::from_secs(600));
    for (name, iat, exp, expected) in [
        ("just", NOW, NOW + 600, Ok(())),
        ("a second more", NOW, NOW + 601, Err(AuthErrorKind::LifetimeTooLong)),
        ("ten years", NOW, NOW + 315_360_000, Err(AuthErrorKind::LifetimeTooLong)),
        ("the leeway is not added", NOW - 30, NOW + 571, Err(AuthErrorKind::LifetimeTooLong)),
        ("issued after it expires", NOW + 30, NOW + 20, Ok(())),
    ] {
        assert_eq!(at(&limited, &format!(r#"{{"iat":{iat},"exp":{exp}}}"#), NOW), expected, "{name}");
    }
    assert_eq!(at(&rules(), &format!(r#"{{"exp":{}}}"#, NOW + 315_360_000), NOW), Ok(()), "without a limit");
}

#[test]
fn n104_a_limited_life_has_a_beginning() {
    let limited = rules().max_lifetime(Duration::from_secs(600));
    let judged = judge(&limited, None, &payload(&format!(r#"{{"exp":{}}}"#, NOW + 10)), NOW);
    assert_eq!(judged, about(AuthErrorKind::MissingClaim, "iat"));
    assert_eq!(at(&rules(), "{}", NOW), Ok(()), "without a limit");
}

#[test]
fn n111_n112_n113_aud_names_this_service() {
    use AuthErrorKind::{InvalidClaim, MissingClaim, WrongAudience};
    let two = Issuer::new("https://issuer.test").audiences(["api", "second"]);
    assert_eq!(judge(&rules(), None, &payload(r#"{"aud":"(absent)"}"#), NOW), about(MissingClaim, "aud"));
    for (rules, aud, expected) in [
        (&rules(), r#""api""#, Ok(())),
        (&rules(), r#"["other","api"]"#, Ok(())),
        (&rules(), r#"["api","api"]"#, Ok(())),
        (&rules(), r#""second""#, Err(WrongAudience)),
        (&two, r#""second""#, Ok(())),
        (&two, r#"["other","second"]"#, Ok(())),
        (&rules(), r#""API""#, Err(WrongAudience)),
        (&rules(), r#""api/""#, Err(WrongAudience)),
        (&rules(), r#""https://evil/api""#, Err(WrongAudience)),
        (&rules(), r#""api second""#, Err(WrongAudience)),
        (&rules(), r#""""#, Err(WrongAudience)),
        (&rules(), "[]", Err(WrongAudience)),
        (&rules(), r#"[["api"]]"#, Err(InvalidClaim)),
        (&rules(), r#"["api",1]"#, Err(InvalidClaim)),
        (&rules(), "[1]", Err(InvalidClaim)),
        (&rules(), r#"{"api":1}"#, Err(InvalidClaim)),
        (&rules(), "null", Err(InvalidClaim)),
    ] {
        assert_eq!(at(rules, &format!(r#"{{"aud":{aud}}}"#), NOW), expected, "{aud}");
    }
}

#[test]
fn any_audience_takes_all_and_none_but_nothing_that_is_no_audience() {
    let any = Issuer::new("https://issuer.test").any_audience();
    for (aud, expected) in [
        (r#""(absent)""#, Ok(())),
        (r#""other""#, Ok(())),
        ("[]", Ok(())),
        ("1", Err(AuthErrorKind::InvalidClaim)),
        ("[1]", Err(AuthErrorKind::InvalidClaim)),
        ("null", Err(AuthErrorKind::InvalidClaim)),
    ] {
        assert_eq!(at(&any, &format!(r#"{{"aud":{aud}}}"#), NOW), expected, "{aud}");
    }
}

#[test]
fn n115_typ_is_one_that_is_accepted() {
    let access_only = rules().token_types(["at+jwt"]);
    let written_out = rules().token_types(["application/at+jwt"]);
    let custom = rules().token_types(["wso2+jwt"]);
    for (rules, token_type, good) in [
        (&rules(), None, true),
        (&rules(), Some("JWT"), true),
        (&rules(), Some("jwt"), true),
        (&rules(), Some("at+jwt"), true),
        (&rules(), Some("AT+JWT"), true),
        (&rules(), Some("application/at+jwt"), true),
        (&rules(), Some("Application/AT+JWT"), true),
        (&rules(), Some("application/jwt"), true),
        (&rules(), Some("dpop+jwt"), false),
        (&rules(), Some("logout+jwt"), false),
        (&rules(), Some("secevent+jwt"), false),
        (&rules(), Some("JOSE"), false),
        (&rules(), Some(""), false),
        (&rules(), Some("application/"), false),
        (&rules(), Some("at+jwt "), false),
        (&rules(), Some("at+jwt;v=1"), false),
        (&rules(), Some("application/application/at+jwt"), false),
        (&rules(), Some("text/at+jwt"), false),
        (&rules(), Some("\u{212a}WT"), false),
        (&access_only, Some("at+jwt"), true),
        (&access_only, Some("application/at+jwt"), true),
        (&access_only, Some("JWT"), false),
        (&access_only, None, false),
        (&written_out, Some("at+jwt"), true),
        (&written_out, None, false),
        (&custom, Some("WSO2+jwt"), true),
        (&custom, Some("at+jwt"), false),
        (&custom, None, false),
    ] {
        let expected = if good { Ok(vec![]) } else { Err((AuthErrorKind::WrongType, None)) };
        assert_eq!(judge(rules, token_type, &payload("{}"), NOW), expected, "{token_type:?}");
    }
}

#[test]
fn n116_what_is_named_is_required() {
    let strict = rules().required_claims(["client_id", "jti", "sub"]);
    let all = json!({ "client_id": "web", "jti": "1", "sub": "alice" });
    assert_eq!(at(&strict, &all.to_string(), NOW), Ok(()));
    for name in ["client_id", "jti", "sub"] {
        let mut without = all.clone();
        without.as_object_mut().unwrap().remove(name);
        let judged = judge(&strict, None, &payload(&without.to_string()), NOW);
        assert_eq!(judged, about(AuthErrorKind::MissingClaim, name));
    }
    let one = rules().required_claims(["tenant"]);
    for (tenant, good) in [("0", true), ("false", true), ("\"\"", true), ("{}", true), ("null", false)] {
        let judged = judge(&one, None, &payload(&format!(r#"{{"tenant":{tenant}}}"#)), NOW);
        let expected = if good { Ok(vec![]) } else { about(AuthErrorKind::MissingClaim, "tenant") };
        assert_eq!(judged, expected, "{tenant}");
    }
}

#[test]
fn n117_identifiers_are_strings_that_are_not_empty() {
    for name in ["sub", "jti", "client_id"] {
        for (value, good) in [
            ("\"a\"", true),
            ("\"(absent)\"", true),
            ("\"\"", false),
            ("1", false),
            ("null", false),
            ("true", false),
            ("[\"a\"]", false),
            ("{}", false),
        ] {
            let judged = judge(&rules(), None, &payload(&format!(r#"{{"{name}":{value}}}"#)), NOW);
            let expected = if good { Ok(vec![]) } else { about(AuthErrorKind::InvalidClaim, name) };
            assert_eq!(judged, expected, "{name}: {value}");
        }
    }
}

#[test]
fn a_claim_has_one_of_its_configured_values() {
    let rules = rules().claim("client_id", ["web", "cli"]).claim("https://x.test/tenant", ["a"]);
    let tenant = r#""https://x.test/tenant":"a""#;
    for (claims, expected) in [
        (format!(r#"{{"client_id":"web",{tenant}}}"#), Ok(vec![])),
        (format!(r#"{{"client_id":"cli",{tenant}}}"#), Ok(vec![])),
        (format!(r#"{{"client_id":"WEB",{tenant}}}"#), about(AuthErrorKind::ClaimMismatch, "client_id")),
        (format!(r#"{{"client_id":"web cli",{tenant}}}"#), about(AuthErrorKind::ClaimMismatch, "client_id")),
        (format!("{{{tenant}}}"), about(AuthErrorKind::MissingClaim, "client_id")),
        (format!(r#"{{"client_id":null,{tenant}}}"#), about(AuthErrorKind::InvalidClaim, "client_id")),
        (format!(r#"{{"client_id":["web"],{tenant}}}"#), about(AuthErrorKind::InvalidClaim, "client_id")),
        (
            r#"{"client_id":"web","https://x.test/tenant":"b"}"#.to_owned(),
            about(AuthErrorKind::ClaimMismatch, "https://x.test/tenant"),
        ),
        (
            r#"{"client_id":"web","https://x":{"test/tenant":"a"}}"#.to_owned(),
            about(AuthErrorKind::MissingClaim, "https://x.test/tenant"),
        ),
    ] {
        assert_eq!(judge(&rules, None, &payload(&claims), NOW), expected, "{claims}");
    }
}

#[test]
fn n118_scopes_are_a_string_or_strings() {
    for (scope, expected) in [
        ("\"(absent)\"", Some(&[][..])),
        ("\"\"", Some(&[])),
        ("\"read write\"", Some(&["read", "write"])),
        ("\"  read   write \"", Some(&["read", "write"])),
        ("[\"read\",\"write\"]", Some(&["read", "write"])),
        ("[\"read write\"]", Some(&["read write"])),
        ("[]", Some(&[])),
        ("{\"a\":1}", None),
        ("{\"read\":true}", None),
        ("1", None),
        ("true", None),
        ("null", None),
        ("[\"read\",1]", None),
        ("[\"read\",null]", None),
        ("[[\"read\"]]", None),
    ] {
        let judged = judge(&rules(), None, &payload(&format!(r#"{{"scope":{scope}}}"#)), NOW);
        let expected = match expected {
            Some(scopes) => Ok(scopes.iter().map(|scope| (*scope).to_owned()).collect()),
            None => about(AuthErrorKind::InvalidClaim, "scope"),
        };
        assert_eq!(judged, expected, "{scope}");
    }
}

#[test]
fn n119_n120_a_scope_is_the_whole_word_between_spaces() {
    for (scope, expected) in [
        ("readall", &["readall"][..]),
        ("read\u{a0}admin", &["read\u{a0}admin"]),
        ("read\tadmin", &["read\tadmin"]),
        ("read\nadmin", &["read\nadmin"]),
        ("read,admin", &["read,admin"]),
        ("read\u{2003}admin x", &["read\u{2003}admin", "x"]),
    ] {
        let judged = judge(&rules(), None, &payload(&json!({ "scope": scope }).to_string()), NOW);
        assert_eq!(judged.unwrap(), expected, "{scope:?}");
    }
}

#[test]
fn n122_the_scopes_are_at_their_path_and_nowhere_else() {
    let nested = rules().scopes_claim(["realm_access", "roles"]);
    let deeper = rules().scopes_claim(["a", "b", "c"]);
    let dotted = rules().scopes_claim(["https://x.test/roles"]);
    for (name, rules, claims, expected) in [
        ("nested", &nested, json!({ "realm_access": { "roles": ["admin"] } }), Ok(vec!["admin".to_owned()])),
        ("its twin with a dot", &nested, json!({ "realm_access.roles": ["admin"] }), Ok(vec![])),
        ("the inner name outside", &nested, json!({ "roles": ["admin"] }), Ok(vec![])),
        ("the usual name", &nested, json!({ "scope": "admin" }), Ok(vec![])),
        ("an empty object", &nested, json!({ "realm_access": {} }), Ok(vec![])),
        (
            "no object",
            &nested,
            json!({ "realm_access": ["admin"] }),
            about(AuthErrorKind::InvalidClaim, "realm_access"),
        ),
        (
            "null",
            &nested,
            json!({ "realm_access": null }),
            about(AuthErrorKind::InvalidClaim, "realm_access"),
        ),
        (
            "of the wrong type",
            &nested,
            json!({ "realm_access": { "roles": 1 } }),
            about(AuthErrorKind::InvalidClaim, "roles"),
        ),
        (
            "deeper",
            &deeper,
            json!({ "a": { "b": { "c": "x y" } } }),
            Ok(vec!["x".to_owned(), "y".to_owned()]),
        ),
        (
            "a dot in the name",
            &dotted,
            json!({ "https://x.test/roles": "admin" }),
            Ok(vec!["admin".to_owned()]),
        ),
        ("its parts", &dotted, json!({ "https://x": { "test/roles": "admin" } }), Ok(vec![])),
    ] {
        assert_eq!(judge(rules, None, &payload(&claims.to_string()), NOW), expected, "{name}");
    }
}

#[test]
fn n128_n132_n133_a_token_that_is_bound_to_a_key_is_no_bearer_token() {
    for cnf in [
        json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }),
        json!({ "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" }),
        json!({ "osc": {} }),
        json!({}),
        json!(null),
        json!("x"),
    ] {
        let judged = judge(&rules(), None, &payload(&json!({ "cnf": cnf }).to_string()), NOW);
        assert_eq!(judged, Err((AuthErrorKind::UnprovenPossession, None)), "{cnf}");
    }
    assert_eq!(at(&rules(), "{}", NOW), Ok(()));
}
