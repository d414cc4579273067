//! Tokens that come again: their signature is checked once, and all else each time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use claimgate_testkit::{Alg, Behaviour, TestClock, TestIssuer, base64url, tamper};
use claimgate_tower::apim::{
    ApiManager, ApiManagerBuilder, Deployment, Profile, ResourceTable, RevocationError, RevokedTokens,
};
use claimgate_tower::{Authenticator, AuthenticatorBuilder, Decision, Issuer, TokenCache, VerifiedToken};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy};
use proptest::prop_oneof;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use super::hosts::{Both, Call};
use super::keys::{Deployed, STRICT_AND_4, row, served, token, told};
use super::reload::on_both;
use super::world::{ISSUER, MENU, NOW, PIZZASHACK, World};
use crate::conformance::Log;

fn verified(manager: &ApiManager, text: &str) -> VerifiedToken {
    let gate = manager.authenticator();
    match gate.authenticate_token(text, gate.now()) {
        Decision::Decided(Ok(token)) => token,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn s40_a_token_is_verified_once() {
    for profile in STRICT_AND_4 {
        for (cache, is_shared) in [(TokenCache::new(), true), (TokenCache::disabled(), false)] {
            let world = World::new(profile);
            let issuer = claimgate_tower::Issuer::new(ISSUER).any_audience().jwks(world.issuer.jwks());
            let gate = Authenticator::builder().issuer(profile.applied_to(issuer)).token_cache(cache);
            let gate = gate.clock(world.clock.clone()).build().unwrap();
            let manager = world.manager_of(gate, |builder| builder);
            let text = world.token().mint();
            assert_eq!(told(&on_both(&manager), &text).await, "200");
            // What was verified for a host is what is found again.
            let claims = || verified(&manager, &text).claims::<Value>().unwrap();
            assert_eq!(Arc::ptr_eq(&claims(), &claims()), is_shared, "{profile:?}");
        }
    }
}

#[tokio::test]
async fn s40_what_is_remembered_is_of_one_token_of_one_issuer() {
    for profile in STRICT_AND_4 {
        let (one, other) = (served().await, served().await);
        let deployed = Deployed::new(profile, &(row(&one) + &row(&other)));
        let both = Both::new(deployed.manager(), deployed.manager());
        for _ in 0..3 {
            for (issuer, name) in [(&one, "ann"), (&other, "bob")] {
                let text = token(issuer.issuer()).subject(name).claim("jti", "the-same").mint();
                for _ in 0..2 {
                    let seen = both.send(&Call::get(MENU).bearer(&text)).await;
                    assert_eq!(seen.given("/subject"), name, "{profile:?}");
                }
                // The signature is that of a token that is remembered.
                let mut payload = tamper::unverified_payload(&text).unwrap();
                payload["sub"] = "admin".into();
                let parts: Vec<_> = text.split('.').collect();
                let tampered = format!("{}.{}.{}", parts[0], base64url(payload.to_string()), parts[2]);
                assert_eq!(told(&both, &tampered).await, "401/900901", "{profile:?}");
                assert_eq!(told(&both, &text).await, "200");
            }
        }
    }
}

#[tokio::test]
async fn s40_expiry_and_revoked_keys_count_for_what_is_remembered() {
    for (profile, expired) in [(Profile::Strict, "401/900903"), (Profile::Version4, "401/900901")] {
        let served = served().await;
        let deployed = Deployed::new(profile, &row(&served));
        let manager = deployed.manager();
        let both = on_both(&manager);
        let text = served.issuer().token().at(NOW).expires_in(Duration::from_secs(300)).mint();
        for _ in 0..2 {
            assert_eq!(told(&both, &text).await, "200");
        }
        manager.authenticator().revoke_key(served.issuer().issuer(), "test-1").unwrap();
        assert_eq!(told(&both, &text).await, "401/900901", "{profile:?}");
        manager.authenticator().restore_key(served.issuer().issuer(), "test-1").unwrap();
        assert_eq!(told(&both, &text).await, "200");
        deployed.clock.advance(Duration::from_secs(300));
        assert_eq!(told(&both, &text).await, expired, "{profile:?}");
    }
}

/// Two issuers, and who has revoked what.
struct Two {
    issuers: [TestIssuer; 2],
    clock: TestClock,
    revoked: RevokedTokens,
}

impl Two {
    fn new() -> Self {
        let issuers = [ISSUER, "https://other.example.com"];
        Two {
            issuers: issuers.map(|name| TestIssuer::with_algorithm(name, Alg::EdDSA)),
            clock: TestClock::at(NOW.unsigned_abs()),
            revoked: RevokedTokens::new(),
        }
    }

    fn token(&self, issuer: usize, token_id: Option<&str>) -> String {
        let token = token(&self.issuers[issuer]).header("typ", "JWT");
        match token_id {
            Some(token_id) => token.claim("jti", token_id),
            None => token.without("jti"),
        }
        .mint()
    }

    fn manager(&self, profile: Profile, cache: TokenCache) -> ApiManager {
        self.manager_with(profile, cache, |builder| builder)
    }

    fn manager_with(
        &self,
        profile: Profile,
        cache: TokenCache,
        change: impl Fn(ApiManagerBuilder) -> ApiManagerBuilder,
    ) -> ApiManager {
        let mut gate = Authenticator::builder().token_cache(cache).clock(self.clock.clone());
        for issuer in &self.issuers {
            let trusted = Issuer::new(issuer.issuer()).any_audience().jwks(issuer.jwks());
            gate = gate.issuer(profile.applied_to(trusted).leeway(Duration::ZERO));
        }
        let resources = ResourceTable::from_toml(PIZZASHACK).unwrap();
        let builder = ApiManager::builder(gate.build().unwrap(), resources).profile(profile);
        change(builder.revoked_tokens(&self.revoked)).build().unwrap()
    }

    /// Revokes a token of this issuer, or of all, that expires so many seconds from the start.
    fn revoke(&self, issuer: Option<usize>, token_id: &str, until: u64) -> Result<(), RevocationError> {
        let issuer = issuer.map(|issuer| self.issuers[issuer].issuer());
        let until = UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs() + until);
        self.revoked.revoke(issuer, token_id, until, claimgate_tower::Clock::now(&self.clock))
    }
}

const DAY: u64 = 86_400;

#[tokio::test]
async fn s40_a_revoked_token_is_refused_though_it_is_remembered() {
    for (profile, words) in
        [(Profile::Strict, "Invalid Credentials"), (Profile::Version4, "Invalid JWT token")]
    {
        for cache in [TokenCache::new(), TokenCache::disabled()] {
            let two = Two::new();
            let both = on_both(&two.manager(profile, cache));
            let [one, other] = [0, 1].map(|issuer| two.token(issuer, Some("id-17")));
            let [neighbour, without] = [Some("id-18"), None].map(|token_id| two.token(0, token_id));
            let all = async || {
                let mut all = Vec::new();
                for text in [&one, &other, &neighbour, &without] {
                    all.push(told(&both, text).await == "200");
                }
                all
            };
            assert_eq!(all().await, [true; 4]);
            assert_eq!(all().await, [true; 4], "remembered now");
            two.revoke(Some(0), "id-17", DAY).unwrap();
            let log = Log::begin();
            let seen = both.send(&Call::get(MENU).bearer(&one)).await;
            let log = log.take();
            assert_eq!(seen.told(), "401/900901", "{profile:?}");
            let body: Value = serde_json::from_str(&seen.body).unwrap();
            let advice = "Make sure you have provided the correct security credentials";
            assert_eq!(body["description"], format!("{words}. {advice}"), "{profile:?}");
            assert!(log.contains("request refused: the token is revoked (900901)"), "{log}");
            assert!(!log.contains("id-17") && !seen.body.contains("id-17"), "{log}");
            assert_eq!(all().await, [false, true, true, true], "{profile:?}: of one issuer");
            two.revoke(None, "id-17", DAY).unwrap();
            assert_eq!(all().await, [false, false, true, true], "{profile:?}: of all");
            // Where no token is needed, nobody looks at it.
            let health = Call::get("/pizzashack/1.0.0/health").bearer(&one);
            assert_eq!(both.send(&health).await.status, 200);
        }
    }
}

#[tokio::test]
async fn s40_a_revocation_counts_for_as_long_as_its_token_could_be_good() {
    for profile in STRICT_AND_4 {
        let two = Two::new();
        let both = on_both(&two.manager(profile, TokenCache::new()));
        let text = two.token(0, Some("id"));
        assert_eq!(told(&both, &text).await, "200");
        two.revoke(Some(0), "id", 100).unwrap();
        // The largest leeway is 300 seconds. Longer than was said, it does not count: the token should have expired.
        for (passes, expected) in [(0, "401/900901"), (399, "401/900901"), (1, "200")] {
            two.clock.advance(Duration::from_secs(passes));
            assert_eq!(told(&both, &text).await, expected, "{profile:?}");
        }
    }
}

#[tokio::test]
async fn s40_a_revocation_without_room_is_refused_aloud_and_the_others_count() {
    let two = Two { revoked: RevokedTokens::at_most(2), ..Two::new() };
    let both = on_both(&two.manager(Profile::Strict, TokenCache::new()));
    let texts = ["a", "b", "id-17"].map(|token_id| two.token(0, Some(token_id)));
    two.revoke(Some(0), "a", DAY).unwrap();
    two.revoke(Some(0), "b", 100).unwrap();
    let log = Log::begin();
    assert_eq!(two.revoke(Some(0), "id-17", DAY), Err(RevocationError::Full { most: 2 }));
    let log = log.take();
    assert!(log.contains("ERROR") && log.contains("token not revoked: there are 2 revocations"), "{log}");
    assert!(!log.contains("id-17") && !log.contains(ISSUER), "{log}");
    for (text, expected) in texts.iter().zip(["401/900901", "401/900901", "200"]) {
        assert_eq!(told(&both, text).await, expected);
    }
    two.clock.advance(Duration::from_secs(400));
    two.revoke(Some(0), "id-17", DAY).unwrap();
    for (text, expected) in texts.iter().zip(["401/900901", "200", "401/900901"]) {
        assert_eq!(told(&both, text).await, expected);
    }
}

#[tokio::test]
async fn s40_revocation_is_told_before_what_the_token_may_not_do() {
    for profile in STRICT_AND_4 {
        let two = Two::new();
        let both =
            on_both(&two.manager_with(profile, TokenCache::new(), ApiManagerBuilder::require_subscription));
        let text = two.token(0, Some("id"));
        assert_eq!(told(&both, &text).await, "403/900908", "{profile:?}");
        two.revoke(Some(0), "id", DAY).unwrap();
        assert_eq!(told(&both, &text).await, "401/900901", "{profile:?}");
    }
}

#[tokio::test]
async fn s40_a_token_that_is_revoked_while_its_key_is_waited_for_is_refused() {
    for profile in STRICT_AND_4 {
        let served = served().await;
        let deployed = Deployed::new(profile, &row(&served));
        let revoked = RevokedTokens::new();
        let mut gate = Authenticator::builder().clock(deployed.clock.clone());
        for issuer in deployed.deployment.trusted(profile) {
            gate = gate.issuer(issuer);
        }
        let resources = ResourceTable::from_toml(PIZZASHACK).unwrap();
        let builder = ApiManager::builder(gate.build().unwrap(), resources).profile(profile);
        let manager = builder.revoked_tokens(&revoked).build().unwrap();
        let both = on_both(&manager);
        assert_eq!(told(&both, &token(served.issuer()).mint()).await, "200");
        served.set_jwks(Behaviour::Hold);
        served.issuer().rotate();
        let text = token(served.issuer()).claim("jti", "id").mint();
        let meanwhile = async {
            served.wait_for_jwks_requests(2).await;
            let until = UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs() + DAY);
            let now = manager.authenticator().now();
            revoked.revoke(Some(served.issuer().issuer()), "id", until, now).unwrap();
            served.release();
        };
        let (seen, ()) = tokio::join!(told(&both, &text), meanwhile);
        assert_eq!(seen, "401/900901", "{profile:?}");
        assert_eq!(told(&both, &token(served.issuer()).mint()).await, "200");
    }
}

