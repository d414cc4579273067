use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use claimgate_core::{Caller, Rejection};
use serde::de::DeserializeOwned;

/// The claims of the verified token, as the application's type `T`; dereferences to it. Cheap to clone.
///
/// With feature `axum` it is an extractor. Without authentication before the route it answers 500, and a token whose claims
/// are no `T` gets a 401 `invalid_token`.
pub struct Claims<T>(Arc<T>);

/// The claims of the verified token, or none where the request had no credential and
/// [`AuthLayer::optional`](crate::AuthLayer::optional) let it through.
///
/// With feature `axum` it is an extractor. It refuses what [`Claims`] refuses, except the lack of a credential.
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
    #[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only extractors make one"))]
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
