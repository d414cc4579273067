use std::fmt;
use std::sync::Arc;

use claimgate_apim::{Admitted, ApiManager, HeaderChanges};
use claimgate_core::{Anonymous, VerifiedToken};
use http::header::{Entry, HeaderName, HeaderValue};
use http::{HeaderMap, Request};
use tower_layer::Layer;

use crate::apim::service::ApiService;

/// The layer that lets only those requests through which an [`ApiManager`] admits. Cheap to clone.
///
/// The [`RequestContext`](claimgate_apim::RequestContext) is in the extensions of the request that the inner service gets, and the
/// [`VerifiedToken`] where the resource needs one. Put it around all routes: what fits no resource of the manager is refused here.
/// The response body is one that can be made of bytes.
#[derive(Clone)]
pub struct ApiLayer {
    guard: Guard,
}

/// What the layer knows, shared by the services that it makes.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) manager: ApiManager,
    /// The header fields that may carry a token.
    fields: Arc<[HeaderName]>,
}

impl ApiLayer {
    /// A layer that asks `manager` about each request.
    pub fn new(manager: ApiManager) -> Self {
        let fields =
            manager.credential_fields().filter_map(|field| HeaderName::try_from(field).ok()).collect();
        ApiLayer { guard: Guard { manager, fields } }
    }
}

impl<S> Layer<S> for ApiLayer {
    type Service = ApiService<S>;

    fn layer(&self, inner: S) -> ApiService<S> {
        ApiService::new(inner, Arc::new(self.guard.clone()))
    }
}

impl Guard {
    /// Puts what was decided into `request`.
    pub(crate) fn complete<B>(&self, admitted: Admitted, request: &mut Request<B>) {
        let Admitted { token, context, headers, .. } = admitted;
        let extensions = request.extensions_mut();
        // What another guard outside has left behind is not the answer of this one.
        extensions.remove::<Anonymous>();
        match token {
            Some(token) => extensions.insert(token),
            None => extensions.remove::<VerifiedToken>(),
        };
        extensions.insert(context);
        change(request.headers_mut(), headers);
        // A handler that logs its headers must not log the token.
        for field in &*self.fields {
            if let Entry::Occupied(mut values) = request.headers_mut().entry(field) {
                values.iter_mut().for_each(|value| value.set_sensitive(true));
            }
        }
    }
}

fn change(headers: &mut HeaderMap, changes: HeaderChanges) {
    for field in changes.removed {
        headers.remove(field);
    }
    if let Some((name, value)) = changes.added
        && let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
    {
        headers.insert(name, value);
    }
}

impl fmt::Debug for ApiLayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ApiLayer").field("manager", &self.guard.manager).finish()
    }
}
