//! The interceptor of the README, called without a socket in between.

use claimgate_testkit::{Alg, ServedIssuer, TestIssuer};
use claimgate_tower::{AuthInterceptor, Authenticator, Issuer, Start};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Status};
use tonic_service::Shack;
use tonic_service::proto::pizza_shack_client::PizzaShackClient;
use tonic_service::proto::pizza_shack_server::PizzaShackServer;
use tonic_service::proto::{MenuRequest, OrderRequest};

#[tokio::test]
async fn calls_get_the_status_and_the_challenge_of_the_layer() {
    let (issuer, gate) = trusting().await;
    let good = token(&issuer, "menu");
    menu(&gate, Some(&good)).await.unwrap();

    let none = menu(&gate, None).await.unwrap_err();
    assert_eq!((none.code(), challenge(none.metadata())), (Code::Unauthenticated, "Bearer"));

    let denied = order(&gate, &good).await.unwrap_err();
    let expected = r#"Bearer error="insufficient_scope", scope="order""#;
    assert_eq!((denied.code(), challenge(denied.metadata())), (Code::PermissionDenied, expected));
    assert_eq!(order(&gate, &token(&issuer, "menu order")).await.unwrap(), "test-subject");
}

#[tokio::test]
async fn a_new_key_is_unavailable_at_first() {
    let (issuer, gate) = trusting().await;
    menu(&gate, Some(&token(&issuer, "menu"))).await.unwrap();
    issuer.issuer().rotate();
    let new = token(&issuer, "menu");

    let first = menu(&gate, Some(&new)).await.unwrap_err();
    assert_eq!(first.code(), Code::Unavailable);
    while let Err(status) = menu(&gate, Some(&new)).await {
        assert_eq!(status.code(), Code::Unavailable);
        // Here the fetch goes on.
        tokio::task::yield_now().await;
    }
}

async fn trusting() -> (ServedIssuer, Authenticator) {
    let issuer = TestIssuer::serve_new(Alg::ES256).await.unwrap();
    let trusted = Issuer::new(issuer.url()).audience("api").jwks_uri(issuer.jwks_uri());
    let gate = Authenticator::builder().issuer(trusted.start(Start::Fail)).build().unwrap();
    gate.ready().await.unwrap();
    (issuer, gate)
}

async fn menu(gate: &Authenticator, token: Option<&str>) -> Result<(), Status> {
    let service = PizzaShackServer::with_interceptor(Shack::new(), AuthInterceptor::new(gate.clone()));
    let call = request(MenuRequest {}, token);
    PizzaShackClient::new(service).menu(call).await.map(|_| ())
}

/// Gives who ordered.
async fn order(gate: &Authenticator, token: &str) -> Result<String, Status> {
    let service = PizzaShackServer::with_interceptor(Shack::new(), AuthInterceptor::new(gate.clone()));
    let call = request(OrderRequest { pizza: "Garden Fresh".to_owned() }, Some(token));
    PizzaShackClient::new(service).order(call).await.map(|reply| reply.into_inner().ordered_by)
}

fn request<T>(message: T, token: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request
}

fn token(issuer: &ServedIssuer, scope: &str) -> String {
    issuer.issuer().token().audience("api").scope(scope).mint()
}

fn challenge(metadata: &MetadataMap) -> &str {
    metadata.get("www-authenticate").unwrap().to_str().unwrap()
}
