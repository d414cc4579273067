//! A service that costs next to nothing, so that what stands before it can be measured.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{Extensions, Request, Response};
use tower_service::Service;

/// Answers at once, with the request, so that the next call has it again: making one costs more than what is measured here.
#[derive(Clone)]
pub(crate) struct Echo;

/// One request, which is there again afterwards as it was before.
pub(crate) fn round<S>(service: &mut S, turn: &mut Option<Request<()>>) -> bool
where
    S: Service<Request<()>, Response = Response<Request<()>>, Error = Infallible>,
{
    let Some(request) = turn.take() else { return false };
    let Some(mut request) = answer(service, black_box(request)) else { return false };
    // A server has new extensions for each request.
    *request.extensions_mut() = Extensions::new();
    *turn = Some(request);
    true
}

pub(crate) fn answer<S>(service: &mut S, request: Request<()>) -> Option<Request<()>>
where
    S: Service<Request<()>, Response = Response<Request<()>>, Error = Infallible>,
{
    let mut context = Context::from_waker(Waker::noop());
    match service.poll_ready(&mut context) {
        Poll::Ready(Ok(())) => {}
        Poll::Ready(Err(_)) | Poll::Pending => return None,
    }
    match pin!(service.call(request)).poll(&mut context) {
        Poll::Ready(Ok(response)) if response.status().is_success() => Some(response.into_body()),
        Poll::Ready(Ok(_) | Err(_)) | Poll::Pending => None,
    }
}

impl Service<Request<()>> for Echo {
    type Response = Response<Request<()>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        ready(Ok(Response::new(request)))
    }
}
