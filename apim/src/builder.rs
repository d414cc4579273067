//! What an [`ApiManager`] is made of.

use std::fmt;
use std::sync::Arc;

use claimgate_core::{Authenticator, ConfigError, ConfigProblem};

use crate::deployment::Deployment;
use crate::forwarded_certificate::ForwardedCertificate;
use crate::issuer_rules::IssuerRules;
use crate::manager::ApiManager;
use crate::profile::Profile;
use crate::quota::Quotas;
use crate::resource::ResourceTable;
use crate::revoked_tokens::RevokedTokens;
use crate::settings::{Adjust, Settings};
use crate::subscription::SubscriptionStore;

/// Collects the rules of an [`ApiManager`].
///
/// What is said here counts more than what a [`deployment`](Self::deployment) says, in whichever order.
#[must_use]
pub struct ApiManagerBuilder {
    authenticator: Authenticator,
    deployment: Option<Deployment>,
    /// The one whose issuers the authenticator trusts, where that is known.
    trusted: Option<Deployment>,
    settings: Settings,
}

impl fmt::Debug for ApiManagerBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ApiManagerBuilder")
            .field("authenticator", &self.authenticator)
            .field("profile", &self.settings.profile)
            .finish_non_exhaustive()
    }
}

impl ApiManager {
    /// Begins the rules for `resources`, whose tokens `authenticator` verifies. Of its settings only issuers, cache and clock count:
    /// where the token stands is said here.
    pub fn builder(authenticator: Authenticator, resources: ResourceTable) -> ApiManagerBuilder {
        ApiManagerBuilder {
            authenticator,
            deployment: None,
            trusted: None,
            settings: Settings::new(resources),
        }
    }
}

impl ApiManagerBuilder {
    /// Whose manners are shown to clients. Default: [`Profile::Strict`], and after [`Deployment::manager`] the one that was given
    /// there, by which the issuers are trusted: it can be no other then.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.settings.profile = profile;
        self
    }

    /// The realm for challenges of the strict profile (RFC 9110, section 11.5). Default: none.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.settings.realm = Some(realm.into().into());
        self
    }

    /// How the tokens of `issuer`, which the authenticator trusts, are read. Where it is in the deployment too, what is said here counts
    /// there: renamed claims, a transformer, the claim of the client; the rest is the deployment's. An issuer without rules of its own has those of a JWK Set
    /// and no mapping.
    pub fn issuer(mut self, issuer: impl Into<String>, rules: IssuerRules) -> Self {
        self.settings.issuers.insert(issuer.into(), rules);
        self
    }

    /// The header field that tokens come in, where an API says nothing else. Default: `Authorization`. Other fields are not looked at:
    /// see [`Api::auth_header`](crate::Api::auth_header) for what that means.
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

    /// Believes a proxy that ends TLS about the certificate of the client, for tokens that are bound to one. What any client sends
    /// in that field is taken out of every request. Default: only what the host itself knows counts
    /// ([`ClientCertificate`](claimgate_core::ClientCertificate)).
    pub fn forwarded_certificate(mut self, forwarded: ForwardedCertificate) -> Self {
        self.settings.forwarded = Some(forwarded);
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
    /// Two issuers may have a client of one name. The store is asked with both names and has to tell them apart: see what it says
    /// of that itself.
    pub fn subscriptions(mut self, store: impl SubscriptionStore) -> Self {
        self.settings.store = Some(Arc::new(store));
        self
    }

    /// Counts requests against `quotas`. Default: nothing is counted.
    pub fn quotas(mut self, quotas: Quotas) -> Self {
        self.settings.quotas = Some(Arc::new(quotas));
        self
    }

    /// Refuses tokens that are among `tokens`, from the request on that comes after they were revoked. Default: no token is revoked
    /// by its identifier.
    pub fn revoked_tokens(mut self, tokens: &RevokedTokens) -> Self {
        self.settings.revoked = Some(tokens.clone());
        self
    }

    pub(crate) fn trusting(mut self, profile: Profile, adjust: Arc<Adjust>) -> Self {
        (self.settings.trusted_by, self.settings.adjust) = (Some(profile), Some(adjust));
        self.trusted.clone_from(&self.deployment);
        self
    }

    /// Takes header fields, claims and the way of subscriptions from `deployment`. What its tokens have to be is said where the
    /// authenticator gets [`Deployment::trusted`].
    ///
    /// Keys whose private part is public are looked for when the gateway is built: see [`Deployment::check_keys`].
    ///
    /// # Example
    ///
    /// ```
    /// use claimgate_apim::{ApiManager, Deployment, Profile, ResourceTable};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), claimgate_core::ConfigError> {
    /// let (deployment, _) = Deployment::from_toml(r#"
    ///     [[apim.jwt.issuer]]
    ///     name = "https://localhost:9443/oauth2/token"
    ///     jwks.url = "https://localhost:9443/oauth2/jwks"
    ///
    ///     [apim.cache.gateway_token]
    ///     enable = true                             # false: every signature is checked
    ///     expiry_time = "15m"                       # after which it is checked again
    /// "#)?;
    /// // Whoever takes the issuers alone adds the cache: `token_cache(deployment.verified_tokens())`.
    /// let authenticator = deployment.authenticator(Profile::Version4).build()?;
    /// # let resources = ResourceTable::from_toml(
    /// #     "[[api]]\nname = 'a'\ncontext = '/a'\nversion = '1'\n[[api.resource]]\npath = '/*'\nmethods = ['GET']",
    /// # )?;
    /// let manager = ApiManager::builder(authenticator, resources)
    ///     .profile(Profile::Version4)
    ///     .deployment(&deployment)
    ///     .build()?;
    /// # drop(manager);
    /// # Ok(())
    /// # }
    /// ```
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
        let ApiManagerBuilder { authenticator, deployment, trusted, settings } = self;
        if trusted.is_some() && trusted != deployment {
            let message = "the deployment is another than the one whose issuers are trusted";
            return Err([ConfigProblem::new("", message)].into_iter().collect());
        }
        if let Some(other) = settings.trusted_by.filter(|trusted_by| *trusted_by != settings.profile) {
            let message = format!("profile = {:?}: its issuers are trusted by {other:?}", settings.profile);
            return Err([ConfigProblem::new("", message)].into_iter().collect());
        }
        ApiManager::new(authenticator, settings, deployment)
    }
}
