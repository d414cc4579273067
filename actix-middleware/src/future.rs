use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::Error;
use actix_web::body::EitherBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use claimgate_core::{Admission, PendingAdmission, Rejection};
use pin_project_lite::pin_project;

use crate::finish::Finish;
use crate::service::Guarded;

pin_project! {
    /// The response future of [`AuthService`](crate::AuthService). It boxes nothing where the key is known.
    pub struct AuthFuture<S>
    where
        S: Service<ServiceRequest>,
    {
        #[pin]
        state: State<S, S::Future>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, F> {
        Inner { #[pin] future: F, finish: Finish },
        Refused { response: Option<ServiceResponse> },
        Waiting { pending: PendingAdmission, held: Option<Held<S>> },
    }
}

/// What waits for the decision.
struct Held<S> {
    shared: Rc<Guarded<S>>,
    request: ServiceRequest,
}

impl<S: Service<ServiceRequest>> AuthFuture<S> {
    pub(crate) fn decided(
        shared: &Guarded<S>,
        admitted: Result<Admission, Rejection>,
        request: ServiceRequest,
    ) -> Self {
        AuthFuture { state: State::decided(shared, admitted, request) }
    }

    pub(crate) fn pending(
        shared: &Rc<Guarded<S>>,
        pending: PendingAdmission,
        request: ServiceRequest,
    ) -> Self {
        let held = Some(Held { shared: shared.clone(), request });
        AuthFuture { state: State::Waiting { pending, held } }
    }
}

impl<S: Service<ServiceRequest>> State<S, S::Future> {
    fn decided(
        shared: &Guarded<S>,
        admitted: Result<Admission, Rejection>,
        mut request: ServiceRequest,
    ) -> Self {
        let Guarded { inner, guard } = shared;
        match guard.complete(admitted, &mut request) {
            Ok(()) => {
                let finish = Finish::of(guard, &mut request);
                State::Inner { future: inner.call(request), finish }
            }
            Err(rejection) => {
                let response = Finish::refusing(guard).refuse(&rejection);
                State::Refused { response: Some(request.into_response(response)) }
            }
        }
    }
}

impl<S, B> Future for AuthFuture<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProjection::Inner { future, finish } => {
                    return Poll::Ready(match ready!(future.poll(context)) {
                        Ok(response) => Ok(finish.finish(response)),
                        Err(error) => Err(finish.finish_error(error)),
                    });
                }
                StateProjection::Refused { response } => match response.take() {
                    Some(response) => return Poll::Ready(Ok(response.map_into_right_body())),
                    // Polled after it was ready, against the contract of futures.
                    None => return Poll::Pending,
                },
                StateProjection::Waiting { pending, held } => {
                    let admitted = ready!(Pin::new(pending).poll(context));
                    // Taken once: the state changes with it.
                    let Some(Held { shared, request }) = held.take() else {
                        return Poll::Pending;
                    };
                    State::decided(&shared, admitted, request)
                }
            };
            this.state.set(next);
        }
    }
}

impl<S: Service<ServiceRequest>> fmt::Debug for AuthFuture<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AuthFuture").finish_non_exhaustive()
    }
}
