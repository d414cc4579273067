//! What the service behind the gateway gets to know of a request.

use std::fmt;
use std::sync::{Arc, OnceLock};

use claimgate_core::VerifiedToken;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::api::Resource;
use crate::claim_mapping::ClaimMapping;
use crate::profile::Profile;
use crate::subscription::Subscribed;
use crate::token_facts::{Application, KeyType, TokenFacts};

/// Who calls what, under which application and subscription. In the extensions of the request, beside the token.
#[derive(Clone)]
#[non_exhaustive]
pub struct RequestContext {
    /// What the request was matched to.
    pub resource: Arc<Resource>,
    /// The user on whose behalf the request is made; `anonymous` where no token is needed.
    pub end_user: String,
    /// The client that the token was issued to.
    pub consumer_key: Option<String>,
    /// For which endpoints.
    pub key_type: KeyType,
    /// The application, as far as it is known.
    pub application: ApplicationContext,
    /// The subscription, where there is one.
    pub subscription: Option<SubscriptionContext>,
    claims: Arc<ServiceClaims>,
}

/// The application that a token was issued for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplicationContext {
    /// Its number or other identifier.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its quota policy.
    pub tier: Option<String>,
    /// Who owns it.
    pub owner: Option<String>,
    /// Its universal identifier.
    pub uuid: Option<String>,
}

impl From<&Application> for ApplicationContext {
    fn from(application: &Application) -> Self {
        let Application { id, name, tier, owner, uuid } = application.clone();
        ApplicationContext { id, name, tier, owner, uuid }
    }
}

/// The subscription of an application to an API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionContext {
    /// Who has subscribed.
    pub subscriber: Option<String>,
    /// The tenant of the subscriber, such as `carbon.super`.
    pub tenant: Option<String>,
    /// The tier.
    pub tier: Option<String>,
    /// Who has published the API.
    pub publisher: Option<String>,
    /// Whether a request over the quota of the subscription is refused.
    pub stop_on_quota_reach: bool,
    /// How many requests a burst may have, and in which time in seconds.
    pub spike_arrest: Option<(u32, u64)>,
}

/// What a context is made of, besides the resource.
pub(crate) struct Judged<'a> {
    pub(crate) profile: Profile,
    pub(crate) facts: Arc<TokenFacts>,
    pub(crate) client: Option<&'a str>,
    pub(crate) subscribed: Option<Arc<Subscribed>>,
    pub(crate) claims: ServiceClaims,
    pub(crate) key_type: KeyType,
}

/// Claims as services see them: mapped at once where that may fail, else when somebody asks.
#[derive(Default)]
pub(crate) struct ServiceClaims {
    facts: Option<Arc<TokenFacts>>,
    mapping: ClaimMapping,
    mapped: OnceLock<Map<String, Value>>,
}

/// The claims are no `T`.
#[derive(Debug)]
pub struct ClaimsShapeError(());

/// The user of a request that needs no token.
const ANONYMOUS: &str = "anonymous";

/// Its tier.
const UNAUTHENTICATED: &str = "Unauthenticated";

/// What the request is for, and not for whom: claims are not for logs.
impl fmt::Debug for RequestContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequestContext")
            .field("resource", &self.resource)
            .field("key_type", &self.key_type)
            .finish_non_exhaustive()
    }
}

impl RequestContext {
    pub(crate) fn of(resource: &Arc<Resource>, judged: Judged<'_>) -> Self {
        let Judged { profile, facts, subscribed, client, claims, key_type } = judged;
        let (application, subscription) = match subscribed.as_deref() {
            Some(found) => (found.application.clone(), Some(found.subscription.clone())),
            None => (facts.application.as_ref().map(ApplicationContext::from).unwrap_or_default(), None),
        };
        let tenant = subscription.as_ref().and_then(|subscription| subscription.tenant.as_deref());
        let subscriber = subscription.as_ref().and_then(|subscription| subscription.subscriber.as_deref());
        RequestContext {
            resource: resource.clone(),
            end_user: end_user(profile, &facts, subscriber.or(application.owner.as_deref()), tenant),
            consumer_key: client.map(str::to_owned),
            key_type,
            application,
            subscription,
            claims: Arc::new(claims),
        }
    }

    pub(crate) fn anonymous(resource: Arc<Resource>) -> Self {
        RequestContext {
            resource,
            end_user: ANONYMOUS.to_owned(),
            consumer_key: None,
            key_type: KeyType::Production,
            application: ApplicationContext {
                tier: Some(UNAUTHENTICATED.to_owned()),
                ..ApplicationContext::default()
            },
            subscription: None,
            claims: Arc::default(),
        }
    }

