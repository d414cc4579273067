use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, Route, guard, web};
use claimgate_core::{Authenticator, Readiness};

/// A route that tells whether requests should be sent here: 200 while tokens of at least one issuer can be judged, else 503.
/// See [`Readiness`] for what it says and why one issuer is enough.
///
/// It needs no token, so it stands outside of what an [`AuthMiddleware`](crate::AuthMiddleware) is wrapped around:
///
/// ```
/// # use actix_web::{App, web};
/// # use claimgate_actix::{AuthMiddleware, Authenticator, readiness};
/// # fn app(gate: Authenticator) {
/// let api = web::scope("/api").wrap(AuthMiddleware::new(gate.clone()));
/// let app = App::new().service(api).route("/ready", readiness(gate));
/// # }
/// ```
pub fn readiness(authenticator: Authenticator) -> Route {
    let handler = move || std::future::ready(answer(&authenticator.readiness()));
    web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(handler)
}

fn answer(readiness: &Readiness) -> HttpResponse {
    let status = StatusCode::from_u16(readiness.status_code()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut response = HttpResponse::new(status);
    for (name, value) in readiness.headers() {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response.set_body(BoxBody::new(readiness.body()))
}
