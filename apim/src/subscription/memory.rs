//! Subscriptions that a file lists, in memory.

mod document;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use claimgate_core::ConfigError;

use crate::api::Api;
use crate::subscription::{Found, Subscribed, SubscriptionStore};

/// Applications, their consumer keys and their subscriptions, in memory.
///
/// ```
/// use claimgate_apim::subscription::MemorySubscriptions;
///
/// let subscriptions = MemorySubscriptions::from_toml(r#"
///     [[application]]
///     name = "TestApp"
///     id = 2                                        # or a string
///     tier = "10PerMin"
///     owner = "admin"
///     # uuid = "…"
///     consumer_keys = ["Yj_Uefhtiv15Nmfx1A8RjRWCTf4a"] # for the endpoints that their tokens name
///     # production_keys = []                        # for production, whatever their tokens say
///     # sandbox_keys = []
///
///     [[application.subscription]]
///     context = "/pizzashack/1.0.0"                 # required, version included
///     version = "1.0.0"                             # required
///     tier = "Unlimited"
///     # state = "UNBLOCKED"                         # or BLOCKED, PROD_ONLY_BLOCKED, ON_HOLD, REJECTED, TIER_UPDATE_PENDING
///     # subscriber = "admin"                        # default: the owner of the application
///     # tenant = "carbon.super"
///     # publisher = "admin"
///     # stop_on_quota_reach = true
///     # spike_arrest_limit = 5                      # requests, each
///     # spike_arrest_unit = "min"                   # or sec, hour, day
/// "#)?;
/// # let _ = subscriptions;
/// # Ok::<(), claimgate_core::ConfigError>(())
/// ```
#[derive(Clone, Default)]
pub struct MemorySubscriptions {
    clients: HashMap<Box<str>, Arc<Subscriptions>>,
}

/// By context, then by version: the context has the version in it, so there is hardly ever more than one.
type Subscriptions = HashMap<Box<str>, Vec<(Box<str>, Arc<Subscribed>)>>;

impl MemorySubscriptions {
    /// Reads a TOML document.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with everything that is wrong: unknown keys, values of the wrong type, consumer keys and subscriptions
    /// that are there twice.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        document::toml(text)
    }

    /// Reads the same document written in JSON. What is not set is left out, and not `null`.
    ///
    /// # Errors
    ///
    /// As [`from_toml`](Self::from_toml); a member that is there twice is one too.
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        document::json(text)
    }

    fn get(&self, api: &Api, consumer_key: &str) -> Option<Arc<Subscribed>> {
        let versions = self.clients.get(consumer_key)?.get(api.context.as_str())?;
        versions.iter().find(|(version, _)| **version == *api.version).map(|(_, found)| found.clone())
    }
}

impl SubscriptionStore for MemorySubscriptions {
    fn find<'a>(&'a self, api: &'a Api, consumer_key: &'a str) -> Found<'a> {
        Found::Known(Ok(self.get(api, consumer_key)))
    }
}

/// How many there are, not who.
impl fmt::Debug for MemorySubscriptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemorySubscriptions").field("clients", &self.clients.len()).finish()
    }
}

#[cfg(test)]
mod tests;
