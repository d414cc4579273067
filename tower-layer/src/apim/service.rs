use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use claimgate_apim::Passage;
use http::{Request, Response};
use tower_service::Service;

use crate::apim::future::ApiFuture;
use crate::apim::layer::Guard;
use crate::view::View;

/// The service that [`ApiLayer`](crate::apim::ApiLayer) makes.
pub struct ApiService<S> {
    inner: S,
    /// In one `Arc`: hosts clone a service for each request.
    guard: Arc<Guard>,
}

impl<S> ApiService<S> {
    pub(crate) fn new(inner: S, guard: Arc<Guard>) -> Self {
        ApiService { inner, guard }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for ApiService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    ResBody: From<Vec<u8>>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ApiFuture<S, ReqBody>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        match self.guard.manager.check(&View(&request)) {
            Passage::Decided(Ok(admitted)) => {
                self.guard.complete(admitted, &mut request);
                ApiFuture::inner(self.inner.call(request))
            }
            Passage::Decided(Err(answer)) => {
                // What was made ready may hold a permit; a refusal must not sit on it.
                drop(self.take_ready());
                ApiFuture::answered(answer)
            }
            Passage::Pending(pending) => {
                // Nor must somebody who waits, whose token may be anything.
                drop(self.take_ready());
                ApiFuture::pending(pending, self.inner.clone(), request, self.guard.clone())
            }
        }
    }
}

impl<S: Clone> ApiService<S> {
    /// The inner service that was made ready, a fresh clone in its place: a clone need not be ready itself.
    fn take_ready(&mut self) -> S {
        let clone = self.inner.clone();
        mem::replace(&mut self.inner, clone)
    }
}

impl<S: Clone> Clone for ApiService<S> {
    fn clone(&self) -> Self {
        ApiService::new(self.inner.clone(), self.guard.clone())
    }
}

impl<S: fmt::Debug> fmt::Debug for ApiService<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ApiService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
