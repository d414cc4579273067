use serde_json::{Value, json};

use super::*;

fn pizzashack() -> Api {
    Api {
        name: "PizzaShackAPI".to_owned(),
        context: "/pizzashack/1.0.0".to_owned(),
        version: "1.0.0".to_owned(),
        publisher: Some("chef".to_owned()),
        has_production: true,
        ..Api::default()
    }
}

fn facts(claims: Value) -> TokenFacts {
    serde_json::from_value(claims).unwrap()
}

/// What the token of the documentation of version 3.0 says of subscriptions.
fn t0() -> TokenFacts {
    facts(json!({
        "application": {"owner": "admin", "tier": "10PerMin", "name": "TestApp", "id": 2, "uuid": null},
        "tierInfo": {"Unlimited": {"stopOnQuotaReach": true, "spikeArrestLimit": 0, "spikeArrestUnit": null}},
        "keytype": "PRODUCTION",
        "subscribedAPIs": [{
            "subscriberTenantDomain": "carbon.super", "name": "PizzaShackAPI", "context": "/pizzashack/1.0.0",
            "publisher": "admin", "version": "1.0.0", "subscriptionTier": "Unlimited"
        }],
        "consumerKey": "Yj_Uefhtiv15Nmfx1A8RjRWCTf4a"
    }))
}

#[test]
fn a_token_with_its_subscription_gives_all_of_it() {
    let expected = Subscribed {
        application: ApplicationContext {
            id: Some("2".to_owned()),
            name: Some("TestApp".to_owned()),
            tier: Some("10PerMin".to_owned()),
            owner: Some("admin".to_owned()),
            uuid: None,
        },
        subscription: SubscriptionContext {
            subscriber: Some("admin".to_owned()),
            tenant: Some("carbon.super".to_owned()),
            tier: Some("Unlimited".to_owned()),
            publisher: Some("admin".to_owned()),
            stop_on_quota_reach: true,
            spike_arrest: None,
        },
        state: SubscriptionState::Unblocked,
        key_type: Some(KeyType::Production),
    };
    assert_eq!(self_contained(&pizzashack(), &t0()), Ok(Some(expected)));
}

#[test]
fn context_and_version_are_both_exact() {
    for (context, version, subscribed) in [
        ("/pizzashack/1.0.0", "1.0.0", true),
        ("/pizzashack/1.0.0", "2.0.0", false),
        ("/pizza", "1.0.0", false),
        ("/pizzashack", "1.0.0", false),
        ("/pizzashack/1.0.0/", "1.0.0", false),
        ("/PizzaShack/1.0.0", "1.0.0", false),
        ("/pizzashack/1.0.0", "1.0.0 ", false),
        ("", "", false),
    ] {
        let api = Api { context: context.to_owned(), version: version.to_owned(), ..pizzashack() };
        match self_contained(&api, &t0()) {
            Ok(found) => assert!(subscribed && found.is_some(), "{context} {version}"),
            Err(fault) => {
                assert!(!subscribed, "{context} {version}");
                assert_eq!(fault, Fault::new(FaultCode::NotSubscribed), "{context} {version}");
            }
        }
    }
}

#[test]
fn a_token_that_says_nothing_of_subscriptions_is_told_from_one_that_has_none() {
    let absent = facts(json!({"azp": "k"}));
    assert_eq!(self_contained(&pizzashack(), &absent), Ok(None));
    let empty = facts(json!({"subscribedAPIs": []}));
    assert_eq!(self_contained(&pizzashack(), &empty), Err(Fault::new(FaultCode::NotSubscribed)));
}

