//! A real provider's tokens at an axum server, over HTTP both ways.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::routing::get;
use axum::{Router, middleware};
use claimgate_tests::OidcProvider;
use claimgate_tower::{AuthError, AuthErrorKind, AuthLayer, Authenticator, Claims, Issuer};
use tokio::net::TcpListener;

/// A server that trusts a provider, and counts the requests that have reached it.
struct Api {
    url: String,
    client: reqwest::Client,
    arrived: Arc<AtomicUsize>,
}

impl Api {
    async fn trusting(provider: &OidcProvider, adjust: impl FnOnce(Issuer) -> Issuer) -> Self {
        let audiences: Vec<_> = provider.audiences().map(|(_, audience)| audience.to_owned()).collect();
        let issuer = adjust(Issuer::new(provider.issuer()).audiences(audiences));
        let gate = Authenticator::builder().issuer(issuer).build().unwrap();
        let arrived = Arc::new(AtomicUsize::new(0));
        let count = arrived.clone();
        let app = Router::new()
            .route("/", get(async |claims: Claims<serde_json::Value>| claims["client_id"].to_string()))
            .layer(AuthLayer::new(gate))
            .layer(middleware::map_request(move |request: axum::extract::Request| {
                count.fetch_add(1, Ordering::SeqCst);
                std::future::ready(request)
            }))
            // The kind behind a refusal, for the test to see over the wire.
            .layer(middleware::map_response(async |mut response: axum::response::Response| {
                if let Some(kind) = response.extensions().get::<AuthError>().map(AuthError::kind) {
                    response.headers_mut().insert("x-kind", format!("{kind:?}").parse().unwrap());
                }
                response
            }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Api { url, client, arrived }
    }

    /// The status, and the kind of the refusal if it is one.
    async fn call(&self, token: &str) -> (u16, Option<String>) {
        let response = self.client.get(&self.url).bearer_auth(token).send().await.unwrap();
        let kind = response.headers().get("x-kind").map(|kind| kind.to_str().unwrap().to_owned());
        (response.status().as_u16(), kind)
    }
}

const GOOD: (u16, Option<String>) = (200, None);

fn refused(kind: AuthErrorKind) -> (u16, Option<String>) {
    (401, Some(format!("{kind:?}")))
}

#[tokio::test]
async fn tokens_in_five_algorithms_are_accepted() {
    let provider = OidcProvider::start().await.unwrap();
    let api = Api::trusting(&provider, |issuer| issuer.token_types(["at+jwt"])).await;
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
    let api = Api::trusting(&provider, |issuer| issuer).await;
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
        let api = Api::trusting(&provider, |issuer| issuer).await;
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
    let api = Api::trusting(&provider, |issuer| issuer.refresh_interval(Duration::from_secs(1))).await;
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
