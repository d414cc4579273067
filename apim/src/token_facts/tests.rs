use serde_json::json;

use super::*;

/// The claims of the token of the documentation of version 3.0, and those of the one of version 3.2.
const T0: &str = r#"{"aud":"http:\/\/org.wso2.apimgt\/gateway","sub":"admin@carbon.super","application":{"owner":"admin","tier":"10PerMin","name":"TestApp","id":2,"uuid":null},"scope":"am_application_scope default","iss":"https:\/\/localhost:9443\/oauth2\/token","tierInfo":{"Unlimited":{"stopOnQuotaReach":true,"spikeArrestLimit":0,"spikeArrestUnit":null}},"keytype":"PRODUCTION","subscribedAPIs":[{"subscriberTenantDomain":"carbon.super","name":"PizzaShackAPI","context":"\/pizzashack\/1.0.0","publisher":"admin","version":"1.0.0","subscriptionTier":"Unlimited"}],"consumerKey":"Yj_Uefhtiv15Nmfx1A8RjRWCTf4a","exp":1571915441,"iat":1571911841,"jti":"7657b978-cf75-4c1e-baf8-68bbd1d1a263"}"#;
const T4: &str = r#"{"sub":"admin@carbon.super","aut":"APPLICATION","aud":"FxJodiaOM5DrW9X1bP4zsA86M2Aa","nbf":1602581290,"azp":"FxJodiaOM5DrW9X1bP4zsA86M2Aa","scope":"am_application_scope default","iss":"https:\/\/localhost:9444\/oauth2\/token","exp":1602584890,"iat":1602581290,"jti":"e4a386ed-3b98-4973-83e0-b956a466f828"}"#;

fn facts(claims: &Value) -> Result<TokenFacts, String> {
    serde_json::from_str(&claims.to_string()).map_err(|error| error.to_string())
}

#[test]
fn reads_the_token_of_version_3_0() {
    let facts: TokenFacts = serde_json::from_str(T0).unwrap();
    let application = Application {
        id: Some("2".to_owned()),
        name: Some("TestApp".to_owned()),
        tier: Some("10PerMin".to_owned()),
        owner: Some("admin".to_owned()),
        uuid: None,
    };
    let api = SubscribedApi {
        name: Some("PizzaShackAPI".to_owned()),
        context: "/pizzashack/1.0.0".to_owned(),
        version: "1.0.0".to_owned(),
        publisher: Some("admin".to_owned()),
        subscriber_tenant_domain: Some("carbon.super".to_owned()),
        subscription_tier: Some("Unlimited".to_owned()),
    };
    let tier =
        TierInfo { stop_on_quota_reach: Some(true), spike_arrest_limit: Some(0), spike_arrest_unit: None };
    assert_eq!(facts.application, Some(application));
    assert_eq!(facts.subscribed_apis, Some(vec![api]));
    assert_eq!(facts.tiers, BTreeMap::from([("Unlimited".to_owned(), tier)]));
    assert_eq!(facts.key_type, KeyType::Production);
    assert!(!facts.is_application_token);
    assert_eq!(facts.claims.len(), 12);
}

#[test]
fn reads_the_token_of_version_3_2() {
    let facts: TokenFacts = serde_json::from_str(T4).unwrap();
    assert_eq!((facts.application, facts.subscribed_apis), (None, None));
    assert!(facts.tiers.is_empty());
    assert_eq!(facts.key_type, KeyType::Production);
    assert!(facts.is_application_token);
}

#[test]
fn takes_what_issuers_write() {
    for claims in [
        json!({}),
        json!({"subscribedAPIs": []}),
        json!({"tierInfo": {}}),
        json!({"application": {}}),
        json!({"application": {"id": "b-7"}}),
        json!({"application": {"id": null, "name": null, "tier": null, "owner": null, "uuid": null}}),
        json!({"application": {"attributes": {"a": [1]}}}),
        json!({"subscribedAPIs": [{"context": "/c", "version": "1"}]}),
        json!({"subscribedAPIs": [{"context": "/c", "version": "1", "publisher": null, "more": {}}]}),
        json!({"tierInfo": {"Gold": {}}}),
        json!({"tierInfo": {"Gold": {"tierQuotaType": "requestCount", "graphQLMaxDepth": 0}}}),
        json!({"keytype": "PRODUCTION"}),
        json!({"keytype": "SANDBOX"}),
        json!({"aut": "application"}),
        json!({"aut": "APPLICATION_USER"}),
        json!({"anything": null}),
    ] {
        assert!(facts(&claims).is_ok(), "{claims}");
    }
}

