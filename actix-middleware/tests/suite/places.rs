//! What the place of the token asks for, besides reading it.

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpRequest, HttpResponse, web};
use claimgate_actix::{AuthMiddleware, TokenSource};

use crate::support::{Kit, bearing, get, header, text, told};

fn from(kit: &Kit, sources: impl IntoIterator<Item = TokenSource>) -> AuthMiddleware {
    AuthMiddleware::new(kit.builder().token_sources(sources).build().unwrap())
}

fn named(name: &str) -> TokenSource {
    TokenSource::Header { name: name.to_owned(), scheme: None }
}

#[actix_web::test]
async fn header_values_that_may_hold_a_token_are_sensitive_and_no_others() {
    async fn sensitive(request: HttpRequest) -> String {
        let marked = request.headers().iter().filter(|(_, value)| value.is_sensitive());
        let mut marked = marked.map(|(name, _)| name.to_string()).collect::<Vec<_>>();
        marked.sort();
        marked.join(" ")
    }
    let kit = Kit::new();
    let auth = from(&kit, [named("x-auth"), TokenSource::Cookie { name: "jwt".to_owned() }]);
    let app = init_service(App::new().wrap(auth).route("/", web::get().to(sensitive))).await;
    let token = kit.token().mint();
    let request = get("/")
        .insert_header(("cookie", "a=1"))
        .append_header(("cookie", format!("jwt={token}")))
        .insert_header(("accept", "*/*"));
    let answer = call_service(&app, request.to_request()).await;
    assert_eq!(text(answer).await, "cookie cookie");
    let answer = call_service(&app, get("/").insert_header(("x-auth", token)).to_request()).await;
    assert_eq!(text(answer).await, "x-auth");
}

#[actix_web::test]
async fn an_answer_to_a_token_in_the_query_is_private() {
    async fn cached() -> HttpResponse {
        HttpResponse::Ok().insert_header(("cache-control", "public, max-age=60")).finish()
    }
    async fn plain() -> &'static str {
        "ok"
    }
    let kit = Kit::new();
    let sources = [TokenSource::Authorization, TokenSource::Query { name: "access_token".to_owned() }];
    let app = App::new().route("/", web::get().to(plain)).route("/cached", web::get().to(cached));
    let app = init_service(app.wrap(from(&kit, sources))).await;
    let token = kit.token().mint();
    for (path, cache_control) in
        [("/", Some("private")), ("/cached", Some("private, max-age=60")), ("/nowhere", None)]
    {
        let request = get(&format!("{path}?a=1&access_token={token}"));
        let answer = call_service(&app, request.to_request()).await;
        assert_eq!(header(&answer, "cache-control"), cache_control, "{path}");
    }
    let by_header = call_service(&app, bearing("/", &kit.token()).to_request()).await;
    assert_eq!(header(&by_header, "cache-control"), None);
    let both = bearing(&format!("/?access_token={token}"), &kit.token());
    assert_eq!(told(&call_service(&app, both.to_request()).await).0, 400);
}

#[actix_web::test]
async fn a_token_among_the_protocols_goes_no_further_and_is_not_echoed() {
    async fn upgrade(request: HttpRequest) -> HttpResponse {
        let mut fields = request.headers().get_all("sec-websocket-protocol");
        let seen = fields.next().unwrap().to_str().unwrap();
        assert!(fields.next().is_none());
        let mut answer = HttpResponse::build(StatusCode::SWITCHING_PROTOCOLS);
        answer.insert_header(("x-seen", seen));
        if seen.contains("chat") {
            answer.insert_header(("sec-websocket-protocol", "chat"));
        }
        answer.finish()
    }
    let kit = Kit::new();
    let auth = from(&kit, [TokenSource::WebSocketProtocol { marker: "bearer".to_owned() }]);
    let app = init_service(App::new().wrap(auth).route("/", web::get().to(upgrade))).await;
    let token = kit.token().mint();
    let asking = |fields: &[String]| {
        fields.iter().fold(TestRequest::get(), |request, field| {
            request.append_header(("sec-websocket-protocol", field.clone()))
        })
    };
    for (fields, seen, echoed) in [
        (vec![format!("bearer, {token}")], "bearer", "bearer"),
        (vec!["chat".to_owned(), format!("bearer,{token}")], "chat, bearer", "chat"),
    ] {
        let answer = call_service(&app, asking(&fields).to_request()).await;
        assert_eq!(header(&answer, "x-seen"), Some(seen));
        assert_eq!(header(&answer, "sec-websocket-protocol"), Some(echoed));
    }
}
