use claimgate_testkit::{Alg, Behaviour, Route, ServedIssuer, TestIssuer};
use serde_json::json;

use super::*;

async fn served() -> ServedIssuer {
    TestIssuer::serve_new(Alg::ES256).await.unwrap()
}

fn remote(served: &ServedIssuer) -> Remote {
    let issuer = served.issuer().issuer().into();
    Remote::new(issuer, Some(served.jwks_uri()), &FetchSettings::default(), &ClientPool::default()).unwrap()
}

/// The tag that the last request for the key set asked with.
fn asked_with(served: &ServedIssuer) -> Option<String> {
    let headers = served.last_headers(Route::Jwks);
    headers.into_iter().find(|(name, _)| name == "if-none-match").map(|(_, value)| value)
}

fn tagged(tag: &str, more: &[(&str, &str)]) -> Behaviour {
    Behaviour::headers([&[("etag", tag)], more].concat())
}

fn not_modified(headers: &[(&str, &str)]) -> Behaviour {
    let owned = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Behaviour::Status(304, owned.collect())
}

const NOT_MODIFIED: FetchError = FetchError::Status { status: 304, retry_after: None };

#[tokio::test]
async fn f23_a_set_that_is_still_the_same_is_the_same_in_memory() {
    let served = served().await;
    served.set_jwks(Behaviour::Conditional);
    let mut remote = remote(&served);
    let first = remote.fetch().await.unwrap();
    assert_eq!((first.unchanged, asked_with(&served)), (false, None));
    for _ in 0..2 {
        let again = remote.fetch().await.unwrap();
        assert!(again.unchanged && Arc::ptr_eq(&first.keys, &again.keys));
        assert!(asked_with(&served).is_some());
    }
    served.issuer().rotate();
    let rotated = remote.fetch().await.unwrap();
    assert_eq!((rotated.unchanged, rotated.keys.keys().len()), (false, 2));
    let again = remote.fetch().await.unwrap();
    assert!(again.unchanged && Arc::ptr_eq(&rotated.keys, &again.keys));
}

#[tokio::test]
async fn f23_without_a_tag_the_same_bytes_are_the_same_set() {
    let served = served().await;
    let mut remote = remote(&served);
    let first = remote.fetch().await.unwrap();
    let again = remote.fetch().await.unwrap();
    assert!(again.unchanged && Arc::ptr_eq(&first.keys, &again.keys));
    assert_eq!(asked_with(&served), None);
    served.issuer().rotate();
    assert!(!remote.fetch().await.unwrap().unchanged);
}

#[tokio::test]
async fn f23_a_304_that_nobody_asked_for_never_counts() {
    let served = served().await;
    let mut remote = remote(&served);
    served.set_jwks(Behaviour::status(304));
    assert_eq!(remote.fetch().await.unwrap_err(), NOT_MODIFIED, "the first answer");
    for tag in ["*", "bare", "\"a\", \"b\""] {
        served.set_jwks(tagged(tag, &[]));
        remote.fetch().await.unwrap();
        served.set_jwks(Behaviour::status(304));
        assert_eq!(remote.fetch().await.unwrap_err(), NOT_MODIFIED, "after {tag}, which is no tag");
        assert_eq!(asked_with(&served), None);
    }
    // Nor does one of the metadata, which is asked for without a tag.
    let mut discovered =
        Remote::new(served.issuer().issuer().into(), None, &FetchSettings::default(), &ClientPool::default())
            .unwrap();
    served.set_discovery(Behaviour::status(304));
    assert_eq!(discovered.fetch().await.unwrap_err(), NOT_MODIFIED);
}

#[tokio::test]
async fn f23_a_tag_is_for_the_place_that_gave_it() {
    let (served, moved) = (served().await, served().await);
    served.set_jwks(tagged("\"v1\"", &[]));
    moved.set_jwks(Behaviour::status(304));
    let issuer = served.issuer().issuer();
    let mut remote =
        Remote::new(issuer.into(), None, &FetchSettings::default(), &ClientPool::default()).unwrap();
    remote.fetch().await.unwrap();
    served.set_discovery(Behaviour::body(
        json!({ "issuer": issuer, "jwks_uri": moved.jwks_uri() }).to_string(),
    ));
    assert_eq!(remote.fetch().await.unwrap_err(), NOT_MODIFIED);
    assert_eq!(asked_with(&moved), None);
    served.set_discovery(Behaviour::Normal);
    remote.fetch().await.unwrap();
    assert_eq!(asked_with(&served).as_deref(), Some("\"v1\""));
}

