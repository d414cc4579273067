//! The actix-web servers.

use std::error::Error;

use actix_web::dev::Service;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::web::ReqData;
use actix_web::{HttpMessage, HttpResponse, web};
use claimgate_actix::{AuthMiddleware, Claims};

use crate::actix_server::{self, answer};
use crate::gate::Mode;
use crate::start::Trusted;
use crate::through::Passed;
use crate::{Caller, NOBODY};

async fn bare() -> HttpResponse {
    answer(NOBODY)
}

async fn passed(passed: ReqData<Passed>) -> HttpResponse {
    answer(passed.0)
}

async fn hello(caller: Claims<Caller>) -> HttpResponse {
    answer(&caller.sub)
}

#[actix_web::main]
pub(crate) async fn serve(mode: Mode, trusted: Trusted) -> Result<(), Box<dyn Error>> {
    if let Some(work) = mode.work() {
        return actix_server::serve(move |config| {
            let work = work.clone();
            let resource = web::resource("/").wrap_fn(move |request, inner| {
                let credentials = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
                if work.is_done(credentials) {
                    request.extensions_mut().insert(Passed::new());
                }
                inner.call(request)
            });
            config.service(resource.route(web::get().to(passed)));
        })
        .await;
    }
    let Some(gate) = mode.gate(trusted).await? else {
        return actix_server::serve(|config| _ = config.route("/", web::get().to(bare))).await;
    };
    let auth = AuthMiddleware::new(gate);
    actix_server::serve(move |config| {
        config.service(web::resource("/").wrap(auth.clone()).route(web::get().to(hello)));
    })
    .await
}
