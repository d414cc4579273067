use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use claimgate_apim::{Answer, PendingPassage};
use http::header::{HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::apim::layer::Guard;

pin_project! {
    /// The response future of [`ApiService`](crate::apim::ApiService).
    pub struct ApiFuture<S, ReqBody>
    where
        S: Service<Request<ReqBody>>,
    {
        #[pin]
        state: State<S, S::Future, ReqBody>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, F, ReqBody> {
        Inner { #[pin] future: F },
        Answered { answer: Option<Answer> },
        Waiting { pending: PendingPassage, held: Option<Box<Held<S, ReqBody>>> },
        // Admitted after the wait; the inner service is made ready anew.
        Readying { held: Option<Box<Held<S, ReqBody>>> },
    }
}

/// What waits for the decision: the request, and the inner service that it is for.
struct Held<S, ReqBody> {
    inner: S,
    request: Request<ReqBody>,
    guard: Arc<Guard>,
}

impl<S: Service<Request<ReqBody>>, ReqBody> ApiFuture<S, ReqBody> {
    pub(crate) fn inner(future: S::Future) -> Self {
        ApiFuture { state: State::Inner { future } }
    }

    pub(crate) fn answered(answer: Answer) -> Self {
        ApiFuture { state: State::Answered { answer: Some(answer) } }
    }

    pub(crate) fn pending(
        pending: PendingPassage,
        inner: S,
        request: Request<ReqBody>,
        guard: Arc<Guard>,
    ) -> Self {
        ApiFuture { state: State::Waiting { pending, held: Some(Box::new(Held { inner, request, guard })) } }
    }
}

impl<S, ReqBody, ResBody> Future for ApiFuture<S, ReqBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: From<Vec<u8>>,
{
    type Output = Result<Response<ResBody>, S::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProjection::Inner { future } => return future.poll(context),
                StateProjection::Answered { answer } => match answer.take() {
                    Some(answer) => return Poll::Ready(Ok(response(answer))),
                    // Polled after it was ready, against the contract of futures.
                    None => return Poll::Pending,
                },
                StateProjection::Waiting { pending, held } => {
                    let admitted = ready!(Pin::new(pending).poll(context));
                    // Taken once: the state changes with it.
                    let Some(mut held) = held.take() else { return Poll::Pending };
                    match admitted {
                        Ok(admitted) => {
                            held.guard.complete(admitted, &mut held.request);
                            State::Readying { held: Some(held) }
                        }
                        Err(answer) => State::Answered { answer: Some(answer) },
                    }
                }
                StateProjection::Readying { held } => {
                    if let Some(held) = held.as_mut() {
                        ready!(held.inner.poll_ready(context))?;
                    }
                    let Some(held) = held.take() else { return Poll::Pending };
                    let Held { mut inner, request, .. } = *held;
                    State::Inner { future: inner.call(request) }
                }
            };
            this.state.set(next);
        }
    }
}

fn response<B: From<Vec<u8>>>(answer: Answer) -> Response<B> {
    let mut response = Response::new(B::from(answer.body.into_bytes()));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    response
}

impl<S: Service<Request<ReqBody>>, ReqBody> fmt::Debug for ApiFuture<S, ReqBody> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ApiFuture").finish_non_exhaustive()
    }
}
