//! What a token says of its application and its subscriptions.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// The claims of a token, with those read that the rules of a gateway are about. Made once for a token and kept with it.
///
/// A claim of the wrong type fails the whole: it is never taken for absent. `null` is a wrong type for a claim. Inside of one it
/// stands for a member that is not set, since issuers write `"uuid":null` and `"spikeArrestUnit":null`.
#[derive(Clone, PartialEq)]
pub struct TokenFacts {
    /// All claims as the token has them.
    pub claims: Map<String, Value>,
    /// `application`: for which the token was issued.
    pub application: Option<Application>,
    /// `subscribedAPIs`: nothing where the token says nothing of subscriptions.
    pub subscribed_apis: Option<Vec<SubscribedApi>>,
    /// `tierInfo`, by the name of the tier.
    pub tiers: BTreeMap<String, TierInfo>,
    /// `keytype`.
    pub key_type: KeyType,
    /// `aut` says that the token is the application's and not a user's.
    pub is_application_token: bool,
}

/// `application` of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Application {
    /// A number in some versions and a string in others.
    #[serde(default, deserialize_with = "number_or_string")]
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its quota policy, such as `10PerMin`.
    pub tier: Option<String>,
    /// Who has subscribed.
    pub owner: Option<String>,
    /// Its universal identifier.
    pub uuid: Option<String>,
}

/// One of `subscribedAPIs`. Context and version decide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscribedApi {
    /// The name of the API.
    pub name: Option<String>,
    /// Its context, with the version.
    pub context: String,
    /// Its version.
    pub version: String,
    /// Who has published it.
    pub publisher: Option<String>,
    /// The tenant of the subscriber.
    pub subscriber_tenant_domain: Option<String>,
    /// The tier of the subscription, one of `tierInfo`.
    pub subscription_tier: Option<String>,
}

/// One of `tierInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TierInfo {
    /// Whether a request over the quota is refused, or let through all the same.
    pub stop_on_quota_reach: Option<bool>,
    /// How many requests a burst may have; 0 for no limit.
    pub spike_arrest_limit: Option<u64>,
    /// The time that it is for: `sec`, `min`, `hour`, `day`. A limit without one is for a minute.
    pub spike_arrest_unit: Option<String>,
}

/// For which endpoints a key was issued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyType {
    /// The real ones.
    #[default]
    Production,
    /// Those for trying.
    Sandbox,
}

impl KeyType {
    /// The type that `word` is the name of.
    pub(crate) fn named(word: &str) -> Option<Self> {
        match word {
            "PRODUCTION" => Some(KeyType::Production),
            "SANDBOX" => Some(KeyType::Sandbox),
            _ => None,
        }
    }
}

/// Not what the claims say.
impl fmt::Debug for TokenFacts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenFacts").finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for TokenFacts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let claims = Map::deserialize(deserializer)?;
        let key_type = read::<String, D::Error>(&claims, "keytype")?.map(|word| KeyType::named(&word));
        let application: Option<Object<Application>> = read(&claims, "application")?;
        let apis: Option<Vec<Object<SubscribedApi>>> = read(&claims, "subscribedAPIs")?;
        let tiers: Option<BTreeMap<String, Object<TierInfo>>> = read(&claims, "tierInfo")?;
        let kind: Option<String> = read(&claims, "aut")?;
        Ok(TokenFacts {
            application: application.map(|application| application.0),
            subscribed_apis: apis.map(|apis| apis.into_iter().map(|api| api.0).collect()),
            tiers: tiers.unwrap_or_default().into_iter().map(|(name, tier)| (name, tier.0)).collect(),
            // A key of a type that nobody knows is for endpoints that nobody knows.
            key_type: key_type
                .map_or(Ok(KeyType::default()), |known| known.ok_or_else(|| D::Error::custom("keytype")))?,
            is_application_token: kind.is_some_and(|kind| kind.eq_ignore_ascii_case("APPLICATION")),
            claims,
        })
    }
}

/// The claim `name`. The error names the claim and never quotes it.
fn read<T: DeserializeOwned, E: Error>(
    claims: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<T>, E> {
    claims.get(name).map(|value| T::deserialize(value).map_err(|_| E::custom(name))).transpose()
}

/// A JSON object: what serde derives for a struct takes an array of its members too.
struct Object<T>(T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Value::Object(Map::deserialize(deserializer)?);
        T::deserialize(members).map(Object).map_err(D::Error::custom)
    }
}

fn number_or_string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Number(u64),
        Negative(i64),
        Text(String),
    }
    Ok(Option::<Id>::deserialize(deserializer)?.map(|id| match id {
        Id::Number(number) => number.to_string(),
        Id::Negative(number) => number.to_string(),
        Id::Text(text) => text,
    }))
}

#[cfg(test)]
mod tests;
