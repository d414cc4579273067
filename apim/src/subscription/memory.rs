//! Subscriptions that a file lists, in memory.

mod document;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use claimgate_core::ConfigError;

use crate::subscription::{Found, Subscribed, SubscriptionQuery, SubscriptionStore};

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
///     # issuer = "https://idp.example.com"          # whose clients the consumer keys are; default: those of every issuer
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
///
/// A consumer key may stand under one application for each issuer, and under one without `issuer` for all others. Where its issuer has
/// an application of its own for it, that alone counts, and it never counts for the client of another issuer.
///
/// Applications of one `uuid`, or without a `uuid` of one `id`, are the same one to quotas, whoever their issuers are.
///
/// # Security
///
/// The consumer keys of an application without `issuer` are taken from the tokens of every trusted issuer. Where there are several that
/// must not speak for the clients of each other, name the issuer.
#[derive(Clone, Default)]
pub struct MemorySubscriptions {
    of_issuer: HashMap<Box<str>, Clients>,
    of_any: Clients,
}

/// By consumer key.
type Clients = HashMap<Box<str>, Arc<Subscriptions>>;

/// By context, then by version: the context has the version in it, so there is hardly ever more than one.
type Subscriptions = HashMap<Box<str>, Vec<(Box<str>, Arc<Subscribed>)>>;

impl MemorySubscriptions {
    /// Reads a TOML document.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with everything that is wrong: unknown keys, values of the wrong type, consumer keys that are there twice
    /// for one issuer, and subscriptions that are there twice.
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

    fn get(&self, query: SubscriptionQuery<'_>) -> Option<Arc<Subscribed>> {
        let own = self.of_issuer.get(query.issuer()).and_then(|clients| clients.get(query.consumer_key()));
        // What the issuer's own client has not subscribed to, it does not get as a client of anybody.
        let subscriptions = own.or_else(|| self.of_any.get(query.consumer_key()))?;
        let api = query.api();
        let versions = subscriptions.get(api.context.as_str())?;
        versions.iter().find(|(version, _)| **version == *api.version).map(|(_, found)| found.clone())
    }
}

impl SubscriptionStore for MemorySubscriptions {
    fn find<'a>(&'a self, query: SubscriptionQuery<'a>) -> Found<'a> {
        Found::Known(Ok(self.get(query)))
    }
}

/// How many there are, not who.
impl fmt::Debug for MemorySubscriptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clients = self.of_issuer.values().chain([&self.of_any]).map(HashMap::len).sum::<usize>();
        formatter.debug_struct("MemorySubscriptions").field("clients", &clients).finish()
    }
}

#[cfg(test)]
mod tests;
