use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use claimgate_core::{Caller, Rejection};
use serde::de::DeserializeOwned;

/// The claims of the verified token, as the application's type `T`; dereferences to it. Cheap to clone.
///
/// It is an extractor. Without authentication before the route it answers 500, and a token whose claims are no `T` gets a 401
/// `invalid_token`.
///
/// # Security
///
/// Do not take `Option<Claims<T>>` in a handler. actix-web makes an extractor of every `Option`, and `None` of every error: a
/// token whose claims are no `T` and a route without authentication would both look like a request without a credential.
/// [`MaybeClaims`] tells them apart. `Result<Claims<T>, E>` leaves it to the handler to refuse.
pub struct Claims<T>(Arc<T>);

/// The claims of the verified token, or none where the request had no credential and
/// [`AuthMiddleware::optional`](crate::AuthMiddleware::optional) let it through.
///
/// It is an extractor and refuses what [`Claims`] refuses, except the lack of a credential. Take it in the place of
/// `Option<Claims<T>>`, which cannot be made safe: see [`Claims`].
#[derive(Debug)]
pub struct MaybeClaims<T>(pub Option<Claims<T>>);

impl<T> Claims<T> {
    /// The claims, shared.
    pub fn into_inner(self) -> Arc<T> {
        self.0
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Claims<T> {
    pub(crate) fn of(caller: Caller<'_>) -> Result<Self, Rejection> {
        caller.claims().map(Claims)
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> MaybeClaims<T> {
    pub(crate) fn of(caller: Caller<'_>) -> Result<Self, Rejection> {
        Ok(MaybeClaims(caller.maybe_claims()?.map(Claims)))
    }
}

impl<T> Deref for Claims<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

// By hand: `T` need not be `Clone` to share it.
impl<T> Clone for Claims<T> {
    fn clone(&self) -> Self {
        Claims(self.0.clone())
    }
}

impl<T> Clone for MaybeClaims<T> {
    fn clone(&self) -> Self {
        MaybeClaims(self.0.clone())
    }
}

/// Never what the claims say, whatever `T` would show.
impl<T> fmt::Debug for Claims<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Claims(..)")
    }
}
