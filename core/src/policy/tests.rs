use std::time::Instant;

use serde_json::{Value, json};

use super::*;
use crate::base64url;
use crate::issuer::Issuer;

const NOW: i64 = 1_700_000_000;
const HOUR: i64 = 3_600;

/// Rules with one minute of leeway, as they are unless something is said.
fn rules() -> Issuer {
    Issuer::new("https://issuer.test").audience("api")
}

fn header(token_type: Option<&str>) -> Header {
    let mut header = json!({ "alg": "ES256" });
    if let Some(token_type) = token_type {
        header["typ"] = token_type.into();
    }
    Header::parse(base64url::encode(header.to_string().as_bytes()).as_bytes()).unwrap()
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
    let policy = rules.policy(None);
    let judgement = policy.judge(&header(token_type), payload, Possession::NOTHING, moment(now));
    judgement
        .map(|judgement| judgement.scopes.iter(payload).map(str::to_owned).collect())
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
        let payload = payload(&format!(r#"{{"exp":{NOW}}}"#));
        rules.judge(&header(None), &payload, Possession::NOTHING, now).is_ok()
    };
    let second = NOW.unsigned_abs();
    assert!(judge(Duration::new(second - 1, 999_999_999)));
    assert!(!judge(Duration::new(second, 0)));
}

/// Decides about a token with this text for `exp`.
fn with_exp(exp: &str) -> Judged {
    let payload = JsonObject::parse(format!(r#"{{"aud":"api","exp":{exp}}}"#)).unwrap();
    judge(&rules(), None, &payload, NOW)
}

#[test]
fn n095_exp_is_there() {
    let without = payload(r#"{"exp":"(absent)"}"#);
    assert_eq!(judge(&rules(), None, &without, NOW), about(AuthErrorKind::MissingClaim, "exp"));
    assert_eq!(with_exp("9999999999"), Ok(vec![]));
}

#[test]
fn n097_exp_is_no_string() {
    for exp in ["\"9999999999\"", "\"\"", "\"never\""] {
        assert_eq!(with_exp(exp), about(AuthErrorKind::InvalidClaim, "exp"), "{exp}");
    }
}

#[test]
fn n098_exp_may_have_a_fraction_and_no_sign() {
    for exp in ["9999999999.5", "1e10", "1E10", "1.0e+10"] {
        assert_eq!(with_exp(exp), Ok(vec![]), "{exp}");
    }
    for exp in ["-1", "-0", "-1.5", "-9999999999"] {
        assert_eq!(with_exp(exp), about(AuthErrorKind::InvalidClaim, "exp"), "{exp}");
    }
    assert_eq!(with_exp("0"), Err((AuthErrorKind::Expired, None)));
    assert_eq!(with_exp("0.5"), Err((AuthErrorKind::Expired, None)));
}

#[test]
fn n099_exp_is_a_number_that_can_be_counted_to() {
    assert_eq!(with_exp("9223372036854775807"), Ok(vec![]));
    for exp in ["9223372036854775808", "18446744073709551615", "18446744073709551616", "1e19", "1e308"] {
        assert_eq!(with_exp(exp), about(AuthErrorKind::InvalidClaim, "exp"), "{exp}");
    }
}

#[test]
fn n100_exp_is_of_no_other_type() {
    for exp in ["null", "true", "false", "[9999999999]", "{}", "{\"exp\":9999999999}"] {
        assert_eq!(with_exp(exp), about(AuthErrorKind::InvalidClaim, "exp"), "{exp}");
    }
}

#[test]
fn n105_the_largest_date_does_not_wrap() {
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
fn n102_nbf_that_is_ignored_is_a_date_all_the_same() {
    use AuthErrorKind::{Expired, InvalidClaim, IssuedInFuture, NotYetValid};
    let (judged, ignored) = (rules(), rules().ignore_not_before());
    for (name, nbf, expected, expected_ignored) in [
        ("at the end of the leeway", (NOW + 60).to_string(), Ok(()), Ok(())),
        ("a second later", (NOW + 61).to_string(), Err(NotYetValid), Ok(())),
        ("at the end of time", i64::MAX.to_string(), Err(NotYetValid), Ok(())),
        ("a string", format!("\"{NOW}\""), Err(InvalidClaim), Err(InvalidClaim)),
        ("null", "null".to_owned(), Err(InvalidClaim), Err(InvalidClaim)),
        ("negative", "-1".to_owned(), Err(InvalidClaim), Err(InvalidClaim)),
    ] {
        let claims = format!(r#"{{"nbf":{nbf}}}"#);
        assert_eq!(at(&judged, &claims, NOW), expected, "{name}");
        assert_eq!(at(&ignored, &claims, NOW), expected_ignored, "{name}, ignored");
    }
    // The other dates count.
    let others = format!(r#"{{"nbf":{},"iat":{}}}"#, NOW + 61, NOW + 61);
    assert_eq!(at(&ignored, &others, NOW), Err(IssuedInFuture));
    let expired = format!(r#"{{"nbf":{},"exp":{}}}"#, NOW + 61, NOW - 60);
    assert_eq!(at(&ignored, &expired, NOW), Err(Expired));
}

#[test]
fn what_loosens_the_rules_makes_another_policy() {
    use crate::confirmation::Confirmation;
    let usual = rules().policy(None);
    assert_eq!(rules().confirmation(Confirmation::Refuse).policy(None), usual);
    for changed in [
        rules().ignore_not_before(),
        rules().confirmation(Confirmation::ClientCertificate),
        rules().confirmation(Confirmation::Ignore),
    ] {
        assert_ne!(changed.policy(None), usual);
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

/// Judges tokens for these audiences by rules that name `api`.
fn intended_for<const N: usize>(cases: [(&str, Result<(), AuthErrorKind>); N]) {
    for (aud, expected) in cases {
        assert_eq!(at(&rules(), &format!(r#"{{"aud":{aud}}}"#), NOW), expected, "{aud}");
    }
}

#[test]
fn n111_aud_is_there() {
    let without = payload(r#"{"aud":"(absent)"}"#);
    assert_eq!(judge(&rules(), None, &without, NOW), about(AuthErrorKind::MissingClaim, "aud"));
    intended_for([(r#""api""#, Ok(())), ("null", Err(AuthErrorKind::InvalidClaim))]);
}

#[test]
fn n112_aud_names_this_service_in_strings() {
    use AuthErrorKind::{InvalidClaim, WrongAudience};
    intended_for([
        (r#""second""#, Err(WrongAudience)),
        (r#""API""#, Err(WrongAudience)),
        (r#""api/""#, Err(WrongAudience)),
        (r#""https://evil/api""#, Err(WrongAudience)),
        (r#""api second""#, Err(WrongAudience)),
        (r#""""#, Err(WrongAudience)),
        ("[]", Err(WrongAudience)),
        (r#"["second"]"#, Err(WrongAudience)),
        (r#"[["api"]]"#, Err(InvalidClaim)),
        (r#"["api",1]"#, Err(InvalidClaim)),
        ("[1]", Err(InvalidClaim)),
        (r#"{"api":1}"#, Err(InvalidClaim)),
    ]);
}

#[test]
fn n113_aud_may_name_others_too() {
    intended_for([(r#"["other","api"]"#, Ok(())), (r#"["api","api"]"#, Ok(()))]);
    let two = Issuer::new("https://issuer.test").audiences(["api", "second"]);
    for aud in [r#""second""#, r#""api""#, r#"["other","second"]"#] {
        assert_eq!(at(&two, &format!(r#"{{"aud":{aud}}}"#), NOW), Ok(()), "{aud}");
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
fn a_kid_can_be_asked_for() {
    for (kid, rules, expected) in [
        (None, rules(), Ok(())),
        (None, rules().require_key_id(), Err(AuthErrorKind::UnknownKey)),
        (Some("a"), rules().require_key_id(), Ok(())),
        // Whether a key has that name is asked elsewhere.
        (Some(""), rules().require_key_id(), Ok(())),
    ] {
        let header = kid.map_or(json!({ "alg": "ES256" }), |kid| json!({ "alg": "ES256", "kid": kid }));
        let header = Header::parse(base64url::encode(header.to_string().as_bytes()).as_bytes()).unwrap();
        let judgement = rules.policy(None).judge(&header, &payload("{}"), Possession::NOTHING, moment(NOW));
        assert_eq!(judgement.map(drop).map_err(|error| error.kind()), expected, "{kid:?}");
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

/// The scopes of a token that has this text for `scope`.
fn granted(scope: &str) -> Vec<String> {
    judge(&rules(), None, &payload(&json!({ "scope": scope }).to_string()), NOW).unwrap()
}

#[test]
fn n119_a_scope_is_the_whole_word() {
    assert_eq!(granted("readall"), ["readall"]);
    assert_eq!(granted("read,all"), ["read,all"]);
    assert_eq!(granted("read all"), ["read", "all"]);
}

#[test]
fn n120_only_the_space_separates_scopes() {
    for separator in ["\u{a0}", "\t", "\n", "\r", "\u{b}", "\u{2003}", "\u{3000}", "\u{200b}", "+", "%20"] {
        let scope = format!("read{separator}admin");
        assert_eq!(granted(&scope), [scope.as_str()], "{separator:?}");
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

/// Judges a token with this confirmation.
fn bound_to(cnf: &Value) -> Judged {
    judge(&rules(), None, &payload(&json!({ "cnf": cnf }).to_string()), NOW)
}

const UNPROVEN: Judged = Err((AuthErrorKind::UnprovenPossession, None));

#[test]
fn n128_a_token_of_a_dpop_key_is_no_bearer_token() {
    assert_eq!(bound_to(&json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" })), UNPROVEN);
    assert_eq!(at(&rules(), "{}", NOW), Ok(()));
}

#[test]
fn n132_a_token_of_a_certificate_is_no_bearer_token() {
    assert_eq!(bound_to(&json!({ "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" })), UNPROVEN);
}

#[test]
fn n133_a_token_that_is_bound_in_an_unknown_way_is_no_bearer_token() {
    for cnf in [json!({ "osc": {} }), json!({}), json!(null), json!("x"), json!([])] {
        assert_eq!(bound_to(&cnf), UNPROVEN, "{cnf}");
    }
}
