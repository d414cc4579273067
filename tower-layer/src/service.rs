use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use claimgate_core::Passage;
use http::{Request, Response};
use tower_service::Service;

use crate::finish::Finish;
use crate::future::AuthFuture;
use crate::layer::Guard;
use crate::response::{EmptyBody, RefusalBody};
use crate::view::View;

/// The service that [`AuthLayer`](crate::AuthLayer) makes.
pub struct AuthService<S, Body = EmptyBody> {
    inner: S,
    /// In one `Arc`: hosts clone a service for each request.
    guard: Arc<Guard>,
    body: PhantomData<fn() -> Body>,
}

impl<S, Body> AuthService<S, Body> {
    pub(crate) fn new(inner: S, guard: Arc<Guard>) -> Self {
        AuthService { inner, guard, body: PhantomData }
    }
}

impl<S, Body, ReqBody, ResBody> Service<Request<ReqBody>> for AuthService<S, Body>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    Body: RefusalBody<ResBody>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = AuthFuture<S, ReqBody, Body>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        match self.guard.gate.check(&View(&request)) {
            Passage::Decided(admitted) => match self.guard.complete(admitted, &mut request) {
                Ok(()) => {
                    let finish = Finish::of(&self.guard, &mut request);
                    AuthFuture::inner(self.inner.call(request), finish)
                }
                Err(rejection) => {
                    // What was made ready may hold a permit; a refusal must not sit on it.
                    drop(self.take_ready());
                    AuthFuture::refused(rejection, Finish::refusing(&self.guard))
                }
            },
            Passage::Pending(pending) => {
                // Nor must somebody who waits for a key, whose token may be anything.
                drop(self.take_ready());
                AuthFuture::pending(pending, self.inner.clone(), request, self.guard.clone())
            }
        }
    }
}

impl<S: Clone, Body> AuthService<S, Body> {
    /// The inner service that was made ready, a fresh clone in its place: a clone need not be ready itself.
    fn take_ready(&mut self) -> S {
        let clone = self.inner.clone();
        mem::replace(&mut self.inner, clone)
    }
}

impl<S: Clone, Body> Clone for AuthService<S, Body> {
    fn clone(&self) -> Self {
        AuthService::new(self.inner.clone(), self.guard.clone())
    }
}

impl<S: fmt::Debug, Body> fmt::Debug for AuthService<S, Body> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AuthService").field("inner", &self.inner).field("guard", &self.guard).finish()
    }
}
