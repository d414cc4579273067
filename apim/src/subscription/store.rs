//! Where subscriptions are that tokens do not carry.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::api::Api;
use crate::fault::{Fault, FaultCode};
use crate::subscription::Subscribed;

/// What a store is asked: whether a client of an issuer has subscribed to an API.
///
/// Client and issuer are named by a token that was verified. The name of the client may have any character, and its length is that of
/// the token at most.
#[derive(Clone, Copy)]
pub struct SubscriptionQuery<'a> {
    api: &'a Api,
    issuer: &'a str,
    consumer_key: &'a str,
}

/// Knows which client has subscribed to which API.
///
/// # Security
///
/// Each issuer names its clients for itself, so two may have a client of one name. A store that does not look at
/// [`issuer`](SubscriptionQuery::issuer) gives the subscription of the one to the other.
///
/// # Example
///
/// ```
/// use claimgate_apim::Api;
/// use claimgate_apim::subscription::{Found, StoreError, Subscribed, SubscriptionQuery, SubscriptionStore};
///
/// #[derive(Debug)]
/// struct Database;
///
/// # use std::io::Error;
/// # impl Database { async fn row(&self, _: &Api, _: &str, _: &str) -> Result<Option<Subscribed>, Error> { Ok(None) } }
/// impl SubscriptionStore for Database {
///     fn find<'a>(&'a self, query: SubscriptionQuery<'a>) -> Found<'a> {
///         Found::Later(Box::pin(async move {
///             let row = self.row(query.api(), query.issuer(), query.consumer_key()).await?;
///             Ok(row.map(Into::into))
///         }))
///     }
/// }
/// ```
pub trait SubscriptionStore: Send + Sync + fmt::Debug + 'static {
    /// The subscription that `query` is about; nothing where there is none.
    fn find<'a>(&'a self, query: SubscriptionQuery<'a>) -> Found<'a>;
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

/// Why a store could not say whether there is a subscription. No fault of the client's, who is told nothing of the text.
///
/// The gateway writes the text to the log, at most once a minute however many requests fail. It must not quote a claim or a secret:
/// where the error of a library may, give a text of your own.
#[derive(Clone, Debug)]
pub struct StoreError(Arc<str>);

impl<'a> SubscriptionQuery<'a> {
    /// The question whether the client `consumer_key` of `issuer` has subscribed to `api`.
    pub fn new(api: &'a Api, issuer: &'a str, consumer_key: &'a str) -> Self {
        SubscriptionQuery { api, issuer, consumer_key }
    }

    /// The API. Its context and version tell it from others.
    pub fn api(&self) -> &'a Api {
        self.api
    }

    /// Who has issued the token, as `iss` has it.
    pub fn issuer(&self) -> &'a str {
        self.issuer
    }

    /// The client, as its issuer names it.
    pub fn consumer_key(&self) -> &'a str {
        self.consumer_key
    }
}

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
    /// An error with this text, which goes to the log.
    pub fn new(message: impl Into<Arc<str>>) -> Self {
        StoreError(message.into())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// What the client is told: [`Unclassified`](FaultCode::Unclassified), and nothing of the text.
    pub fn fault(&self) -> Fault {
        Fault::new(FaultCode::Unclassified)
    }
}

impl<S: SubscriptionStore + ?Sized> SubscriptionStore for Arc<S> {
    fn find<'a>(&'a self, query: SubscriptionQuery<'a>) -> Found<'a> {
        (**self).find(query)
    }
}

/// The API, and not whose subscription: claims are not for logs.
impl fmt::Debug for SubscriptionQuery<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Api { context, version, .. } = self.api;
        formatter
            .debug_struct("SubscriptionQuery")
            .field("context", context)
            .field("version", version)
            .finish_non_exhaustive()
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
