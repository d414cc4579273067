//! Metadata, and where it leads.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_found_by_discovery_of_either_kind() {
    for path in ["", "/", "/tenant"] {
        let served = TestIssuer::serve_new_at(Alg::ES256, path).await.unwrap();
        let gate = loaded(discovered(&served)).await;
        assert_eq!(decided(&gate, &token(&served).mint()), Ok(()), "OpenID, {path:?}");
        served.set(Route::OpenIdConfiguration, Behaviour::status(404));
        let gate = loaded(discovered(&served)).await;
        assert_eq!(decided(&gate, &token(&served).mint()), Ok(()), "RFC 8414, {path:?}");
        assert_eq!(served.requests(Route::OAuthAuthorizationServer), 1, "{path:?}");
    }
}

/// Metadata that does not lead to keys, and what is not asked because of it.
async fn leads_nowhere(served: &ServedIssuer, other: &ServedIssuer, documents: Vec<(&str, String)>) {
    for (what, document) in documents {
        served.set_discovery(Behaviour::body(document));
        let gate = support::gate(discovered(served));
        assert_eq!(kind(&gate, &token(served).mint()).await, Err(KeysUnavailable), "{what}");
        served.set_discovery(Behaviour::Normal);
        assert_eq!(kind(&gate, &token(served).mint()).await, Ok(()), "{what}, healed");
    }
    assert_eq!(other.jwks_requests(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f19_metadata_that_leads_astray_is_not_followed() {
    let (served, other) = (served().await, served().await);
    let name = served.issuer().issuer();
    let keys_at = |jwks_uri: serde_json::Value| json!({ "issuer": name, "jwks_uri": jwks_uri }).to_string();
    let (own, foreign) = (served.jwks_uri(), other.jwks_uri());
    let documents = vec![
        ("no jwks_uri", json!({ "issuer": name }).to_string()),
        ("no string", keys_at(json!([own]))),
        ("no URL", keys_at(json!("/jwks"))),
        ("a file", keys_at(json!("file:///etc/hostname"))),
        ("plain http elsewhere", keys_at(json!("http://keys.test/jwks"))),
        ("two", format!(r#"{{"issuer":"{name}","jwks_uri":"{foreign}","jwks_uri":"{own}"}}"#)),
        ("html", "<!doctype html>".to_owned()),
    ];
    leads_nowhere(&served, &other, documents).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f20_metadata_of_another_issuer_is_refused() {
    let (served, other) = (served().await, served().await);
    let name = served.issuer().issuer();
    let of =
        |issuer: serde_json::Value| json!({ "issuer": issuer, "jwks_uri": other.jwks_uri() }).to_string();
    let documents = vec![
        ("another", of(json!(other.issuer().issuer()))),
        ("a slash more", of(json!(format!("{name}/")))),
        ("in an array", of(json!([name]))),
        ("none", json!({ "jwks_uri": other.jwks_uri() }).to_string()),
    ];
    leads_nowhere(&served, &other, documents).await;
}
