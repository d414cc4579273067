//! Two real providers behind one server, and one of them fails or changes: over HTTP all ways.

use std::cell::Cell;
use std::time::Duration;

use claimgate_tests::{AuthlibProvider, OidcProvider, Steering};
use claimgate_tower::{AuthErrorKind, Issuer};
use tokio::time::timeout;

use crate::api::{Api, GOOD, authlib_issuer, oidc_issuer, refused};
use crate::conformance::Log;

/// A server that trusts both providers, and a token of each that it has accepted.
struct World {
    oidc: OidcProvider,
    authlib: AuthlibProvider,
    api: Api,
    known: [String; 2],
}

impl World {
    async fn start(adjust: impl Fn(Issuer) -> Issuer) -> Self {
        let (oidc, authlib) = tokio::join!(OidcProvider::start(), AuthlibProvider::start());
        let (oidc, authlib) = (oidc.unwrap(), authlib.unwrap());
        let api = Api::trusting([adjust(oidc_issuer(&oidc)), adjust(authlib_issuer(&authlib))]).await;
        let known = [oidc.token("EdDSA").await.unwrap(), authlib.token("RS256").await.unwrap()];
        let world = World { oidc, authlib, api, known };
        world.accepts_what_it_knows().await;
        world
    }

    /// No request with a known key waits for anybody, so each has far less time than a fetch here.
    async fn accepts_what_it_knows(&self) {
        for (token, whose) in self.known.iter().zip(["oidc-provider", "Authlib"]) {
            let answer = timeout(PATIENCE, self.api.call(token)).await.expect(whose);
            assert_eq!(answer, GOOD, "{whose}");
        }
    }

    /// Until it is so, known tokens are accepted at every look.
    async fn accepts_what_it_knows_until(&self, is_so: impl AsyncFn() -> bool) {
        let until = async {
            while !is_so().await {
                self.accepts_what_it_knows().await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, until).await.expect("it becomes so in the end");
        self.accepts_what_it_knows().await;
    }
}

/// Refreshes that come within the test, and fetches that outlast it.
fn impatient(issuer: Issuer) -> Issuer {
    issuer.refresh_interval(Duration::from_secs(1)).fetch_timeout(2 * PATIENCE)
}

/// The refreshes that have failed, by what the log says.
struct Failures {
    log: Log,
    issuers: [String; 2],
    counts: Cell<[usize; 2]>,
}

impl Failures {
    fn of(providers: [&Steering; 2]) -> Self {
        let issuers = providers.map(|provider| format!("{:?}", provider.issuer()));
        Failures { log: Log::begin(), issuers, counts: Cell::default() }
    }

