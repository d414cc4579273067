use super::*;
use crate::api::Api;
use crate::subscription::SubscriptionState;
use crate::token_facts::KeyType;

const DOCUMENT: &str = r#"
    [[application]]
    name = "TestApp"
    id = 2
    tier = "10PerMin"
    owner = "admin"
    consumer_keys = ["any"]
    production_keys = ["production"]
    sandbox_keys = ["sandbox", "another"]

    [[application.subscription]]
    context = "/pizzashack/1.0.0"
    version = "1.0.0"
    tier = "Gold"
    tenant = "carbon.super"
    publisher = "chef"
    stop_on_quota_reach = false
    spike_arrest_limit = 5
    spike_arrest_unit = "min"

    [[application.subscription]]
    context = "/pizzashack"
    version = "1.0.0"
    state = "ON_HOLD"
    subscriber = "cook"

    [[application.subscription]]
    context = "/pizzashack"
    version = "2.0.0"
    state = "PROD_ONLY_BLOCKED"

    [[application]]
    id = "b-7"
    consumer_keys = ["other"]
"#;

fn api(context: &str, version: &str) -> Api {
    Api { context: context.to_owned(), version: version.to_owned(), ..Api::default() }
}

fn find(store: &MemorySubscriptions, context: &str, version: &str, key: &str) -> Option<Arc<Subscribed>> {
    find_of(store, "https://a.example", context, version, key)
}

fn find_of(
    store: &MemorySubscriptions,
    issuer: &str,
    context: &str,
    version: &str,
    key: &str,
) -> Option<Arc<Subscribed>> {
    let api = api(context, version);
    match store.find(SubscriptionQuery::new(&api, issuer, key)) {
        Found::Known(answer) => answer.unwrap(),
        Found::Later(_) => panic!("what is in memory is known"),
    }
}

#[test]
fn finds_what_the_document_lists_and_nothing_else() {
    let store = MemorySubscriptions::from_toml(DOCUMENT).unwrap();
    for (context, version, key, found) in [
        ("/pizzashack/1.0.0", "1.0.0", "any", true),
        ("/pizzashack/1.0.0", "1.0.0", "another", true),
        ("/pizzashack", "1.0.0", "any", true),
        ("/pizzashack", "2.0.0", "any", true),
        ("/pizzashack/1.0.0", "2.0.0", "any", false),
        ("/pizzashack/2.0.0", "2.0.0", "any", false),
        ("/PizzaShack/1.0.0", "1.0.0", "any", false),
        ("/pizzashack/1.0.0", "1.0.0", "ANY", false),
        ("/pizzashack/1.0.0", "1.0.0", "other", false),
        ("/pizzashack/1.0.0", "1.0.0", "nobody", false),
        ("/pizzashack/1.0.0", "1.0.0", "", false),
    ] {
        assert_eq!(
            find(&store, context, version, key).is_some(),
            found,
            "{key} at {context}, version {version}"
        );
    }
}

#[test]
fn gives_everything_that_is_written_down() {
    let store = MemorySubscriptions::from_toml(DOCUMENT).unwrap();
    let gold = find(&store, "/pizzashack/1.0.0", "1.0.0", "any").unwrap();
    assert_eq!(gold.application.id.as_deref(), Some("2"));
    assert_eq!(gold.application.name.as_deref(), Some("TestApp"));
    assert_eq!(gold.application.tier.as_deref(), Some("10PerMin"));
    assert_eq!(gold.application.uuid, None);
    assert_eq!(gold.subscription.tier.as_deref(), Some("Gold"));
    assert_eq!(
        gold.subscription.subscriber.as_deref(),
        Some("admin"),
        "the owner, where nobody else is named"
    );
    assert_eq!(gold.subscription.tenant.as_deref(), Some("carbon.super"));
    assert_eq!(gold.subscription.publisher.as_deref(), Some("chef"));
    assert!(!gold.subscription.stop_on_quota_reach);
    assert_eq!(gold.subscription.spike_arrest, Some((5, 60)));
    assert_eq!(gold.state, SubscriptionState::Unblocked);

    let held = find(&store, "/pizzashack", "1.0.0", "any").unwrap();
    assert_eq!(held.state, SubscriptionState::OnHold);
    assert_eq!(held.subscription.subscriber.as_deref(), Some("cook"));
    assert!(held.subscription.stop_on_quota_reach);
    assert_eq!(held.subscription.spike_arrest, None);
}

