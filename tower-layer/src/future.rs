use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use claimgate_core::Pending;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::answer::Answer;
use crate::layer::Gate;

pin_project! {
    /// The response future of [`AuthService`](crate::AuthService). It boxes nothing where the key is known.
    pub struct AuthFuture<S, ReqBody>
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
        Decided { #[pin] answer: Answer<F> },
        Waiting { pending: Pending, held: Option<Held<S, ReqBody>> },
    }
}

/// What waits for the decision: the request, and the inner service that was made ready for it.
struct Held<S, ReqBody> {
    ready: S,
    request: Request<ReqBody>,
    gate: Gate,
}

impl<S: Service<Request<ReqBody>>, ReqBody> AuthFuture<S, ReqBody> {
    pub(crate) fn decided(answer: Answer<S::Future>) -> Self {
        AuthFuture { state: State::Decided { answer } }
    }

    pub(crate) fn pending(pending: Pending, ready: S, request: Request<ReqBody>, gate: Gate) -> Self {
        AuthFuture { state: State::Waiting { pending, held: Some(Held { ready, request, gate }) } }
    }
}

impl<S, ReqBody, ResBody> Future for AuthFuture<S, ReqBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Default,
{
    type Output = Result<Response<ResBody>, S::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let answer = match state.as_mut().project() {
                StateProjection::Decided { answer } => return answer.poll(context),
                StateProjection::Waiting { pending, held } => {
                    let result = ready!(Pin::new(pending).poll(context));
                    // Taken once: the state changes with it.
                    let Some(Held { mut ready, mut request, gate }) = held.take() else {
                        return Poll::Pending;
                    };
                    match gate.admit(result, &mut request) {
                        Ok(()) => Answer::inner(ready.call(request)),
                        Err(rejection) => Answer::refused(rejection),
                    }
                }
            };
            state.set(State::Decided { answer });
        }
    }
}

impl<S: Service<Request<ReqBody>>, ReqBody> fmt::Debug for AuthFuture<S, ReqBody> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AuthFuture").finish_non_exhaustive()
    }
}
