//! What the service answers.

use std::sync::Arc;

use serde::Deserialize;

use crate::context::{ApplicationContext, SubscriptionContext};
use crate::subscription::{StoreError, Subscribed, SubscriptionState, spike_arrest};
use crate::token_facts::{Application, KeyType};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    application: Option<Application>,
    subscription: Subscription,
    key_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    state: String,
    tier: Option<String>,
    subscriber: Option<String>,
    tenant: Option<String>,
    publisher: Option<String>,
    stop_on_quota_reach: Option<bool>,
    spike_arrest_limit: Option<u64>,
    spike_arrest_unit: Option<String>,
}

/// Reads a body. The error quotes nothing of it.
pub(super) fn read(body: &[u8]) -> Result<Option<Arc<Subscribed>>, StoreError> {
    let body: Option<Body> = serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        StoreError::new(format!("the answer of the subscription store is no subscription: {place}"))
    })?;
    body.map(|body| body.into_subscribed().map(Arc::new)).transpose()
}

impl Body {
    fn into_subscribed(self) -> Result<Subscribed, StoreError> {
        let unknown =
            |member| StoreError::new(format!("{member} in the answer of the subscription store is unknown"));
        let Body { application, subscription, key_type } = self;
        let (limit, unit) = (subscription.spike_arrest_limit, subscription.spike_arrest_unit.as_deref());
        let spike_arrest = spike_arrest::of(limit, unit).map_err(|_| unknown("spikeArrestUnit"))?;
        let key_type = key_type.map(|word| KeyType::named(&word).ok_or_else(|| unknown("keyType")));
        let application = application.as_ref().map(ApplicationContext::from).unwrap_or_default();
        Ok(Subscribed {
            subscription: SubscriptionContext {
                subscriber: subscription.subscriber.or_else(|| application.owner.clone()),
                tenant: subscription.tenant,
                tier: subscription.tier,
                publisher: subscription.publisher,
                stop_on_quota_reach: subscription.stop_on_quota_reach.unwrap_or(true),
                spike_arrest,
            },
            application,
            state: SubscriptionState::named(&subscription.state).ok_or_else(|| unknown("state"))?,
            key_type: key_type.transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_documentation_shows() {
        let body = br#"{
            "application": {"id": 2, "name": "TestApp", "tier": "10PerMin", "owner": "admin", "uuid": null},
            "subscription": {
              "state": "UNBLOCKED", "tier": "Unlimited", "subscriber": "cook", "tenant": "carbon.super", "publisher": "chef",
              "stopOnQuotaReach": false, "spikeArrestLimit": 5, "spikeArrestUnit": "min"
            },
            "keyType": "SANDBOX"
        }"#;
        let expected = Subscribed {
            application: ApplicationContext {
                id: Some("2".to_owned()),
                name: Some("TestApp".to_owned()),
                tier: Some("10PerMin".to_owned()),
                owner: Some("admin".to_owned()),
                uuid: None,
            },
            subscription: SubscriptionContext {
                subscriber: Some("cook".to_owned()),
                tenant: Some("carbon.super".to_owned()),
                tier: Some("Unlimited".to_owned()),
                publisher: Some("chef".to_owned()),
                stop_on_quota_reach: false,
                spike_arrest: Some((5, 60)),
            },
            state: SubscriptionState::Unblocked,
            key_type: Some(KeyType::Sandbox),
        };
        assert_eq!(read(body).unwrap().as_deref(), Some(&expected));
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let found = read(br#"{"application":{"owner":"admin"},"subscription":{"state":"BLOCKED"},"more":1}"#);
        let found = found.unwrap().unwrap();
        assert_eq!(found.state, SubscriptionState::Blocked);
        assert_eq!(found.key_type, None);
        assert_eq!(found.subscription.subscriber.as_deref(), Some("admin"));
        assert!(found.subscription.stop_on_quota_reach);
        assert_eq!(found.subscription.spike_arrest, None);
    }

    #[test]
    fn a_burst_without_a_unit_is_for_a_minute() {
        for unit in ["", r#","spikeArrestUnit":null"#] {
            let body = format!(r#"{{"subscription":{{"state":"UNBLOCKED","spikeArrestLimit":5{unit}}}}}"#);
            let found = read(body.as_bytes()).unwrap().unwrap();
            assert_eq!(found.subscription.spike_arrest, Some((5, 60)), "{body}");
        }
    }

    #[test]
    fn null_is_no_subscription_and_everything_else_a_failure() {
        assert_eq!(read(b"null").unwrap(), None);
        for body in [
            "",
            "{}",
            "[]",
            "true",
            "<html>secret</html>",
            r#"{"subscription":null}"#,
            r#"{"subscription":{}}"#,
            r#"{"subscription":{"state":"SECRET"}}"#,
            r#"{"subscription":{"state":"unblocked"}}"#,
            r#"{"subscription":{"state":null}}"#,
            r#"{"subscription":{"state":"UNBLOCKED","tier":"secret","tier":"secret"}}"#,
            r#"{"subscription":{"state":"UNBLOCKED","stopOnQuotaReach":"secret"}}"#,
            r#"{"subscription":{"state":"UNBLOCKED","spikeArrestLimit":5,"spikeArrestUnit":"secret"}}"#,
            r#"{"subscription":{"state":"UNBLOCKED"},"keyType":"SECRET"}"#,
            r#"{"subscription":{"state":"UNBLOCKED"},"application":"secret"}"#,
            r#"{"subscription":{"state":"UNBLOCKED"}} secret"#,
        ] {
            let error = read(body.as_bytes()).unwrap_err().to_string();
            assert!(!error.to_lowercase().contains("secret"), "{body}: {error}");
        }
        assert!(read("[".repeat(100_000).as_bytes()).is_err());
    }
}
