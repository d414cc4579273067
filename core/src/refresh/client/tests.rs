use std::io;
use std::net::SocketAddr;

use claimgate_testkit::{Alg, Behaviour, ServedIssuer, TestIssuer};

use super::*;
use crate::fetch_settings::HttpClient;

/// A resolver that has one answer for every name.
#[derive(Clone)]
struct Always(&'static [&'static str]);

impl Lookup for Always {
    async fn lookup(&self, _: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(self.0.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect())
    }
}

fn guarded(issuer: &str, found: &'static [&'static str]) -> JwksClient {
    let settings = FetchSettings { guard: true, ..FetchSettings::default() };
    JwksClient::with_lookup(issuer, &settings, Tls::Never, || Always(found)).unwrap()
}

async fn served() -> ServedIssuer {
    TestIssuer::serve_new(Alg::ES256).await.unwrap()
}

async fn failure(client: &JwksClient, url: &str) -> FetchError {
    client.get(&Url::parse(url).unwrap()).await.err().unwrap()
}

#[tokio::test]
async fn f21_a_name_that_leads_to_a_metadata_service_is_not_dialled() {
    for found in [
        &["169.254.169.254"][..],
        &["::ffff:169.254.169.254", "fe80::1"],
        &["fd00:ec2::254"],
        &["127.0.0.1"],
        &["0.0.0.0"],
    ] {
        let client = guarded("https://idp.example", found);
        let error = failure(&client, "http://keys.example/jwks").await;
        assert_eq!(error.label(), "forbidden_address", "{found:?}: {error}");
        assert!(error.to_string().contains(found[0]), "{error}");
        assert!(error.is_outage());
    }
}

#[tokio::test]
async fn f21_of_several_addresses_those_that_are_allowed_are_dialled() {
    let served = served().await;
    let client = guarded(served.issuer().issuer(), &["169.254.169.254", "127.0.0.1"]);
    let url = served.jwks_uri().replace("127.0.0.1", "localhost");
    assert!(client.get(&Url::parse(&url).unwrap()).await.is_ok());
    // The same addresses under a name that does not say loopback.
    let url = served.jwks_uri().replace("127.0.0.1", "keys.example");
    assert_eq!(failure(&client, &url).await.label(), "forbidden_address");
    assert_eq!(served.jwks_requests(), 1);
}

#[tokio::test]
async fn a_name_without_an_address_is_unreachable() {
    let client = guarded("https://idp.example", &[]);
    assert_eq!(failure(&client, "http://keys.example/jwks").await.label(), "unreachable");
}

#[tokio::test]
async fn a_redirect_that_was_followed_is_told_from_an_answer() {
    let served = served().await;
    let custom = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let settings = FetchSettings { http_client: Some(HttpClient::new(custom)), ..FetchSettings::default() };
    let client =
        JwksClient::new(served.issuer().issuer(), &settings, Tls::Never, &ClientPool::default()).unwrap();
    // What the client takes off the URL makes no other place of it.
    for spelling in ["#fragment", "", "?"] {
        let url = format!("{}{spelling}", served.jwks_uri());
        assert!(client.get(&Url::parse(&url).unwrap()).await.is_ok(), "{spelling}");
    }
    let url = served.jwks_uri().replace("http://", "http://user:secret@");
    assert!(client.get(&Url::parse(&url).unwrap()).await.is_ok());

    for to in ["?again", "/.well-known/openid-configuration"] {
        let to = Url::parse(served.jwks_uri()).unwrap().join(to).unwrap();
        served.set_jwks(Behaviour::Sequence(vec![Behaviour::Redirect(to.into()), Behaviour::Normal]));
        assert_eq!(failure(&client, served.jwks_uri()).await, FetchError::RedirectFollowed);
    }
    served.set_jwks(Behaviour::Status(300, Vec::new()));
    assert_eq!(failure(&client, served.jwks_uri()).await, FetchError::Redirected(300));
}

#[test]
fn a_proxy_is_said_in_full() {
    for (url, is_good) in [
        ("http://proxy.example:3128", true),
        ("https://user:secret@proxy.example", true),
        ("proxy.example:3128", false),
        ("user:secret@proxy.example:3128", false),
        ("socks5://proxy.example", false),
        ("", false),
    ] {
        let settings = FetchSettings { proxy: Some(url.into()), ..FetchSettings::default() };
        let built = JwksClient::new("https://idp.example", &settings, Tls::Never, &ClientPool::default());
        assert_eq!(built.is_ok(), is_good, "{url:?}");
        if let Err(message) = built {
            assert!(message.starts_with("proxy \""), "{message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }
}
