//! How often an application may call.

use std::time::Duration;

use claimgate_tower::apim::Profile;
use claimgate_tower::apim::quota::Quotas;
use claimgate_tower::apim::subscription::MemorySubscriptions;
use serde_json::{Value, json};

use super::hosts::{Both, Call};
use super::world::{MENU, World, two_issuers};

fn both(world: &World) -> Both {
    let manager = || world.manager(|builder| builder.quotas(Quotas::builder().build()));
    Both::new(manager(), manager())
}

fn with_tier(world: &World, tier: &str, user: &str) -> String {
    let application = json!({"id": 2, "name": "TestApp", "tier": tier, "owner": "bob"});
    world.token().claim("application", application).subject(user).mint()
}

#[tokio::test]
async fn s34_an_application_has_a_quota_for_each_user() {
    for profile in [Profile::Strict, Profile::Version4] {
        let world = World::new(profile);
        let both = both(&world);
        let call = Call::get(MENU).bearer(&with_tier(&world, "10PerMin", "ann@carbon.super"));
        for nth in 1..=10 {
            assert_eq!(both.send(&call).await.status, 200, "{nth}");
        }
        let eleventh = both.send(&call).await;
        assert_eq!(eleventh.told(), "429/900803", "{profile:?}");
        // NOW is 2023-11-14T22:13:20Z.
        assert_eq!(eleventh.header("retry-after"), Some("Tue, 14 Nov 2023 22:14:20 GMT"));
        let body: Value = serde_json::from_str(&eleventh.body).unwrap();
        assert_eq!(body["nextAccessTime"], "2023-Nov-14 22:14:20+0000 UTC");
        assert_eq!(eleventh.header("www-authenticate"), None);

        let other = Call::get(MENU).bearer(&with_tier(&world, "10PerMin", "eve@carbon.super"));
        assert_eq!(both.send(&other).await.status, 200, "another user has a quota of his own");
        world.clock.advance(Duration::from_secs(59));
        assert_eq!(both.send(&call).await.told(), "429/900803");
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(both.send(&call).await.status, 200, "the next minute has begun");
    }
}

#[tokio::test]
async fn s34_unlimited_never_ends() {
    let world = World::new(Profile::Strict);
    let both = both(&world);
    let call = Call::get(MENU).bearer(&with_tier(&world, "Unlimited", "ann@carbon.super"));
    for _ in 0..100 {
        assert_eq!(both.send(&call).await.status, 200);
    }
}

#[tokio::test]
async fn s34_a_refused_request_uses_no_quota() {
    let world = World::new(Profile::Strict);
    let both = both(&world);
    let token = with_tier(&world, "10PerMin", "ann@carbon.super");
    for _ in 0..20 {
        let seen = both.send(&Call::post("/pizzashack/1.0.0/order").bearer(&token)).await;
        assert_eq!(seen.told(), "403/900910");
    }
    assert_eq!(both.send(&Call::get(MENU).bearer(&token)).await.status, 200);
}

#[tokio::test]
async fn s35_a_burst_is_stopped() {
    for profile in [Profile::Strict, Profile::Version4] {
        for (limit, unit, allowed) in [
            (json!(5), json!("min"), 5),
            (json!(0), json!(null), 20),
            (json!(2), json!("sec"), 2),
            (json!(5), json!(null), 5),
        ] {
            let world = World::new(profile);
            let both = both(&world);
            let tiers = json!({"Gold": {"stopOnQuotaReach": true, "spikeArrestLimit": limit, "spikeArrestUnit": unit}});
            let call = Call::get(MENU).bearer(&world.token().claim("tierInfo", tiers).mint());
            for nth in 1..=20 {
                let seen = both.send(&call).await;
                let expected = if nth <= allowed { "200" } else { "429/900807" };
                assert_eq!(seen.told(), expected, "{profile:?} {limit} {unit} {nth}");
            }
        }
    }
}

#[tokio::test]
async fn s35_a_burst_without_a_unit_is_for_a_minute() {
    let world = World::new(Profile::Strict);
    let both = both(&world);
    let tiers = json!({"Gold": {"spikeArrestLimit": 1}});
    let call = Call::get(MENU).bearer(&world.token().claim("tierInfo", tiers).mint());
    for (seconds, expected) in [(0, "200"), (0, "429/900807"), (59, "429/900807"), (1, "200")] {
        world.clock.advance(Duration::from_secs(seconds));
        assert_eq!(both.send(&call).await.told(), expected, "{seconds}");
    }
}

