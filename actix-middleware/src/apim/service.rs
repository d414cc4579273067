use std::fmt;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::EitherBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use claimgate_apim::Passage;

use crate::apim::future::ApiFuture;
use crate::apim::middleware::Guard;
use crate::view::View;

/// The service that [`ApiMiddleware`](crate::apim::ApiMiddleware) makes, one on each worker.
pub struct ApiService<S> {
    /// In one `Rc`, for requests that wait.
    shared: Rc<Guarded<S>>,
}

/// A service, and what stands before it.
pub(crate) struct Guarded<S> {
    pub(crate) inner: S,
    pub(crate) guard: Guard,
}

impl<S> ApiService<S> {
    pub(crate) fn new(inner: S, guard: Guard) -> Self {
        ApiService { shared: Rc::new(Guarded { inner, guard }) }
    }
}

impl<S, B> Service<ServiceRequest> for ApiService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = ApiFuture<S>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.shared.inner.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> ApiFuture<S> {
        match self.shared.guard.manager.check(&View::new(&request)) {
            Passage::Decided(admitted) => ApiFuture::decided(&self.shared, admitted, request),
            Passage::Pending(pending) => ApiFuture::pending(&self.shared, pending, request),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for ApiService<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ApiService").field("inner", &self.shared.inner).finish_non_exhaustive()
    }
}
