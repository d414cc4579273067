//! Which keys verify the tokens of whom, and what happens while they are not there.

use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;
use std::time::Duration;

use claimgate_testkit::{Alg, Behaviour, ServedIssuer, TestClock, TestIssuer, TokenBuilder};
use claimgate_tower::apim::{ApiManager, ApiManagerBuilder, Deployment, Notice, Profile, ResourceTable};
use claimgate_tower::{Authenticator, Issuer};
use tokio::task::{JoinSet, LocalSet};

use super::hosts::{Both, Call};
use super::world::{MENU, NOW, PIZZASHACK};

pub(super) const STRICT_AND_4: [Profile; 2] = [Profile::Strict, Profile::Version4];

const HOUR: Duration = Duration::from_secs(3_600);

/// A gateway as its `deployment.toml` has it.
pub(super) struct Deployed {
    pub(super) deployment: Deployment,
    pub(super) notices: Vec<Notice>,
    pub(super) profile: Profile,
    pub(super) clock: TestClock,
}

impl Deployed {
    pub(super) fn new(profile: Profile, text: &str) -> Self {
        let (deployment, notices) = Deployment::from_toml(text).unwrap();
        Deployed { deployment, notices, profile, clock: TestClock::at(NOW.unsigned_abs()) }
    }

    pub(super) fn manager(&self) -> ApiManager {
        self.manager_with(|issuer| issuer)
    }

    /// Its issuers are changed by `change`: the file has no place for how keys are fetched.
    pub(super) fn manager_with(&self, change: impl Fn(Issuer) -> Issuer) -> ApiManager {
        let mut builder = Authenticator::builder().clock(self.clock.clone());
        for issuer in self.deployment.trusted(self.profile) {
            builder = builder.issuer(change(issuer));
        }
        let resources = ResourceTable::from_toml(PIZZASHACK).unwrap();
        let manager = ApiManager::builder(builder.build().unwrap(), resources).profile(self.profile);
        manager.deployment(&self.deployment).build().unwrap()
    }

    /// Its gateway is changed by `change`.
    pub(super) fn manager_that(
        &self,
        change: impl FnOnce(ApiManagerBuilder) -> ApiManagerBuilder,
    ) -> ApiManager {
        let resources = ResourceTable::from_toml(PIZZASHACK).unwrap();
        let clock = self.clock.clone();
        let builder = self
            .deployment
            .manager_with(self.profile, resources, move |builder| builder.clock(clock.clone()));
        change(builder.unwrap()).build().unwrap()
    }

    pub(super) async fn told(&self, token: &str) -> String {
        told(&Both::new(self.manager(), self.manager()), token).await
    }
}

pub(super) async fn told(both: &Both, token: &str) -> String {
    both.send(&Call::get(MENU).bearer(token)).await.told()
}

pub(super) async fn served() -> ServedIssuer {
    TestIssuer::serve_new(Alg::RS256).await.unwrap()
}

/// The row of an issuer that publishes its keys.
pub(super) fn row(served: &ServedIssuer) -> String {
    let (name, url) = (served.issuer().issuer(), served.jwks_uri());
    format!("[[apim.jwt.issuer]]\nname = {name:?}\njwks.url = {url:?}\n")
}

/// The row of an issuer whose keys are in this trust store.
pub(super) fn row_of_store(name: &str, store: &str) -> String {
    format!("[[apim.jwt.issuer]]\nname = {name:?}\n\n[truststore]\n{store}\n")
}

pub(super) fn token(issuer: &TestIssuer) -> TokenBuilder {
    issuer.token().at(NOW).expires_in(24 * HOUR)
}

#[tokio::test]
async fn s09_no_issuer_has_the_keys_of_another() {
    for profile in STRICT_AND_4 {
        let (one, other) = (served().await, served().await);
        other.issuer().rotate();
        let deployed = Deployed::new(profile, &(row(&one) + &row(&other)));
        let both = Both::new(deployed.manager(), deployed.manager());
        for own in [&one, &other] {
            assert_eq!(told(&both, &token(own.issuer()).mint()).await, "200", "{profile:?}");
        }
        // A name that the other alone has, and one that both have.
        for name in ["test-2", "test-1"] {
            other.issuer().sign_with(name);
            let borrowed = token(one.issuer()).signed_by(&other.issuer().current_key()).mint();
            assert_eq!(told(&both, &borrowed).await, "401/900901", "{profile:?} {name}");
            assert_eq!(told(&both, &token(other.issuer()).mint()).await, "200", "{profile:?} {name}");
        }
        assert_eq!(other.jwks_requests(), 2, "nobody asks the other for it");
    }
}

