//! The sample tokens of the original at their time, with its configuration as its manuals print it.

use std::path::PathBuf;

use claimgate_testkit::TestClock;
use claimgate_tower::apim::quota::Quotas;
use claimgate_tower::apim::{ApiManager, Deployment, Profile, ResourceTable};
use serde_json::json;

use super::certificates::{import, store_at};
use super::hosts::{Both, Call};
use super::world::{C0, C4, MENU, PIZZASHACK, sample};
use crate::key_stores::workshop::Workshop;

/// As the manual of version 3.0 prints it, below a row with words in place of values.
const MANUAL: &str = r#"
    [[apim.jwt.issuer]]
    name = "https://localhost:9443/oauth2/token"
    jwks.url = "https://localhost:9443/oauth2/jwks"
    [[apim.jwt.issuer]]
    name = "wso2is"
    jwks.url = "https://localhost:9445/oauth2/jwks"
"#;

fn certificate(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/wso2").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// A trust store with certificates under these aliases, as the manual has it made.
fn store(aliases: &[(&str, &str)]) -> Workshop {
    let workshop = Workshop::new();
    for (alias, file) in aliases {
        std::fs::write(workshop.path(file), certificate(file)).unwrap();
        import(&workshop, "client-truststore.jks", "JKS", alias, file);
    }
    workshop
}

struct Sample {
    deployment: String,
    store: Workshop,
    profile: Profile,
    clock: TestClock,
}

impl Sample {
    fn new(profile: Profile, at: i64, deployment: &str, aliases: &[(&str, &str)]) -> Self {
        let clock = TestClock::at(at.unsigned_abs());
        Sample { deployment: deployment.to_owned(), store: store(aliases), profile, clock }
    }

    fn manager(&self) -> ApiManager {
        let truststore = store_at(&self.store, "client-truststore.jks", "JKS");
        let text = format!("{}\n[truststore]\n{truststore}\n", self.deployment);
        let (deployment, _) = Deployment::from_toml(&text).unwrap();
        let deployment = deployment.danger_allow_demo_keys();
        let resources = ResourceTable::from_toml(PIZZASHACK).unwrap();
        let clock = self.clock.clone();
        let manager = deployment
            .manager_with(self.profile, resources, move |builder| builder.clock(clock.clone()))
            .unwrap();
        manager.quotas(Quotas::builder().build()).build().unwrap()
    }

    fn both(&self) -> Both {
        Both::new(self.manager(), self.manager())
    }
}

const DEFAULT_ALIAS: &[(&str, &str)] = &[("gateway_certificate_alias", "seed000-demo-2019.pem")];

#[tokio::test]
async fn s07_the_sample_of_version_3_is_good_with_the_default_alias() {
    for profile in super::world::PROFILES {
        let sampled = Sample::new(profile, C0, MANUAL, DEFAULT_ALIAS);
        let seen = Call::get(MENU).bearer(&sample("T0")).to(|| sampled.manager()).await;
        assert_eq!(seen.given("/context/end_user"), "admin@carbon.super", "{profile:?}");
    }
}

#[tokio::test]
async fn s28_the_sample_is_for_one_version() {
    let sampled = Sample::new(Profile::Version4, C0, MANUAL, DEFAULT_ALIAS);
    let both = sampled.both();
    let call = |target: &str| Call::get(target).bearer(&sample("T0"));
    assert_eq!(both.send(&call(MENU)).await.status, 200);
    assert_eq!(both.send(&call("/pizzashack/2.0.0/menu")).await.told(), "403/900908");
    let order = Call::post("/pizzashack/1.0.0/order").bearer(&sample("T0"));
    assert_eq!(both.send(&order).await.told(), "403/900910");
}

#[tokio::test]
async fn s19_the_sample_expires() {
    for (at, expected) in [(1_571_915_440, "200"), (1_571_915_441, "401/900901")] {
        let sampled = Sample::new(Profile::Version4, at, MANUAL, DEFAULT_ALIAS);
        let seen = Call::get(MENU).bearer(&sample("T0")).to(|| sampled.manager()).await;
        assert_eq!(seen.told(), expected, "{at}");
    }
}

#[tokio::test]
async fn s34_the_eleventh_call_with_the_sample_in_a_minute_is_too_much() {
    for profile in [Profile::Strict, Profile::Version4] {
        let both = Sample::new(profile, C0, MANUAL, DEFAULT_ALIAS).both();
        let call = Call::get(MENU).bearer(&sample("T0"));
        for _ in 0..10 {
            assert_eq!(both.send(&call).await.status, 200);
        }
        assert_eq!(both.send(&call).await.told(), "429/900803");
    }
}

#[tokio::test]
async fn s32_the_sample_tells_application_and_subscription() {
    let sampled = Sample::new(Profile::Strict, C0, MANUAL, DEFAULT_ALIAS);
    let seen = Call::get(MENU).bearer(&sample("T0")).to(|| sampled.manager()).await;
    let application =
        json!({"id": "2", "name": "TestApp", "tier": "10PerMin", "owner": "admin", "uuid": null});
    assert_eq!(seen.given("/context/application"), &application);
    let subscription =
        json!({"subscriber": "admin", "tenant": "carbon.super", "tier": "Unlimited", "publisher": "admin"});
    assert_eq!(seen.given("/context/subscription"), &subscription);
    assert_eq!(seen.given("/context/api"), "PizzaShackAPI");
    assert_eq!(seen.given("/context/key_type"), "Production");
    assert_eq!(seen.given("/context/consumer_key"), "Yj_Uefhtiv15Nmfx1A8RjRWCTf4a");
    assert_eq!(seen.given("/scopes"), &json!(["am_application_scope", "default"]));
}

const T4_KEY_ID: &str =
    "MzYxMmFkOGYwMWI0ZWNmNDcxNGYwYmM4ZTA3MWI2NDAzZGQzNGM0ZGRlNjJkODFkZDRiOTFkMWFhMzU2ZGVlNg_RS256";

#[tokio::test]
async fn s21_the_sample_of_version_4_is_of_another_issuer_than_its_page_says() {
    let key = [(T4_KEY_ID, "seed004-demo-2019b-expired.pem")];
    for profile in [Profile::Strict, Profile::Version4] {
        let as_printed = Sample::new(profile, C4, MANUAL, &key);
        let seen = Call::get(MENU).bearer(&sample("T4")).to(|| as_printed.manager()).await;
        assert_eq!(seen.told(), "401/900901", "{profile:?}");

        let own = "[[apim.jwt.issuer]]\nname = \"https://localhost:9444/oauth2/token\"\n";
        let with_row = Sample::new(profile, C4, &format!("{MANUAL}\n{own}"), &key);
        let seen = Call::get(MENU).bearer(&sample("T4")).to(|| with_row.manager()).await;
        assert_eq!(seen.given("/subject"), "admin@carbon.super", "{profile:?}");
    }
}

#[tokio::test]
async fn s17_a_renewed_certificate_of_the_same_key_verifies_and_another_does_not() {
    let own = "[[apim.jwt.issuer]]\nname = \"https://localhost:9444/oauth2/token\"\n";
    for (file, expected) in [
        ("seed004-demo-2019b-expired.pem", "200"),
        ("seed004-demo-2022-renewed-same-key.pem", "200"),
        ("seed000-demo-2019.pem", "401/900901"),
    ] {
        for profile in [Profile::Strict, Profile::Version4] {
            let sampled = Sample::new(profile, C4, own, &[(T4_KEY_ID, file)]);
            let seen = Call::get(MENU).bearer(&sample("T4")).to(|| sampled.manager()).await;
            assert_eq!(seen.told(), expected, "{profile:?} {file}");
        }
    }
}

#[tokio::test]
async fn s08_a_key_id_without_its_alias_never_falls_to_the_default_one() {
    let own = "[[apim.jwt.issuer]]\nname = \"https://localhost:9444/oauth2/token\"\n";
    // The key of the token in another certificate: its own would be named by `x5t`.
    let default = [("gateway_certificate_alias", "seed004-demo-2022-renewed-same-key.pem")];
    for (profile, expected) in [(Profile::Strict, "401/900901"), (Profile::Version4, "500/900900")] {
        let sampled = Sample::new(profile, C4, own, &default);
        let seen = Call::get(MENU).bearer(&sample("T4")).to(|| sampled.manager()).await;
        assert_eq!(seen.told(), expected, "{profile:?}");
    }
}

/// The row above those of the manual has words where an address has to be: whoever forgets to replace them is told.
#[tokio::test]
async fn s53_a_row_whose_values_were_not_filled_in_is_told() {
    let row = "[[apim.jwt.issuer]]\nname = \"<issuer value of jwt>\"\n[apim.jwt.issuer.jwks]\nurl = \"<jwks endpoint of oauth provider>\"\n";
    let (deployment, _) = Deployment::from_toml(&format!("{row}{MANUAL}")).unwrap();
    let resources = ResourceTable::from_toml(PIZZASHACK).unwrap();
    let error = deployment.manager(Profile::Version4, resources).unwrap_err().to_string();
    assert!(
        error.contains("<issuer value of jwt>") && error.contains("<jwks endpoint of oauth provider>"),
        "{error}"
    );
}