    fn counts(&self) -> [usize; 2] {
        let log = self.log.take();
        let failed: Vec<_> = log.lines().filter(|line| line.contains("keys could not be fetched")).collect();
        let [first, second] = &self.issuers;
        let count = |issuer: &str| failed.iter().filter(|line| line.contains(issuer)).count();
        let [before_first, before_second] = self.counts.get();
        self.counts.set([before_first + count(first), before_second + count(second)]);
        self.counts.get()
    }
}

#[tokio::test]
async fn f33_an_issuer_that_restarts_with_new_keys_leaves_the_other_alone() {
    let world = World::start(impatient).await;
    let World { oidc, authlib, api, known: [old, of_authlib] } = &world;
    let failures = Failures::of([oidc, authlib]);
    oidc.down().await.unwrap();
    world.accepts_what_it_knows_until(async || failures.counts()[0] > 0).await;
    assert_eq!(api.call(&authlib.token("ES256").await.unwrap()).await, GOOD, "a new one, too");
    oidc.rotate(false).await.unwrap();
    oidc.up().await.unwrap();

    let new = oidc.token("EdDSA").await.unwrap();
    assert_eq!(api.call(&new).await, GOOD, "the very first request");
    assert_eq!(api.call(old).await, refused(AuthErrorKind::UnknownKey));
    assert_eq!(api.call(of_authlib).await, GOOD);
    assert_eq!(failures.counts()[1], 0);
}

#[tokio::test]
async fn f25_the_first_token_after_a_restart_is_accepted_and_the_last_before_it_is_not() {
    let world = World::start(|issuer| issuer).await;
    let World { oidc, authlib, api, known: [old, of_authlib] } = &world;
    let is_over = Cell::new(false);
    let restart = async {
        oidc.restart().await.unwrap();
        is_over.set(true);
    };
    let traffic = async {
        while !is_over.get() {
            assert_eq!(api.call(of_authlib).await, GOOD);
        }
    };
    tokio::join!(restart, traffic);
    assert_eq!(api.call(old).await, GOOD, "nothing was fetched yet");
    let new = oidc.token("EdDSA").await.unwrap();
    assert_eq!(api.call(&new).await, GOOD, "the very first request");
    assert_eq!(api.call(old).await, refused(AuthErrorKind::UnknownKey));
    assert_eq!(authlib.jwks_requests().await.unwrap(), 1);
}

#[tokio::test]
async fn f25_a_new_key_that_no_kid_names_is_fetched_within_the_request() {
    let provider = AuthlibProvider::start().await.unwrap();
    let api = Api::trusting([authlib_issuer(&provider)]).await;
    let old = tokens(&provider).await;
    for token in &old {
        assert_eq!(api.call(token).await, GOOD);
    }
    provider.rotate(true).await.unwrap();
    let new = tokens(&provider).await;
    for token in new.iter().chain(&old) {
        assert_eq!(api.call(token).await, GOOD);
    }
    assert_eq!(provider.jwks_requests().await.unwrap(), 2);
    for token in new.iter().chain(&old) {
        let forged = claimgate_testkit::tamper::with_claim(token, "sub", "admin");
        assert_eq!(api.call(&forged).await, refused(AuthErrorKind::BadSignature), "neither key's");
    }
}

#[tokio::test]
async fn f29_a_key_that_no_kid_names_stops_working_when_its_overlap_ends() {
    let provider = AuthlibProvider::start().await.unwrap();
    let api = Api::trusting([impatient(authlib_issuer(&provider))]).await;
    let old = tokens(&provider).await;
    for token in &old {
        assert_eq!(api.call(token).await, GOOD);
    }
    provider.rotate(true).await.unwrap();
    let new = tokens(&provider).await;
    for token in new.iter().chain(&old) {
        assert_eq!(api.call(token).await, GOOD, "the old keys are still published");
    }
    provider.retire_old_keys().await.unwrap();
    for (old, new) in old.iter().zip(&new) {
        let refused_at_last = async {
            loop {
                let answer = api.call(old).await;
                assert_eq!(api.call(new).await, GOOD);
                if answer != GOOD {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let answer = timeout(PATIENCE, refused_at_last).await.expect("a refresh");
        assert_eq!(answer, refused(AuthErrorKind::BadSignature));
    }
}

/// One in each of the algorithms that Authlib signs with here.
async fn tokens(provider: &AuthlibProvider) -> [String; 2] {
    [provider.token("RS256").await.unwrap(), provider.token("ES256").await.unwrap()]
}

#[tokio::test]
async fn f33_a_refresh_that_hangs_and_an_outage_are_not_felt_by_the_other_issuer() {
    let world = World::start(impatient).await;
    let World { oidc, authlib, .. } = &world;
    suffers_alone(&world, oidc, authlib, async || authlib.token("RS256").await.unwrap()).await;
    suffers_alone(&world, authlib, oidc, async || oidc.token("EdDSA").await.unwrap()).await;
}

/// One provider hangs and then is down, while the other rotates.
async fn suffers_alone(world: &World, sick: &Steering, well: &Steering, token: impl AsyncFn() -> String) {
    sick.hold_jwks().await.unwrap();
    let asked = sick.jwks_requests().await.unwrap();
    world.accepts_what_it_knows_until(async || sick.jwks_requests().await.unwrap() > asked).await;
    well.rotate(true).await.unwrap();
    let new = token().await;
    let answer = timeout(PATIENCE, world.api.call(&new)).await.expect("no wait for the other's refresh");
    assert_eq!(answer, GOOD, "the first with the new key");
    world.accepts_what_it_knows().await;
    assert_eq!(sick.jwks_requests().await.unwrap(), asked + 1, "it still hangs");
    sick.down().await.unwrap();
    assert_eq!(world.api.call(&token().await).await, GOOD);
    world.accepts_what_it_knows().await;
    sick.release_jwks().await.unwrap();
    sick.up().await.unwrap();
    // It is back: refreshes go on.
    let asked = sick.jwks_requests().await.unwrap();
    world.accepts_what_it_knows_until(async || sick.jwks_requests().await.unwrap() > asked).await;
}

#[tokio::test]
async fn f04_known_keys_serve_while_both_issuers_are_down() {
    let world = World::start(impatient).await;
    let World { oidc, authlib, api, .. } = &world;
    let failures = Failures::of([oidc, authlib]);
    oidc.down().await.unwrap();
    authlib.down().await.unwrap();
    // The second failure comes more than a second after the keys did: by then they are stale.
    world.accepts_what_it_knows_until(async || failures.counts().iter().all(|failed| *failed >= 2)).await;
    for provider in [&**oidc, &**authlib] {
        provider.rotate(false).await.unwrap();
        provider.up().await.unwrap();
    }
    for token in [oidc.token("RS256").await.unwrap(), authlib.token("ES256").await.unwrap()] {
        assert_eq!(api.call(&token).await, GOOD, "the very first request");
    }
}

/// For a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(30);
