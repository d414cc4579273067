//! What changes while the gateway runs, and keys and tokens that need a closer look.

use std::fs;
use std::path::Path;

use claimgate_testkit::{Alg, Behaviour, SigningKey, TestClock, TestIssuer, base64url, tamper};
use claimgate_tests::OPENSSL;
use claimgate_tower::Authenticator;
use claimgate_tower::apim::{ApiManager, Deployment, Notice, Profile};
use serde_json::json;

use super::hosts::{Both, Call};
use super::keys::{Deployed, STRICT_AND_4, eventually, row, row_of_store, served, token, told};
use super::world::{ISSUER, MENU, NOW, sample};
use crate::conformance::Log;
use crate::key_stores::workshop::{PASSWORD, Workshop};

/// As careful writers do: readers see the old file or the new one.
fn replace(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, path).unwrap();
}

/// One gateway for both hosts, so that a change reaches them at once.
pub(super) fn on_both(manager: &ApiManager) -> Both {
    Both::new(manager.clone(), manager.clone())
}

fn key_ids(manager: &ApiManager) -> Vec<String> {
    let status = manager.authenticator().status().remove(0);
    status.key_ids().flatten().map(str::to_owned).collect()
}

#[tokio::test]
async fn s55_a_directory_of_keys_that_changes_is_read_again() {
    for profile in STRICT_AND_4 {
        let folder = tempfile::tempdir().unwrap();
        let issuer = TestIssuer::with_algorithm(ISSUER, Alg::RS256);
        let [first, second] = ["first", "second"].map(|name| SigningKey::generate(Alg::RS256, name));
        let at = |key: &SigningKey| folder.path().join(key.kid()).with_extension("pem");
        fs::write(at(&first), first.public_key_pem()).unwrap();
        let store = format!("file_name = {:?}\ntype = \"PEM\"", folder.path());
        let reloader = "[apim.certificate_reloader]\nperiod = \"1s\"\n";
        let deployed = Deployed::new(profile, &(row_of_store(ISSUER, &store) + reloader));
        let manager = deployed.manager();
        let both = on_both(&manager);
        let of = |key: &SigningKey| token(&issuer).signed_by(key).mint();
        assert_eq!(told(&both, &of(&first)).await, "200");
        assert_ne!(told(&both, &of(&second)).await, "200");

        replace(&at(&second), &second.public_key_pem());
        eventually(|| key_ids(&manager).len() == 2).await;
        assert_eq!(told(&both, &of(&second)).await, "200", "{profile:?}: added");
        assert_eq!(told(&both, &of(&first)).await, "200", "{profile:?}: kept");

        let log = Log::begin();
        replace(&at(&second), "no key");
        let error = || manager.authenticator().status()[0].last_error().map(str::to_owned);
        eventually(|| error().is_some()).await;
        assert_eq!(told(&both, &of(&second)).await, "200", "{profile:?}: the old ones serve on");
        let log = log.take();
        assert!(log.lines().any(|line| line.contains("WARN") && line.contains("second.pem")), "{log}");

        fs::remove_file(at(&second)).unwrap();
        fs::remove_file(at(&first)).unwrap();
        let third = SigningKey::generate(Alg::RS256, "third");
        replace(&at(&third), &third.public_key_pem());
        eventually(|| key_ids(&manager) == ["third"]).await;
        assert_eq!(told(&both, &of(&third)).await, "200");
        assert_ne!(told(&both, &of(&first)).await, "200", "{profile:?}: removed");
    }
}

#[tokio::test]
async fn s55_a_key_store_that_changes_is_read_again() {
    let workshop = Workshop::new();
    for name in ["first", "second"] {
        workshop.certified(name);
    }
    workshop.import("start.jks", "JKS", "first", "first");
    fs::copy(workshop.path("start.jks"), workshop.path("both.jks")).unwrap();
    workshop.import("both.jks", "JKS", "second", "second");
    let of = |key: &str| {
        let claims = json!({ "iss": ISSUER, "sub": key, "iat": NOW, "exp": NOW + 300 });
        workshop.signed(key, &json!({ "kid": key }), &claims)
    };
    let (first, second) = (of("first"), of("second"));
    for (profile, unknown) in [(Profile::Strict, "401/900901"), (Profile::Version4, "500/900900")] {
        let path = workshop.path("store.jks");
        fs::copy(workshop.path("start.jks"), &path).unwrap();
        let store = format!("file_name = {path:?}\ntype = \"JKS\"\npassword = {PASSWORD:?}");
        let deployed = Deployed::new(profile, &row_of_store(ISSUER, &store));
        let manager = deployed.manager();
        let both = on_both(&manager);
        assert_eq!(told(&both, &first).await, "200");
        assert_eq!(told(&both, &second).await, unknown);
        fs::rename(
            {
                fs::copy(workshop.path("both.jks"), workshop.path("beside")).unwrap();
                workshop.path("beside")
            },
            &path,
        )
        .unwrap();
        eventually(|| key_ids(&manager).len() == 2).await;
        assert_eq!(told(&both, &second).await, "200", "{profile:?}");
        replace(&path, "no store");
        eventually(|| manager.authenticator().status()[0].last_error().is_some()).await;
        for text in [&first, &second] {
            assert_eq!(told(&both, text).await, "200", "{profile:?}");
        }
    }
}

