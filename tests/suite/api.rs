//! An axum server that trusts real providers, as a test calls it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::routing::get;
use axum::{Router, middleware};
use claimgate_tests::{AuthlibProvider, OidcProvider};
use claimgate_tower::{
    AuthError, AuthErrorKind, AuthLayer, Authenticator, AuthenticatorBuilder, Claims, Issuer,
};
use tokio::net::TcpListener;

/// A server that trusts providers, and counts the requests that have reached it.
pub(crate) struct Api {
    pub(crate) url: String,
    pub(crate) client: reqwest::Client,
    pub(crate) arrived: Arc<AtomicUsize>,
}

impl Api {
    pub(crate) async fn trusting(issuers: impl IntoIterator<Item = Issuer>) -> Self {
        let gate = issuers.into_iter().fold(Authenticator::builder(), AuthenticatorBuilder::issuer);
        let gate = gate.build().unwrap();
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
    pub(crate) async fn call(&self, token: &str) -> (u16, Option<String>) {
        let response = self.client.get(&self.url).bearer_auth(token).send().await.unwrap();
        let kind = response.headers().get("x-kind").map(|kind| kind.to_str().unwrap().to_owned());
        (response.status().as_u16(), kind)
    }
}

/// The issuer that oidc-provider is, for all its audiences.
pub(crate) fn oidc_issuer(provider: &OidcProvider) -> Issuer {
    let audiences = provider.audiences().map(|(_, audience)| audience);
    Issuer::new(provider.issuer()).audiences(audiences)
}

/// The issuer that Authlib is.
pub(crate) fn authlib_issuer(provider: &AuthlibProvider) -> Issuer {
    Issuer::new(provider.issuer()).audience(provider.audience()).token_types(["at+jwt"])
}

pub(crate) const GOOD: (u16, Option<String>) = (200, None);

pub(crate) fn refused(kind: AuthErrorKind) -> (u16, Option<String>) {
    (401, Some(format!("{kind:?}")))
}
