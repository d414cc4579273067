//! Extractors. Each is ready at once: the token was verified before the route.

use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError};
use claimgate_core::{AuthError, Rejection, Scopes};
use serde::de::DeserializeOwned;

use crate::claims::{Claims, MaybeClaims};
use crate::response::bare;
use crate::scoped::Scoped;
use crate::view::caller;

/// Why an extractor gave no claims. As a response it is the refusal of RFC 6750.
#[derive(Clone, Debug)]
pub struct ClaimsRejection(pub(crate) Rejection);

impl ClaimsRejection {
    /// The reason.
    pub fn error(&self) -> &AuthError {
        self.0.error()
    }
}

impl ResponseError for ClaimsRejection {
    fn status_code(&self) -> StatusCode {
        self.error_response().status()
    }

    fn error_response(&self) -> HttpResponse {
        bare(&self.0)
    }
}

impl fmt::Display for ClaimsRejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for ClaimsRejection {}

impl<T: DeserializeOwned + Send + Sync + 'static> FromRequest for Claims<T> {
    type Error = ClaimsRejection;
    type Future = Ready<Result<Self, ClaimsRejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Claims::of(caller(&request.extensions())).map_err(ClaimsRejection))
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> FromRequest for MaybeClaims<T> {
    type Error = ClaimsRejection;
    type Future = Ready<Result<Self, ClaimsRejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(MaybeClaims::of(caller(&request.extensions())).map_err(ClaimsRejection))
    }
}

impl<S: Scopes> FromRequest for Scoped<S> {
    type Error = ClaimsRejection;
    type Future = Ready<Result<Self, ClaimsRejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Scoped::of(caller(&request.extensions())).map_err(ClaimsRejection))
    }
}
