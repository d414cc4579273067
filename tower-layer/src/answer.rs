//! The two ways a guarded request ends: answered by the inner service, or refused here.

use std::pin::Pin;
use std::task::{Context, Poll};

use claimgate_core::Rejection;
use http::Response;
use pin_project_lite::pin_project;

use crate::response::{EmptyBody, bare};

pin_project! {
    /// The response future of a rule behind [`AuthLayer`](crate::AuthLayer).
    #[derive(Debug)]
    pub struct Answer<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProjection]
    #[derive(Debug)]
    enum State<F> {
        Inner { #[pin] future: F },
        Refused { rejection: Option<Rejection> },
    }
}

impl<F> Answer<F> {
    pub(crate) fn inner(future: F) -> Self {
        Answer { state: State::Inner { future } }
    }

    pub(crate) fn refused(rejection: Rejection) -> Self {
        Answer { state: State::Refused { rejection: Some(rejection) } }
    }
}

impl<F, B, E> Future for Answer<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Inner { future } => future.poll(context),
            StateProjection::Refused { rejection } => match rejection.take() {
                Some(rejection) => Poll::Ready(Ok(bare::<EmptyBody, B>(rejection))),
                // Polled after it was ready, against the contract of futures.
                None => Poll::Pending,
            },
        }
    }
}
