//! Keys that come over the network while requests run: rows that no single request can show.

use std::time::Duration;

use claimgate_testkit::{Alg, Behaviour, ServedIssuer, SigningKey, TestClock, TestIssuer, TokenBuilder};

use claimgate_tower::AuthErrorKind::{UnknownIssuer, UnknownKey};
use claimgate_tower::{Authenticator, Issuer, Start};

use super::HOSTS;
use super::case::Outcome::{self, Accepted, InvalidToken, Unavailable};
use super::host::{Handler, Host, Ledger, Request, Setup};
use super::run::check;
use super::world::{AUDIENCE, ISSUER, NOW, SUBJECT, clock_at, good};

/// A gate that fetches its keys from an issuer on loopback.
struct Live {
    host: &'static dyn Host,
    served: ServedIssuer,
    clock: TestClock,
    setup: Setup,
}

impl Live {
    /// A gate whose first fetch meets `behaviour`.
    async fn begin(host: &'static dyn Host, behaviour: Behaviour) -> Self {
        let served = TestIssuer::new(ISSUER).serve().await.unwrap();
        served.set_jwks(behaviour);
        let clock = clock_at(NOW);
        let issuer =
            Issuer::new(ISSUER).audience(AUDIENCE).jwks_uri(served.jwks_uri()).start(Start::Wait(PATIENCE));
        let gate = Authenticator::builder().issuer(issuer).clock(clock.clone()).build().unwrap();
        let ledger = Ledger::default();
        let setup = Setup {
            gate: Some(gate),
            optional: false,
            preflight: false,
            problem: false,
            handler: Handler::Token,
            ledger,
        };
        Live { host, served, clock, setup }
    }

    /// A gate that has its keys.
    async fn loaded(host: &'static dyn Host) -> Self {
        let live = Live::begin(host, Behaviour::Normal).await;
        live.setup.gate.as_ref().unwrap().ready().await.unwrap();
        live.expect(&live.token(), Accepted(SUBJECT)).await;
        assert_eq!(live.served.jwks_requests(), 1);
        live
    }

    fn token(&self) -> TokenBuilder {
        good(self.served.issuer())
    }

    async fn expect(&self, token: &TokenBuilder, outcome: Outcome) {
        let request = Request::bearer(&token.mint());
        if let Err(problem) = check(self.host, &self.setup, &request, outcome, None).await {
            panic!("{}: {problem}", self.host.name());
        }
    }
}

/// More than a fetch on loopback ever takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that nobody trusts and nobody may ask.
async fn stranger() -> ServedIssuer {
    TestIssuer::serve_new(Alg::ES256).await.unwrap()
}

fn requests(stranger: &ServedIssuer) -> usize {
    stranger.jwks_requests() + stranger.discovery_requests()
}

#[tokio::test]
async fn n075_a_kid_that_is_a_url_is_not_fetched() {
    for host in HOSTS {
        let (live, stranger) = (Live::loaded(*host).await, stranger().await);
        live.expect(&live.token().kid(stranger.jwks_uri()), InvalidToken(UnknownKey)).await;
        assert_eq!((live.served.jwks_requests(), requests(&stranger)), (2, 0), "{}", host.name());
    }
}

#[tokio::test]
async fn n077_a_flood_of_unknown_kids_causes_two_fetches() {
    for host in HOSTS {
        let live = Live::loaded(*host).await;
        for n in 0..10_000 {
            let request = Request::bearer(&live.token().kid(format!("random-{n}")).mint());
            let reply = host.send(&live.setup, &request).await;
            assert_eq!(reply.error.map(|error| error.kind()), Some(UnknownKey), "{} {n}", host.name());
            assert_eq!(reply.status, 401, "{} {n}", host.name());
        }
        assert_eq!(live.served.jwks_requests(), 1 + 2, "{}", host.name());
        live.expect(&live.token(), Accepted(SUBJECT)).await;
    }
}