    /// The claims of the token under their local names; none where there is no token.
    pub fn claims(&self) -> &Map<String, Value> {
        self.claims.get()
    }

    /// The claims under their local names as a `T`.
    ///
    /// # Errors
    ///
    /// [`ClaimsShapeError`] when they do not deserialize into `T`.
    pub fn claims_as<T: DeserializeOwned>(&self) -> Result<T, ClaimsShapeError> {
        T::deserialize(self.claims()).map_err(|_| ClaimsShapeError(()))
    }

    /// The scopes of the token; `default` alone where it has none.
    pub fn scopes<'t>(&self, token: &'t VerifiedToken) -> Vec<&'t str> {
        let mut scopes: Vec<_> = token.scopes().collect();
        if scopes.is_empty() {
            scopes.push("default");
        }
        scopes
    }
}

impl ServiceClaims {
    /// Mapped when somebody asks.
    pub(crate) fn later(facts: Arc<TokenFacts>, mapping: ClaimMapping) -> Self {
        ServiceClaims { facts: Some(facts), mapping, mapped: OnceLock::new() }
    }

    pub(crate) fn now(mapped: Map<String, Value>) -> Self {
        ServiceClaims { mapped: mapped.into(), ..ServiceClaims::default() }
    }

    fn get(&self) -> &Map<String, Value> {
        self.mapped.get_or_init(|| {
            let claims = self.facts.as_ref().map(|facts| &facts.claims);
            // What may fail was mapped at once.
            claims.and_then(|claims| self.mapping.apply(claims).ok()).unwrap_or_default()
        })
    }
}

/// Not what the claims say.
impl fmt::Debug for ServiceClaims {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServiceClaims").finish_non_exhaustive()
    }
}

impl fmt::Display for ClaimsShapeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the claims do not fit the type")
    }
}

impl std::error::Error for ClaimsShapeError {}

/// On whose behalf a request is made: the application's own token is its subscriber's, and a user is named with the tenant unless
/// the name has one.
fn end_user(profile: Profile, facts: &TokenFacts, subscriber: Option<&str>, tenant: Option<&str>) -> String {
    const SUPER_TENANT: &str = "carbon.super";
    let subject = facts.claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    let with_tenant = |user: &str, tenant: Option<&str>| match tenant {
        Some(tenant) if !user.strip_suffix(tenant).is_some_and(|user| user.ends_with('@')) => {
            format!("{user}@{tenant}")
        }
        _ => user.to_owned(),
    };
    match subscriber.filter(|_| facts.is_application_token && profile != Profile::Version3) {
        Some(subscriber) => {
            with_tenant(subscriber, tenant.or(Some(SUPER_TENANT)).filter(|tenant| *tenant == SUPER_TENANT))
        }
        None if profile == Profile::Version3 => subject.to_owned(),
        None => with_tenant(subject, tenant),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_is_named_with_the_tenant_once() {
        use Profile::{Strict, Version3, Version4};
        for (profile, claims, subscriber, tenant, expected) in [
            (Strict, json!({"sub": "ann"}), None, Some("example.com"), "ann@example.com"),
            (Version4, json!({"sub": "ann"}), Some("bob"), Some("carbon.super"), "ann@carbon.super"),
            (
                Version4,
                json!({"sub": "admin@carbon.super"}),
                None,
                Some("carbon.super"),
                "admin@carbon.super",
            ),
            // A name that looks like one of another tenant is none.
            (
                Strict,
                json!({"sub": "admin@carbon.super"}),
                None,
                Some("evil.example"),
                "admin@carbon.super@evil.example",
            ),
            (Version4, json!({"sub": "ann"}), None, None, "ann"),
            (Version3, json!({"sub": "ann"}), Some("bob"), Some("carbon.super"), "ann"),
            (
                Version4,
                json!({"sub": "x", "aut": "application"}),
                Some("bob"),
                Some("carbon.super"),
                "bob@carbon.super",
            ),
            (Version4, json!({"sub": "x", "aut": "APPLICATION"}), Some("bob"), Some("example.com"), "bob"),
            (Version3, json!({"sub": "x", "aut": "APPLICATION"}), Some("bob"), Some("carbon.super"), "x"),
            (Strict, json!({"sub": "x", "aut": "APPLICATION"}), None, None, "x"),
        ] {
            let facts: TokenFacts = serde_json::from_value(claims.clone()).unwrap();
            assert_eq!(end_user(profile, &facts, subscriber, tenant), expected, "{profile:?} {claims}");
        }
    }
}
