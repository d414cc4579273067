//! Middleware of actix-web outside of ours: a refusal is a response to it like any other.

use std::sync::Mutex;

use actix_cors::Cors;
use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::{ErrorHandlerResponse, ErrorHandlers, Logger};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, web};
use claimgate_actix::AuthError;

use crate::support::{Kit, bearing, get, header, text, told};

async fn ok() -> &'static str {
    "ok"
}

#[actix_web::test]
async fn cors_outside_puts_its_headers_on_a_refusal_and_answers_preflights() {
    let kit = Kit::new();
    let origin = ("origin", "https://app.example.com");
    let cors = Cors::default().allowed_origin(origin.1).allowed_methods(["GET"]);
    let app = init_service(App::new().wrap(kit.auth()).wrap(cors).route("/", web::get().to(ok))).await;

    let refused = call_service(&app, get("/").insert_header(origin).to_request()).await;
    assert_eq!((told(&refused).0, told(&refused).1), (401, "Bearer"));
    assert_eq!(header(&refused, "access-control-allow-origin"), Some(origin.1));
    let bad = bearing("/", &kit.token().expired()).insert_header(origin);
    let bad = call_service(&app, bad.to_request()).await;
    assert_eq!((told(&bad).0, header(&bad, "access-control-allow-origin")), (401, Some(origin.1)));
    let good = call_service(&app, bearing("/", &kit.token()).insert_header(origin).to_request()).await;
    assert_eq!((told(&good).0, header(&good, "access-control-allow-origin")), (200, Some(origin.1)));

    let preflight = TestRequest::with_uri("/")
        .method(Method::OPTIONS)
        .insert_header(origin)
        .insert_header(("access-control-request-method", "GET"));
    let preflight = call_service(&app, preflight.to_request()).await;
    assert_eq!((told(&preflight).0, header(&preflight, "access-control-allow-methods")), (200, Some("GET")));
}

#[actix_web::test]
async fn the_logger_logs_a_refusal() {
    log::set_logger(&COLLECTED).unwrap();
    log::set_max_level(log::LevelFilter::Info);
    let kit = Kit::new();
    let logger = Logger::new("%r %s").log_target("access");
    let app = init_service(App::new().wrap(kit.auth()).wrap(logger).route("/", web::get().to(ok))).await;
    for request in [get("/"), bearing("/", &kit.token())] {
        // The line is written with the last of the body.
        text(call_service(&app, request.to_request()).await).await;
    }
    assert_eq!(*COLLECTED.0.lock().unwrap(), ["GET / HTTP/1.1 401", "GET / HTTP/1.1 200"]);
}

#[actix_web::test]
async fn error_handlers_outside_see_a_refusal_and_its_reason() {
    #[expect(clippy::unnecessary_wraps, reason = "the signature of a handler")]
    fn mark<B: MessageBody>(mut response: ServiceResponse<B>) -> actix_web::Result<ErrorHandlerResponse<B>> {
        let kind = response.response().extensions().get::<AuthError>().map(AuthError::kind);
        let kind = HeaderValue::from_str(&format!("{kind:?}")).unwrap();
        response.headers_mut().insert(HeaderName::from_static("x-kind"), kind);
        Ok(ErrorHandlerResponse::Response(response.map_into_left_body()))
    }
    let kit = Kit::new();
    let handlers = ErrorHandlers::new().handler(StatusCode::UNAUTHORIZED, mark);
    let app = init_service(App::new().wrap(kit.auth()).wrap(handlers).route("/", web::get().to(ok))).await;
    let refused = call_service(&app, bearing("/", &kit.token().expired()).to_request()).await;
    assert_eq!((told(&refused).0, header(&refused, "x-kind")), (401, Some("Some(Expired)")));
    let good = call_service(&app, bearing("/", &kit.token()).to_request()).await;
    assert_eq!((told(&good).0, header(&good, "x-kind")), (200, None));
}

/// What actix-web's logger wrote; the logger of a process can be set only once.
struct Collected(Mutex<Vec<String>>);

impl log::Log for Collected {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target() == "access"
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            self.0.lock().unwrap().push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

static COLLECTED: Collected = Collected(Mutex::new(Vec::new()));
