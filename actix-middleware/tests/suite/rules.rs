use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::test::{call_service, init_service, try_call_service};
use actix_web::{App, Error, HttpResponse, web};
use claimgate_actix::{
    AccessRule, AuthError, AuthErrorKind, Claims, ProblemDetails, Refusal, Require, RequireScopes,
};
use serde::Deserialize;

use crate::support::{INVALID, Kit, bearing, get, header, text, told};

#[derive(Deserialize)]
struct Levelled {
    level: u8,
}

async fn ok() -> &'static str {
    "ok"
}

async fn level(user: Claims<Levelled>) -> String {
    user.level.to_string()
}

#[actix_web::test]
async fn scopes_and_rules_guard_a_resource_or_a_scope() {
    let kit = Kit::new();
    let resource = |path: &str| web::resource(path.to_owned()).route(web::get().to(ok));
    let app = App::new()
        .service(resource("/all").wrap(RequireScopes::all_of(["menu", "order"])))
        .service(web::scope("/any").wrap(RequireScopes::any_of(["menu", "order"])).service(resource("/x")))
        .service(resource("/claim").wrap(Require::claim("department", ["kitchen"])))
        .service(resource("/that").wrap(Require::that(|token| token.subject() == Some("chef"))))
        .service(resource("/rule").wrap(Require::rule(AccessRule::all_of(["menu"]))))
        .wrap(kit.auth());
    let app = init_service(app).await;
    let insufficient = r#"Bearer error="insufficient_scope""#;
    let scopes = r#"Bearer error="insufficient_scope", scope="menu order""#;
    for (path, token, expected) in [
        ("/all", kit.token().scope("order menu x"), (200, "", None)),
        ("/all", kit.token().scope("menu"), (403, scopes, Some(AuthErrorKind::InsufficientScope))),
        ("/any/x", kit.token().scope("order"), (200, "", None)),
        ("/any/x", kit.token().scope("x"), (403, scopes, Some(AuthErrorKind::InsufficientScope))),
        ("/any/nowhere", kit.token(), (403, scopes, Some(AuthErrorKind::InsufficientScope))),
        ("/claim", kit.token().claim("department", "kitchen"), (200, "", None)),
        ("/claim", kit.token(), (403, insufficient, Some(AuthErrorKind::AccessDenied))),
        ("/that", kit.token().subject("chef"), (200, "", None)),
        ("/that", kit.token(), (403, insufficient, Some(AuthErrorKind::AccessDenied))),
        ("/rule", kit.token().scope("menu"), (200, "", None)),
        ("/all", kit.token().forged(), (401, INVALID, Some(AuthErrorKind::BadSignature))),
    ] {
        let answer = call_service(&app, bearing(path, &token).to_request()).await;
        assert_eq!(told(&answer), expected, "{path}");
    }
}

#[actix_web::test]
async fn a_rule_without_authentication_outside_is_a_500() {
    let kit = Kit::new();
    let resource = web::resource("/").wrap(RequireScopes::all_of(["menu"])).route(web::get().to(ok));
    let app = init_service(App::new().service(resource)).await;
    let answer = call_service(&app, bearing("/", &kit.token().scope("menu")).to_request()).await;
    assert_eq!(told(&answer), (500, "", Some(AuthErrorKind::MissingLayer)));
    // Inside out: the rule is asked before anybody has authenticated.
    let resource = web::resource("/").wrap(kit.auth()).wrap(RequireScopes::all_of(["menu"]));
    let app = init_service(App::new().service(resource.route(web::get().to(ok)))).await;
    let answer = call_service(&app, bearing("/", &kit.token().scope("menu")).to_request()).await;
    assert_eq!(answer.status(), 500);
}

#[actix_web::test]
async fn every_refusal_at_or_behind_the_middleware_is_rendered() {
    async fn levelled<B: MessageBody + 'static>(
        mut request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<B>, Error> {
        request.extract::<Claims<Levelled>>().await?;
        next.call(request).await
    }
    async fn own_refusal() -> HttpResponse {
        HttpResponse::Forbidden().body("the application's own")
    }
    let kit = Kit::new();
    let menu = web::resource("/menu").wrap(RequireScopes::all_of(["menu"])).route(web::get().to(ok));
    let app = App::new()
        .service(menu)
        .service(web::resource("/levelled").wrap(from_fn(levelled)).route(web::get().to(ok)))
        .route("/level", web::get().to(level))
        .route("/own", web::get().to(own_refusal))
        .wrap(kit.auth().refuse_with(ProblemDetails));
    let app = init_service(app).await;
    let scope = r#"Bearer error="insufficient_scope", scope="menu""#;
    let problem = |title: &str, status: u16, code: &str| {
        format!(r#"{{"type":"about:blank","title":"{title}","status":{status}{code}}}"#)
    };
    let invalid = problem("Unauthorized", 401, r#","error":"invalid_token""#);
    let forbidden = problem("Forbidden", 403, r#","error":"insufficient_scope""#);
    for (name, request, expected, body) in [
        (
            "the middleware",
            get("/menu"),
            (401, "Bearer", Some(AuthErrorKind::MissingCredentials)),
            problem("Unauthorized", 401, ""),
        ),
        (
            "a rule",
            bearing("/menu", &kit.token()),
            (403, scope, Some(AuthErrorKind::InsufficientScope)),
            forbidden,
        ),
        (
            "an extractor",
            bearing("/level", &kit.token()),
            (401, INVALID, Some(AuthErrorKind::ClaimsShape)),
            invalid.clone(),
        ),
    ] {
        let answer = call_service(&app, request.to_request()).await;
        assert_eq!(told(&answer), expected, "{name}");
        assert_eq!(header(&answer, "content-type"), Some("application/problem+json"), "{name}");
        assert_eq!(text(answer).await, body, "{name}");
    }

    let error = try_call_service(&app, bearing("/levelled", &kit.token()).to_request()).await.unwrap_err();
    let answer = error.error_response();
    let challenge = answer.headers().get("www-authenticate").unwrap();
    assert_eq!((answer.status().as_u16(), challenge.to_str().unwrap()), (401, INVALID));
    assert_eq!(answer.into_body().try_into_bytes().unwrap(), invalid);

    let own = call_service(&app, bearing("/own", &kit.token()).to_request()).await;
    assert_eq!((own.status().as_u16(), &*text(own).await), (403, "the application's own"));
}

#[actix_web::test]
async fn a_closure_renders_and_the_challenge_stays() {
    let kit = Kit::new();
    let render = |error: &AuthError, refusal: Refusal| {
        refusal
            .with_header("www-authenticate", "Basic")
            .with_header("x-kind", &format!("{:?}", error.kind()))
            .with_body("text/plain", "no")
    };
    let app = init_service(App::new().wrap(kit.auth().refuse_with(render))).await;
    let answer = call_service(&app, get("/").to_request()).await;
    assert_eq!(told(&answer), (401, "Bearer", Some(AuthErrorKind::MissingCredentials)));
    assert_eq!(header(&answer, "x-kind"), Some("MissingCredentials"));
    assert_eq!(text(answer).await, "no");
}
