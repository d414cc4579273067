use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpMessage, HttpRequest, web};
use claimgate_actix::{Anonymous, AuthErrorKind, VerifiedToken};

use crate::support::{INVALID, Kit, bearing, get, header, text, told};

async fn who(request: HttpRequest) -> String {
    let extensions = request.extensions();
    match (extensions.get::<VerifiedToken>(), extensions.get::<Anonymous>()) {
        (Some(token), None) => token.subject().unwrap().to_owned(),
        (None, Some(_)) => "anonymous".to_owned(),
        other => panic!("{other:?}"),
    }
}

async fn subject(token: web::ReqData<VerifiedToken>) -> String {
    token.subject().unwrap().to_owned()
}

#[actix_web::test]
async fn lets_only_a_good_token_through() {
    let kit = Kit::new();
    let auth = kit.auth();
    let app = init_service(App::new().wrap(auth).route("/", web::get().to(subject))).await;

    let good = call_service(&app, bearing("/", &kit.token()).to_request()).await;
    assert_eq!(told(&good), (200, "", None));
    assert_eq!(text(good).await, "test-subject");

    let two = bearing("/", &kit.token()).append_header(("authorization", "Bearer a.b.c"));
    for (request, status, challenge, kind) in [
        (get("/"), 401, "Bearer", AuthErrorKind::MissingCredentials),
        (bearing("/", &kit.token().expired()), 401, INVALID, AuthErrorKind::Expired),
        (bearing("/", &kit.token().forged()), 401, INVALID, AuthErrorKind::BadSignature),
        (two, 400, r#"Bearer error="invalid_request""#, AuthErrorKind::MultipleCredentials),
    ] {
        let refused = call_service(&app, request.to_request()).await;
        assert_eq!(told(&refused), (status, challenge, Some(kind)));
        assert_eq!(text(refused).await, "", "{kind:?}");
    }
}

#[actix_web::test]
async fn names_the_realm() {
    let kit = Kit::new();
    let auth = claimgate_actix::AuthMiddleware::new(kit.builder().realm("pizza").build().unwrap());
    let app = init_service(App::new().wrap(auth).route("/", web::get().to(subject))).await;
    let refused = call_service(&app, get("/").to_request()).await;
    assert_eq!(header(&refused, "www-authenticate"), Some(r#"Bearer realm="pizza""#));
}

#[actix_web::test]
async fn optional_lets_through_who_has_no_credential_and_nobody_with_a_bad_one() {
    let kit = Kit::new();
    let auth = kit.auth().optional();
    let app = init_service(App::new().wrap(auth).route("/", web::get().to(who))).await;
    for (request, status, body) in [
        (get("/"), 200, "anonymous"),
        (bearing("/", &kit.token()), 200, "test-subject"),
        (bearing("/", &kit.token().forged()), 401, ""),
    ] {
        let answer = call_service(&app, request.to_request()).await;
        assert_eq!((answer.status().as_u16(), &*text(answer).await), (status, body));
    }
}

#[actix_web::test]
async fn a_preflight_passes_only_where_it_may_and_only_a_true_one() {
    let kit = Kit::new();
    let strict = init_service(App::new().wrap(kit.auth()).default_service(web::to(who))).await;
    let lenient =
        init_service(App::new().wrap(kit.auth().allow_preflight()).default_service(web::to(who))).await;
    let preflight = || {
        let origin = ("origin", "https://app.example.com");
        let asks = ("access-control-request-method", "GET");
        TestRequest::with_uri("/").method(Method::OPTIONS).insert_header(origin).insert_header(asks)
    };
    assert_eq!(call_service(&lenient, preflight().to_request()).await.status(), 200);
    assert_eq!(call_service(&strict, preflight().to_request()).await.status(), 401);
    let half =
        TestRequest::with_uri("/").method(Method::OPTIONS).insert_header(("origin", "https://a.example"));
    assert_eq!(call_service(&lenient, half.to_request()).await.status(), 401);
    assert_eq!(call_service(&lenient, preflight().method(Method::GET).to_request()).await.status(), 401);
}

#[actix_web::test]
async fn an_application_refuses_unknown_paths_and_a_resource_does_not() {
    let kit = Kit::new();
    let guarded = web::resource("/hello").wrap(kit.auth()).route(web::get().to(subject));
    let resource = init_service(App::new().service(guarded)).await;
    assert_eq!(call_service(&resource, get("/nowhere").to_request()).await.status(), 404);
    assert_eq!(call_service(&resource, get("/hello").to_request()).await.status(), 401);
    let whole = init_service(App::new().wrap(kit.auth()).route("/hello", web::get().to(subject))).await;
    assert_eq!(call_service(&whole, get("/nowhere").to_request()).await.status(), 401);
}
