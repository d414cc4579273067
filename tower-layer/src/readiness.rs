use axum::response::Response;
use axum::routing::{MethodRouter, get};
use claimgate_core::{Authenticator, Readiness};
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};

/// A route that tells whether requests should be sent here: 200 while tokens of at least one issuer can be judged, else 503.
/// See [`Readiness`] for what it says and why one issuer is enough.
///
/// It needs no token, so it stands outside of the [`AuthLayer`](crate::AuthLayer):
///
/// ```
/// # use axum::Router;
/// # use claimgate_tower::{AuthLayer, Authenticator, readiness};
/// # fn router(gate: Authenticator) -> Router {
/// Router::new().layer(AuthLayer::new(gate.clone())).route("/ready", readiness(gate))
/// # }
/// ```
pub fn readiness<S: Clone + Send + Sync + 'static>(authenticator: Authenticator) -> MethodRouter<S> {
    // Of `get`, since it answers `HEAD` as well.
    get(async move || answer(&authenticator.readiness()))
}

fn answer(readiness: &Readiness) -> Response {
    let mut response = Response::new(readiness.body().into());
    *response.status_mut() =
        StatusCode::from_u16(readiness.status_code()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    for (name, value) in readiness.headers() {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}
