//! The default alias of a trust store beside a JWK Set.

use claimgate_testkit::{Behaviour, ServedIssuer, TestClock, TestIssuer};
use claimgate_tower::apim::{ApiManager, Notice};
use claimgate_tower::{Authenticator, KeySet};
use serde_json::{Value, json};

use super::certificates::{AFTERWARDS, STORE_PASSWORD, end_of, import, store_at};
use super::hosts::Both;
use super::keys::{Deployed, STRICT_AND_4, row, served, token, told};
use super::world::{ISSUER, NOW};
use crate::conformance::Log;
use crate::key_stores::workshop::Workshop;

const DEFAULT: &str = "gateway_certificate_alias";

/// The row of an issuer that publishes its keys, and a trust store beside it.
fn row_beside(served: &ServedIssuer, store: &str) -> String {
    format!("{}\n[truststore]\n{store}\n", row(served))
}

/// A token of this issuer, signed with a key of the workshop.
fn signed(workshop: &Workshop, served: &ServedIssuer, key: &str, members: &Value, at: i64) -> String {
    let claims = json!({ "iss": served.issuer().issuer(), "sub": key, "iat": at, "exp": at + 24 * 3_600 });
    workshop.signed(key, members, &claims)
}

/// A workshop with the key `default`, another, `partner`, and stores with both, under the alias that counts and under others.
fn workshop() -> Workshop {
    let workshop = Workshop::new();
    for name in ["default", "partner"] {
        workshop.certified(name);
    }
    for (file, kind) in [("both.jks", "JKS"), ("both.p12", "PKCS12")] {
        import(&workshop, file, kind, "partner", "partner.pem");
        import(&workshop, file, kind, DEFAULT, "default.pem");
    }
    import(&workshop, "lacking.jks", "JKS", "partner", "partner.pem");
    import(&workshop, "lacking.jks", "JKS", "default", "default.pem");
    import(&workshop, "emptied.jks", "JKS", DEFAULT, "default.pem");
    workshop.keytool(&format!("-delete -alias {DEFAULT} -keystore emptied.jks -storepass {STORE_PASSWORD}"));
    import(&workshop, "replaced.jks", "JKS", DEFAULT, "partner.pem");
    workshop
}

fn on_both(manager: &ApiManager) -> Both {
    Both::new(manager.clone(), manager.clone())
}

async fn refresh(manager: &ApiManager, served: &ServedIssuer) {
    manager.authenticator().refresh_now(served.issuer().issuer()).unwrap().await.unwrap();
}

fn reload(manager: &ApiManager, deployed: &Deployed) {
    let mut builder = Authenticator::builder();
    for issuer in deployed.deployment.trusted(deployed.profile) {
        builder = builder.issuer(issuer);
    }
    manager.authenticator().reload(builder).unwrap();
}

/// Without a trust store, and beside one that is a directory, no key is the default one.
#[tokio::test]
async fn s10_without_a_default_key_a_token_needs_a_key_id() {
    let folder = tempfile::tempdir().unwrap();
    for profile in STRICT_AND_4 {
        let served = served().await;
        std::fs::write(
            folder.path().join("other.pem"),
            TestIssuer::new(ISSUER).current_key().public_key_pem(),
        )
        .unwrap();
        let store = format!("\n[truststore]\nfile_name = {:?}\ntype = \"PEM\"\n", folder.path());
        for text in [row(&served), row(&served) + &store] {
            let deployed = Deployed::new(profile, &text);
            let has_store = deployed.deployment.trust_store.is_some();
            let needed = Notice::KeyIdNeeded { issuer: served.issuer().issuer().to_owned() };
            assert_eq!(deployed.notices.contains(&needed), has_store, "{:?}", deployed.notices);
            let both = Both::new(deployed.manager(), deployed.manager());
            assert_eq!(told(&both, &token(served.issuer()).mint()).await, "200", "{profile:?}");
            let unnamed = token(served.issuer()).without_header("kid").mint();
            assert_eq!(told(&both, &unnamed).await, "401/900901", "{profile:?}");
        }
    }
}

