//! Extractors for axum 0.8.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use claimgate_core::{AuthError, Rejection, Scopes};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::claims::{Claims, MaybeClaims};
use crate::response::{EmptyBody, bare};
use crate::scoped::Scoped;
use crate::view::caller;

/// Why an extractor gave no claims. As a response it is the refusal of RFC 6750.
#[derive(Clone, Debug)]
pub struct ClaimsRejection(Rejection);

impl ClaimsRejection {
    /// The reason.
    pub fn error(&self) -> &AuthError {
        self.0.error()
    }
}

impl IntoResponse for ClaimsRejection {
    fn into_response(self) -> Response {
        bare::<EmptyBody, _>(self.0)
    }
}

impl<S: Sync, T: DeserializeOwned + Send + Sync + 'static> FromRequestParts<S> for Claims<T> {
    type Rejection = ClaimsRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClaimsRejection> {
        Claims::of(caller(&parts.extensions)).map_err(ClaimsRejection)
    }
}

impl<S: Sync, T: DeserializeOwned + Send + Sync + 'static> FromRequestParts<S> for MaybeClaims<T> {
    type Rejection = ClaimsRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClaimsRejection> {
        MaybeClaims::of(caller(&parts.extensions)).map_err(ClaimsRejection)
    }
}

impl<S: Sync, R: Scopes> FromRequestParts<S> for Scoped<R> {
    type Rejection = ClaimsRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClaimsRejection> {
        Scoped::of(caller(&parts.extensions)).map_err(ClaimsRejection)
    }
}
