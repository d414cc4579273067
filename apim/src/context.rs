//! What the service behind the gateway gets to know of a request.

use std::sync::Arc;

use crate::api::Resource;
use crate::token_facts::{Application, KeyType};

/// Who calls what, under which application and subscription. In the extensions of the request, beside the token.
#[derive(Clone, Debug)]
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
    /// The scopes of the token; `default` alone where it has none.
    pub scopes: Vec<String>,
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