#[test]
fn one_of_several_subscriptions_is_enough_and_context_and_version_are_of_the_same() {
    let facts = facts(json!({"subscribedAPIs": [
        {"context": "/pizzashack/1.0.0", "version": "2.0.0", "subscriptionTier": "Bronze"},
        {"context": "/other/1.0.0", "version": "1.0.0", "subscriptionTier": "Silver"},
        {"context": "/pizzashack/1.0.0", "version": "1.0.0", "subscriptionTier": "Gold"},
    ]}));
    let found = self_contained(&pizzashack(), &facts).unwrap().unwrap();
    assert_eq!(found.subscription.tier.as_deref(), Some("Gold"));

    let api = Api { context: "/other/1.0.0".to_owned(), version: "2.0.0".to_owned(), ..Api::default() };
    assert_eq!(self_contained(&api, &facts), Err(Fault::new(FaultCode::NotSubscribed)));
}

#[test]
fn the_tier_says_what_becomes_of_quotas_and_bursts() {
    let invalid = || Fault::new(FaultCode::InvalidCredentials);
    for (name, tiers, expected) in [
        ("no tiers", json!({}), Ok((true, None))),
        ("another tier", json!({"Bronze": {"stopOnQuotaReach": false}}), Ok((true, None))),
        ("nothing in it", json!({"Gold": {}}), Ok((true, None))),
        ("goes on", json!({"Gold": {"stopOnQuotaReach": false}}), Ok((false, None))),
        ("null", json!({"Gold": {"stopOnQuotaReach": null}}), Ok((true, None))),
        (
            "a burst",
            json!({"Gold": {"spikeArrestLimit": 5, "spikeArrestUnit": "min"}}),
            Ok((true, Some((5, 60)))),
        ),
        (
            "no unit",
            json!({"Gold": {"spikeArrestLimit": 5, "spikeArrestUnit": null}}),
            Ok((true, Some((5, 60)))),
        ),
        ("no unit either", json!({"Gold": {"spikeArrestLimit": 5}}), Ok((true, Some((5, 60))))),
        (
            "neither limit nor unit",
            json!({"Gold": {"spikeArrestLimit": 0, "spikeArrestUnit": null}}),
            Ok((true, None)),
        ),
        ("no limit", json!({"Gold": {"spikeArrestLimit": 0, "spikeArrestUnit": "min"}}), Ok((true, None))),
        (
            "a unit that nobody knows",
            json!({"Gold": {"spikeArrestLimit": 5, "spikeArrestUnit": "week"}}),
            Err(invalid()),
        ),
        (
            "a unit that nobody knows in another tier",
            json!({"Bronze": {"spikeArrestLimit": 5, "spikeArrestUnit": "week"}}),
            Ok((true, None)),
        ),
    ] {
        let facts = facts(json!({
            "tierInfo": tiers,
            "subscribedAPIs":
                [{"context": "/pizzashack/1.0.0", "version": "1.0.0", "subscriptionTier": "Gold"}]
        }));
        let found = self_contained(&pizzashack(), &facts).map(|found| {
            let SubscriptionContext { stop_on_quota_reach, spike_arrest, .. } = found.unwrap().subscription;
            (stop_on_quota_reach, spike_arrest)
        });
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn what_the_token_leaves_out_is_left_out() {
    let facts = facts(json!({
        "keytype": "SANDBOX", "subscribedAPIs": [{"context": "/pizzashack/1.0.0", "version": "1.0.0"}]
    }));
    let found = self_contained(&pizzashack(), &facts).unwrap().unwrap();
    assert_eq!(found.application, ApplicationContext::default());
    assert_eq!(found.subscription.publisher.as_deref(), Some("chef"), "that of the API");
    assert_eq!(found.subscription.tier, None);
    assert!(found.subscription.stop_on_quota_reach);
    assert_eq!(found.key_type, Some(KeyType::Sandbox));
}

#[test]
fn states_let_keys_through_or_do_not() {
    use FaultCode::{SubscriptionBlocked, SubscriptionInactive};
    use KeyType::{Production, Sandbox};
    for (word, state, key_type, fault) in [
        ("UNBLOCKED", SubscriptionState::Unblocked, Production, None),
        ("UNBLOCKED", SubscriptionState::Unblocked, Sandbox, None),
        ("TIER_UPDATE_PENDING", SubscriptionState::Unblocked, Production, None),
        ("BLOCKED", SubscriptionState::Blocked, Production, Some(SubscriptionBlocked)),
        ("BLOCKED", SubscriptionState::Blocked, Sandbox, Some(SubscriptionBlocked)),
        ("PROD_ONLY_BLOCKED", SubscriptionState::ProdOnlyBlocked, Production, Some(SubscriptionBlocked)),
        ("PROD_ONLY_BLOCKED", SubscriptionState::ProdOnlyBlocked, Sandbox, None),
        ("ON_HOLD", SubscriptionState::OnHold, Production, Some(SubscriptionInactive)),
        ("ON_HOLD", SubscriptionState::OnHold, Sandbox, Some(SubscriptionInactive)),
        ("REJECTED", SubscriptionState::Rejected, Production, Some(SubscriptionInactive)),
        ("REJECTED", SubscriptionState::Rejected, Sandbox, Some(SubscriptionInactive)),
    ] {
        assert_eq!(SubscriptionState::named(word), Some(state), "{word}");
        let told = state.check(key_type).err().map(|fault| fault.code());
        assert_eq!(told, fault, "{word} for {key_type:?}");
    }
    for word in ["", "unblocked", "DELETED"] {
        assert_eq!(SubscriptionState::named(word), None, "{word}");
    }
}

#[test]
fn keys_are_for_apis_with_endpoints_of_their_type() {
    let sandbox = "Sandbox key offered to the API with no sandbox endpoint";
    let production = "Production key offered to the API with no production endpoint";
    for (has_production, has_sandbox, key_type, description) in [
        (true, true, KeyType::Production, None),
        (true, true, KeyType::Sandbox, None),
        (true, false, KeyType::Production, None),
        (true, false, KeyType::Sandbox, Some(sandbox)),
        (false, true, KeyType::Production, Some(production)),
        (false, true, KeyType::Sandbox, None),
        (false, false, KeyType::Production, Some(production)),
        (false, false, KeyType::Sandbox, Some(sandbox)),
    ] {
        let api = Api { has_production, has_sandbox, ..Api::default() };
        let fault = description.map(|text| Fault::new(FaultCode::KeyTypeMismatch).described(text));
        assert_eq!(check_key_type(&api, key_type).err(), fault, "{api:?} {key_type:?}");
    }
}

#[test]
fn the_type_of_the_key_is_what_the_store_says_else_what_the_token_says() {
    let api = Api { has_sandbox: true, ..pizzashack() };
    let sandbox = facts(json!({"keytype": "SANDBOX"}));
    let subscribed = |key_type, state| {
        let subscribed = self_contained(&api, &t0()).unwrap().unwrap();
        Subscribed { state, key_type, ..subscribed }
    };
    let state = SubscriptionState::ProdOnlyBlocked;
    assert_eq!(subscribed(None, state).check(&api, &sandbox), Ok(KeyType::Sandbox));
    assert_eq!(subscribed(Some(KeyType::Sandbox), state).check(&api, &t0()), Ok(KeyType::Sandbox));
    let blocked = Err(Fault::new(FaultCode::SubscriptionBlocked));
    assert_eq!(subscribed(Some(KeyType::Production), state).check(&api, &sandbox), blocked);
    let told = subscribed(None, SubscriptionState::Unblocked).check(&pizzashack(), &sandbox);
    assert_eq!(told.unwrap_err().code(), FaultCode::KeyTypeMismatch);
}

#[test]
fn a_question_shows_what_it_is_about_and_not_whom() {
    let shown = format!("{:?}", SubscriptionQuery::new(&pizzashack(), "secret-issuer", "secret-client"));
    assert_eq!(shown, r#"SubscriptionQuery { context: "/pizzashack/1.0.0", version: "1.0.0", .. }"#);
}

#[test]
fn what_a_store_cannot_say_is_no_fault_of_the_clients_and_not_told() {
    let error = StoreError::new("connection refused");
    assert_eq!(error.fault(), Fault::new(FaultCode::Unclassified));
    assert_eq!(StoreError::from(std::io::Error::other("broken")).to_string(), "broken");
}
