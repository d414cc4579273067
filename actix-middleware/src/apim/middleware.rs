use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{Error, HttpMessage};
use claimgate_apim::{Admitted, ApiManager, HeaderChanges};
use claimgate_core::{Anonymous, VerifiedToken};

use crate::apim::service::ApiService;

/// The middleware that lets only those requests through which an [`ApiManager`] admits. Build the manager once, outside of
/// `HttpServer::new`; clones share it.
///
/// The [`RequestContext`](claimgate_apim::RequestContext) is in the extensions of the request that the service inside gets, and the
/// [`VerifiedToken`] where the resource needs one. Wrap it around the whole `App`: what fits no resource of the manager is refused
/// here.
#[derive(Clone)]
pub struct ApiMiddleware {
    guard: Guard,
}

/// What the middleware knows, shared by the services that it makes.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) manager: ApiManager,
    /// The header fields that may carry a token.
    fields: Arc<[HeaderName]>,
}

impl ApiMiddleware {
    /// Middleware that asks `manager` about each request.
    pub fn new(manager: ApiManager) -> Self {
        let fields =
            manager.credential_fields().filter_map(|field| HeaderName::try_from(field).ok()).collect();
        ApiMiddleware { guard: Guard { manager, fields } }
    }
}

impl<S, B> Transform<S, ServiceRequest> for ApiMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = <ApiService<S> as Service<ServiceRequest>>::Response;
    type Error = Error;
    type Transform = ApiService<S>;
    type InitError = ();
    type Future = Ready<Result<ApiService<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(ApiService::new(inner, self.guard.clone())))
    }
}

impl Guard {
    /// Puts what was decided into `request`.
    pub(crate) fn complete(&self, admitted: Admitted, request: &mut ServiceRequest) {
        let Admitted { token, context, headers, .. } = admitted;
        {
            let mut extensions = request.extensions_mut();
            // What another guard outside has left behind is not the answer of this one.
            extensions.remove::<Anonymous>();
            match token {
                Some(token) => extensions.insert(token),
                None => extensions.remove::<VerifiedToken>(),
            };
            extensions.insert(context);
        }
        change(request, headers);
        // A handler that logs its headers must not log the token.
        for field in &*self.fields {
            if request.headers().contains_key(field) {
                request.headers_mut().retain(|name, value| {
                    if name == field {
                        value.set_sensitive(true);
                    }
                    true
                });
            }
        }
    }
}

/// Only what is there to be changed is borrowed for it: actix-web panics where middleware outside kept a clone.
fn change(request: &mut ServiceRequest, changes: HeaderChanges) {
    for field in changes.removed {
        if let Ok(name) = HeaderName::try_from(field)
            && request.headers().contains_key(&name)
        {
            request.headers_mut().remove(&name);
        }
    }
    if let Some((name, value)) = changes.added
        && let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
    {
        request.headers_mut().insert(name, value);
    }
}

impl fmt::Debug for ApiMiddleware {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ApiMiddleware").field("manager", &self.guard.manager).finish()
    }
}