#[tokio::test]
async fn n078_urls_of_keys_in_the_header_are_ignored() {
    for host in HOSTS {
        let (live, stranger) = (Live::loaded(*host).await, stranger().await);
        let url = stranger.jwks_uri();
        for member in ["jku", "x5u"] {
            live.expect(&live.token().header(member, url), Accepted(SUBJECT)).await;
            let key = stranger.issuer().current_key();
            let token = live.token().signed_by(&key).kid("theirs").header(member, url);
            live.expect(&token, InvalidToken(UnknownKey)).await;
        }
        assert_eq!(requests(&stranger), 0, "{}", host.name());
    }
}

#[tokio::test]
async fn n110_an_unknown_issuer_causes_no_fetch() {
    for host in HOSTS {
        let (live, stranger) = (Live::loaded(*host).await, stranger().await);
        for _ in 0..10 {
            live.expect(&good(stranger.issuer()), InvalidToken(UnknownIssuer)).await;
            live.expect(&live.token().claim("iss", stranger.url()), InvalidToken(UnknownIssuer)).await;
        }
        assert_eq!((live.served.jwks_requests(), requests(&stranger)), (1, 0), "{}", host.name());
    }
}

#[tokio::test]
async fn n138_a_refused_token_is_accepted_once_its_key_is_published() {
    for host in HOSTS {
        let live = Live::loaded(*host).await;
        let key = SigningKey::generate(Alg::ES256, "next");
        let token = live.token().signed_by(&key);
        live.expect(&token, InvalidToken(UnknownKey)).await;
        live.served.issuer().add_key(key);
        live.expect(&token, Accepted(SUBJECT)).await;
        live.expect(&live.token(), Accepted(SUBJECT)).await;
    }
}

#[tokio::test]
async fn n143_a_redirect_brings_no_keys() {
    for host in HOSTS {
        let (live, stranger) = (Live::loaded(*host).await, stranger().await);
        live.served.set_jwks(Behaviour::Redirect(stranger.jwks_uri().to_owned()));
        let theirs = live.token().signed_by(&stranger.issuer().current_key());
        live.expect(&theirs.kid("theirs"), InvalidToken(UnknownKey)).await;
        live.expect(&live.token(), Accepted(SUBJECT)).await;
        assert_eq!((live.served.jwks_requests(), requests(&stranger)), (2, 0), "{}", host.name());
    }
}

#[tokio::test]
async fn n144_without_keys_nobody_is_let_in() {
    for host in HOSTS {
        let live = Live::begin(*host, Behaviour::status(500)).await;
        live.expect(&live.token(), Unavailable(1)).await;
        live.expect(&live.token().forged(), Unavailable(1)).await;
        live.served.set_jwks(Behaviour::Normal);
        live.clock.advance(Duration::from_secs(10));
        live.expect(&live.token(), Accepted(SUBJECT)).await;
    }
}

#[tokio::test]
async fn n147_an_unknown_kid_while_the_issuer_is_down() {
    for host in HOSTS {
        let live = Live::begin(*host, Behaviour::Close).await;
        let unknown = live.token().kid("unknown");
        live.expect(&unknown, Unavailable(1)).await;

        let live = Live::loaded(*host).await;
        live.served.set_jwks(Behaviour::status(500));
        // Fresh until `refresh_interval` has passed, which is ten minutes. Tokens last five.
        live.clock.advance(Duration::from_secs(600));
        let token = live.token().at(NOW + 600);
        live.expect(&token.clone().kid("unknown"), InvalidToken(UnknownKey)).await;
        // Stale for another hour.
        live.clock.advance(Duration::from_secs(1));
        live.expect(&token.clone().kid("unknown"), Unavailable(1)).await;
        live.expect(&token, Accepted(SUBJECT)).await;
        live.clock.advance(Duration::from_secs(3_599));
        let token = live.token().at(NOW + 4_200);
        live.expect(&token, Accepted(SUBJECT)).await;
        // Then nobody is let in.
        live.clock.advance(Duration::from_secs(1));
        live.expect(&token, Unavailable(1)).await;
        live.expect(&token.kid("unknown"), Unavailable(1)).await;
    }
}
