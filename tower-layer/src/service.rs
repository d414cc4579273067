use std::mem;
use std::task::{Context, Poll};

use claimgate_core::Decision;
use http::{Request, Response};
use tower_service::Service;

use crate::answer::Answer;
use crate::future::AuthFuture;
use crate::layer::Gate;
use crate::view::View;

/// The service that [`AuthLayer`](crate::AuthLayer) makes.
#[derive(Clone, Debug)]
pub struct AuthService<S> {
    inner: S,
    gate: Gate,
}

impl<S> AuthService<S> {
    pub(crate) fn new(inner: S, gate: Gate) -> Self {
        AuthService { inner, gate }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for AuthService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    ResBody: Default,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = AuthFuture<S, ReqBody>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let authenticator = &self.gate.authenticator;
        match authenticator.authenticate(&View(&request), authenticator.now()) {
            Decision::Decided(result) => match self.gate.admit(result, &mut request) {
                Ok(()) => AuthFuture::decided(Answer::inner(self.inner.call(request))),
                Err(rejection) => {
                    // What was made ready may hold a permit; a refusal must not sit on it.
                    drop(self.take_ready());
                    AuthFuture::decided(Answer::refused(rejection))
                }
            },
            Decision::Pending(pending) => {
                let ready = self.take_ready();
                AuthFuture::pending(pending, ready, request, self.gate.clone())
            }
        }
    }
}

impl<S: Clone> AuthService<S> {
    /// The inner service that was made ready, a fresh clone in its place: a clone need not be ready itself.
    fn take_ready(&mut self) -> S {
        let clone = self.inner.clone();
        mem::replace(&mut self.inner, clone)
    }
}