#[tokio::test]
async fn s35_a_quota_of_a_subscription_need_not_stop() {
    for (stops, expected) in [(true, "429/900804"), (false, "200")] {
        let world = World::new(Profile::Version4);
        let both = both(&world);
        let subscribed =
            json!([{"context": "/pizzashack/1.0.0", "version": "1.0.0", "subscriptionTier": "3PerMin"}]);
        let tiers = json!({"3PerMin": {"stopOnQuotaReach": stops}});
        let call = Call::get(MENU)
            .bearer(&world.token().claim("subscribedAPIs", subscribed).claim("tierInfo", tiers).mint());
        for _ in 0..3 {
            assert_eq!(both.send(&call).await.status, 200);
        }
        assert_eq!(both.send(&call).await.told(), expected, "{stops}");
    }
}

/// What a store says of the clients of two issuers, both called `key-1`.
#[tokio::test]
async fn s35_issuers_share_a_quota_where_the_store_says_that_the_application_is_one() {
    let application = |lines: &str| {
        format!(
            r#"
            [[application]]
            consumer_keys = ["key-1"]
            {lines}

            [[application.subscription]]
            context = "/pizzashack/1.0.0"
            version = "1.0.0"
            tier = "3PerMin"
            "#
        )
    };
    let of_one = |lines: &str| application(&format!("issuer = \"https://idp.example.com\"\n{lines}"));
    let of_other = |lines: &str| application(&format!("issuer = \"https://other.example.com\"\n{lines}"));
    for (name, store, is_shared) in [
        ("nothing says so", of_one("") + &of_other(""), false),
        ("of one name", of_one("name = \"A\"") + &of_other("name = \"A\""), false),
        ("of one number", of_one("id = 2") + &of_other("id = \"2\""), true),
        ("of two numbers", of_one("id = 2") + &of_other("id = 3"), false),
        ("one of a number", of_one("id = 2") + &of_other(""), false),
        ("of one identifier", of_one("uuid = \"u\"\nid = 2") + &of_other("uuid = \"u\"\nid = 3"), true),
        ("of two identifiers", of_one("uuid = \"u\"\nid = 2") + &of_other("uuid = \"v\"\nid = 2"), false),
        ("an identifier is no number", of_one("uuid = \"2\"") + &of_other("id = \"2\""), false),
        ("an application of anybody", application("id = 2"), true),
        ("clients of anybody", application(""), false),
    ] {
        let (one, other, authenticator) = two_issuers(Profile::Strict);
        let manager = || {
            one.manager_of(authenticator(), |builder| {
                let store = MemorySubscriptions::from_toml(&store).unwrap();
                builder.subscriptions(store).quotas(Quotas::builder().build())
            })
        };
        let both = Both::new(manager(), manager());
        let [one, other] = [one, other].map(|world| Call::get(MENU).bearer(&world.token().mint()));
        for _ in 0..3 {
            assert_eq!(both.send(&one).await.status, 200, "{name}");
        }
        assert_eq!(both.send(&one).await.told(), "429/900804", "{name}");
        let expected = if is_shared { "429/900804" } else { "200" };
        assert_eq!(both.send(&other).await.told(), expected, "{name}");
    }
}

/// Of the one the store names the application, of the other the token.
#[tokio::test]
async fn s34_apis_with_and_without_subscriptions_count_for_one_application() {
    let mut world = World::new(Profile::Strict);
    world.resources =
        world.resources.replace("version = \"2.0.0\"", "version = \"2.0.0\"\nsubscription = false");
    let store = r#"
        [[application]]
        id = 2
        tier = "10PerMin"
        consumer_keys = ["key-1"]
        subscription = [{ context = "/pizzashack/1.0.0", version = "1.0.0" }]
    "#;
    let manager = || {
        let store = MemorySubscriptions::from_toml(store).unwrap();
        world.manager(|builder| builder.subscriptions(store.clone()).quotas(Quotas::builder().build()))
    };
    let both = Both::new(manager(), manager());
    let token = with_tier(&world, "10PerMin", "ann@carbon.super");
    let [with, without] = [MENU, "/pizzashack/2.0.0/menu"].map(|target| Call::get(target).bearer(&token));
    for _ in 0..5 {
        assert_eq!(both.send(&with).await.status, 200);
        assert_eq!(both.send(&without).await.status, 200);
    }
    for call in [with, without] {
        assert_eq!(both.send(&call).await.told(), "429/900803");
    }
}