#[tokio::test]
async fn s40_a_signature_is_checked_again_after_the_time_that_the_file_says() {
    for profile in STRICT_AND_4 {
        for (table, hit_until) in [
            ("", Some(900)),
            ("[apim.cache.gateway_token]\nexpiry_time = \"1m\"", Some(60)),
            ("[apim.cache.gateway_token]\nenable = false", None),
        ] {
            let two = Two::new();
            let (deployment, _) = Deployment::from_toml(table).unwrap();
            let manager = two.manager(profile, deployment.verified_tokens());
            let both = on_both(&manager);
            let text = two.token(0, None);
            assert_eq!(told(&both, &text).await, "200");
            let claims = || verified(&manager, &text).claims::<Value>().unwrap();
            let first = claims();
            let Some(seconds) = hit_until else {
                assert!(!Arc::ptr_eq(&first, &claims()), "{profile:?}: each time");
                continue;
            };
            for (passes, is_hit) in [(seconds - 1, true), (1, false), (seconds - 1, true), (1, false)] {
                let before = claims();
                two.clock.advance(Duration::from_secs(passes));
                assert_eq!(told(&both, &text).await, "200");
                assert_eq!(Arc::ptr_eq(&before, &claims()), is_hit, "{profile:?} {table} {passes}");
            }
        }
    }
}

