use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use claimgate_core::{Caller, Rejection, Scopes, VerifiedToken};

/// The verified token of a request that has the scopes `S`: a [`Scope`](claimgate_core::Scope) or a tuple of up to four.
/// Dereferences to [`VerifiedToken`].
///
/// With feature `axum` it is an extractor: a handler that takes `Scoped<ReadMenu>` itself, and no `Result` or
/// `Option` of it, cannot be reached without the scope.
pub struct Scoped<S>(VerifiedToken, PhantomData<fn() -> S>);

impl<S: Scopes> Scoped<S> {
    #[cfg_attr(not(feature = "axum"), expect(dead_code, reason = "only the extractor makes one"))]
    pub(crate) fn of(caller: Caller<'_>) -> Result<Self, Rejection> {
        Ok(Scoped(caller.require_scopes::<S>()?.clone(), PhantomData))
    }
}

impl<S> Deref for Scoped<S> {
    type Target = VerifiedToken;

    fn deref(&self) -> &VerifiedToken {
        &self.0
    }
}

// By hand: the scopes need be neither `Clone` nor `Debug`.
impl<S> Clone for Scoped<S> {
    fn clone(&self) -> Self {
        Scoped(self.0.clone(), PhantomData)
    }
}

impl<S> fmt::Debug for Scoped<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Scoped").field(&self.0).finish()
    }
}
