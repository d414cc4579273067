//! A request of actix-web as the core sees it.

use actix_web::dev::{Extensions, ServiceRequest};
use claimgate_core::{Anonymous, Caller, RequestView, VerifiedToken};

pub(crate) struct View<'a>(pub(crate) &'a ServiceRequest);

impl RequestView for View<'_> {
    fn method(&self) -> &str {
        self.0.method().as_str()
    }

    fn target(&self) -> &str {
        self.0.uri().path_and_query().map_or("/", |target| target.as_str())
    }

    fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }
}

/// Who stands behind a request with these extensions.
pub(crate) fn caller(extensions: &Extensions) -> Caller<'_> {
    Caller::new(extensions.get::<VerifiedToken>(), extensions.get::<Anonymous>())
}
