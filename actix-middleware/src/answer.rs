//! The two ways a guarded request ends: answered by the inner service, or refused here.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::EitherBody;
use actix_web::dev::ServiceResponse;
use pin_project_lite::pin_project;

pin_project! {
    /// The response future of a rule behind [`AuthMiddleware`](crate::AuthMiddleware).
    pub struct Answer<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        Inner { #[pin] future: F },
        Refused { response: Option<ServiceResponse> },
    }
}

impl<F> Answer<F> {
    pub(crate) fn inner(future: F) -> Self {
        Answer { state: State::Inner { future } }
    }

    pub(crate) fn refused(response: ServiceResponse) -> Self {
        Answer { state: State::Refused { response: Some(response) } }
    }
}

impl<F, B> Future for Answer<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Inner { future } => {
                future.poll(context).map_ok(ServiceResponse::map_into_left_body)
            }
            StateProjection::Refused { response } => match response.take() {
                Some(response) => Poll::Ready(Ok(response.map_into_right_body())),
                // Polled after it was ready, against the contract of futures.
                None => Poll::Pending,
            },
        }
    }
}

impl<F> fmt::Debug for Answer<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Answer").finish_non_exhaustive()
    }
}
