//! A real provider's tokens at an axum server, over HTTP both ways.

use std::sync::atomic::Ordering;
use std::time::Duration;

use claimgate_tests::OidcProvider;
use claimgate_tower::AuthErrorKind;

use crate::api::{Api, GOOD, oidc_issuer, refused};

#[tokio::test]
async fn tokens_in_five_algorithms_are_accepted() {
    let provider = OidcProvider::start().await.unwrap();
    let api = Api::trusting([oidc_issuer(&provider).token_types(["at+jwt"])]).await;
    for algorithm in ["RS256", "PS256", "ES256", "ES512", "EdDSA"] {
        let token = provider.token(algorithm).await.unwrap();
        assert_eq!(api.call(&token).await, GOOD, "{algorithm}");
        let forged = claimgate_testkit::tamper::with_claim(&token, "client_id", "admin");
        assert_eq!(api.call(&forged).await, refused(AuthErrorKind::BadSignature), "{algorithm}");
    }
}

#[tokio::test]
async fn the_first_request_with_a_rotated_key_succeeds() {
    let provider = OidcProvider::start().await.unwrap();
    let api = Api::trusting([oidc_issuer(&provider)]).await;
    let before = provider.token("RS256").await.unwrap();
    assert_eq!(api.call(&before).await, GOOD);
    provider.rotate(true).await.unwrap();
    let after = provider.token("RS256").await.unwrap();
    assert_eq!(api.call(&after).await, GOOD, "the very first request");
    assert_eq!(api.call(&before).await, GOOD, "the old key is still published");
    assert_eq!(provider.jwks_requests().await.unwrap(), 2);
}

#[tokio::test]
async fn n077_two_hundred_requests_with_one_unknown_kid_cause_one_fetch() {
    for kid_is_published in [true, false] {
        let provider = OidcProvider::start().await.unwrap();
        let api = Api::trusting([oidc_issuer(&provider)]).await;
        assert_eq!(api.call(&provider.token("ES256").await.unwrap()).await, GOOD);
        let (seen, arrived) = (provider.jwks_requests().await.unwrap(), api.arrived.load(Ordering::SeqCst));

        let token = if kid_is_published {
            provider.rotate(true).await.unwrap();
            provider.token("ES256").await.unwrap()
        } else {
            let token = provider.token("ES256").await.unwrap();
            claimgate_testkit::tamper::with_header(
                &token,
                br#"{"alg":"ES256","typ":"at+jwt","kid":"nobody"}"#,
            )
        };
        provider.hold_jwks().await.unwrap();
        let calls: Vec<_> = (0..200)
            .map(|_| {
                let (client, url, token) = (api.client.clone(), api.url.clone(), token.clone());
                tokio::spawn(async move {
                    client.get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
                })
            })
            .collect();
        let all_here = async {
            while api.arrived.load(Ordering::SeqCst) < arrived + 200
                || provider.jwks_requests().await.unwrap() == seen
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), all_here).await.expect("200 requests arrive");
        provider.release_jwks().await.unwrap();
        for call in calls {
            assert_eq!(call.await.unwrap(), if kid_is_published { 200 } else { 401 });
        }
        assert_eq!(provider.jwks_requests().await.unwrap(), seen + 1, "published: {kid_is_published}");
    }
}

#[tokio::test]
async fn f29_a_removed_key_stops_working_at_the_next_refresh() {
    let provider = OidcProvider::start().await.unwrap();
    let api = Api::trusting([oidc_issuer(&provider).refresh_interval(Duration::from_secs(1))]).await;
    let token = provider.token("EdDSA").await.unwrap();
    assert_eq!(api.call(&token).await, GOOD);
    provider.rotate(false).await.unwrap();
    let seen = provider.jwks_requests().await.unwrap();
    let refused_at_last = async {
        loop {
            let answer = api.call(&token).await;
            if answer != GOOD {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(30), refused_at_last).await.expect("a refresh");
    assert_eq!(answer, refused(AuthErrorKind::UnknownKey));
    assert!(provider.jwks_requests().await.unwrap() > seen);
    assert_eq!(api.call(&provider.token("EdDSA").await.unwrap()).await, GOOD);
}
