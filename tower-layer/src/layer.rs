use std::fmt;
use std::sync::Arc;

use claimgate_core::{Admission, AuthError, Authenticator, Caller, Rejection, VerifiedToken};
use http::{Extensions, Request};
use serde::de::DeserializeOwned;
use tower_layer::Layer;

use crate::claims::Claims;
use crate::service::AuthService;

/// The layer that lets only requests with a good token through. Cheap to clone.
///
/// The [`VerifiedToken`] is in the extensions of the request that the inner service gets. See the [crate](crate) for the
/// rules.
#[derive(Clone, Debug)]
pub struct AuthLayer {
    gate: Gate,
}

/// What the layer knows, shared by the services that it makes.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) authenticator: Authenticator,
    optional: bool,
    inserts: Arc<[Insert]>,
}

/// Puts a token's claims into extensions, as one type.
type Insert = fn(&VerifiedToken, &mut Extensions) -> Result<(), Rejection>;

impl AuthLayer {
    /// A layer that asks `authenticator` about each request.
    pub fn new(authenticator: Authenticator) -> Self {
        AuthLayer { gate: Gate { authenticator, optional: false, inserts: Arc::default() } }
    }

    /// Lets requests without a credential through too, without claims. A bad credential is refused all the same.
    pub fn optional(mut self) -> Self {
        self.gate.optional = true;
        self
    }

    /// Also puts [`Claims<T>`] into the extensions of the request. May be called for several types; a token whose claims
    /// are no `T` is then refused here.
    pub fn insert_claims<T: DeserializeOwned + Send + Sync + 'static>(mut self) -> Self {
        self.gate.inserts = self.gate.inserts.iter().copied().chain([insert::<T> as Insert]).collect();
        self
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> AuthService<S> {
        AuthService::new(inner, self.gate.clone())
    }
}

impl Gate {
    /// Completes a request about which `result` was decided, or tells why it does not go on.
    pub(crate) fn admit<B>(
        &self,
        result: Result<VerifiedToken, AuthError>,
        request: &mut Request<B>,
    ) -> Result<(), Rejection> {
        match self.authenticator.admit(result, self.optional)? {
            Admission::Verified(token) => {
                for insert in &*self.inserts {
                    insert(&token, request.extensions_mut())?;
                }
                request.extensions_mut().insert(token);
            }
            Admission::Anonymous(anonymous) => {
                request.extensions_mut().insert(anonymous);
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Gate")
            .field("authenticator", &self.authenticator)
            .field("optional", &self.optional)
            .finish_non_exhaustive()
    }
}

fn insert<T: DeserializeOwned + Send + Sync + 'static>(
    token: &VerifiedToken,
    extensions: &mut Extensions,
) -> Result<(), Rejection> {
    extensions.insert(Claims::<T>::of(Caller::Verified(token))?);
    Ok(())
}
