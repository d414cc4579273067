//! Real tokens of WSO2 products, at the times at which they were good.

mod support;

use claimgate_core::{AuthErrorKind, Authenticator, CertificateValidity, Issuer, KeySet, VerifiedToken};
use serde_json::Value;

use support::{decide_at, gate};

struct Seed {
    token: String,
    clock: i64,
    certificate: String,
    renewed: Option<String>,
}

fn seed(name: &str) -> Seed {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/wso2");
    let read = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    let seeds: Value = serde_json::from_str(&read("tokens.json")).unwrap();
    let seed = &seeds[name];
    Seed {
        token: seed["token"].as_str().unwrap().to_owned(),
        clock: seed["clock"].as_i64().unwrap(),
        certificate: read(seed["certificate"].as_str().unwrap()),
        renewed: seed["renewed_certificate"].as_str().map(read),
    }
}

const LEEWAY: i64 = 60;

/// Accepted at its clock and to the last second, refused from there on.
fn lives_until(gate: &Authenticator, seed: &Seed, exp: i64) -> VerifiedToken {
    let at = |unix| decide_at(gate, &seed.token, unix).map_err(|error| error.kind());
    assert_eq!(at(exp + LEEWAY - 1).map(drop), Ok(()));
    for late in [exp + LEEWAY, exp + LEEWAY + 1, exp + 315_360_000] {
        assert_eq!(at(late).map(drop), Err(AuthErrorKind::Expired), "{late}");
    }
    at(seed.clock).unwrap()
}

#[test]
fn seed_tokens_of_an_api_manager_verify_with_their_certificate() {
    let seed = seed("T0");
    let issuer = Issuer::new("https://localhost:9443/oauth2/token")
        .audience("http://org.wso2.apimgt/gateway")
        .pem(&seed.certificate);
    let token = lives_until(&gate(issuer), &seed, 1_571_915_441);
    assert_eq!(token.subject(), Some("admin@carbon.super"));
    assert_eq!(token.scopes().collect::<Vec<_>>(), ["am_application_scope", "default"]);
    assert_eq!(token.raw_claim("keytype"), Some("\"PRODUCTION\""));
}

#[test]
fn seed_tokens_without_typ_and_kid_verify_with_their_certificate() {
    let seed = seed("T3");
    let issuer = Issuer::new("apim-idp").audience("ipkWNyF1fXu4MbShE6vaJGNGkDIa").pem(&seed.certificate);
    let token = lives_until(&gate(issuer), &seed, 1_528_368_100);
    assert_eq!(token.subject(), Some("johndoe@carbon.super"));
    assert_eq!(token.scopes().count(), 0);
}

#[test]
fn seed_tokens_with_a_kid_verify_with_a_certificate_and_with_its_renewal() {
    let seed = seed("T4");
    let renewed = seed.renewed.clone().unwrap();
    assert_ne!(seed.certificate, renewed);
    for certificate in [&seed.certificate, &renewed] {
        let issuer = Issuer::new("https://localhost:9444/oauth2/token").any_audience().pem(certificate);
        let token = lives_until(&gate(issuer), &seed, 1_602_584_890);
        assert_eq!(token.subject(), Some("admin@carbon.super"));
    }
}

