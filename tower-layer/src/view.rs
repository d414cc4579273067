//! An `http` request as the core sees it.

use claimgate_core::{Anonymous, Caller, RequestView, VerifiedToken};
use http::{Extensions, Request};

pub(crate) struct View<'a, B>(pub(crate) &'a Request<B>);

impl<B> RequestView for View<'_, B> {
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
