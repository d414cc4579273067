//! Keys whose private part is public.

use std::fs;
use std::path::Path;

use claimgate_testkit::{Behaviour, TestClock, base64url, tamper};
use claimgate_tests::OPENSSL;
use claimgate_tower::apim::{Deployment, Notice, Profile};
use serde_json::json;

use super::hosts::Both;
use super::keys::{Deployed, row_of_store, served, told};
use super::world::{ISSUER, sample};

fn demo(name: &str) -> String {
    format!("{}/data/wso2/{name}", env!("CARGO_MANIFEST_DIR"))
}

const DEMO_KEYS: [(&str, &str); 4] = [
    ("seed000-demo-2019.pem", "f4fa3052"),
    ("seed003-demo-2017.pem", "501fc143"),
    ("seed004-demo-2019b-expired.pem", "57ff38d9"),
    ("seed004-demo-2022-renewed-same-key.pem", "57ff38d9"),
];

#[tokio::test]
async fn s58_a_demo_key_in_the_trust_store_is_told_and_refused_by_the_strict_profile() {
    for (file, known_as) in DEMO_KEYS {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(demo(file), folder.path().join("wso2carbon.pem")).unwrap();
        let store = format!("file_name = {:?}\ntype = \"PEM\"", folder.path());
        let (deployment, _) = Deployment::from_toml(&row_of_store(ISSUER, &store)).unwrap();
        let error = deployment.check_keys(Profile::Strict).unwrap_err().to_string();
        assert!(error.contains(known_as) && error.contains("wso2carbon"), "{error}");
        let told = |found: Vec<Notice>| {
            assert!(
                matches!(&*found, [Notice::DemoKey { certificate, .. }] if *certificate == known_as),
                "{found:?}"
            );
        };
        told(deployment.check_keys(Profile::Version4).unwrap());
        told(deployment.danger_allow_demo_keys().check_keys(Profile::Strict).unwrap());
    }
}

/// The public key of a certificate, as a JWK Set has it.
fn published(file: &str, name: &str) -> String {
    let line = format!("x509 -in {} -noout -modulus", demo(file));
    let printed = OPENSSL.run(Path::new("."), line.split_whitespace()).unwrap();
    let printed = String::from_utf8(printed).unwrap();
    let digits = printed.trim().strip_prefix("Modulus=").unwrap();
    let modulus: Vec<_> =
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect();
    let key = json!({ "kty": "RSA", "kid": name, "n": base64url(modulus), "e": "AQAB" });
    json!({ "keys": [key] }).to_string()
}

#[tokio::test]
async fn s58_a_demo_key_that_an_issuer_publishes_is_out_of_use_in_the_strict_profile() {
    let header = tamper::unverified_header(&sample("T4")).unwrap();
    let served = served().await;
    served.set_jwks(Behaviour::body(published(
        "seed004-demo-2022-renewed-same-key.pem",
        header["kid"].as_str().unwrap(),
    )));
    let url = served.jwks_uri();
    let text =
        format!("[[apim.jwt.issuer]]\nname = \"https://localhost:9444/oauth2/token\"\njwks.url = {url:?}\n");
    for (profile, allowed, expected) in [
        (Profile::Strict, false, "401/900901"),
        (Profile::Strict, true, "200"),
        (Profile::Version4, false, "200"),
    ] {
        let mut deployed = Deployed::new(profile, &text);
        deployed.clock = TestClock::at(super::world::C4.unsigned_abs());
        if allowed {
            deployed.deployment = deployed.deployment.danger_allow_demo_keys();
        }
        let manager = || {
            let manager = deployed.manager();
            deployed.deployment.distrust_demo_keys(profile, manager.authenticator());
            manager
        };
        assert_eq!(
            told(&Both::new(manager(), manager()), &sample("T4")).await,
            expected,
            "{profile:?} {allowed}"
        );
    }
}