#[tokio::test]
async fn s10_a_token_without_a_key_id_is_checked_with_the_default_alias_alone() {
    let workshop = workshop();
    let (of_default, of_partner) =
        ["default", "partner"].map(|name| workshop.thumbprint(name, "sha256")).into();
    for profile in STRICT_AND_4 {
        for (file, kind, by_default) in
            [("both.jks", "JKS", "200"), ("both.p12", "PKCS12", "200"), ("lacking.jks", "JKS", "401/900901")]
        {
            let served = served().await;
            let deployed = Deployed::new(profile, &row_beside(&served, &store_at(&workshop, file, kind)));
            let needed = |notice: &Notice| matches!(notice, Notice::KeyIdNeeded { .. });
            assert!(!deployed.notices.iter().any(needed), "{:?}", deployed.notices);
            let both = Both::new(deployed.manager(), deployed.manager());
            let jwk = || token(served.issuer());
            for (name, text, expected) in [
                ("JWK, its kid", jwk().mint(), "200"),
                ("JWK, no kid", jwk().without_header("kid").mint(), "401/900901"),
                ("JWK, the kid of another", jwk().kid(DEFAULT).mint(), "401/900901"),
            ] {
                assert_eq!(told(&both, &text).await, expected, "{profile:?} {file}: {name}");
            }
            for (name, key, members, expected) in [
                ("no kid", "default", json!({}), by_default),
                ("no kid, x5t", "default", json!({ "x5t#S256": of_default }), by_default),
                ("no kid, x5t of nobody", "default", json!({ "x5t": "?" }), by_default),
                ("kid of the JWK Set", "default", json!({ "kid": "test-1" }), "401/900901"),
                ("its alias as kid", "default", json!({ "kid": DEFAULT }), "401/900901"),
                ("unknown kid, x5t", "default", json!({ "kid": "x", "x5t#S256": of_default }), "401/900901"),
                ("empty kid", "default", json!({ "kid": "" }), "401/900901"),
                ("another alias, no kid", "partner", json!({}), "401/900901"),
                ("another alias, its kid", "partner", json!({ "kid": "partner" }), "401/900901"),
                ("another alias, x5t", "partner", json!({ "x5t#S256": of_partner }), "401/900901"),
            ] {
                let text = signed(&workshop, &served, key, &members, NOW);
                for _ in 0..2 {
                    assert_eq!(told(&both, &text).await, expected, "{profile:?} {file}: {name}");
                }
            }
        }
    }
}

#[tokio::test]
async fn s10_the_default_key_stays_through_rotations_and_changes_with_its_store() {
    let workshop = workshop();
    let put = |file: &str| {
        std::fs::copy(workshop.path(file), workshop.path("beside")).unwrap();
        std::fs::rename(workshop.path("beside"), workshop.path("store.jks")).unwrap();
    };
    std::fs::write(workshop.path("no-store"), "no store").unwrap();
    for profile in STRICT_AND_4 {
        put("both.jks");
        let served = served().await;
        let store = store_at(&workshop, "store.jks", "JKS");
        let deployed = Deployed::new(profile, &row_beside(&served, &store));
        let manager = deployed.manager();
        let both = on_both(&manager);
        let [default, partner] =
            ["default", "partner"].map(|key| signed(&workshop, &served, key, &json!({}), NOW));
        assert_eq!(told(&both, &default).await, "200", "{profile:?}");

        served.issuer().rotate();
        served.issuer().retire("test-1");
        refresh(&manager, &served).await;
        assert_eq!(told(&both, &token(served.issuer()).mint()).await, "200", "{profile:?}: rotated");
        assert_eq!(told(&both, &default).await, "200", "{profile:?}: the default key stays");
        let unnamed = token(served.issuer()).without_header("kid").mint();
        assert_eq!(told(&both, &unnamed).await, "401/900901", "{profile:?}");

        put("replaced.jks");
        refresh(&manager, &served).await;
        assert_eq!(told(&both, &default).await, "401/900901", "{profile:?}: replaced, though remembered");
        assert_eq!(told(&both, &partner).await, "200", "{profile:?}: the new one");

        let log = Log::begin();
        put("no-store");
        let refreshing = manager.authenticator().refresh_now(served.issuer().issuer()).unwrap();
        refreshing.await.unwrap_err();
        assert_eq!(told(&both, &partner).await, "200", "{profile:?}: unreadable");
        assert_eq!(told(&both, &token(served.issuer()).mint()).await, "200", "{profile:?}");
        let log = log.take();
        assert!(
            log.lines().any(|line| line.contains("WARN") && line.contains("neither a Java key store")),
            "{log}"
        );
        assert!(log.contains("store.jks") && !log.contains(STORE_PASSWORD), "{log}");

        put("lacking.jks");
        refresh(&manager, &served).await;
        for text in [&default, &partner] {
            assert_eq!(told(&both, text).await, "401/900901", "{profile:?}: removed");
        }
        assert_eq!(told(&both, &token(served.issuer()).mint()).await, "200", "{profile:?}");
        put("both.jks");
        refresh(&manager, &served).await;
        assert_eq!(told(&both, &default).await, "200", "{profile:?}: back");

        put("emptied.jks");
        refresh(&manager, &served).await;
        assert_eq!(told(&both, &default).await, "401/900901", "{profile:?}: the last alias is deleted");
        put("both.jks");
        reload(&manager, &deployed);
        assert_eq!(told(&both, &default).await, "200", "{profile:?}: read by the reload itself");
        put("emptied.jks");
        reload(&manager, &deployed);
        assert_eq!(told(&both, &default).await, "401/900901", "{profile:?}: read by the reload itself");
        assert!(deployed.deployment.check_keys(profile).unwrap().is_empty());
        put("no-store");
        deployed.deployment.check_keys(profile).unwrap_err();
        manager.authenticator().refresh_now(served.issuer().issuer()).unwrap().await.unwrap_err();
        let error = manager.authenticator().status()[0].last_error().map(str::to_owned).unwrap();
        assert!(error.contains("default_key") && error.contains("store.jks"), "{error}");
    }
}

