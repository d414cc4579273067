//! Real tokens of WSO2 products, at the times at which they were good.

mod support;

use claimgate_core::{AuthErrorKind, Authenticator, Issuer, VerifiedToken};
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
