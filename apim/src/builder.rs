//! What an [`ApiManager`] is made of.

use std::sync::Arc;

use claimgate_core::{Authenticator, ConfigError};

use crate::deployment::Deployment;
use crate::issuer_rules::IssuerRules;
use crate::manager::ApiManager;
use crate::profile::Profile;
use crate::quota::Quotas;
use crate::resource::ResourceTable;
use crate::settings::Settings;
use crate::subscription::SubscriptionStore;

/// Collects the rules of an [`ApiManager`].
///
/// What is said here counts more than what a [`deployment`](Self::deployment) says, in whichever order.
#[derive(Debug)]
#[must_use]
pub struct ApiManagerBuilder {
    authenticator: Authenticator,
    deployment: Option<Deployment>,
    settings: Settings,
}

impl ApiManager {
    /// Begins the rules for `resources`, whose tokens `authenticator` verifies. Of its settings only issuers, cache and clock count:
    /// where the token stands is said here.
    pub fn builder(authenticator: Authenticator, resources: ResourceTable) -> ApiManagerBuilder {
        ApiManagerBuilder { authenticator, deployment: None, settings: Settings::new(resources) }
    }
}

impl ApiManagerBuilder {
    /// Whose manners are shown to clients. Default: [`Profile::Strict`].
    pub fn profile(mut self, profile: Profile) -> Self {
        self.settings.profile = profile;
        self
    }

    /// The realm for challenges of the strict profile (RFC 9110, section 11.5). Default: none.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.settings.realm = Some(realm.into().into());
        self
    }

    /// How the tokens of `issuer`, which the authenticator trusts, are read. An issuer without rules of its own has those of a JWK Set
    /// and no mapping.
    pub fn issuer(mut self, issuer: impl Into<String>, rules: IssuerRules) -> Self {
        self.settings.issuers.insert(issuer.into(), rules);
        self
    }

    /// The header field that tokens come in, where an API says nothing else. Default: `Authorization`.
    pub fn auth_header(mut self, name: impl Into<String>) -> Self {
        self.settings.auth_header = Some(name.into());
        self
    }

    /// Lets the credential through to the service. Default: its field is taken out of the request.
    pub fn keep_credential(mut self) -> Self {
        self.settings.keeps_credential = Some(true);
        self
    }

    /// The header field in which a service gets what the gateway says of the caller. Whatever a client sends in it is taken out of
    /// every request. Default: `X-JWT-Assertion`.
    pub fn assertion_header(mut self, name: impl Into<String>) -> Self {
        self.settings.assertion_header = Some(name.into());
        self
    }

    /// Refuses tokens that say nothing of subscriptions. Default: those of other issuers often do not, and are let through without.
    pub fn require_subscription(mut self) -> Self {
        self.settings.requires_subscription = true;
        self
    }

    /// Asks `store` about subscriptions. What tokens say of them does not count then.
    ///
    /// # Security
    ///
    /// The store is asked by the client that the token names, whoever has issued the token. Trust only issuers whose clients cannot
    /// choose a name that another issuer's client has.
    pub fn subscriptions(mut self, store: impl SubscriptionStore) -> Self {
        self.settings.store = Some(Arc::new(store));
        self
    }

    /// Counts requests against `quotas`. Default: nothing is counted.
    pub fn quotas(mut self, quotas: Quotas) -> Self {
        self.settings.quotas = Some(Arc::new(quotas));
        self
    }

    /// Takes header fields, claims and the way of subscriptions from `deployment`. What its tokens have to be is said where the
    /// authenticator gets [`Deployment::trusted`].
    ///
    /// Keys whose private part is public are looked for when the gateway is built: see [`Deployment::check_keys`].
    pub fn deployment(self, deployment: &Deployment) -> Self {
        ApiManagerBuilder { deployment: Some(deployment.clone()), ..self }
    }

    /// The gateway.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] where subscriptions are to be looked up and there is nowhere to do so, for a trust store that cannot be read,
    /// and for demo keys in it where they are refused.
    pub fn build(self) -> Result<ApiManager, ConfigError> {
        let ApiManagerBuilder { authenticator, deployment, settings } = self;
        ApiManager::new(authenticator, settings, deployment)
    }
}
