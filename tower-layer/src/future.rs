use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use claimgate_core::{PendingAdmission, Rejection};
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::finish::Finish;
use crate::layer::Guard;
use crate::response::{EmptyBody, RefusalBody};

pin_project! {
    /// The response future of [`AuthService`](crate::AuthService). It boxes nothing where the key is known.
    pub struct AuthFuture<S, ReqBody, Body = EmptyBody>
    where
        S: Service<Request<ReqBody>>,
    {
        #[pin]
        state: State<S, S::Future, ReqBody>,
        finish: Finish,
        body: PhantomData<fn() -> Body>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, F, ReqBody> {
        Inner { #[pin] future: F },
        Refused { rejection: Rejection },
        Waiting { pending: PendingAdmission, held: Option<Box<Held<S, ReqBody>>> },
        // Admitted after the wait; the inner service is made ready anew.
        Readying { held: Option<Box<Held<S, ReqBody>>> },
    }
}

/// What waits for the decision: the request, and the inner service that it is for. In a box, so that the future of everybody else
/// is small enough to be moved about for nothing.
struct Held<S, ReqBody> {
    inner: S,
    request: Request<ReqBody>,
    guard: Arc<Guard>,
}

impl<S: Service<Request<ReqBody>>, ReqBody, Body> AuthFuture<S, ReqBody, Body> {
    pub(crate) fn inner(future: S::Future, finish: Finish) -> Self {
        AuthFuture { state: State::Inner { future }, finish, body: PhantomData }
    }

    pub(crate) fn refused(rejection: Rejection, finish: Finish) -> Self {
        AuthFuture { state: State::Refused { rejection }, finish, body: PhantomData }
    }

    pub(crate) fn pending(
        pending: PendingAdmission,
        inner: S,
        request: Request<ReqBody>,
        guard: Arc<Guard>,
    ) -> Self {
        let held = Some(Box::new(Held { inner, request, guard }));
        let state = State::Waiting { pending, held };
        AuthFuture { state, finish: Finish::default(), body: PhantomData }
    }
}

impl<S, ReqBody, ResBody, Body> Future for AuthFuture<S, ReqBody, Body>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    Body: RefusalBody<ResBody>,
{
    type Output = Result<Response<ResBody>, S::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProjection::Inner { future } => {
                    let response = ready!(future.poll(context))?;
                    return Poll::Ready(Ok(this.finish.finish::<Body, ResBody>(response)));
                }
                StateProjection::Refused { rejection } => {
                    return Poll::Ready(Ok(this.finish.refuse::<Body, ResBody>(rejection)));
                }
                StateProjection::Waiting { pending, held } => {
                    let admitted = ready!(Pin::new(pending).poll(context));
                    // Taken once: the state changes with it.
                    let Some(mut held) = held.take() else {
                        return Poll::Pending;
                    };
                    match held.guard.complete(admitted, &mut held.request) {
                        Ok(()) => State::Readying { held: Some(held) },
                        Err(rejection) => {
                            *this.finish = Finish::refusing(&held.guard);
                            State::Refused { rejection }
                        }
                    }
                }
                StateProjection::Readying { held } => {
                    if let Some(held) = held.as_mut() {
                        ready!(held.inner.poll_ready(context))?;
                    }
                    let Some(held) = held.take() else {
                        return Poll::Pending;
                    };
                    let Held { mut inner, mut request, guard } = *held;
                    *this.finish = Finish::of(&guard, &mut request);
                    State::Inner { future: inner.call(request) }
                }
            };
            this.state.set(next);
        }
    }
}

impl<S: Service<Request<ReqBody>>, ReqBody, Body> fmt::Debug for AuthFuture<S, ReqBody, Body> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AuthFuture").finish_non_exhaustive()
    }
}
