//! What the tests are about: sample tokens, an issuer of our own, an API with some resources, and a clock that stands still.

use std::time::Duration;

use claimgate_testkit::{TestClock, TestIssuer, TokenBuilder};
use claimgate_tower::apim::{ApiManager, ApiManagerBuilder, IssuerRules, KeyPlace, Profile, ResourceTable};
use claimgate_tower::{Authenticator, AuthenticatorBuilder, Issuer};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://idp.example.com";

/// When our own tokens were issued.
pub(crate) const NOW: i64 = 1_700_000_000;

/// At which the samples are good.
pub(crate) const C0: i64 = 1_571_912_000;
pub(crate) const C4: i64 = 1_602_582_000;

pub(crate) const PROFILES: [Profile; 3] = [Profile::Strict, Profile::Version4, Profile::Version3];

/// The API of the samples.
pub(crate) const PIZZASHACK: &str = r#"
    [[api]]
    name = "PizzaShackAPI"
    context = "/pizzashack/1.0.0"
    version = "1.0.0"
    publisher = "admin"

    [[api.resource]]
    path = "/menu"
    methods = ["GET"]

    [[api.resource]]
    path = "/order"
    methods = ["POST"]
    scopes = ["order", "admin"]

    [[api.resource]]
    path = "/order/{orderId}"
    methods = ["GET"]

    [[api.resource]]
    path = "/health"
    methods = ["GET"]
    auth = "none"

    [[api]]
    name = "PizzaShackAPI"
    context = "/pizzashack/2.0.0"
    version = "2.0.0"

    [[api.resource]]
    path = "/menu"
    methods = ["GET"]
"#;

pub(crate) const MENU: &str = "/pizzashack/1.0.0/menu";

/// The sample token `T0` or `T4`.
pub(crate) fn sample(name: &str) -> String {
    let samples: Value = serde_json::from_str(include_str!("../../data/wso2/tokens.json")).unwrap();
    samples[name]["token"].as_str().unwrap().to_owned()
}

/// An issuer of our own and how it is trusted.
pub(crate) struct World {
    pub(crate) issuer: TestIssuer,
    pub(crate) clock: TestClock,
    pub(crate) profile: Profile,
    pub(crate) resources: String,
}

impl World {
    pub(crate) fn new(profile: Profile) -> Self {
        World {
            issuer: TestIssuer::new(ISSUER),
            clock: TestClock::at(NOW.unsigned_abs()),
            profile,
            resources: PIZZASHACK.to_owned(),
        }
    }

    /// A good token of a subscribed application, complete for every profile.
    pub(crate) fn token(&self) -> TokenBuilder {
        self.issuer
            .token()
            .at(NOW)
            .expires_in(Duration::from_secs(300))
            .subject("ann@carbon.super")
            .scope("default")
            .header("typ", "JWT")
            .claim("consumerKey", "key-1")
            .claim("application", json!({"id": 2, "name": "TestApp", "tier": "Unlimited", "owner": "bob"}))
            .claim(
                "subscribedAPIs",
                json!([{
                    "name": "PizzaShackAPI",
                    "context": "/pizzashack/1.0.0",
                    "version": "1.0.0",
                    "publisher": "admin",
                    "subscriberTenantDomain": "carbon.super",
                    "subscriptionTier": "Gold",
                }]),
            )
            .claim(
                "tierInfo",
                json!({"Gold": {"stopOnQuotaReach": true, "spikeArrestLimit": 0, "spikeArrestUnit": null}}),
            )
    }

    /// The issuer as it is trusted, changed by `change`.
    pub(crate) fn trust(&self, change: impl Fn(Issuer) -> Issuer) -> Authenticator {
        let issuer = Issuer::new(ISSUER).any_audience().jwks(self.issuer.jwks()).leeway(Duration::ZERO);
        let issuer = change(self.profile.applied_to(issuer));
        Authenticator::builder().issuer(issuer).clock(self.clock.clone()).build().unwrap()
    }

    /// A gateway with nothing but what it must have, changed by `change`.
    pub(crate) fn manager(&self, change: impl Fn(ApiManagerBuilder) -> ApiManagerBuilder) -> ApiManager {
        self.manager_of(self.trust(|issuer| issuer), change)
    }

    pub(crate) fn manager_of(
        &self,
        authenticator: Authenticator,
        change: impl Fn(ApiManagerBuilder) -> ApiManagerBuilder,
    ) -> ApiManager {
        let resources = ResourceTable::from_toml(&self.resources).unwrap();
        let builder = ApiManager::builder(authenticator, resources).profile(self.profile);
        change(builder.issuer(ISSUER, IssuerRules::new(KeyPlace::JwkSet))).build().unwrap()
    }
}

/// Two issuers that are both trusted, and what makes a new authenticator for them.
pub(crate) fn two_issuers(profile: Profile) -> (World, World, impl Fn() -> Authenticator) {
    let one = World::new(profile);
    let other = World {
        issuer: TestIssuer::new("https://other.example.com"),
        clock: one.clock.clone(),
        ..World::new(profile)
    };
    let issuers = [&one, &other].map(|world| {
        let issuer = Issuer::new(world.issuer.issuer()).any_audience().jwks(world.issuer.jwks());
        profile.applied_to(issuer)
    });
    let clock = one.clock.clone();
    let authenticator = move || {
        let builder = Authenticator::builder().clock(clock.clone());
        issuers.iter().cloned().fold(builder, AuthenticatorBuilder::issuer).build().unwrap()
    };
    (one, other, authenticator)
}