#[tokio::test]
async fn s40_a_reload_keeps_what_is_remembered_and_does_not_change_for_how_long() {
    for profile in STRICT_AND_4 {
        let served = served().await;
        let read = |time: &str| {
            let cache = format!("[apim.cache.gateway_token]\nexpiry_time = {time:?}\n");
            Deployment::from_toml(&(row(&served) + &cache)).unwrap().0
        };
        let deployment = read("1m");
        let resources = ResourceTable::from_toml(PIZZASHACK).unwrap();
        let adjust = |builder: AuthenticatorBuilder| builder.clock(TestClock::at(NOW.unsigned_abs()));
        let builder = deployment.manager_with(profile, resources, adjust);
        let revoked = RevokedTokens::new();
        let manager = builder.unwrap().revoked_tokens(&revoked).build().unwrap();
        let both = on_both(&manager);
        let text = token(served.issuer()).claim("jti", "id").mint();
        assert_eq!(told(&both, &text).await, "200");
        let claims = || verified(&manager, &text).claims::<Value>().unwrap();
        let before = claims();
        manager.reload(&read("1m")).unwrap();
        assert!(Arc::ptr_eq(&before, &claims()), "{profile:?}");
        let error = manager.reload(&read("2m")).unwrap_err().to_string();
        assert_eq!(error, "cache: it is set up once, at the start");
        assert!(Arc::ptr_eq(&before, &claims()), "{profile:?}");
        // Nor does a reload forget what is revoked.
        let until = UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs() + DAY);
        revoked.revoke(None, "id", until, manager.authenticator().now()).unwrap();
        for _ in 0..2 {
            assert_eq!(told(&both, &text).await, "401/900901", "{profile:?}");
            manager.reload(&read("1m")).unwrap();
        }
    }
}