#[tokio::test]
async fn s10_the_default_key_asks_nobody() {
    let workshop = workshop();
    for profile in STRICT_AND_4 {
        let served = served().await;
        served.stop().await;
        let store = store_at(&workshop, "both.jks", "JKS");
        let manager = Deployed::new(profile, &row_beside(&served, &store)).manager();
        let both = on_both(&manager);
        let default = signed(&workshop, &served, "default", &json!({}), NOW);
        assert_eq!(told(&both, &default).await, "200", "{profile:?}");
        let partner = signed(&workshop, &served, "partner", &json!({}), NOW);
        assert_eq!(told(&both, &partner).await, "401/900901", "{profile:?}");
    }
}

#[tokio::test]
async fn s10_a_store_that_cannot_be_read_is_told_at_the_start() {
    let workshop = workshop();
    let served = served().await;
    let wrong = store_at(&workshop, "both.jks", "JKS").replace(STORE_PASSWORD, "wso2carbon2");
    for (store, expected) in [
        (wrong, "the password is wrong, or the file was changed"),
        (store_at(&workshop, "missing.jks", "JKS"), "cannot be read"),
    ] {
        for profile in STRICT_AND_4 {
            let deployed = Deployed::new(profile, &row_beside(&served, &store));
            let mut builder = Authenticator::builder();
            for issuer in deployed.deployment.trusted(profile) {
                builder = builder.issuer(issuer);
            }
            let error = builder.build().unwrap_err().to_string();
            assert!(error.contains("default_key: keystore") && error.contains(expected), "{error}");
            assert!(!error.contains("wso2carbon2"), "{error}");
        }
    }
}

#[tokio::test]
async fn s10_revocation_and_dates_count_for_the_default_key_too() {
    let workshop = workshop();
    let pem = std::fs::read_to_string(workshop.path("default.pem")).unwrap();
    let thumbprint = KeySet::from_pem(&pem, None).unwrap().keys()[0].thumbprint();
    let (date, _) = end_of(&workshop, "default");
    for profile in STRICT_AND_4 {
        let served = served().await;
        let store = store_at(&workshop, "both.jks", "JKS");
        let manager = Deployed::new(profile, &row_beside(&served, &store)).manager();
        let both = on_both(&manager);
        let default = signed(&workshop, &served, "default", &json!({}), NOW);
        let gate = manager.authenticator();
        assert_eq!(told(&both, &default).await, "200", "{profile:?}");
        gate.revoke_thumbprint(served.issuer().issuer(), thumbprint);
        assert_eq!(told(&both, &default).await, "401/900901", "{profile:?}");
        gate.restore_thumbprint(served.issuer().issuer(), thumbprint).unwrap();
        assert_eq!(told(&both, &default).await, "200", "{profile:?}");
        gate.revoke_key(served.issuer().issuer(), DEFAULT).unwrap();
        assert_eq!(told(&both, &default).await, "401/900901", "{profile:?}: by its alias");

        let default = signed(&workshop, &served, "default", &json!({}), AFTERWARDS);
        let jwk = served.issuer().token().at(AFTERWARDS).mint();
        for (enforce, expected) in [("false", "200"), ("true", "401/900901")] {
            let text = format!("{store}\nenforce_certificate_validity = {enforce}");
            let mut deployed = Deployed::new(profile, &row_beside(&served, &text));
            deployed.clock = TestClock::at(AFTERWARDS.unsigned_abs());
            let log = Log::begin();
            let manager = deployed.manager();
            let both = on_both(&manager);
            assert_eq!(told(&both, &default).await, expected, "{profile:?} {enforce}");
            assert_eq!(told(&both, &jwk).await, "200", "{profile:?}: a JWK has no dates");
            let log = log.take();
            let count = |start: &str, end: &str| {
                log.lines().filter(|line| line.contains(start) && line.ends_with(end)).count()
            };
            let times = usize::from(enforce == "true");
            let end = format!("not_after={date}");
            assert_eq!(count("request refused", &end), 2 * times, "{log}");
            let end = format!("ending=1 key={DEFAULT} not_after={date}");
            assert_eq!(count("certificates of keys end soon", &end), times, "{log}");
        }
    }
}

