//! Subscriptions that a service knows, asked over HTTP and remembered.

mod answer;
mod client;
mod flights;
mod kept;
mod settings;

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use crate::subscription::http::flights::{Departure, Flights};
use crate::subscription::http::kept::Question;
use crate::subscription::{Found, StoreError, Subscribed, SubscriptionQuery, SubscriptionStore};

pub use settings::HttpSubscriptionsBuilder;

/// Asks a service which client has subscribed to which API, and remembers what it says. Cheap to clone.
///
/// # What is asked
///
/// `GET {url}?context=%2Fpizzashack%2F1%2E0%2E0&version=1%2E0%2E0&consumerKey=Yj%5FUefhtiv15Nmfx1A8RjRWCTf4a`
/// `&issuer=https%3A%2F%2Fidp%2Eexample%2Ecom`, in one, with `Accept: application/json` and the bearer token of the builder, if there
/// is one. A query that the URL has already comes first. The issuer is that of the token.
///
/// # What it answers
///
/// 200 with a JSON object, in which every member but `subscription` and its `state` may be left out or `null`:
///
/// ```json
/// {
///   "application": {"id": 2, "name": "TestApp", "tier": "10PerMin", "owner": "admin", "uuid": null},
///   "subscription": {
///     "state": "UNBLOCKED", "tier": "Unlimited", "subscriber": "admin", "tenant": "carbon.super", "publisher": "admin",
///     "stopOnQuotaReach": true, "spikeArrestLimit": 0, "spikeArrestUnit": null
///   },
///   "keyType": "PRODUCTION"
/// }
/// ```
///
/// `state` is `UNBLOCKED`, `BLOCKED`, `PROD_ONLY_BLOCKED`, `ON_HOLD`, `REJECTED` or `TIER_UPDATE_PENDING`; `keyType` is
/// `PRODUCTION` or `SANDBOX`; `spikeArrestUnit` is `sec`, `min`, `hour` or `day`, and a limit without one is for a minute. 200 with `null`, or 204, says that there is no subscription. Everything else is a failure, 404 too:
/// a mistaken URL gets that answer for every client. Redirects are not followed.
///
/// Applications of one `uuid`, or without a `uuid` of one `id`, are the same one to quotas, whoever their issuers are.
///
/// # What is remembered
///
/// 1. An answer counts for [`keep_for`](HttpSubscriptionsBuilder::keep_for), and one that there is no subscription for
///    [`deny_for`](HttpSubscriptionsBuilder::deny_for).
/// 2. While the service fails, its last answer counts for [`stale_for`](HttpSubscriptionsBuilder::stale_for) longer. It is not
///    asked again about the same client within [`retry_after`](HttpSubscriptionsBuilder::retry_after).
/// 3. Requests that need the same answer at once cause one question. A client that hangs up does not stop it.
/// 4. Consumer keys that are empty or have more than 512 bytes are nobody's, without a question.
///
/// # Security
///
/// A service that does not look at `issuer` gives clients of one name the same subscription, whoever has issued their tokens.
#[derive(Clone)]
pub struct HttpSubscriptions(Arc<Flights>);

impl HttpSubscriptions {
    /// Settings for a store that asks at `url`: `https`, or `http` on loopback.
    pub fn builder(url: impl Into<String>) -> HttpSubscriptionsBuilder {
        HttpSubscriptionsBuilder::new(url.into())
    }
}

impl SubscriptionStore for HttpSubscriptions {
    fn find<'a>(&'a self, query: SubscriptionQuery<'a>) -> Found<'a> {
        let (api, issuer, consumer_key) = (query.api(), query.issuer(), query.consumer_key());
        if consumer_key.is_empty() || consumer_key.len() > LONGEST_CONSUMER_KEY {
            return Found::Known(Ok(None));
        }
        let question = Question { context: &api.context, version: &api.version, issuer, consumer_key };
        match self.0.board(question) {
            Departure::Landed(answer) => Found::Known(answer),
            Departure::InTheAir(landing) => Found::Later(Box::pin(landed(landing))),
        }
    }
}

async fn landed(mut landing: watch::Receiver<Option<Answer>>) -> Answer {
    let gone = || StoreError::new("the runtime that asks the subscription store is gone");
    let answer = landing.wait_for(Option::is_some).await.map_err(|_| gone())?;
    answer.clone().unwrap_or_else(|| Err(gone()))
}

impl fmt::Debug for HttpSubscriptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A subscription; nothing where there is none; an error where that could not be found out.
type Answer = Result<Option<Arc<Subscribed>>, StoreError>;

/// Far beyond what any client is called: the original's keys have 28 bytes.
const LONGEST_CONSUMER_KEY: usize = 512;

#[cfg(test)]
mod tests;
