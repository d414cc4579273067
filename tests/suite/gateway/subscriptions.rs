//! Which application may call which API.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use claimgate_tower::apim::subscription::{
    Found, MemorySubscriptions, StoreError, SubscriptionQuery, SubscriptionStore,
};
use claimgate_tower::apim::{ApiManagerBuilder, Deployment, IssuerRules, KeyPlace, Profile};
use serde_json::{Value, json};

use super::hosts::{Both, Call};
use super::world::{ISSUER, MENU, World, two_issuers};

#[tokio::test]
async fn s28_a_token_names_the_apis_that_it_is_for() {
    for profile in [Profile::Strict, Profile::Version4] {
        let entry = |context: &str, version: &str| json!([{"context": context, "version": version}]);
        for (subscribed, expected) in [
            (entry("/pizzashack/1.0.0", "1.0.0"), "200"),
            (entry("/pizzashack/1.0.0", "2.0.0"), "403/900908"),
            (entry("/pizzashack/2.0.0", "1.0.0"), "403/900908"),
            (entry("/Pizzashack/1.0.0", "1.0.0"), "403/900908"),
            (entry("/pizza", "1.0.0"), "403/900908"),
            (json!([]), "403/900908"),
            (json!({}), "401/900901"),
            (json!("/pizzashack/1.0.0"), "401/900901"),
            (json!([{"context": 1, "version": "1.0.0"}]), "401/900901"),
        ] {
            let world = World::new(profile);
            let token = world.token().claim("subscribedAPIs", subscribed.clone()).mint();
            let seen = Call::get(MENU).bearer(&token).to(|| world.manager(|builder| builder)).await;
            assert_eq!(seen.told(), expected, "{profile:?} {subscribed}");
        }
        let world = World::new(profile);
        let other = Call::get("/pizzashack/2.0.0/menu").bearer(&world.token().mint());
        assert_eq!(other.to(|| world.manager(|builder| builder)).await.told(), "403/900908");
    }
}

#[tokio::test]
async fn s29_a_token_that_says_nothing_of_subscriptions_may_do_without() {
    for profile in [Profile::Strict, Profile::Version4] {
        let world = World::new(profile);
        let token = world.token().without("subscribedAPIs").mint();
        let call = Call::get(MENU).bearer(&token);
        assert_eq!(call.to(|| world.manager(|builder| builder)).await.status, 200);
        let required = call.to(|| world.manager(ApiManagerBuilder::require_subscription)).await;
        assert_eq!(required.told(), "403/900908");
    }
}

fn store(state: &str) -> MemorySubscriptions {
    let text = format!(
        r#"
        [[application]]
        name = "Stored"
        id = 7
        tier = "Unlimited"
        owner = "carol"
        consumer_keys = ["key-1", "k1"]

        [[application.subscription]]
        context = "/pizzashack/1.0.0"
        version = "1.0.0"
        tier = "Silver"
        tenant = "example.com"
        state = "{state}"
        "#
    );
    MemorySubscriptions::from_toml(&text).unwrap()
}

#[tokio::test]
async fn s30_a_store_can_say_who_has_subscribed() {
    for profile in [Profile::Strict, Profile::Version4] {
        // In the strict profile, what is forbidden is a 403 whoever asks.
        let blocked = if profile == Profile::Strict { 403 } else { 401 };
        for (state, expected) in [
            ("UNBLOCKED", "200".to_owned()),
            ("BLOCKED", format!("{blocked}/900907")),
            ("PROD_ONLY_BLOCKED", format!("{blocked}/900907")),
            ("ON_HOLD", format!("{blocked}/900909")),
            ("REJECTED", format!("{blocked}/900909")),
        ] {
            let world = World::new(profile);
            let manager = || world.manager(|builder| builder.subscriptions(store(state)));
            // What the token says of subscriptions does not count, in either direction.
            for token in [world.token(), world.token().claim("subscribedAPIs", json!([]))] {
                let seen = Call::get(MENU).bearer(&token.mint()).to(manager).await;
                assert_eq!(seen.told(), expected, "{profile:?} {state}");
                if seen.status == 200 {
                    assert_eq!(seen.given("/context/application/name"), "Stored");
                    assert_eq!(seen.given("/context/subscription/tier"), "Silver");
                    assert_eq!(seen.given("/context/subscription/subscriber"), "carol");
                }
            }
            let unknown = world.token().claim("consumerKey", "key-2").mint();
            assert_eq!(Call::get(MENU).bearer(&unknown).to(manager).await.told(), "403/900908");
        }
        let mut world = World::new(profile);
        let endpoints = "publisher = \"admin\"\nendpoints = [\"production\", \"sandbox\"]";
        world.resources = world.resources.replacen("publisher = \"admin\"", endpoints, 1);
        let sandbox = world.token().claim("keytype", "SANDBOX").mint();
        let call = Call::get(MENU).bearer(&sandbox);
        let seen =
            call.to(|| world.manager(|builder| builder.subscriptions(store("PROD_ONLY_BLOCKED")))).await;
        assert_eq!(seen.status, 200);
    }
}

