//! A client of the application's own, under the limits of the fetch.

use claimgate_core::reqwest::{Client, ClientBuilder, header};

use super::*;

fn plain() -> ClientBuilder {
    Client::builder().tls_certs_only([]).no_proxy()
}

fn with(served: &ServedIssuer, client: ClientBuilder) -> Issuer {
    over(served).http_client(client.build().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_come_by_the_client_that_is_given() {
    let served = served().await;
    let fields = header::HeaderMap::from_iter([(header::AUTHORIZATION, "Basic YTpi".parse().unwrap())]);
    let gate = loaded(with(&served, plain().default_headers(fields))).await;
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
    let sent = served.last_headers(Route::Jwks);
    assert!(sent.contains(&("authorization".to_owned(), "Basic YTpi".to_owned())), "{sent:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f18_a_redirect_that_a_client_follows_does_not_count() {
    let (served, elsewhere) = (served().await, served().await);
    let key = served.issuer().current_key().public_jwk();
    elsewhere.set_jwks(keys(&json!([key])));
    served.set_jwks(Behaviour::Redirect(elsewhere.jwks_uri().to_owned()));
    let gate = support::gate(with(&served, plain()));
    assert_eq!(kind(&gate, &token(&served).mint()).await, Err(KeysUnavailable));
    assert_ne!(elsewhere.jwks_requests(), 0, "it was followed all the same");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limits_of_the_fetch_hold_for_any_client() {
    let served = served().await;
    for (name, behaviour) in [
        ("bytes", Behaviour::Huge(10_001)),
        ("declared bytes", Behaviour::HugeDeclared(10_001)),
        ("time", Behaviour::Hang),
        ("time of the body", Behaviour::HangAfterHeaders),
        ("status", Behaviour::status(201)),
        ("a 304", Behaviour::status(304)),
    ] {
        served.set_jwks(behaviour);
        let rules = with(&served, plain()).max_jwks_bytes(10_000).fetch_timeout(Duration::from_millis(100));
        let gate = support::gate(rules);
        assert_eq!(kind(&gate, &token(&served).mint()).await, Err(KeysUnavailable), "{name}");
        served.set_jwks(Behaviour::Normal);
        assert_eq!(kind(&gate, &token(&served).mint()).await, Ok(()), "{name}, healed");
    }
}

#[tokio::test]
async fn how_such_a_client_connects_is_not_for_us_to_say() {
    let served = served().await;
    let rules = || with(&served, plain());
    for (name, rules) in [
        ("guard_addresses", rules().guard_addresses()),
        ("proxy", rules().proxy("http://127.0.0.1:3128")),
        ("ca_file", rules().ca_file("ca.pem")),
        ("client_identity_file", rules().client_identity("client.pem")),
    ] {
        let error = Authenticator::builder().issuer(rules).build().unwrap_err();
        let told: Vec<_> = error.problems().iter().map(|problem| problem.message().to_owned()).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(&format!("{name} and http_client: ")), "{told:?}");
    }
}