#[test]
fn keys_have_the_type_that_the_document_gives_them() {
    let store = MemorySubscriptions::from_toml(DOCUMENT).unwrap();
    for (key, key_type) in [
        ("any", None),
        ("production", Some(KeyType::Production)),
        ("sandbox", Some(KeyType::Sandbox)),
        ("another", Some(KeyType::Sandbox)),
    ] {
        assert_eq!(find(&store, "/pizzashack", "2.0.0", key).unwrap().key_type, key_type, "{key}");
    }
}

/// `k` is a client of A, of B and of anybody; `a` one of A alone, and `any` one of anybody alone.
const OF_ISSUERS: &str = r#"
    [[application]]
    name = "OfA"
    issuer = "https://a.example"
    consumer_keys = ["k", "a"]

    [[application.subscription]]
    context = "/pizza/1"
    version = "1"

    [[application]]
    name = "OfB"
    issuer = "https://b.example"
    sandbox_keys = ["k"]

    [[application.subscription]]
    context = "/pizza/2"
    version = "2"

    [[application]]
    name = "OfAny"
    consumer_keys = ["k", "any"]

    [[application.subscription]]
    context = "/pizza/1"
    version = "1"

    [[application.subscription]]
    context = "/pizza/2"
    version = "2"
"#;

#[test]
fn a_client_of_an_issuer_is_found_for_it_alone_and_before_one_of_anybody() {
    let store = MemorySubscriptions::from_toml(OF_ISSUERS).unwrap();
    for (issuer, key, version, expected) in [
        ("https://a.example", "k", "1", Some("OfA")),
        // It has an application of its own, which has not subscribed to this.
        ("https://a.example", "k", "2", None),
        ("https://b.example", "k", "1", None),
        ("https://b.example", "k", "2", Some("OfB")),
        ("https://c.example", "k", "1", Some("OfAny")),
        ("https://A.example", "k", "1", Some("OfAny")),
        ("https://a.example/", "k", "1", Some("OfAny")),
        ("", "k", "1", Some("OfAny")),
        ("https://a.example", "a", "1", Some("OfA")),
        ("https://b.example", "a", "1", None),
        ("https://c.example", "a", "1", None),
        ("", "a", "1", None),
        ("https://a.example", "any", "1", Some("OfAny")),
        ("https://b.example", "any", "2", Some("OfAny")),
    ] {
        let found = find_of(&store, issuer, &format!("/pizza/{version}"), version, key);
        let name = found.as_deref().and_then(|found| found.application.name.as_deref());
        assert_eq!(name, expected, "{key} of {issuer:?}, version {version}");
    }
}

#[test]
fn reads_the_same_from_json() {
    for document in [DOCUMENT, OF_ISSUERS] {
        let json = serde_json::to_string(&toml::from_str::<serde_json::Value>(document).unwrap()).unwrap();
        let from_json = MemorySubscriptions::from_json(&json).unwrap();
        let from_toml = MemorySubscriptions::from_toml(document).unwrap();
        assert_eq!(from_json.of_any, from_toml.of_any);
        assert_eq!(from_json.of_issuer, from_toml.of_issuer);
    }
    assert!(MemorySubscriptions::from_toml("").unwrap().of_any.is_empty());
    assert!(MemorySubscriptions::from_json("{}").unwrap().of_any.is_empty());
}