#[tokio::test]
async fn s40_what_is_remembered_is_bounded_in_number() {
    for profile in STRICT_AND_4 {
        for (capacity, bounds) in [(3, 1..=3), (100, 8..=8)] {
            let two = Two::new();
            let manager = two.manager(profile, TokenCache::new().capacity(capacity));
            let both = on_both(&manager);
            let texts: Vec<_> = (0..8).map(|number| two.token(0, Some(&number.to_string()))).collect();
            let mut claims = Vec::new();
            for _ in 0..2 {
                for text in &texts {
                    assert_eq!(told(&both, text).await, "200", "{profile:?}");
                }
            }
            for text in &texts {
                claims.push(verified(&manager, text).claims::<Value>().unwrap());
            }
            // Whoever is found again was there all the time.
            let again = texts.iter().map(|text| verified(&manager, text).claims::<Value>().unwrap());
            let hits = again.zip(&claims).filter(|(again, before)| Arc::ptr_eq(again, before)).count();
            assert!(bounds.contains(&hits), "{profile:?}: {hits} of {capacity}");
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// A token of an issuer, with one of a few identifiers or none.
    Send(usize, usize),
    Revoke(Option<usize>, usize, u64),
    Pass(u64),
}

const IDENTIFIERS: [Option<&str>; 4] = [Some("a"), Some("b"), Some("c"), None];

fn step() -> impl Strategy<Value = Step> {
    let issuer = || select(vec![None, Some(0), Some(1)]);
    prop_oneof![
        6 => (0..2_usize, 0..4_usize).prop_map(|(issuer, id)| Step::Send(issuer, id)),
        2 => (issuer(), 0..3_usize, select(vec![1, 400, 2_000]))
            .prop_map(|(issuer, id, lasts)| Step::Revoke(issuer, id, lasts)),
        1 => select(vec![1, 59, 60, 299, 301, 900]).prop_map(Step::Pass),
        1 => Just(Step::Pass(0)),
    ]
}

/// Whatever is revoked and whatever time passes, a gateway that remembers tokens answers as one that does not.
#[test]
fn s40_remembered_or_not_the_answer_is_the_same() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sum = std::cell::RefCell::new([0; 3]);
    let config = Config { failure_persistence: None, ..Config::with_cases(24) };
    let run = TestRunner::new(config).run(&vec(step(), 10..40), |steps| {
        for profile in STRICT_AND_4 {
            let two = Two::new();
            let short = TokenCache::new().time_to_live(Duration::from_secs(60));
            let caches = [TokenCache::disabled(), TokenCache::new(), short, TokenCache::new().capacity(2)];
            let managers = caches.map(|cache| two.manager(profile, cache));
            let texts: Vec<_> = (0..8).map(|number| two.token(number / 4, IDENTIFIERS[number % 4])).collect();
            let (mut passed, mut last) = (0, HashMap::new());
            for step in &steps {
                match *step {
                    Step::Pass(seconds) => {
                        passed += seconds;
                        two.clock.advance(Duration::from_secs(seconds));
                    }
                    Step::Revoke(issuer, id, lasts) => {
                        two.revoke(issuer, IDENTIFIERS[id].unwrap(), passed + lasts).unwrap();
                    }
                    Step::Send(issuer, id) => {
                        let text = &texts[issuer * 4 + id];
                        let call = Call::get(MENU).bearer(text);
                        let answers =
                            managers.each_ref().map(|manager| runtime.block_on(on_both(manager).send(&call)));
                        assert!(answers.iter().all(|answer| *answer == answers[0]), "{steps:?} {answers:?}");
                        let claims = verified(&managers[1], text).claims::<Value>().unwrap();
                        let before = last.insert((issuer, id), claims.clone());
                        let is_hit = before.is_some_and(|before| Arc::ptr_eq(&before, &claims));
                        let mut sum = sum.borrow_mut();
                        match &*answers[0].told() {
                            "200" => sum[0] += 1,
                            "401/900901" => sum[1 + usize::from(is_hit)] += 1,
                            other => panic!("{other}"),
                        }
                    }
                }
            }
        }
        Ok(())
    });
    run.unwrap();
    // Equal answers prove something only where there were both, and some to tokens that were remembered.
    assert!(
        sum.borrow().iter().all(|count| *count > 20),
        "good, refused, and refused though remembered: {sum:?}"
    );
}