#[test]
fn a_claim_of_another_type_is_never_absent() {
    for (name, value) in [
        ("subscribedAPIs", json!(null)),
        ("subscribedAPIs", json!({})),
        ("subscribedAPIs", json!("secret")),
        ("subscribedAPIs", json!(false)),
        ("subscribedAPIs", json!([null])),
        ("subscribedAPIs", json!(["secret"])),
        ("subscribedAPIs", json!([{}])),
        ("subscribedAPIs", json!([{"context": "/secret"}])),
        ("subscribedAPIs", json!([{"context": "/secret", "version": 1}])),
        ("subscribedAPIs", json!([{"context": null, "version": "1"}])),
        ("subscribedAPIs", json!([["secret", "/secret", "1", null, null, null]])),
        ("subscribedAPIs", json!([{"context": "/c", "version": "1"}, {"context": "/c"}])),
        ("subscribedAPIs", json!([{"context": "/c", "version": "1", "subscriptionTier": 1}])),
        ("tierInfo", json!(null)),
        ("tierInfo", json!([])),
        ("tierInfo", json!({"Gold": null})),
        ("tierInfo", json!({"Gold": [true, 1, "secret"]})),
        ("tierInfo", json!({"Gold": {"stopOnQuotaReach": "secret"}})),
        ("tierInfo", json!({"Gold": {"spikeArrestLimit": "5"}})),
        ("tierInfo", json!({"Gold": {"spikeArrestLimit": -5}})),
        ("tierInfo", json!({"Gold": {"spikeArrestLimit": 5.0}})),
        ("tierInfo", json!({"Gold": {"spikeArrestUnit": 60}})),
        ("application", json!(null)),
        ("application", json!("secret")),
        ("application", json!(["2", "secret", null, null, null])),
        ("application", json!({"id": 2.5})),
        ("application", json!({"id": true})),
        ("application", json!({"id": ["2"]})),
        ("application", json!({"name": 1})),
        ("keytype", json!(null)),
        ("keytype", json!("")),
        ("keytype", json!("secret")),
        ("keytype", json!("production")),
        ("keytype", json!(["PRODUCTION"])),
        ("aut", json!(null)),
        ("aut", json!(1)),
        ("aut", json!(["APPLICATION"])),
    ] {
        let claims = json!({ name: value });
        let error = facts(&claims).unwrap_err();
        assert!(error.starts_with(name), "{claims}: {error}");
        assert!(!error.contains("secret"), "{claims}: {error}");
    }
}

#[test]
fn numbers_of_applications_are_whole() {
    for (id, read) in [
        (json!(0), "0"),
        (json!(-1234), "-1234"),
        (json!(u64::MAX), "18446744073709551615"),
        (json!("2"), "2"),
        (json!(""), ""),
    ] {
        let facts = facts(&json!({"application": {"id": id}})).unwrap();
        assert_eq!(facts.application.unwrap().id.as_deref(), Some(read));
    }
}

#[test]
fn claims_that_are_no_object_or_go_too_deep_are_errors() {
    for text in ["", "null", "[]", "1", "\"a\"", "{", "{\"a\":1"] {
        assert!(serde_json::from_str::<TokenFacts>(text).is_err(), "{text}");
    }
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for name in ["subscribedAPIs", "application", "tierInfo", "other"] {
            let deep = format!("{{\"{name}\":{}1{}}}", open.repeat(100_000), close.repeat(100_000));
            assert!(serde_json::from_str::<TokenFacts>(&deep).is_err(), "{name}");
        }
    }
}
