//! What all actix-web servers do alike, so that they differ only in how they check tokens. Each includes this file.

use std::error::Error;
use std::net::TcpListener;

use actix_web::web::ServiceConfig;
use actix_web::{App, HttpResponse, HttpServer};
use serde::Serialize;

use crate::start::announce;

/// The answer of every handler; the subject shows that the claims came through.
pub(crate) fn answer(subject: &str) -> HttpResponse {
    #[derive(Serialize)]
    struct Answer<'a> {
        subject: &'a str,
    }
    HttpResponse::Ok().json(Answer { subject })
}

/// Routes carry their middleware themselves.
pub(crate) async fn serve(
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    announce(listener.local_addr()?)?;
    let app = move || App::new().configure(routes.clone());
    Ok(HttpServer::new(app).workers(1).listen(listener)?.run().await?)
}