#[tokio::test]
async fn s55_another_list_of_issuers_takes_over_and_a_bad_one_does_not() {
    for profile in STRICT_AND_4 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deployment.toml");
        let (first, second) = (served().await, served().await);
        let deployed = Deployed::new(profile, &row(&first));
        let manager = deployed.manager();
        let both = on_both(&manager);
        let reload = |text: &str| {
            fs::write(&path, text).unwrap();
            let (deployment, _) = Deployment::from_file(&path)?;
            let mut builder = Authenticator::builder();
            for issuer in deployment.trusted(profile) {
                builder = builder.issuer(issuer);
            }
            manager.authenticator().reload(builder)
        };
        let (one, another) = (token(first.issuer()).mint(), token(second.issuer()).mint());
        assert_eq!(
            (told(&both, &one).await, told(&both, &another).await),
            ("200".into(), "401/900901".into())
        );
        // A request that waits for a key goes on under what it met.
        first.set_jwks(Behaviour::Hold);
        first.issuer().rotate();
        let call = Call::get(MENU).bearer(&token(first.issuer()).mint());
        let waiting = both.send(&call);
        let meanwhile = async {
            first.wait_for_jwks_requests(2).await;
            reload(&(row(&first) + &row(&second))).unwrap();
            first.release();
        };
        let (seen, ()) = tokio::join!(waiting, meanwhile);
        assert_eq!(seen.told(), "200", "{profile:?}");
        assert_eq!(told(&both, &another).await, "200", "{profile:?}: added");

        for bad in ["[[apim.jwt.issuer]", &(row(&first) + &row(&first)), "[[apim.jwt.issuer]]\nname = 1"] {
            reload(bad).unwrap_err();
            assert_eq!(told(&both, &another).await, "200", "{profile:?}: {bad}");
        }
        reload(&row(&second)).unwrap();
        assert_eq!(told(&both, &one).await, "401/900901", "{profile:?}: removed");
        assert_eq!(told(&both, &another).await, "200", "{profile:?}");
    }
}

/// Hosts show no client certificate yet; what a matching one does is core's to test.
#[tokio::test]
async fn s56_a_bound_token_needs_its_certificate_where_that_is_wanted() {
    for (profile, without) in [(Profile::Strict, "401/900901"), (Profile::Version4, "200")] {
        let served = served().await;
        let switch =
            |on: bool| format!("[apim.oauth_config]\nenable_certificate_bound_access_token = {on}\n");
        let bound = token(served.issuer()).claim("cnf", json!({ "x5t#S256": base64url([1; 32]) })).mint();
        let bearer = token(served.issuer()).mint();
        for (text, expected) in [
            (row(&served) + &switch(true), "401/900901"),
            (row(&served) + &switch(false), without),
            (row(&served), without),
        ] {
            let deployed = Deployed::new(profile, &text);
            let both = Both::new(deployed.manager(), deployed.manager());
            // Keys first: a token that cannot be good fetches none.
            assert_eq!(told(&both, &bearer).await, "200", "{profile:?} {text}");
            for _ in 0..2 {
                assert_eq!(told(&both, &bound).await, expected, "{profile:?} {text}");
                assert_eq!(told(&both, &bearer).await, "200", "{profile:?} {text}");
            }
            // Whatever a client says of itself.
            let call = Call::get(MENU).bearer(&bound).header("X-WSO2-CLIENT-CERTIFICATE", "MIIB");
            assert_eq!(both.send(&call).await.told(), expected, "{profile:?} {text}");
        }
    }
}

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
