use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use claimgate_core::{
    Admission, Anonymous, Authenticator, Caller, Gate, GrpcRefusal, Rejection, RenderRefusal, VerifiedToken,
};
use http::header::{Entry, HeaderName};
use http::{Extensions, Request};
use serde::de::DeserializeOwned;
use tower_layer::Layer;

use crate::claims::Claims;
use crate::response::{ByteBody, EmptyBody};
use crate::service::AuthService;

/// The layer that lets only requests with a good token through. Cheap to clone.
///
/// The [`VerifiedToken`] is in the extensions of the request that the inner service gets. See the [crate](crate) for the
/// rules. `Body` says how refusals get their body: [`EmptyBody`] for any body that has a default, [`ByteBody`] after
/// [`refuse_with`](Self::refuse_with).
pub struct AuthLayer<Body = EmptyBody> {
    guard: Guard,
    body: PhantomData<fn() -> Body>,
}

/// What the layer knows, shared by the services that it makes.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) gate: Gate,
    /// The header fields that may carry a token.
    fields: Arc<[HeaderName]>,
    inserts: Arc<[Insert]>,
    pub(crate) render: Option<Arc<dyn RenderRefusal>>,
}

/// Puts a token's claims into extensions, as one type, or takes out what is there where there is no token.
type Insert = fn(Option<&VerifiedToken>, &mut Extensions) -> Result<(), Rejection>;

impl AuthLayer {
    /// A layer that asks `authenticator` about each request.
    pub fn new(authenticator: Authenticator) -> Self {
        let gate = Gate::new(authenticator);
        let fields = gate.credential_fields().filter_map(|field| HeaderName::try_from(field).ok()).collect();
        AuthLayer::of(Guard { gate, fields, inserts: Arc::default(), render: None })
    }

    /// Answers refusals as gRPC does: trailers-only, with `grpc-status` and the challenge as metadata. The status of HTTP is
    /// then 200, so keep routes that are not gRPC outside of this layer.
    pub fn grpc(self) -> Self {
        AuthLayer::of(Guard { render: Some(Arc::new(GrpcRefusal)), ..self.guard })
    }

    /// Answers refusals as `render` makes them, those of [`RequireScopes`](crate::RequireScopes), [`Require`](crate::Require)
    /// and the extractors behind this layer too. Status and challenge stay what they are.
    ///
    /// [`ProblemDetails`](claimgate_core::ProblemDetails) is ready-made, and a closure will do. The response body is one that
    /// can be made of bytes.
    pub fn refuse_with(self, render: impl RenderRefusal + 'static) -> AuthLayer<ByteBody> {
        AuthLayer::of(Guard { render: Some(Arc::new(render)), ..self.guard })
    }
}

impl<Body> AuthLayer<Body> {
    fn of(guard: Guard) -> Self {
        AuthLayer { guard, body: PhantomData }
    }

    /// Lets requests without a credential through too, without claims. A bad credential is refused all the same.
    pub fn optional(self) -> Self {
        AuthLayer::of(Guard { gate: self.guard.gate.optional(), ..self.guard })
    }

    /// Lets true CORS preflights through. See [`Gate::allow_preflight`]: better is a CORS layer outside of this one.
    pub fn allow_preflight(self) -> Self {
        AuthLayer::of(Guard { gate: self.guard.gate.allow_preflight(), ..self.guard })
    }

    /// Also puts [`Claims<T>`] into the extensions of the request. May be called for several types; a token whose claims
    /// are no `T` is then refused here.
    pub fn insert_claims<T: DeserializeOwned + Send + Sync + 'static>(self) -> Self {
        let inserts = self.guard.inserts.iter().copied().chain([insert::<T> as Insert]).collect();
        AuthLayer::of(Guard { inserts, ..self.guard })
    }
}

impl<S, Body> Layer<S> for AuthLayer<Body> {
    type Service = AuthService<S, Body>;

    fn layer(&self, inner: S) -> AuthService<S, Body> {
        AuthService::new(inner, Arc::new(self.guard.clone()))
    }
}

impl Guard {
    /// Puts what was decided into `request`.
    pub(crate) fn complete<B>(
        &self,
        admitted: Result<Admission, Rejection>,
        request: &mut Request<B>,
    ) -> Result<(), Rejection> {
        let extensions = request.extensions_mut();
        // What another guard outside has left behind is not the answer of this one. A request that is refused goes nowhere.
        match admitted? {
            Admission::Verified(token) => {
                extensions.remove::<Anonymous>();
                for insert in &*self.inserts {
                    insert(Some(&token), extensions)?;
                }
                extensions.insert(token);
            }
            Admission::Anonymous(anonymous) => {
                extensions.remove::<VerifiedToken>();
                for insert in &*self.inserts {
                    insert(None, extensions)?;
                }
                extensions.insert(anonymous);
            }
        }
        // A handler that logs its headers must not log the token.
        for field in &*self.fields {
            if let Entry::Occupied(mut values) = request.headers_mut().entry(field) {
                values.iter_mut().for_each(|value| value.set_sensitive(true));
            }
        }
        Ok(())
    }
}

impl<Body> Clone for AuthLayer<Body> {
    fn clone(&self) -> Self {
        AuthLayer::of(self.guard.clone())
    }
}

impl<Body> fmt::Debug for AuthLayer<Body> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AuthLayer").field("guard", &self.guard).finish()
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Guard").field("gate", &self.gate).finish_non_exhaustive()
    }
}

fn insert<T: DeserializeOwned + Send + Sync + 'static>(
    token: Option<&VerifiedToken>,
    extensions: &mut Extensions,
) -> Result<(), Rejection> {
    match token {
        Some(token) => extensions.insert(Claims::<T>::of(Caller::Verified(token))?),
        None => extensions.remove::<Claims<T>>(),
    };
    Ok(())
}
