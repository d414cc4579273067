//! What the core says, in the response types of actix-web.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use claimgate_core::{Refusal, Rejection, RenderRefusal};

/// The answer to a request that is refused behind the middleware, bare. The [`Rejection`] goes with it, for the middleware to
/// render, and the error, for middleware outside.
pub(crate) fn bare(rejection: &Rejection) -> HttpResponse {
    let mut response = rendered(rejection, None);
    response.extensions_mut().insert(rejection.clone());
    response
}

/// The answer of the middleware itself.
pub(crate) fn rendered(rejection: &Rejection, render: Option<&dyn RenderRefusal>) -> HttpResponse {
    let refusal = render.map_or_else(|| rejection.refusal(), |render| rejection.rendered(render));
    let mut response = write(refusal);
    response.extensions_mut().insert(rejection.error().clone());
    response
}

fn write(refusal: Refusal) -> HttpResponse {
    // Statuses and header names are the core's or were written in the program; what is no header is left out.
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::new(status);
    for (name, value) in refusal.headers() {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.set_body(BoxBody::new(refusal.into_body()))
}
