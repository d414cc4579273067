//! `actix-web-httpauth`, with a validator written by hand on `jsonwebtoken`: keys are parsed once and found by `kid`.

#[path = "../../serve/actix.rs"]
mod serve;
#[path = "../../serve/start.rs"]
mod start;

use std::collections::HashMap;
use std::error::Error;

use actix_web::dev::ServiceRequest;
use actix_web::error::ErrorUnauthorized;
use actix_web::web::{self, Data, ReqData};
use actix_web::{HttpMessage, HttpResponse};
use actix_web_httpauth::extractors::bearer::BearerAuth;
use actix_web_httpauth::middleware::HttpAuthentication;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use crate::serve::{answer, serve};
use crate::start::Trusted;

struct Guard {
    keys: HashMap<String, DecodingKey>,
    validation: Validation,
}

#[derive(Clone, Deserialize)]
struct Caller {
    sub: String,
    #[allow(dead_code)]
    scope: String,
}

async fn hello(caller: ReqData<Caller>) -> HttpResponse {
    answer(&caller.sub)
}

impl Guard {
    fn check(&self, token: &str) -> Option<Caller> {
        let kid = decode_header(token).ok()?.kid?;
        Some(decode::<Caller>(token, self.keys.get(&kid)?, &self.validation).ok()?.claims)
    }
}

type Refused = (actix_web::Error, ServiceRequest);

async fn validator(request: ServiceRequest, credentials: BearerAuth) -> Result<ServiceRequest, Refused> {
    let caller = request.app_data::<Data<Guard>>().and_then(|guard| guard.check(credentials.token()));
    match caller {
        Some(caller) => {
            request.extensions_mut().insert(caller);
            Ok(request)
        }
        None => Err((ErrorUnauthorized("unauthorized"), request)),
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let trusted = Trusted::from_args(std::env::args().skip(1))?;
    let set: JwkSet = reqwest::get(trusted.jwks_uri).await?.json().await?;
    let mut keys = HashMap::new();
    for jwk in &set.keys {
        keys.insert(jwk.common.key_id.clone().ok_or("a key has no kid")?, DecodingKey::from_jwk(jwk)?);
    }
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[trusted.issuer]);
    validation.set_audience(&[trusted.audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.validate_nbf = true;
    let guard = Data::new(Guard { keys, validation });

    serve(move |config| {
        let resource = web::resource("/").wrap(HttpAuthentication::bearer(validator));
        config.app_data(Data::clone(&guard)).service(resource.route(web::get().to(hello)));
    })
    .await
}
