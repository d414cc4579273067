use std::io;
use std::sync::{Arc, Mutex};

use actix_web::test::{call_service, init_service};
use actix_web::{App, web};
use claimgate_actix::{AuthErrorKind, Claims, MaybeClaims, Scope, Scoped, VerifiedToken};
use serde::Deserialize;
use tracing_subscriber::util::SubscriberInitExt;

use crate::support::{INVALID, Kit, bearing, get, text, told};

#[derive(Deserialize)]
struct User {
    sub: String,
    level: u8,
}

#[derive(Deserialize)]
struct Lifetime {
    exp: i64,
    iat: i64,
}

struct ReadMenu;
impl Scope for ReadMenu {
    const NAME: &'static str = "menu:read";
}
struct Order;
impl Scope for Order {
    const NAME: &'static str = "order";
}

async fn needed(user: Claims<User>) -> String {
    format!("{} {}", user.sub, user.level)
}

async fn maybe(MaybeClaims(user): MaybeClaims<User>) -> String {
    user.map_or("none".to_owned(), |user| format!("{} {}", user.sub, user.level))
}

#[actix_web::test]
async fn maybe_claims_tell_every_case_apart() {
    let kit = Kit::new();
    let auth = kit.auth().optional();
    let app = init_service(App::new().wrap(auth).route("/", web::get().to(maybe))).await;
    let user = || kit.token().claim("level", 3);
    for (name, request, status, body, kind) in [
        ("absent", get("/"), 200, "none", None),
        ("bad", bearing("/", &user().expired()), 401, "", Some(AuthErrorKind::Expired)),
        ("valid", bearing("/", &user()), 200, "test-subject 3", None),
        ("misfit", bearing("/", &kit.token()), 401, "", Some(AuthErrorKind::ClaimsShape)),
    ] {
        let answer = call_service(&app, request.to_request()).await;
        let challenge = if status == 401 { INVALID } else { "" };
        assert_eq!(told(&answer), (status, challenge, kind), "{name}");
        assert_eq!(text(answer).await, body, "{name}");
    }
    let bare = init_service(App::new().route("/", web::get().to(maybe))).await;
    let missing = call_service(&bare, bearing("/", &user()).to_request()).await;
    assert_eq!(told(&missing), (500, "", Some(AuthErrorKind::MissingLayer)));
}

#[actix_web::test]
async fn claims_are_needed_where_authentication_is_optional() {
    let kit = Kit::new();
    let app = init_service(App::new().wrap(kit.auth().optional()).route("/", web::get().to(needed))).await;
    let refused = call_service(&app, get("/").to_request()).await;
    assert_eq!(told(&refused), (401, "Bearer", Some(AuthErrorKind::MissingCredentials)));
}

#[actix_web::test]
async fn one_handler_takes_claims_as_two_types() {
    async fn both(user: Claims<User>, lifetime: Claims<Lifetime>) -> String {
        format!("{} {}", user.level, lifetime.exp - lifetime.iat)
    }
    let kit = Kit::new();
    let app = init_service(App::new().wrap(kit.auth()).route("/", web::get().to(both))).await;
    let answer = call_service(&app, bearing("/", &kit.token().claim("level", 3)).to_request()).await;
    assert_eq!(text(answer).await, "3 300");
}

/// What the documentation warns of. It is actix-web's doing, so it cannot be prevented here; should it ever change, the
/// warning can go.
#[actix_web::test]
async fn an_option_of_claims_makes_nothing_of_every_error() {
    async fn unsafe_option(user: Option<Claims<User>>) -> &'static str {
        if user.is_some() { "claims" } else { "none" }
    }
    let kit = Kit::new();
    let app = init_service(App::new().wrap(kit.auth()).route("/", web::get().to(unsafe_option))).await;
    let bare = init_service(App::new().route("/", web::get().to(unsafe_option))).await;
    let valid = kit.token().claim("level", 3);
    let answer = call_service(&app, bearing("/", &valid).to_request()).await;
    assert_eq!(text(answer).await, "claims");
    let misfit = call_service(&app, bearing("/", &kit.token()).to_request()).await;
    assert_eq!((misfit.status().as_u16(), &*text(misfit).await), (200, "none"));
    let missing = call_service(&bare, bearing("/", &valid).to_request()).await;
    assert_eq!((missing.status().as_u16(), &*text(missing).await), (200, "none"));
}

#[actix_web::test]
async fn a_scoped_token_has_its_scopes() {
    async fn menu(token: Scoped<ReadMenu>) -> String {
        token.subject().unwrap().to_owned()
    }
    async fn order(_: Scoped<(ReadMenu, Order)>) -> &'static str {
        "ordered"
    }
    let kit = Kit::new();
    let routes = || App::new().route("/menu", web::get().to(menu)).route("/order", web::get().to(order));
    let app = init_service(routes().wrap(kit.auth())).await;
    let reader = kit.token().scope("menu:read");
    let answer = call_service(&app, bearing("/menu", &reader).to_request()).await;
    assert_eq!(text(answer).await, "test-subject");
    let refused = call_service(&app, bearing("/order", &reader).to_request()).await;
    let challenge = r#"Bearer error="insufficient_scope", scope="menu:read order""#;
    assert_eq!(told(&refused), (403, challenge, Some(AuthErrorKind::InsufficientScope)));
    let both = kit.token().scope("order menu:read");
    assert_eq!(call_service(&app, bearing("/order", &both).to_request()).await.status(), 200);
    let bare = init_service(routes()).await;
    assert_eq!(call_service(&bare, bearing("/menu", &both).to_request()).await.status(), 500);
}

#[actix_web::test]
async fn inserted_claims_are_request_data_and_a_misfit_is_refused_before_the_route() {
    async fn data(user: web::ReqData<Claims<User>>, lifetime: web::ReqData<Claims<Lifetime>>) -> String {
        format!("{} {}", user.level, lifetime.exp - lifetime.iat)
    }
    let kit = Kit::new();
    let auth = kit.auth().insert_claims::<User>().insert_claims::<Lifetime>();
    let app = init_service(App::new().wrap(auth).route("/", web::get().to(data))).await;
    let answer = call_service(&app, bearing("/", &kit.token().claim("level", 3)).to_request()).await;
    assert_eq!(text(answer).await, "3 300");
    for path in ["/", "/nowhere"] {
        let misfit = call_service(&app, bearing(path, &kit.token()).to_request()).await;
        assert_eq!(told(&misfit), (401, INVALID, Some(AuthErrorKind::ClaimsShape)));
    }
}

#[actix_web::test]
async fn an_extractor_without_the_middleware_is_a_500_and_one_line_in_the_log() {
    async fn token(token: web::ReqData<VerifiedToken>) -> String {
        token.issuer().to_owned()
    }
    let log = Log::default();
    let _guard = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).set_default();
    let kit = Kit::new();
    let routes = App::new().route("/", web::get().to(needed)).route("/token", web::get().to(token));
    let app = init_service(routes).await;
    let missing = call_service(&app, bearing("/", &kit.token()).to_request()).await;
    assert_eq!(told(&missing), (500, "", Some(AuthErrorKind::MissingLayer)));
    assert_eq!(text(missing).await, "");
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("ERROR") && lines[0].contains("kind=MissingLayer"), "{lines:?}");
    // actix-web's own extractor fails closed too.
    assert_eq!(call_service(&app, get("/token").to_request()).await.status(), 500);
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