#[tokio::test]
async fn s10_a_reload_takes_another_default_key_at_once_and_a_pinned_set_has_none() {
    let workshop = workshop();
    let at = |file: &str| store_at(&workshop, file, "JKS");
    for profile in STRICT_AND_4 {
        let served = served().await;
        let deployed = Deployed::new(profile, &row_beside(&served, &at("both.jks")));
        let manager = deployed.manager();
        let both = on_both(&manager);
        let [default, partner] =
            ["default", "partner"].map(|key| signed(&workshop, &served, key, &json!({}), NOW));
        let (jwk, unnamed) =
            (token(served.issuer()).mint(), token(served.issuer()).without_header("kid").mint());
        let all = [&jwk, &unnamed, &default, &partner];
        let good = |expected: [bool; 4]| expected.map(|is_good| if is_good { "200" } else { "401/900901" });
        let seen = async || {
            let mut seen = Vec::new();
            for text in all {
                seen.push(told(&both, text).await);
            }
            seen
        };
        assert_eq!(seen().await, good([true, false, true, false]), "{profile:?}: start");
        reload(&manager, &deployed);
        assert_eq!(seen().await, good([true, false, true, false]), "{profile:?}: the same");

        // It waits for no fetch, and the keys that were fetched stay.
        served.set_jwks(Behaviour::status(500));
        reload(&manager, &Deployed::new(profile, &row_beside(&served, &at("replaced.jks"))));
        assert_eq!(seen().await, good([true, false, false, true]), "{profile:?}: another store");
        reload(&manager, &Deployed::new(profile, &row_beside(&served, &at("lacking.jks"))));
        assert_eq!(seen().await, good([true, false, false, false]), "{profile:?}: without the alias");
        reload(&manager, &Deployed::new(profile, &row(&served)));
        assert_eq!(seen().await, good([true, false, false, false]), "{profile:?}: no store");
        reload(&manager, &deployed);
        assert_eq!(seen().await, good([true, false, true, false]), "{profile:?}: back");

        served.set_jwks(Behaviour::Normal);
        let keys = KeySet::from_jwks(&served.issuer().jwks()).unwrap();
        let gate = manager.authenticator();
        gate.replace_keys(served.issuer().issuer(), keys).unwrap();
        assert_eq!(seen().await, good([true, false, false, false]), "{profile:?}: pinned");
        let named = workshop.thumbprint("default", "sha256");
        let by_thumbprint = signed(&workshop, &served, "default", &json!({ "x5t#S256": named }), NOW);
        let pem = std::fs::read_to_string(workshop.path("default.pem")).unwrap();
        gate.replace_keys(served.issuer().issuer(), KeySet::from_pem(&pem, None).unwrap()).unwrap();
        for text in [&default, &by_thumbprint] {
            assert_eq!(told(&both, text).await, "401/900901", "{profile:?}: pinned, for tokens with a kid");
        }
        reload(&manager, &Deployed::new(profile, &row(&served)));
        reload(&manager, &deployed);
        for text in [&default, &by_thumbprint] {
            assert_eq!(
                told(&both, text).await,
                "401/900901",
                "{profile:?}: pinned before the default key came"
            );
        }
        gate.unpin(served.issuer().issuer()).unwrap();
        refresh(&manager, &served).await;
        assert_eq!(seen().await, good([true, false, true, false]), "{profile:?}: unpinned");
    }
}
