//! Keys over the network, and servers with several workers.

use std::collections::HashSet;
use std::thread;

use actix_web::test::{call_service, init_service};
use actix_web::{App, HttpServer, rt, web};
use claimgate_actix::{
    AuthMiddleware, Authenticator, ClientCertificate, Confirmation, Issuer, Start, VerifiedToken,
};
use claimgate_testkit::{Alg, Behaviour, Route, ServedIssuer, TestIssuer};
use serde_json::json;

use crate::support::{AUDIENCE, bearing, text};

/// Trusts an issuer, and has its keys.
async fn loaded(served: &ServedIssuer) -> Authenticator {
    let issuer = Issuer::new(served.url()).audience(AUDIENCE).start(Start::Fail);
    let gate = Authenticator::builder().issuer(issuer).build().unwrap();
    gate.ready().await.unwrap();
    gate
}

async fn subject(token: web::ReqData<VerifiedToken>) -> String {
    token.subject().unwrap().to_owned()
}

#[actix_web::test]
async fn a_request_waits_for_the_key_that_its_token_names() {
    let served = TestIssuer::serve_new(Alg::ES256).await.unwrap();
    let gate = loaded(&served).await;
    let app = App::new().wrap(AuthMiddleware::new(gate)).route("/", web::get().to(subject));
    let app = init_service(app).await;
    let token = || served.issuer().token().audience(AUDIENCE);
    let old = served.issuer().current_key();
    served.issuer().rotate();
    served.set_jwks(Behaviour::Hold);
    let waiting = call_service(&app, bearing("/", &token()).to_request());
    let known = async {
        served.wait_for_requests(Route::Jwks, 2).await;
        // Others go on meanwhile.
        let other = bearing("/", &token().signed_by(&old).kid(old.kid())).to_request();
        assert_eq!(call_service(&app, other).await.status(), 200);
        served.set_jwks(Behaviour::Normal);
        served.release();
    };
    let (answer, ()) = tokio::join!(waiting, known);
    assert_eq!((answer.status().as_u16(), &*text(answer).await), (200, "test-subject"));
    assert_eq!(served.jwks_requests(), 2);
}

#[actix_web::test]
async fn one_authenticator_serves_all_workers() {
    async fn worker(token: web::ReqData<VerifiedToken>) -> String {
        format!("{} {:?}", token.subject().unwrap(), thread::current().id())
    }
    let served = TestIssuer::serve_new(Alg::ES256).await.unwrap();
    let gate = loaded(&served).await;
    let auth = AuthMiddleware::new(gate);
    let server = HttpServer::new(move || App::new().wrap(auth.clone()).route("/", web::get().to(worker)))
        .workers(3)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
    let url = format!("http://{}/", server.addrs()[0]);
    let server = server.run();
    let handle = server.handle();
    rt::spawn(server);

    // The second time round the workers meet a key that is new to all of them.
    for round in 1..=2 {
        let token = served.issuer().token().audience(AUDIENCE).mint();
        let mut workers = HashSet::new();
        for _ in 0..30 {
            // A client each, so that each has its connection; connections go round the workers.
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let answer = client.get(&url).bearer_auth(&token).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            workers.insert(answer.text().await.unwrap());
            assert_eq!(client.get(&url).send().await.unwrap().status(), 401);
        }
        assert_eq!(workers.len(), 3, "{workers:?}");
        assert_eq!(served.jwks_requests(), round, "one fetch for all");
        served.issuer().rotate();
    }
    handle.stop(false).await;
}

#[actix_web::test]
async fn a_bound_token_is_good_over_the_connection_of_its_certificate() {
    // SHA-256 of "der", in base64url.
    const THUMBPRINT: &str = "UFDYDSLs1HHqVd9wNAQsHgQTQf9AZuf2_zjiC3IN-Oo";
    for (shown, expected) in [(Some(*b"der"), 200), (Some(*b"red"), 401), (None, 401)] {
        let idp = TestIssuer::new("https://issuer.test");
        let issuer = Issuer::new(idp.issuer()).audience(AUDIENCE).jwks(idp.jwks());
        let issuer = issuer.confirmation(Confirmation::ClientCertificate);
        let auth = AuthMiddleware::new(Authenticator::builder().issuer(issuer).build().unwrap());
        let server =
            HttpServer::new(move || App::new().wrap(auth.clone()).route("/", web::get().to(subject)))
                .workers(1)
                .on_connect(move |_, connection| {
                    if let Some(der) = shown {
                        connection.insert(ClientCertificate::from_der(der));
                    }
                })
                .disable_signals()
                .bind("127.0.0.1:0")
                .unwrap();
        let url = format!("http://{}/", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        rt::spawn(server);
        let bound = idp.token().audience(AUDIENCE).claim("cnf", json!({ "x5t#S256": THUMBPRINT })).mint();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(&url).bearer_auth(&bound).send().await.unwrap();
        assert_eq!(answer.status(), expected, "{shown:?}");
        handle.stop(false).await;
    }
}