#[tokio::test]
async fn s11_an_unknown_key_id_costs_one_fetch() {
    for profile in STRICT_AND_4 {
        let served = served().await;
        let deployed = Deployed::new(profile, &row(&served));
        let both = Both::new(deployed.manager(), deployed.manager());
        assert_eq!(told(&both, &token(served.issuer()).mint()).await, "200");
        assert_eq!(served.jwks_requests(), 2, "one for each host");
        let unknown = token(served.issuer()).kid("unknown").mint();
        assert_eq!(told(&both, &unknown).await, "401/900901", "{profile:?}");
        assert_eq!(served.jwks_requests(), 4, "one more for each host, {profile:?}");
    }
}

#[tokio::test]
async fn s11_a_thousand_unknown_key_ids_at_once_cost_one_fetch() {
    for profile in STRICT_AND_4 {
        let served = served().await;
        let deployed = Deployed::new(profile, &row(&served));
        let both = Rc::new(Both::new(deployed.manager(), deployed.manager()));
        let good = token(served.issuer()).mint();
        assert_eq!(told(&both, &good).await, "200");
        assert_eq!(served.jwks_requests(), 2, "one for each host");
        let random = RandomState::new();
        let kids = (0..1_000).map(|number| format!("{:x}", random.hash_one(number)));
        let calls = kids.map(|kid| Call::get(MENU).bearer(&token(served.issuer()).kid(kid).mint()));
        let calls: Vec<_> = calls.collect();
        // The fetches take as long as it takes until all requests wait.
        served.set_jwks(Behaviour::Hold);
        let local = LocalSet::new();
        let flood = local.run_until(async {
            let mut sending = JoinSet::new();
            for call in calls {
                let both = both.clone();
                sending.spawn_local(async move { both.send_at_once(&call).await });
            }
            sending.join_all().await
        });
        let meanwhile = async {
            served.wait_for_jwks_requests(4).await;
            served.release();
        };
        let (seen, ()) = tokio::join!(flood, meanwhile);
        for seen in seen.iter().flatten() {
            assert_eq!(seen.told(), "401/900901", "{profile:?}");
        }
        served.set_jwks(Behaviour::Normal);
        let unknown = token(served.issuer()).kid("another").mint();
        assert_eq!(told(&both, &unknown).await, "401/900901", "{profile:?}");
        assert_eq!(served.jwks_requests(), 4, "one more for each host, {profile:?}");
        assert_eq!(told(&both, &good).await, "200");
    }
}

#[tokio::test]
async fn s12_a_new_key_is_found_by_one_fetch_and_a_removed_one_is_gone_with_it() {
    for profile in STRICT_AND_4 {
        let served = served().await;
        let deployed = Deployed::new(profile, &row(&served));
        let both = Both::new(deployed.manager(), deployed.manager());
        let old = token(served.issuer()).mint();
        // Cached by the second.
        assert_eq!((told(&both, &old).await, told(&both, &old).await), ("200".to_owned(), "200".to_owned()));
        served.issuer().rotate();
        served.issuer().retire("test-1");
        assert_eq!(told(&both, &token(served.issuer()).mint()).await, "200", "{profile:?}");
        assert_eq!(served.jwks_requests(), 4, "one more for each host");
        assert_eq!(told(&both, &old).await, "401/900901", "{profile:?}");
    }
}

