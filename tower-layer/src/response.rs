//! What the core says, in the response types of `http`.

use claimgate_core::{Refusal, Rejection, RenderRefusal};
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};

/// How a refusal gets a body of the type `B`.
pub trait RefusalBody<B>: sealed::Sealed {
    #[doc(hidden)]
    fn make(bytes: Vec<u8>) -> B;
}

/// Refusals have an empty body: any type with a default.
#[derive(Clone, Copy, Debug)]
pub enum EmptyBody {}

/// Refusals have a body of bytes: `axum::body::Body`, `http_body_util::Full` and others.
#[derive(Clone, Copy, Debug)]
pub enum ByteBody {}

impl<B: Default> RefusalBody<B> for EmptyBody {
    fn make(_: Vec<u8>) -> B {
        B::default()
    }
}

impl<B: From<Vec<u8>>> RefusalBody<B> for ByteBody {
    fn make(bytes: Vec<u8>) -> B {
        B::from(bytes)
    }
}

/// Which bodies there are follows from what refusals can be, so the list is ours.
mod sealed {
    pub trait Sealed {}
    impl Sealed for super::EmptyBody {}
    impl Sealed for super::ByteBody {}
}

/// The answer to a request that is refused behind the layer, bare. The [`Rejection`] goes with it, for the layer to render,
/// and the error, for layers outside.
pub(crate) fn bare<M: RefusalBody<B>, B>(rejection: Rejection) -> Response<B> {
    let mut response = write::<M, B>(rejection.refusal());
    response.extensions_mut().insert(rejection.error().clone());
    response.extensions_mut().insert(rejection);
    response
}

/// The answer of the layer itself.
pub(crate) fn rendered<M: RefusalBody<B>, B>(
    rejection: &Rejection,
    render: Option<&dyn RenderRefusal>,
) -> Response<B> {
    let refusal = render.map_or_else(|| rejection.refusal(), |render| rejection.rendered(render));
    let mut response = write::<M, B>(refusal);
    response.extensions_mut().insert(rejection.error().clone());
    response
}

fn write<M: RefusalBody<B>, B>(refusal: Refusal) -> Response<B> {
    // Statuses and header names are the core's or were written in the program; what is no header is left out.
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut headers = HeaderMap::new();
    for (name, value) in refusal.headers() {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    let mut response = Response::new(M::make(refusal.into_body()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