/// The dates are those that `openssl x509 -dates` prints: the first certificate is good until 2022-01-25T07:30:43Z, its
/// renewal from 2022-01-27T15:34:44Z on, and the token is of 2020.
#[test]
fn seed_tokens_need_a_certificate_that_is_valid_where_that_is_asked_for() {
    let seed = seed("T4");
    let renewed = seed.renewed.clone().unwrap();
    let both = format!("{}{renewed}", seed.certificate);
    let (ends, begins) = (1_643_095_843, 1_643_297_684);
    // What is decided about the key comes before what is decided about the claims.
    let (key_not_valid, expired) = (Err(AuthErrorKind::KeyNotValid), Err(AuthErrorKind::Expired));
    for (name, pem, validity, at, expected) in [
        ("at its time", &seed.certificate, CertificateValidity::Check, seed.clock, Ok(())),
        ("in the last second", &seed.certificate, CertificateValidity::Check, ends, expired),
        ("a second later", &seed.certificate, CertificateValidity::Check, ends + 1, key_not_valid),
        ("a second later, unasked", &seed.certificate, CertificateValidity::Ignore, ends + 1, expired),
        ("too early for the renewal", &renewed, CertificateValidity::Check, seed.clock, key_not_valid),
        ("too early for the renewal, unasked", &renewed, CertificateValidity::Ignore, seed.clock, Ok(())),
        ("a second too early", &renewed, CertificateValidity::Check, begins - 1, key_not_valid),
        ("the first second", &renewed, CertificateValidity::Check, begins, expired),
        ("both", &both, CertificateValidity::Check, seed.clock, Ok(())),
        ("between both", &both, CertificateValidity::Check, ends + 1, key_not_valid),
    ] {
        let issuer = Issuer::new("https://localhost:9444/oauth2/token").any_audience();
        let gate = gate(issuer.pem(pem).certificate_validity(validity));
        let decided = decide_at(&gate, &seed.token, at).map(drop);
        // Of both it is the first, which the token names in `x5t`.
        let dates = if pem == &renewed { (begins, 1_958_657_684) } else { (1_571_815_843, ends) };
        let told = decided.as_ref().err().and_then(|error| error.certificate());
        let told = told.map(|certificate| (certificate.not_before(), certificate.not_after()));
        let decided = decided.map_err(|error| error.kind());
        assert_eq!(decided, expected, "{name}");
        assert_eq!(told, (decided == key_not_valid).then_some(dates), "{name}");
    }
}

#[test]
fn seed_tokens_keep_verifying_when_the_certificate_of_their_kid_is_renewed() {
    let seed = seed("T4");
    let kid = "MzYxMmFkOGYwMWI0ZWNmNDcxNGYwYmM4ZTA3MWI2NDAzZGQzNGM0ZGRlNjJkODFkZDRiOTFkMWFhMzU2ZGVlNg_RS256";
    let decided = |pem: &str, kid: &str| {
        let keys = KeySet::from_pem(pem, Some(kid)).unwrap();
        let issuer = Issuer::new("https://localhost:9444/oauth2/token").any_audience().keys(keys);
        decide_at(&gate(issuer), &seed.token, seed.clock).map(drop).map_err(|error| error.kind())
    };
    assert_eq!(decided(&seed.certificate, kid), Ok(()));
    assert_eq!(decided(seed.renewed.as_ref().unwrap(), kid), Ok(()));
    // Its `x5t` has the hexadecimal digits of the SHA-256 of the first certificate.
    assert_eq!(decided(&seed.certificate, "another"), Ok(()));
    assert_eq!(decided(seed.renewed.as_ref().unwrap(), "another"), Err(AuthErrorKind::UnknownKey));
}

#[test]
fn seed_tokens_are_refused_with_the_certificate_of_another() {
    let [first, third, fourth] = ["T0", "T3", "T4"].map(seed);
    let kind = |issuer: Issuer, seed: &Seed| {
        decide_at(&gate(issuer), &seed.token, seed.clock).map(drop).map_err(|error| error.kind())
    };
    let named = |pem: &str| Issuer::new("https://localhost:9443/oauth2/token").any_audience().pem(pem);
    assert_eq!(kind(named(&first.certificate), &first), Ok(()));
    assert_eq!(kind(named(&third.certificate), &first), Err(AuthErrorKind::BadSignature));
    assert_eq!(kind(named(&fourth.certificate), &first), Err(AuthErrorKind::BadSignature));
    assert_eq!(kind(named(&first.certificate), &third), Err(AuthErrorKind::UnknownIssuer));
    let all = format!("{}{}{}", third.certificate, fourth.certificate, first.certificate);
    assert_eq!(kind(named(&all), &first), Ok(()), "one of several");
}