#[tokio::test]
async fn s12_a_removed_key_is_gone_with_the_schedule_though_nobody_asks_for_another() {
    for profile in STRICT_AND_4 {
        let served = served().await;
        let deployed = Deployed::new(profile, &row(&served));
        let manager = deployed.manager_with(|issuer| issuer.refresh_interval(Duration::from_secs(1)));
        let both = Both::new(manager.clone(), manager.clone());
        let old = token(served.issuer()).mint();
        assert_eq!(told(&both, &old).await, "200");
        served.issuer().rotate();
        served.issuer().retire("test-1");
        deployed.clock.advance(Duration::from_secs(1));
        eventually(|| manager.authenticator().status()[0].key_ids().all(|name| name == Some("test-2"))).await;
        let fetched = served.jwks_requests();
        assert_eq!(told(&both, &token(served.issuer()).mint()).await, "200", "{profile:?}");
        assert_eq!(served.jwks_requests(), fetched);
        assert_eq!(told(&both, &old).await, "401/900901", "{profile:?}");
    }
}

fn outages() -> [(&'static str, Behaviour); 5] {
    [
        ("500", Behaviour::status(500)),
        ("timeout", Behaviour::Hang),
        ("garbage", Behaviour::body("<html>")),
        ("oversized", Behaviour::Huge(2 << 20)),
        ("reset", Behaviour::Close),
    ]
}

/// What a client is told while keys are not there.
fn outage_told(profile: Profile) -> &'static str {
    if profile == Profile::Strict { "503/900900" } else { "500/900900" }
}

async fn refused_for_want_of_keys(both: &Both, token: &str, profile: Profile, name: &str) {
    // When to come again is drawn by lot, so that clients do not come all at once.
    for seen in both.send_at_once(&Call::get(MENU).bearer(token)).await {
        assert_eq!(seen.told(), outage_told(profile), "{profile:?} {name}");
        assert_eq!(seen.header("retry-after").is_some(), profile == Profile::Strict, "{seen:?}");
        assert_eq!(seen.header("www-authenticate"), None, "{name}");
    }
}

#[tokio::test]
async fn s13_the_last_good_keys_serve_through_an_outage_until_they_are_too_old() {
    for profile in STRICT_AND_4 {
        for (name, outage) in outages() {
            let served = served().await;
            let deployed = Deployed::new(profile, &row(&served));
            let manager = || {
                let fetching =
                    |issuer: Issuer| issuer.fetch_timeout(Duration::from_millis(200)).stale_for(HOUR);
                deployed.manager_with(fetching)
            };
            let managers = [manager(), manager()];
            let both = Both::new(managers[0].clone(), managers[1].clone());
            let good = token(served.issuer()).mint();
            assert_eq!(told(&both, &good).await, "200");
            served.set_jwks(outage);
            for manager in &managers {
                manager.authenticator().refresh_now(served.issuer().issuer()).unwrap().await.unwrap_err();
            }
            let another = |number: u64| token(served.issuer()).claim("number", number).mint();
            // The interval of the deployment is core's, ten minutes, and an hour more.
            for (number, seconds) in [(0, 0), (1, 601), (2, 3_599)] {
                deployed.clock.advance(Duration::from_secs(seconds));
                assert_eq!(told(&both, &another(number)).await, "200", "{profile:?} {name} {seconds}");
                assert_eq!(
                    told(&both, &token(served.issuer()).forged().mint()).await,
                    "401/900901",
                    "{name}"
                );
            }
            deployed.clock.advance(Duration::from_secs(1));
            refused_for_want_of_keys(&both, &good, profile, name).await;
        }
    }
}

#[tokio::test]
async fn s13_without_keys_nothing_is_good() {
    for profile in STRICT_AND_4 {
        for (name, outage) in outages() {
            let served = served().await;
            served.set_jwks(outage);
            let deployed = Deployed::new(profile, &row(&served));
            let manager = || deployed.manager_with(|issuer| issuer.fetch_timeout(Duration::from_millis(200)));
            let both = Both::new(manager(), manager());
            for text in [token(served.issuer()).mint(), token(served.issuer()).forged().mint()] {
                refused_for_want_of_keys(&both, &text, profile, name).await;
            }
            served.set_jwks(Behaviour::Normal);
            deployed.clock.advance(Duration::from_secs(60));
            assert_eq!(told(&both, &token(served.issuer()).mint()).await, "200", "{profile:?} {name}");
        }
    }
}

/// Waits for what becomes so by itself.
pub(super) async fn eventually(mut is_so: impl FnMut() -> bool) {
    let until = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), until).await.expect("it becomes so in the end");
}
