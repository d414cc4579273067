//! What an [`ApiManager`] is made of.

use std::collections::HashMap;
use std::sync::Arc;

use claimgate_core::{Authenticator, ConfigError, ConfigProblem};

use crate::deployment::Deployment;
use crate::issuer_rules::IssuerRules;
use crate::manager::{ASSERTION_HEADER, ApiManager};
use crate::profile::Profile;
use crate::quota::Quotas;
use crate::resource::ResourceTable;
use crate::subscription::SubscriptionStore;

/// Collects the rules of an [`ApiManager`].
#[derive(Debug)]
#[must_use]
pub struct ApiManagerBuilder {
    pub(crate) authenticator: Authenticator,
    pub(crate) resources: ResourceTable,
    pub(crate) profile: Profile,
    pub(crate) realm: Option<String>,
    pub(crate) issuers: HashMap<String, IssuerRules>,
    pub(crate) auth_header: String,
    pub(crate) keeps_credential: bool,
    pub(crate) assertion_header: String,
    pub(crate) requires_subscription: bool,
    deployment: Option<Deployment>,
    /// Whether subscriptions have to be looked up.
    needs_store: bool,
    pub(crate) store: Option<Arc<dyn SubscriptionStore>>,
    pub(crate) quotas: Option<Quotas>,
}

impl ApiManager {
    /// Begins the rules for `resources`, whose tokens `authenticator` verifies. Of its settings only issuers, cache and clock count:
    /// where the token stands is said here.
    pub fn builder(authenticator: Authenticator, resources: ResourceTable) -> ApiManagerBuilder {
        ApiManagerBuilder {
            authenticator,
            resources,
            profile: Profile::default(),
            realm: None,
            issuers: HashMap::new(),
            auth_header: "Authorization".to_owned(),
            keeps_credential: false,
            assertion_header: ASSERTION_HEADER.to_owned(),
            requires_subscription: false,
            deployment: None,
            needs_store: false,
            store: None,
            quotas: None,
        }
    }
}

impl ApiManagerBuilder {
    /// Whose manners are shown to clients. Default: [`Profile::Strict`].
    pub fn profile(self, profile: Profile) -> Self {
        ApiManagerBuilder { profile, ..self }
    }

    /// The realm for challenges of the strict profile (RFC 9110, section 11.5). Default: none.
    pub fn realm(self, realm: impl Into<String>) -> Self {
        ApiManagerBuilder { realm: Some(realm.into()), ..self }
    }

    /// How the tokens of `issuer`, which the authenticator trusts, are read. An issuer without rules of its own has those of a JWK Set
    /// and no mapping.
    pub fn issuer(mut self, issuer: impl Into<String>, rules: IssuerRules) -> Self {
        self.issuers.insert(issuer.into(), rules);
        self
    }

    /// The header field that tokens come in, where an API says nothing else. Default: `Authorization`. Other fields are not looked at:
    /// see [`Api::auth_header`](crate::Api::auth_header) for what that means.
    pub fn auth_header(self, name: impl Into<String>) -> Self {
        ApiManagerBuilder { auth_header: name.into(), ..self }
    }

    /// Lets the credential through to the service. Default: its field is taken out of the request.
    pub fn keep_credential(self) -> Self {
        ApiManagerBuilder { keeps_credential: true, ..self }
    }

    /// The header field in which a service gets what the gateway says of the caller. Whatever a client sends in it is taken out of
    /// every request. Default: `X-JWT-Assertion`.
    pub fn assertion_header(self, name: impl Into<String>) -> Self {
        ApiManagerBuilder { assertion_header: name.into(), ..self }
    }

    /// Refuses tokens that say nothing of subscriptions. Default: those of other issuers often do not, and are let through without.
    pub fn require_subscription(self) -> Self {
        ApiManagerBuilder { requires_subscription: true, ..self }
    }

    /// Asks `store` about subscriptions. What tokens say of them does not count then.
    ///
    /// # Security
    ///
    /// Two issuers may have a client of one name. The store is asked with both names and has to tell them apart: see what it says
    /// of that itself.
    pub fn subscriptions(self, store: impl SubscriptionStore) -> Self {
        ApiManagerBuilder { store: Some(Arc::new(store)), ..self }
    }

    /// Counts requests against `quotas`. Default: nothing is counted.
    pub fn quotas(self, quotas: Quotas) -> Self {
        ApiManagerBuilder { quotas: Some(quotas), ..self }
    }

    /// Takes header fields, claims and the way of subscriptions from `deployment`. What its tokens have to be is said where the
    /// authenticator gets [`Deployment::trusted`].
    ///
    /// Keys whose private part is public are looked for when the gateway is built: see [`Deployment::check_keys`].
    pub fn deployment(mut self, deployment: &Deployment) -> Self {
        self.deployment = Some(deployment.clone());
        self.auth_header.clone_from(&deployment.oauth.auth_header);
        self.keeps_credential = deployment.oauth.enable_outbound_auth_header;
        self.assertion_header.clone_from(&deployment.backend_jwt.header);
        self.needs_store = deployment.subscription_validation_via_km;
        for issuer in &deployment.issuers {
            self.issuers.insert(issuer.name.clone(), IssuerRules::of(issuer));
        }
        self
    }

    /// The gateway.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] where subscriptions are to be looked up and there is nowhere to do so, for a trust store that cannot be read,
    /// and for demo keys in it where they are refused.
    pub fn build(self) -> Result<ApiManager, ConfigError> {
        if let Some(deployment) = &self.deployment {
            for notice in deployment.check_keys(self.profile)? {
                tracing::warn!(target: "claimgate", "{notice}");
            }
            deployment.distrust_demo_keys(self.profile, &self.authenticator);
        }
        if self.needs_store && self.store.is_none() {
            let message = "subscription_validation_via_km = true: no subscription store is given";
            return Err([ConfigProblem::new("apim.jwt_authentication", message)].into_iter().collect());
        }
        Ok(ApiManager::of(self))
    }
}
