use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::body::{BoxBody, EitherBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{Error, HttpResponse};
use claimgate_apim::{Admitted, Answer, PendingPassage};
use pin_project_lite::pin_project;

use crate::apim::service::Guarded;

pin_project! {
    /// The response future of [`ApiService`](crate::apim::ApiService).
    pub struct ApiFuture<S>
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
        Inner { #[pin] future: F },
        Answered { response: Option<ServiceResponse> },
        Waiting { pending: PendingPassage, held: Option<Held<S>> },
    }
}

/// What waits for the decision.
struct Held<S> {
    shared: Rc<Guarded<S>>,
    request: ServiceRequest,
}

impl<S: Service<ServiceRequest>> ApiFuture<S> {
    pub(crate) fn decided(
        shared: &Guarded<S>,
        admitted: Result<Admitted, Answer>,
        request: ServiceRequest,
    ) -> Self {
        ApiFuture { state: State::decided(shared, admitted, request) }
    }

    pub(crate) fn pending(shared: &Rc<Guarded<S>>, pending: PendingPassage, request: ServiceRequest) -> Self {
        let held = Some(Held { shared: shared.clone(), request });
        ApiFuture { state: State::Waiting { pending, held } }
    }
}

impl<S: Service<ServiceRequest>> State<S, S::Future> {
    fn decided(shared: &Guarded<S>, admitted: Result<Admitted, Answer>, mut request: ServiceRequest) -> Self {
        match admitted {
            Ok(admitted) => {
                shared.guard.complete(admitted, &mut request);
                State::Inner { future: shared.inner.call(request) }
            }
            Err(answer) => State::Answered { response: Some(request.into_response(response(answer))) },
        }
    }
}

impl<S, B> Future for ApiFuture<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProjection::Inner { future } => {
                    return Poll::Ready(
                        ready!(future.poll(context)).map(ServiceResponse::map_into_left_body),
                    );
                }
                StateProjection::Answered { response } => match response.take() {
                    Some(response) => return Poll::Ready(Ok(response.map_into_right_body())),
                    // Polled after it was ready, against the contract of futures.
                    None => return Poll::Pending,
                },
                StateProjection::Waiting { pending, held } => {
                    let admitted = ready!(Pin::new(pending).poll(context));
                    // Taken once: the state changes with it.
                    let Some(Held { shared, request }) = held.take() else { return Poll::Pending };
                    State::decided(&shared, admitted, request)
                }
            };
            this.state.set(next);
        }
    }
}

fn response(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::new(status);
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    response.set_body(BoxBody::new(answer.body))
}

impl<S: Service<ServiceRequest>> fmt::Debug for ApiFuture<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ApiFuture").finish_non_exhaustive()
    }
}
