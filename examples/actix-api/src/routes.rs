//! What the service offers, and to whom.

use actix_web::web::{self, Json, ServiceConfig};
use claimgate_actix::{AuthMiddleware, Authenticator, Claims, RequireScopes, readiness};
use serde::Deserialize;
use serde_json::Value;

pub(crate) fn routes(auth: AuthMiddleware, gate: Authenticator) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        // What is wrapped last is asked first.
        let admin = web::resource("/admin").wrap(RequireScopes::all_of(["admin"])).wrap(auth.clone());
        config
            .service(web::resource("/hello").wrap(auth).route(web::get().to(hello)))
            .service(admin.route(web::get().to(self::admin)))
            // Without the middleware, so open to everybody: it tells that the process lives, not that its issuer does.
            .route("/health", web::get().to(async || "ok\n"))
            // Whether requests should be sent here: 503 while no issuer's keys are there.
            .route("/ready", readiness(gate));
    }
}

/// Claims can be taken as JSON …
async fn hello(claims: Claims<Value>) -> Json<Value> {
    Json(Value::clone(&claims))
}

/// … or as a type of your own.
async fn admin(claims: Claims<Admin>) -> String {
    format!("hello {}, you may do everything\n", claims.sub.as_deref().unwrap_or("nobody"))
}

/// `sub` is optional, as a token whose claims do not fit the type is refused.
#[derive(Deserialize)]
struct Admin {
    sub: Option<String>,
}
