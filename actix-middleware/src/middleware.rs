use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::{Extensions, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::HeaderName;
use actix_web::{Error, HttpMessage};
use claimgate_core::{
    Admission, Anonymous, Authenticator, Caller, Gate, Rejection, RenderRefusal, VerifiedToken,
};
use serde::de::DeserializeOwned;

use crate::claims::Claims;
use crate::service::AuthService;

/// The middleware that lets only requests with a good token through. Build it once, outside of `HttpServer::new`; clones are
/// cheap and share keys and settings.
///
/// The [`VerifiedToken`] is in the extensions of the request that the service inside gets, for handlers that take
/// [`ReqData<VerifiedToken>`](actix_web::web::ReqData), [`Claims`] or [`Scoped`](crate::Scoped). See the [crate](crate) for
/// the rules.
#[derive(Clone)]
pub struct AuthMiddleware {
    guard: Guard,
}

/// What the middleware knows, shared by the services that it makes.
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

impl AuthMiddleware {
    /// Middleware that asks `authenticator` about each request.
    pub fn new(authenticator: Authenticator) -> Self {
        let gate = Gate::new(authenticator);
        let fields = gate.credential_fields().filter_map(|field| HeaderName::try_from(field).ok()).collect();
        AuthMiddleware { guard: Guard { gate, fields, inserts: Arc::default(), render: None } }
    }

    /// Lets requests without a credential through too, without claims. A bad credential is refused all the same.
    pub fn optional(self) -> Self {
        AuthMiddleware { guard: Guard { gate: self.guard.gate.optional(), ..self.guard } }
    }

    /// Lets true CORS preflights through. See [`Gate::allow_preflight`]: better is CORS middleware outside of this one.
    pub fn allow_preflight(self) -> Self {
        AuthMiddleware { guard: Guard { gate: self.guard.gate.allow_preflight(), ..self.guard } }
    }

    /// Also puts [`Claims<T>`] into the extensions of the request. May be called for several types; a token whose claims
    /// are no `T` is then refused here.
    pub fn insert_claims<T: DeserializeOwned + Send + Sync + 'static>(self) -> Self {
        let inserts = self.guard.inserts.iter().copied().chain([insert::<T> as Insert]).collect();
        AuthMiddleware { guard: Guard { inserts, ..self.guard } }
    }

    /// Answers refusals as `render` makes them, those of [`RequireScopes`](crate::RequireScopes), [`Require`](crate::Require)
    /// and the extractors behind this middleware too. Status and challenge stay what they are.
    ///
    /// [`ProblemDetails`](claimgate_core::ProblemDetails) is ready-made, and a closure will do.
    pub fn refuse_with(self, render: impl RenderRefusal + 'static) -> Self {
        AuthMiddleware { guard: Guard { render: Some(Arc::new(render)), ..self.guard } }
    }
}

impl<S, B> Transform<S, ServiceRequest> for AuthMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = <AuthService<S> as Service<ServiceRequest>>::Response;
    type Error = Error;
    type Transform = AuthService<S>;
    type InitError = ();
    type Future = Ready<Result<AuthService<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(AuthService::new(inner, self.guard.clone())))
    }
}

impl Guard {
    /// Puts what was decided into `request`.
    pub(crate) fn complete(
        &self,
        admitted: Result<Admission, Rejection>,
        request: &mut ServiceRequest,
    ) -> Result<(), Rejection> {
        self.leave_behind(admitted, &mut request.extensions_mut())?;
        self.hide_credentials(request);
        Ok(())
    }

    fn leave_behind(
        &self,
        admitted: Result<Admission, Rejection>,
        extensions: &mut Extensions,
    ) -> Result<(), Rejection> {
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
        Ok(())
    }

    /// A handler that logs its headers must not log the token.
    fn hide_credentials(&self, request: &mut ServiceRequest) {
        for field in &*self.fields {
            // Only what is there to be changed is borrowed for it: actix-web panics where middleware outside kept a clone.
            match request.headers().get_all(field).count() {
                0 => {}
                1 => {
                    if let Some(value) = request.headers_mut().get_mut(field) {
                        value.set_sensitive(true);
                    }
                }
                // The one way to reach every value of a name.
                _ => request.headers_mut().retain(|name, value| {
                    if name == field {
                        value.set_sensitive(true);
                    }
                    true
                }),
            }
        }
    }
}

impl fmt::Debug for AuthMiddleware {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AuthMiddleware").field("guard", &self.guard).finish()
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
