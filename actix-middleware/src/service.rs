use std::fmt;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::EitherBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use claimgate_core::Passage;

use crate::future::AuthFuture;
use crate::middleware::Guard;
use crate::view::View;

/// The service that [`AuthMiddleware`](crate::AuthMiddleware) makes, one on each worker.
pub struct AuthService<S> {
    /// In one `Rc`, for requests that wait for a key.
    shared: Rc<Guarded<S>>,
}

/// A service, and what stands before it.
pub(crate) struct Guarded<S> {
    pub(crate) inner: S,
    pub(crate) guard: Guard,
}

impl<S> AuthService<S> {
    pub(crate) fn new(inner: S, guard: Guard) -> Self {
        AuthService { shared: Rc::new(Guarded { inner, guard }) }
    }
}

impl<S, B> Service<ServiceRequest> for AuthService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = AuthFuture<S>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.shared.inner.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> AuthFuture<S> {
        match self.shared.guard.gate.check(&View::new(&request)) {
            Passage::Decided(admitted) => AuthFuture::decided(&self.shared, admitted, request),
            Passage::Pending(pending) => AuthFuture::pending(&self.shared, pending, request),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for AuthService<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Guarded { inner, guard } = &*self.shared;
        formatter.debug_struct("AuthService").field("inner", inner).field("guard", guard).finish()
    }
}
