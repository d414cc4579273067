//! Keys from anywhere: a source that the application writes.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use crate::key_set::KeySet;

/// A place that keys come from, for what is neither a URL nor a file: a secret manager, a database, another protocol.
///
/// It is asked as a URL is: once at the start, then ahead of need, and within a budget when a token names a key that is not
/// there. [`load`](Self::load) runs in a task of its own, never in a request, and is dropped when it takes longer than
/// [`fetch_timeout`](crate::Issuer::fetch_timeout). What it gives replaces the whole set; an error, a panic or a set without a
/// usable key is a failed refresh, which replaces nothing.
///
/// # Example
///
/// ```
/// use claimgate_core::{Issuer, KeySet, KeySource, KeySourceError, KeySourceFuture, LoadedKeys};
///
/// /// JWK Sets in a table, one row an issuer.
/// struct Table {
///     row: &'static str,
/// }
///
/// # async fn select(row: &str) -> Result<String, std::io::Error> { Ok(row.to_owned()) }
/// impl KeySource for Table {
///     fn load(&self) -> KeySourceFuture<'_> {
///         Box::pin(async {
///             let text = select(self.row).await?;
///             let keys = KeySet::from_jwks(&text)?;
///             Ok(LoadedKeys::new(keys))
///         })
///     }
/// }
///
/// let issuer = Issuer::new("https://idp.example.com").audience("https://api.example.com").key_source(Table { row: "idp" });
/// ```
pub trait KeySource: Send + Sync + 'static {
    /// Loads all keys.
    ///
    /// # Errors
    ///
    /// A [`KeySourceError`]; any error turns into one. Its text goes to the log and to
    /// [`IssuerStatus::last_error`](crate::IssuerStatus::last_error), so it must hold no secret.
    fn load(&self) -> KeySourceFuture<'_>;
}

/// What [`KeySource::load`] gives: boxed, so that sources can be kept side by side. It is made once for each refresh.
pub type KeySourceFuture<'a> = Pin<Box<dyn Future<Output = Result<LoadedKeys, KeySourceError>> + Send + 'a>>;

/// The keys of a [`KeySource`], and how long they are good for.
#[derive(Clone, Debug)]
pub struct LoadedKeys {
    pub(crate) keys: KeySet,
    pub(crate) max_age: Option<Duration>,
}

impl LoadedKeys {
    /// These keys, to be loaded again as the issuer's [`refresh_interval`](crate::Issuer::refresh_interval) says.
    pub fn new(keys: KeySet) -> Self {
        LoadedKeys { keys, max_age: None }
    }

    /// To be loaded again after `max_age`, where that is shorter. It counts no less than the smaller of one minute and the
    /// interval.
    pub fn max_age(self, max_age: Duration) -> Self {
        LoadedKeys { max_age: Some(max_age), ..self }
    }
}

/// Why a [`KeySource`] gave no keys.
#[derive(Debug)]
pub struct KeySourceError {
    pub(crate) message: String,
    pub(crate) retry_after: Option<Duration>,
}

impl KeySourceError {
    /// An error with this text, which the log gets to see.
    pub fn new(message: impl Into<String>) -> Self {
        KeySourceError { message: message.into(), retry_after: None }
    }

    /// Says that nothing is to be gained before `wait` has passed. It counts at most as long as the refresh interval.
    pub fn retry_after(self, wait: Duration) -> Self {
        KeySourceError { retry_after: Some(wait), ..self }
    }
}

impl fmt::Display for KeySourceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

// No `std::error::Error` for it: it is made from any error, and `From<Self>` would be there twice.
impl<E: Error> From<E> for KeySourceError {
    fn from(error: E) -> Self {
        KeySourceError::new(error.to_string())
    }
}
