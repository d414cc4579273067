//! The two ways a guarded request ends: answered by the inner service, or refused here.

use std::pin::Pin;
use std::task::{Context, Poll};

use claimgate_core::Rejection;
use http::header::{HeaderName, HeaderValue};
use http::{Response, StatusCode};
use pin_project_lite::pin_project;

pin_project! {
    /// The response future of a guard that decides at once.
    #[project = AnswerProjection]
    #[derive(Debug)]
    pub enum Answer<F> {
        #[doc(hidden)]
        Inner { #[pin] future: F },
        #[doc(hidden)]
        Refused { rejection: Option<Rejection> },
    }
}

impl<F> Answer<F> {
    pub(crate) fn inner(future: F) -> Self {
        Answer::Inner { future }
    }

    pub(crate) fn refused(rejection: Rejection) -> Self {
        Answer::Refused { rejection: Some(rejection) }
    }
}

impl<F, B, E> Future for Answer<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            AnswerProjection::Inner { future } => future.poll(context),
            AnswerProjection::Refused { rejection } => match rejection.take() {
                Some(rejection) => Poll::Ready(Ok(refusal_response(rejection))),
                // Polled after it was ready, against the contract of futures.
                None => Poll::Pending,
            },
        }
    }
}

/// Writes a refusal in the types of `http`. The [`AuthError`](claimgate_core::AuthError) goes into the extensions, for
/// layers outside.
pub(crate) fn refusal_response<B: Default>(rejection: Rejection) -> Response<B> {
    let refusal = rejection.refusal();
    let mut response = Response::new(B::default());
    // The core makes only statuses and headers that are valid; were one not, a 500 without it refuses as well.
    *response.status_mut() =
        StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in refusal.headers() {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response.extensions_mut().insert(rejection.into_error());
    response
}
