//! Keys that change while the gateway runs.

use std::fs;
use std::path::Path;

use claimgate_testkit::{Alg, SigningKey, TestIssuer};
use claimgate_tower::apim::{ApiManager, Profile};
use serde_json::json;

use super::hosts::Both;
use super::keys::{Deployed, STRICT_AND_4, eventually, row_of_store, token, told};
use super::world::{ISSUER, NOW};
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
