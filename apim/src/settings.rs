//! What an application says of its gateway in code.

use std::collections::HashMap;
use std::sync::Arc;

use claimgate_core::AuthenticatorBuilder;

use crate::forwarded_certificate::ForwardedCertificate;
use crate::issuer_rules::IssuerRules;
use crate::profile::Profile;
use crate::quota::Quotas;
use crate::resource::ResourceTable;
use crate::revoked_tokens::RevokedTokens;
use crate::subscription::SubscriptionStore;

/// It outlives reloads of a deployment, and where it says something, the deployment does not count.
#[derive(Clone)]
pub(crate) struct Settings {
    /// The profile by which the issuers were trusted, where that is known.
    pub(crate) trusted_by: Option<Profile>,
    /// What is done to the builder of the authenticator, at the start and at each reload.
    pub(crate) adjust: Option<Arc<Adjust>>,
    pub(crate) resources: Arc<ResourceTable>,
    pub(crate) profile: Profile,
    pub(crate) realm: Option<Arc<str>>,
    pub(crate) issuers: HashMap<String, IssuerRules>,
    pub(crate) auth_header: Option<String>,
    pub(crate) keeps_credential: Option<bool>,
    pub(crate) assertion_header: Option<String>,
    pub(crate) forwarded: Option<ForwardedCertificate>,
    pub(crate) requires_subscription: bool,
    pub(crate) store: Option<Arc<dyn SubscriptionStore>>,
    pub(crate) quotas: Option<Arc<Quotas>>,
    pub(crate) revoked: Option<RevokedTokens>,
}

pub(crate) type Adjust = dyn Fn(AuthenticatorBuilder) -> AuthenticatorBuilder + Send + Sync;

impl Settings {
    pub(crate) fn new(resources: ResourceTable) -> Self {
        Settings {
            trusted_by: None,
            adjust: None,
            resources: Arc::new(resources),
            profile: Profile::default(),
            realm: None,
            issuers: HashMap::new(),
            auth_header: None,
            keeps_credential: None,
            assertion_header: None,
            forwarded: None,
            requires_subscription: false,
            store: None,
            quotas: None,
            revoked: None,
        }
    }
}