#[tokio::test]
async fn s30_a_client_is_that_of_its_issuer() {
    let store = r#"
        [[application]]
        name = "OfTheOne"
        issuer = "https://idp.example.com"
        consumer_keys = ["key-1"]
        subscription = [{ context = "/pizzashack/1.0.0", version = "1.0.0" }]

        [[application]]
        name = "OfTheOther"
        issuer = "https://other.example.com"
        consumer_keys = ["key-1", "key-2"]
        subscription = [{ context = "/pizzashack/2.0.0", version = "2.0.0" }]

        [[application]]
        name = "OfAnybody"
        consumer_keys = ["key-3"]
        subscription = [{ context = "/pizzashack/1.0.0", version = "1.0.0" }]
    "#;
    for profile in [Profile::Strict, Profile::Version4] {
        let (one, other, authenticator) = two_issuers(profile);
        let store = || MemorySubscriptions::from_toml(store).unwrap();
        let manager = || one.manager_of(authenticator(), |builder| builder.subscriptions(store()));
        for (world, version, client, expected) in [
            (&one, "1.0.0", "key-1", Ok("OfTheOne")),
            (&one, "2.0.0", "key-1", Err("403/900908")),
            (&other, "1.0.0", "key-1", Err("403/900908")),
            (&other, "2.0.0", "key-1", Ok("OfTheOther")),
            (&one, "2.0.0", "key-2", Err("403/900908")),
            (&other, "2.0.0", "key-2", Ok("OfTheOther")),
            (&one, "1.0.0", "key-3", Ok("OfAnybody")),
            (&other, "1.0.0", "key-3", Ok("OfAnybody")),
        ] {
            let token = world.token().claim("consumerKey", client).mint();
            let seen = Call::get(format!("/pizzashack/{version}/menu")).bearer(&token).to(manager).await;
            match expected {
                Ok(name) => assert_eq!(seen.given("/context/application/name"), name, "{client} {version}"),
                Err(told) => assert_eq!(seen.told(), told, "{profile:?} {client} {version}"),
            }
        }
    }
}

/// Fails with the number of the question: at once for an even one, else later.
#[derive(Debug, Default)]
struct Failing(Mutex<u32>);

