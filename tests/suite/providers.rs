//! Real identity providers: their tokens are not made by our own test kit.

use std::collections::BTreeSet;

use claimgate_tests::{AuthlibProvider, OidcProvider, Steering};
use serde_json::{Value, json};

const ALGORITHMS: [&str; 5] = ["RS256", "PS256", "ES256", "ES512", "EdDSA"];

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(part).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

async fn published(provider: &Steering) -> BTreeSet<String> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = client.get(provider.jwks_uri()).send().await.unwrap().text().await.unwrap();
    let set: Value = serde_json::from_str(&body).unwrap();
    let keys = set["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn oidc_provider_signs_access_tokens_in_five_algorithms() {
    let provider = OidcProvider::start().await.unwrap();
    let audiences = provider.audiences().collect::<Vec<_>>();
    assert_eq!(audiences.len(), ALGORITHMS.len());
    for algorithm in ALGORITHMS {
        let token = provider.token(algorithm).await.unwrap();
        let (header, claims) = (part(&token, 0), part(&token, 1));
        assert_eq!(header["alg"], algorithm);
        assert_eq!(header["typ"], "at+jwt", "{algorithm}");
        assert_eq!(claims["iss"], provider.issuer(), "{algorithm}");
        assert_eq!(claims["client_id"], provider.client_id(), "{algorithm}");
        assert_eq!(claims["scope"], "read", "{algorithm}");
        let audience = claims["aud"].as_str().unwrap();
        assert!(audiences.contains(&(algorithm, audience)), "{algorithm}: {audience}");
    }
    let token = provider.token_with_scope("ES256", "").await.unwrap();
    assert_eq!(part(&token, 1).get("scope"), None);
}

#[tokio::test]
async fn oidc_provider_rotates_with_and_without_its_old_keys() {
    let provider = OidcProvider::start().await.unwrap();
    let first = published(&provider).await;
    provider.rotate(true).await.unwrap();
    let both = published(&provider).await;
    assert!(both.is_superset(&first) && both.len() == 2 * first.len());
    let token = provider.token_with_scope("ES256", "read admin").await.unwrap();
    assert!(!first.contains(part(&token, 0)["kid"].as_str().unwrap()), "signed with an old key");
    assert_eq!(part(&token, 1)["scope"], "read admin");
    provider.rotate(false).await.unwrap();
    let last = published(&provider).await;
    assert!(last.is_disjoint(&both) && last.len() == first.len());
    assert_eq!(provider.jwks_requests().await.unwrap(), 3);
}

#[tokio::test]
async fn oidc_provider_holds_its_key_set_until_told() {
    let provider = OidcProvider::start().await.unwrap();
    provider.hold_jwks().await.unwrap();
    let release = async {
        while provider.jwks_requests().await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
        // What was held is answered with the keys of the moment it is let go.
        provider.rotate(false).await.unwrap();
        provider.release_jwks().await.unwrap();
    };
    let (held, ()) = tokio::join!(published(&provider), release);
    assert_eq!(held, published(&provider).await);
    assert_eq!(provider.seen().await.unwrap().jwks, 2);
}

#[tokio::test]
async fn authlib_signs_access_tokens_that_name_no_key() {
    let provider = AuthlibProvider::start().await.unwrap();
    assert_eq!(published(&provider).await.len(), 2, "every key has a kid in the set");
    for algorithm in ["RS256", "ES256"] {
        let token = provider.token(algorithm).await.unwrap();
        assert_eq!(part(&token, 0), json!({ "alg": algorithm, "typ": "at+jwt" }));
        // What RFC 9068, section 2.2, requires, and the scope that it recommends.
        let claims = part(&token, 1);
        let client = provider.client_id(algorithm).unwrap();
        assert_eq!(claims["iss"], provider.issuer(), "{algorithm}");
        assert_eq!(claims["sub"], client, "{algorithm}");
        assert_eq!(claims["client_id"], client, "{algorithm}");
        assert_eq!(claims["aud"], json!([client, provider.audience()]), "{algorithm}");
        assert_eq!(claims["scope"], "read", "{algorithm}");
        assert!(claims["jti"].is_string(), "{algorithm}");
        assert!(claims["exp"].as_u64() > claims["iat"].as_u64(), "{algorithm}");
        assert_eq!(claims.as_object().unwrap().len(), 8, "{algorithm}: {claims}");
    }
}

#[tokio::test]
async fn authlib_rotates_with_an_overlap_that_ends() {
    let provider = AuthlibProvider::start().await.unwrap();
    let first = published(&provider).await;
    provider.rotate(true).await.unwrap();
    let both = published(&provider).await;
    assert!(both.is_superset(&first) && both.len() == 2 * first.len());
    provider.retire_old_keys().await.unwrap();
    let second = published(&provider).await;
    assert_eq!(second, both.difference(&first).cloned().collect());
    provider.rotate(false).await.unwrap();
    let third = published(&provider).await;
    assert!(third.is_disjoint(&both) && third.len() == first.len());
    assert_eq!(provider.jwks_requests().await.unwrap(), 4);
}

#[tokio::test]
async fn providers_go_down_and_come_back() {
    let (oidc, authlib) = tokio::join!(OidcProvider::start(), AuthlibProvider::start());
    let (oidc, authlib) = (oidc.unwrap(), authlib.unwrap());
    for provider in [&*oidc, &*authlib] {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let before = published(provider).await;
        provider.hold_jwks().await.unwrap();
        let outage = async {
            while provider.jwks_requests().await.unwrap() < 2 {
                tokio::task::yield_now().await;
            }
            provider.down().await.unwrap();
        };
        let (held, ()) = tokio::join!(client.get(provider.jwks_uri()).send(), outage);
        assert!(held.is_err(), "who waits is cut off");
        assert!(client.get(provider.jwks_uri()).send().await.unwrap_err().is_connect());
        provider.release_jwks().await.unwrap();
        provider.up().await.unwrap();
        assert_eq!(published(provider).await, before, "on the same port, with the same keys");
        provider.restart().await.unwrap();
        assert!(published(provider).await.is_disjoint(&before));
    }
}
