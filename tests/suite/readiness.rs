//! The readiness route, over sockets and on both hosts.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::{App, HttpServer};
use axum::Router;
use claimgate_testkit::{Alg, Behaviour, ServedIssuer, TestClock, TestIssuer};
use claimgate_tests::Server;
use claimgate_tower::{
    Authenticator, AuthenticatorBuilder, DynamicIssuers, Issuer, IssuerResolver, ResolveFuture,
};
use reqwest::{Client, Method, StatusCode};
use tokio::net::TcpListener;

const NOW: u64 = 1_800_000_000;
const HOUR: Duration = Duration::from_secs(3_600);

/// The route of one authenticator on axum and on actix-web.
struct Hosts([SocketAddr; 2], Client);

impl Hosts {
    async fn serving(gate: &Authenticator) -> Self {
        let axum = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let actix = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let addresses = [axum.local_addr().unwrap(), actix.local_addr().unwrap()];
        let router = Router::new().route("/ready", claimgate_tower::readiness(gate.clone()));
        tokio::spawn(async move { axum::serve(axum, router).await });
        let gate = gate.clone();
        let app = move || App::new().route("/ready", claimgate_actix::readiness(gate.clone()));
        let server = HttpServer::new(app).workers(1).disable_signals().listen(actix).unwrap().run();
        tokio::spawn(server);
        Hosts(addresses, Client::builder().no_proxy().build().unwrap())
    }

    /// What both hosts answer, which is the same: the status and the body.
    async fn ask(&self) -> (StatusCode, String) {
        let mut answers = Vec::new();
        for method in [Method::GET, Method::HEAD] {
            for address in self.0 {
                let request = self.1.request(method.clone(), format!("http://{address}/ready"));
                let response = request.send().await.unwrap();
                let (status, mut headers) = (response.status(), response.headers().clone());
                // The one field that is about the moment and not about the answer.
                headers.remove("date").unwrap();
                let mut fields: Vec<_> =
                    headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
                fields.sort_by(|one, another| one.0.cmp(&another.0));
                answers.push((status, fields, response.text().await.unwrap()));
            }
        }
        let [get, get_on_actix, head, head_on_actix] = answers.try_into().unwrap();
        assert_eq!(get, get_on_actix);
        assert_eq!(head, head_on_actix);
        let (status, fields, body) = get;
        assert_eq!((status, &fields, ""), (head.0, &head.1, &*head.2), "HEAD is GET without the body");
        let length = body.len().to_string();
        let expected = [
            ("cache-control", "no-store"),
            ("content-length", &*length),
            ("content-type", "application/json"),
        ];
        assert!(
            fields.iter().map(|(name, value)| (&**name, value.to_str().unwrap())).eq(expected),
            "{fields:?}"
        );
        (status, body)
    }
}

async fn served() -> ServedIssuer {
    TestIssuer::serve_new(Alg::ES256).await.unwrap()
}

fn over(served: &ServedIssuer) -> Issuer {
    Issuer::new(served.issuer().issuer()).audience("api").jwks_uri(served.jwks_uri())
}

fn gate(issuers: impl IntoIterator<Item = Issuer>) -> (Authenticator, TestClock) {
    let clock = TestClock::at(NOW);
    let builder = issuers.into_iter().fold(Authenticator::builder(), AuthenticatorBuilder::issuer);
    (builder.clock(clock.clone()).build().unwrap(), clock)
}