impl SubscriptionStore for Failing {
    fn find<'a>(&'a self, _: SubscriptionQuery<'a>) -> Found<'a> {
        let mut asked = self.0.lock().unwrap();
        *asked += 1;
        let error = StoreError::new(format!("no table\n{asked}"));
        if asked.is_multiple_of(2) {
            Found::Known(Err(error))
        } else {
            Found::Later(Box::pin(async { Err(error) }))
        }
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn s30_a_store_that_fails_is_told_to_operators_and_not_to_clients() {
    let world = World::new(Profile::Strict);
    let manager = || world.manager(|builder| builder.subscriptions(Failing::default()));
    let both = Both::new(manager(), manager());
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer({
        let log = log.clone();
        move || log.clone()
    });
    let _listening = tracing::subscriber::set_default(subscriber.finish());
    let token = world.token().claim("consumerKey", "secret-client").mint();
    let call = Call::get(MENU).bearer(&token);
    for (seconds, reason) in [(0, Some(1)), (0, None), (59, None), (1, Some(4)), (59, None)] {
        world.clock.advance(Duration::from_secs(seconds));
        log.0.lock().unwrap().clear();
        let seen = both.send(&call).await;
        assert_eq!(seen.told(), "503/900900");
        assert!(seen.header("retry-after").is_some(), "{seen:?}");
        assert!(!seen.body.contains("table"), "{seen:?}");
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(!text.contains("secret"), "{text}");
        let lines: Vec<_> = text.lines().filter(|line| line.contains("store")).collect();
        let expected = reason.map(|number| {
            format!(
                r#"WARN claimgate: requests are refused: the subscription store fails reason="no table\n{number}""#
            )
        });
        // One for each host.
        assert_eq!(lines.len(), if expected.is_some() { 2 } else { 0 }, "{text}");
        for line in lines {
            assert!(line.ends_with(expected.as_deref().unwrap_or_default()), "{line}");
        }
    }
}

#[test]
fn s30_both_spellings_of_the_switch_ask_for_a_store() {
    for table in ["apim.jwt_authenitcation", "apim.jwt_authentication"] {
        let (deployment, _) =
            Deployment::from_toml(&format!("[{table}]\nsubscription_validation_via_km = true\n")).unwrap();
        let world = World::new(Profile::Strict);
        let resources = claimgate_tower::apim::ResourceTable::from_toml(&world.resources).unwrap();
        let builder = claimgate_tower::apim::ApiManager::builder(world.trust(|issuer| issuer), resources);
        let error = builder.deployment(&deployment).build().unwrap_err().to_string();
        assert!(error.contains("subscription_validation_via_km = true"), "{error}");
    }
}

#[tokio::test]
async fn s31_the_client_is_in_one_of_three_claims() {
    for profile in [Profile::Strict, Profile::Version4] {
        let world = World::new(profile);
        let bare = || world.token().without("consumerKey");
        for (token, claim, expected) in [
            (bare().claim("consumerKey", "key-1").claim("azp", "key-2"), None, "200"),
            (bare().claim("azp", "key-1"), None, "200"),
            (bare().claim("consumerKey", "key-2").claim("azp", "key-1"), None, "403/900908"),
            (bare().claim("cid", json!(["k1", "x"])), Some("cid"), "200"),
            (bare().claim("cid", "k1"), Some("cid"), "200"),
            (bare().claim("azp", "key-1"), Some("cid"), "403/900908"),
            (bare(), None, "403/900908"),
            (bare().claim("azp", 7), None, "401/900901"),
        ] {
            let rules = || {
                let rules = IssuerRules::new(KeyPlace::JwkSet);
                match claim {
                    Some(claim) => rules.consumer_key_claim(claim),
                    None => rules,
                }
            };
            let manager =
                || world.manager(|builder| builder.issuer(ISSUER, rules()).subscriptions(store("UNBLOCKED")));
            let seen = Call::get(MENU).bearer(&token.mint()).to(manager).await;
            assert_eq!(seen.told(), expected, "{profile:?} {claim:?} {:?}", token.mint());
        }
    }
}

#[tokio::test]
async fn s33_a_key_is_for_some_endpoints() {
    for profile in [Profile::Strict, Profile::Version4] {
        for (endpoints, key_type, expected) in [
            (r#"["production", "sandbox"]"#, json!("SANDBOX"), Ok("Sandbox")),
            (r#"["production", "sandbox"]"#, json!("PRODUCTION"), Ok("Production")),
            (r#"["production"]"#, json!(null), Ok("Production")),
            (
                r#"["production"]"#,
                json!("SANDBOX"),
                Err("Sandbox key offered to the API with no sandbox endpoint"),
            ),
            (
                r#"["sandbox"]"#,
                json!("PRODUCTION"),
                Err("Production key offered to the API with no production endpoint"),
            ),
        ] {
            let mut world = World::new(profile);
            let endpoints = format!("publisher = \"admin\"\nendpoints = {endpoints}");
            world.resources = world.resources.replacen("publisher = \"admin\"", &endpoints, 1);
            let token = match &key_type {
                Value::Null => world.token().mint(),
                key_type => world.token().claim("keytype", key_type.clone()).mint(),
            };
            let seen = Call::get(MENU).bearer(&token).to(|| world.manager(|builder| builder)).await;
            match expected {
                Ok(key_type) => assert_eq!(seen.given("/context/key_type"), key_type),
                Err(description) => {
                    assert_eq!(seen.status, 403);
                    let body: Value = serde_json::from_str(&seen.body).unwrap();
                    let expected = json!({
                        "code": "900901",
                        "type": "Status report",
                        "message": "Runtime Error",
                        "description": description,
                    });
                    assert_eq!(body, expected, "{profile:?}");
                }
            }
        }
    }
}
