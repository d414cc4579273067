//! Whether an application has subscribed to an API.
//!
//! Either the token says so itself ([`self_contained`]), or a [`SubscriptionStore`] is asked for the client that its issuer has
//! issued the token to ([`consumer_key`]). What comes out is the same: who has [`Subscribed`], and in which state the subscription is.

mod consumer_key;
#[cfg(feature = "http-store")]
mod http;
mod memory;
mod spike_arrest;
mod store;

use crate::api::Api;
use crate::context::{ApplicationContext, SubscriptionContext};
use crate::fault::{Fault, FaultCode};
use crate::token_facts::{KeyType, SubscribedApi, TokenFacts};

pub use consumer_key::consumer_key;
#[cfg(feature = "http-store")]
pub use http::{HttpSubscriptions, HttpSubscriptionsBuilder};
pub use memory::MemorySubscriptions;
pub use store::{Found, StoreError, SubscriptionFuture, SubscriptionQuery, SubscriptionStore};

/// An application with a subscription to an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribed {
    /// The application.
    pub application: ApplicationContext,
    /// Its subscription.
    pub subscription: SubscriptionContext,
    /// Whether the subscription may be used.
    pub state: SubscriptionState,
    /// For which endpoints the key of the client is; nothing where the token alone says that.
    pub key_type: Option<KeyType>,
}

impl Subscribed {
    /// Checks that the subscription may be used with the key, and that `api` has an endpoint for it. Gives the type of the key: as
    /// the store has it, else as the token says.
    ///
    /// # Errors
    ///
    /// Those of [`SubscriptionState::check`] and [`check_key_type`].
    pub fn check(&self, api: &Api, facts: &TokenFacts) -> Result<KeyType, Fault> {
        let key_type = self.key_type.unwrap_or(facts.key_type);
        self.state.check(key_type)?;
        check_key_type(api, key_type)?;
        Ok(key_type)
    }
}

/// In which state a subscription is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubscriptionState {
    /// It may be used.
    #[default]
    Unblocked,
    /// It is blocked.
    Blocked,
    /// It is blocked for production keys. Sandbox keys go on.
    ProdOnlyBlocked,
    /// It waits for approval.
    OnHold,
    /// It did not get approval.
    Rejected,
}

impl SubscriptionState {
    /// Whether a key of this type may use the subscription.
    ///
    /// # Errors
    ///
    /// [`SubscriptionBlocked`](FaultCode::SubscriptionBlocked) or [`SubscriptionInactive`](FaultCode::SubscriptionInactive).
    pub fn check(self, key_type: KeyType) -> Result<(), Fault> {
        match (self, key_type) {
            (SubscriptionState::Unblocked, _) | (SubscriptionState::ProdOnlyBlocked, KeyType::Sandbox) => {
                Ok(())
            }
            (SubscriptionState::Blocked, _) | (SubscriptionState::ProdOnlyBlocked, KeyType::Production) => {
                Err(Fault::new(FaultCode::SubscriptionBlocked))
            }
            (SubscriptionState::OnHold | SubscriptionState::Rejected, _) => {
                Err(Fault::new(FaultCode::SubscriptionInactive))
            }
        }
    }

    /// The state that `word` is the name of. Whoever waits for another tier goes on with the present one.
    fn named(word: &str) -> Option<Self> {
        match word {
            "UNBLOCKED" | "TIER_UPDATE_PENDING" => Some(SubscriptionState::Unblocked),
            "BLOCKED" => Some(SubscriptionState::Blocked),
            "PROD_ONLY_BLOCKED" => Some(SubscriptionState::ProdOnlyBlocked),
            "ON_HOLD" => Some(SubscriptionState::OnHold),
            "REJECTED" => Some(SubscriptionState::Rejected),
            _ => None,
        }
    }
}

/// What the token itself says of a subscription to `api`: nothing where it says nothing of subscriptions at all.
///
/// One of `subscribedAPIs` has to have the context and the version of the API, both exactly; an empty list denies everything.
/// Whether a token without the claim may go on is for the caller to say, and so is whether the API needs a subscription.
///
/// # Errors
///
/// [`NotSubscribed`](FaultCode::NotSubscribed), or [`InvalidCredentials`](FaultCode::InvalidCredentials) where the tier has a
/// burst limit for a time that nobody knows: a limit that cannot be read must not become none.
pub fn self_contained(api: &Api, facts: &TokenFacts) -> Result<Option<Subscribed>, Fault> {
    let Some(subscribed) = &facts.subscribed_apis else { return Ok(None) };
    let is_this = |entry: &&SubscribedApi| entry.context == api.context && entry.version == api.version;
    let entry = subscribed.iter().find(is_this).ok_or_else(|| Fault::new(FaultCode::NotSubscribed))?;
    let tier = entry.subscription_tier.as_ref().and_then(|name| facts.tiers.get(name));
    let spike_arrest = tier.map_or(Ok(None), |tier| {
        spike_arrest::of(tier.spike_arrest_limit, tier.spike_arrest_unit.as_deref())
    });
    let application = facts.application.as_ref().map(ApplicationContext::from).unwrap_or_default();
    Ok(Some(Subscribed {
        subscription: SubscriptionContext {
            subscriber: application.owner.clone(),
            tenant: entry.subscriber_tenant_domain.clone(),
            tier: entry.subscription_tier.clone(),
            publisher: entry.publisher.clone().or_else(|| api.publisher.clone()),
            stop_on_quota_reach: tier.and_then(|tier| tier.stop_on_quota_reach).unwrap_or(true),
            spike_arrest: spike_arrest.map_err(|_| Fault::new(FaultCode::InvalidCredentials))?,
        },
        application,
        state: SubscriptionState::Unblocked,
        key_type: Some(facts.key_type),
    }))
}

/// Whether `api` has an endpoint for keys of this type.
///
/// # Errors
///
/// [`KeyTypeMismatch`](FaultCode::KeyTypeMismatch), described.
pub fn check_key_type(api: &Api, key_type: KeyType) -> Result<(), Fault> {
    let (has_endpoint, description) = match key_type {
        KeyType::Production => {
            (api.has_production, "Production key offered to the API with no production endpoint")
        }
        KeyType::Sandbox => (api.has_sandbox, "Sandbox key offered to the API with no sandbox endpoint"),
    };
    if !has_endpoint {
        return Err(Fault::new(FaultCode::KeyTypeMismatch).described(description));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