#[test]
fn tells_what_is_wrong_and_quotes_it() {
    let subscription = |lines: &str| {
        let head = "[[application]]\nname = \"A\"\n[[application.subscription]]\ncontext = \"/c\"\nversion = \"1\"\n";
        format!("{head}{lines}")
    };
    for (document, problem) in [
        ("applications = []".to_owned(), r#"unknown key "applications", did you mean "application"?"#),
        (
            "[[application]]\nteir = \"Gold\"".to_owned(),
            r#"application 1: unknown key "teir", did you mean "tier"?"#,
        ),
        (
            "[[application]]\nid = 1.5".to_owned(),
            "application 1: id = 1.5: expected a whole number or a string",
        ),
        (
            "[[application]]\nname = \"A\"\nconsumer_keys = [\"k\", \"k\"]".to_owned(),
            r#"application "A": consumer key "k" is there twice"#,
        ),
        (
            "[[application]]\nconsumer_keys = [\"k\"]\n[[application]]\nsandbox_keys = [\"k\"]".to_owned(),
            r#"application 2: consumer key "k" is there twice"#,
        ),
        (
            "[[application]]\nissuer = \"i\"\nconsumer_keys = [\"k\"]\n\
             [[application]]\nissuer = \"i\"\nconsumer_keys = [\"k\"]"
                .to_owned(),
            r#"application 2: consumer key "k" is there twice"#,
        ),
        (
            "[[application]]\nissuer = \"\"".to_owned(),
            r#"application 1: issuer = "": expected the name of an issuer"#,
        ),
        (
            "[[application]]\nissuer = 1".to_owned(),
            "application 1: issuer = 1: expected the name of an issuer",
        ),
        ("[[application]]\nconsumer_keys = [\"\"]".to_owned(), "application 1: a consumer key is empty"),
        (
            "[[application]]\nconsumer_keys = \"k\"".to_owned(),
            r#"application 1: consumer_keys = "k": expected a list of strings"#,
        ),
        (
            "[[application]]\n[[application.subscription]]\nversion = \"1\"".to_owned(),
            "application 1: subscription 1: context is missing",
        ),
        (
            "[[application]]\n[[application.subscription]]\ncontext = \"/c\"".to_owned(),
            r#"application 1: subscription "/c": version is missing"#,
        ),
        (
            subscription("[[application.subscription]]\ncontext = \"/c\"\nversion = \"1\""),
            r#"application "A": subscription "/c": version "1" is there twice"#,
        ),
        (subscription("state = \"BLOKED\""), r#"subscription "/c": state = "BLOKED": expected "UNBLOCKED""#),
        (subscription("stat = \"BLOCKED\""), r#"unknown key "stat", did you mean "state"?"#),
        (subscription("stop_on_quota_reach = 1"), "stop_on_quota_reach = 1: expected true or false"),
        (subscription("spike_arrest_limit = -1"), "spike_arrest_limit = -1: expected a whole number from 0"),
        (subscription("spike_arrest_limit = 5"), "spike_arrest_limit = 5: spike_arrest_unit is missing"),
        (subscription("spike_arrest_unit = \"week\""), r#"spike_arrest_unit = "week": expected "sec""#),
        ("[[application]\n".to_owned(), "line 1: "),
    ] {
        let error = MemorySubscriptions::from_toml(&document).unwrap_err().to_string();
        assert!(error.contains(problem), "{document}\n{error}\n{problem}");
    }
}

#[test]
fn tells_everything_at_once() {
    let document = "[[application]]\nteir = 1\nid = true\n[[application.subscription]]\nstate = \"x\"";
    assert_eq!(MemorySubscriptions::from_toml(document).unwrap_err().problems().len(), 5);
}

#[test]
fn json_has_no_member_twice_and_no_null() {
    for (document, problem) in [
        (r#"{"application":[{"name":"a","name":"b"}]}"#, "duplicate"),
        (r#"{"application":[{"name":null}]}"#, "null"),
        (r#"{"application":{}}"#, "application"),
        (r#"{"application":[]"#, "EOF"),
        (r"[]", "map"),
        ("", "EOF"),
    ] {
        let error = MemorySubscriptions::from_json(document).unwrap_err().to_string();
        assert!(error.contains(problem), "{document}\n{error}");
    }
}

#[test]
fn debug_shows_no_client() {
    let shown = format!("{:?}", MemorySubscriptions::from_toml(DOCUMENT).unwrap());
    assert_eq!(shown, "MemorySubscriptions { clients: 5 }");
    let shown = format!("{:?}", MemorySubscriptions::from_toml(OF_ISSUERS).unwrap());
    assert_eq!(shown, "MemorySubscriptions { clients: 5 }");
}
