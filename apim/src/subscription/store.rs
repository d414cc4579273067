//! Where subscriptions are that tokens do not carry.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::api::Api;
use crate::fault::{Fault, FaultCode};
use crate::subscription::Subscribed;

/// Knows which client has subscribed to which API.
///
/// # Example
///
/// ```
/// use claimgate_apim::Api;
/// use claimgate_apim::subscription::{Found, StoreError, Subscribed, SubscriptionStore};
///
/// #[derive(Debug)]
/// struct Database;
///
/// # impl Database { async fn row(&self, _: &str, _: &str, _: &str) -> Result<Option<Subscribed>, std::io::Error> { Ok(None) } }
/// impl SubscriptionStore for Database {
///     fn find<'a>(&'a self, api: &'a Api, consumer_key: &'a str) -> Found<'a> {
///         Found::Later(Box::pin(async move {
///             let row = self.row(&api.context, &api.version, consumer_key).await?;
///             Ok(row.map(Into::into))
///         }))
///     }
/// }
/// ```
pub trait SubscriptionStore: Send + Sync + fmt::Debug + 'static {
    /// The subscription of the client `consumer_key` to `api`, by its context and version; nothing where there is none.
    ///
    /// The key comes from a token that was verified. Its length is that of the token at most, and it may have any character.
    fn find<'a>(&'a self, api: &'a Api, consumer_key: &'a str) -> Found<'a>;
}

/// What [`SubscriptionStore::find`] gives.
pub enum Found<'a> {
    /// It is in memory.
    Known(Result<Option<Arc<Subscribed>>, StoreError>),
    /// Somebody has to be asked.
    Later(SubscriptionFuture<'a>),
}

/// A subscription that is still to come.
pub type SubscriptionFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Arc<Subscribed>>, StoreError>> + Send + 'a>>;

/// Why a store could not say whether there is a subscription. No fault of the client's.
#[derive(Clone, Debug)]
pub struct StoreError(Arc<str>);

impl Found<'_> {
    /// The answer, waited for where it has to be.
    ///
    /// # Errors
    ///
    /// That of the store.
    pub async fn wait(self) -> Result<Option<Arc<Subscribed>>, StoreError> {
        match self {
            Found::Known(answer) => answer,
            Found::Later(answer) => answer.await,
        }
    }
}

impl StoreError {
    /// An error with this text, which goes to the log. It must not quote a claim.
    pub fn new(message: impl Into<Arc<str>>) -> Self {
        StoreError(message.into())
    }

    /// What the client is told: [`Unclassified`](FaultCode::Unclassified), and nothing of the text.
    pub fn fault(&self) -> Fault {
        Fault::new(FaultCode::Unclassified)
    }
}

impl<S: SubscriptionStore + ?Sized> SubscriptionStore for Arc<S> {
    fn find<'a>(&'a self, api: &'a Api, consumer_key: &'a str) -> Found<'a> {
        (**self).find(api, consumer_key)
    }
}

impl fmt::Debug for Found<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Known(answer) => formatter.debug_tuple("Known").field(answer).finish(),
            Found::Later(_) => formatter.write_str("Later(..)"),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

// No `std::error::Error` for it: it is made from any error, and `From<Self>` would be there twice.
impl<E: Error> From<E> for StoreError {
    fn from(error: E) -> Self {
        StoreError(error.to_string().into())
    }
}
