//! A layer that decides nothing: what a host takes to have any, with something for the handler in the extensions.

use std::task::{Context, Poll};

use http::Request;
use tower_service::Service;

/// As large as what stands for a verified token.
#[derive(Clone)]
pub(crate) struct Passed(pub(crate) &'static &'static str);

/// Leaves it with each request.
#[derive(Clone)]
pub(crate) struct Through<S>(pub(crate) S);

impl Passed {
    pub(crate) fn new() -> Self {
        Passed(&crate::NOBODY)
    }
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Through<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.extensions_mut().insert(Passed::new());
        self.0.call(request)
    }
}