fn says(ready: bool, issuers: &[(&ServedIssuer, &str)]) -> String {
    let mut issuers: Vec<_> = issuers.iter().map(|(served, keys)| (served.issuer().issuer(), keys)).collect();
    issuers.sort_unstable();
    let issuers = issuers.iter().map(|(issuer, keys)| format!(r#"{{"issuer":"{issuer}","keys":"{keys}"}}"#));
    format!(r#"{{"ready":{ready},"issuers":[{}]}}"#, issuers.collect::<Vec<_>>().join(","))
}

#[actix_web::test]
async fn it_follows_the_keys_from_never_loaded_to_expired() {
    let up = served().await;
    up.set_jwks(Behaviour::status(500));
    let (gate, clock) = gate([over(&up).stale_for(HOUR)]);
    let hosts = Hosts::serving(&gate).await;
    let name = up.issuer().issuer();
    let (good, bad) = (StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(hosts.ask().await, (bad, says(false, &[(&up, "never_loaded")])));
    up.set_jwks(Behaviour::Normal);
    gate.refresh_now(name).unwrap().await.unwrap();
    assert_eq!(hosts.ask().await, (good, says(true, &[(&up, "fresh")])));
    up.set_jwks(Behaviour::status(500));
    clock.advance(HOUR);
    assert_eq!(hosts.ask().await, (good, says(true, &[(&up, "stale")])));
    clock.advance(HOUR);
    assert_eq!(hosts.ask().await, (bad, says(false, &[(&up, "expired")])));
}

#[actix_web::test]
async fn one_issuer_that_is_down_does_not_take_the_instance_out() {
    let (up, down) = (served().await, served().await);
    down.set_jwks(Behaviour::status(500));
    let (gate, _) = gate([over(&up), over(&down)]);
    let hosts = Hosts::serving(&gate).await;
    gate.refresh_now(up.issuer().issuer()).unwrap().await.unwrap();
    let expected = says(true, &[(&up, "fresh"), (&down, "never_loaded")]);
    assert_eq!(hosts.ask().await, (StatusCode::OK, expected));
    assert!(gate.readiness().is_ready() && !gate.readiness().is_ready_for_all());
    down.set_jwks(Behaviour::Normal);
    gate.refresh_now(down.issuer().issuer()).unwrap().await.unwrap();
    assert!(gate.readiness().is_ready_for_all());
}

#[actix_web::test]
async fn tenants_are_counted_and_not_named() {
    struct Everybody;
    impl IssuerResolver for Everybody {
        fn resolve<'a>(&'a self, issuer: &'a str) -> ResolveFuture<'a> {
            Box::pin(async move { Ok(Some(Issuer::new(issuer).audience("api"))) })
        }
    }
    let tenant = TestIssuer::serve_new_at(Alg::ES256, "/t/one").await.unwrap();
    let dynamic = DynamicIssuers::new(Everybody).prefix(format!("{}/t/", tenant.url()));
    let gate = Authenticator::builder().dynamic_issuers(dynamic).build().unwrap();
    let hosts = Hosts::serving(&gate).await;
    let answer = |tenants| (StatusCode::OK, format!(r#"{{"ready":true,"issuers":[],"tenants":{tenants}}}"#));
    assert_eq!(hosts.ask().await, answer(0), "the resolver may know more");
    let token = tenant.issuer().token().audience("api").mint();
    let claimgate_tower::Decision::Pending(pending) = gate.authenticate_token(&token, gate.now()) else {
        panic!("decided without asking");
    };
    pending.await.unwrap();
    assert_eq!(hosts.ask().await, answer(1));
}

#[tokio::test]
async fn both_apis_tell_whether_they_are_ready() {
    let issuer = served().await;
    issuer.set_jwks(Behaviour::status(500));
    let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("readiness.toml");
    let text = format!("[[issuer]]\nissuer = {:?}\naudiences = [\"api\"]\n", issuer.url());
    std::fs::write(&path, text).unwrap();
    let client = Client::builder().no_proxy().build().unwrap();
    let mut servers = Vec::new();
    for package in ["axum-api", "actix-api"] {
        let arguments = ["--config", path.to_str().unwrap(), "--listen", "127.0.0.1:0"];
        servers.push(Server::start(package, arguments).await.unwrap());
    }
    for (behaviour, status) in [(None, 503), (Some(Behaviour::Normal), 200)] {
        if let Some(behaviour) = behaviour {
            issuer.set_jwks(behaviour);
        }
        for server in &servers {
            // The schedule tries again by itself, after a second at first.
            let waits = tokio::time::timeout(Duration::from_secs(30), async {
                while client.get(server.url("/ready")).send().await.unwrap().status() != status {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            });
            assert!(waits.await.is_ok(), "not {status}");
            assert_eq!(client.get(server.url("/health")).send().await.unwrap().status(), 200);
        }
    }
}