#[tokio::test]
async fn f23_an_unusable_answer_is_never_the_last_one() {
    let served = served().await;
    served.set_jwks(tagged("\"good\"", &[]));
    let mut remote = remote(&served);
    let good = remote.fetch().await.unwrap();
    served.set_jwks(Behaviour::body(r#"{"keys":[]}"#));
    for _ in 0..2 {
        assert!(matches!(remote.fetch().await, Err(FetchError::NoUsableKey { skipped: 0, .. })));
    }
    served.set_jwks(Behaviour::status(304));
    let again = remote.fetch().await.unwrap();
    assert!(Arc::ptr_eq(&good.keys, &again.keys));
    assert_eq!(asked_with(&served).as_deref(), Some("\"good\""));
}

#[tokio::test]
async fn f23_a_304_says_anew_how_long_the_set_is_good_for() {
    let served = served().await;
    let mut remote = remote(&served);
    for (name, behaviour, expected) in [
        ("the set", tagged("\"v1\"", &[("cache-control", "max-age=300")]), Some(300)),
        ("nothing said", not_modified(&[]), Some(300)),
        ("shorter", not_modified(&[("cache-control", "max-age=60")]), Some(60)),
        ("older", not_modified(&[("cache-control", "max-age=300"), ("age", "100")]), Some(200)),
        ("the same set without a word", tagged("\"v1\"", &[]), None),
        ("nor the 304", not_modified(&[]), None),
    ] {
        served.set_jwks(behaviour);
        let fetched = remote.fetch().await.unwrap();
        assert_eq!(fetched.max_age, expected.map(Duration::from_secs), "{name}");
    }
}

/// What is refused before anybody is asked: a connection to nowhere would fail too, and say something else.
#[tokio::test]
async fn f21_what_discovery_names_is_refused_as_forbidden() {
    let served = served().await;
    let issuer = served.issuer().issuer();
    let settings = FetchSettings { guard: true, ..FetchSettings::default() };
    let mut remote = Remote::new(issuer.into(), None, &settings, &ClientPool::default()).unwrap();
    for (host, label) in [
        ("https://169.254.169.254", "forbidden_address"),
        ("https://2852039166", "forbidden_address"),
        ("https://0xA9FEA9FE", "forbidden_address"),
        ("https://[::ffff:a9fe:a9fe]", "forbidden_address"),
        ("https://0.0.0.0", "forbidden_address"),
        ("https://[::ffff:127.0.0.1]", "forbidden_address"),
        ("http://169.254.169.254", "unsafe_uri"),
    ] {
        let metadata = json!({ "issuer": issuer, "jwks_uri": format!("{host}:1/jwks") });
        served.set_discovery(Behaviour::body(metadata.to_string()));
        assert_eq!(remote.fetch().await.unwrap_err().label(), label, "{host}");
    }
    served.set_discovery(Behaviour::Normal);
    assert!(remote.fetch().await.is_ok());
}

#[test]
fn f21_a_place_that_is_refused_anyway_is_a_mistake_of_the_configuration() {
    let guarded = FetchSettings { guard: true, ..FetchSettings::default() };
    let any = FetchSettings::default();
    for (issuer, jwks_uri, settings, problem) in [
        ("https://a.example", Some("https://169.254.169.254/jwks"), &guarded, Some("link-local")),
        ("https://a.example", Some("https://127.0.0.1/jwks"), &guarded, Some("loopback")),
        ("https://169.254.169.254", None, &guarded, Some("link-local")),
        ("https://[::ffff:a9fe:a9fe]/tenant", None, &guarded, Some("link-local")),
        ("https://a.example", Some("https://10.0.0.1/jwks"), &guarded, None),
        ("http://127.0.0.1:1", Some("http://127.0.0.1:2/jwks"), &guarded, None),
        ("https://a.example", Some("https://169.254.169.254/jwks"), &any, None),
    ] {
        let message = Remote::new(issuer.into(), jwks_uri, settings, &ClientPool::default()).err();
        let told = message.as_deref().map(|message| {
            assert!(message.contains(jwks_uri.unwrap_or(issuer)), "{message}");
            message.contains(problem.unwrap_or("-"))
        });
        assert_eq!(told, problem.map(|_| true), "{issuer} {jwks_uri:?}: {message:?}");
    }
}
