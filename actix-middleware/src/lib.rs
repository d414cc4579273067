//! JWT access-token authentication as middleware for [actix-web](https://docs.rs/actix-web) 4.
//!
//! [`AuthMiddleware`] lets requests with a good token through, with a [`VerifiedToken`] in their extensions, and answers the
//! others itself (RFC 6750). All rules live in `claimgate-core`, which is re-exported here whole: one `cargo add` is enough.
//!
//! # Rules
//!
//! 1. A request without a credential gets a 401 with a bare challenge; with a bad one a 401 `invalid_token`; with more than
//!    one a 400; and where there are no keys to judge by, a 503 with `Retry-After`.
//! 2. The service inside sees only requests with a good token, unless [`AuthMiddleware::optional`] or
//!    [`AuthMiddleware::allow_preflight`] say otherwise.
//! 3. A refusal is a response, not an error: CORS, logger and error handlers outside of the middleware see it. The
//!    [`AuthError`] behind it is in the extensions of the response.
//! 4. Build the [`Authenticator`] once, outside of `HttpServer::new`, and the middleware from a clone of it: the workers share
//!    keys and settings.
//!
//! # What to watch for
//!
//! - `Option<Claims<T>>` is no way to optional authentication: actix-web makes `None` of every error, of a token that does not
//!   fit `T` and of middleware that was forgotten. [`MaybeClaims`] is the way.
//! - Wrapped around an `App` or a scope, the middleware also stands before paths that do not exist: without a token they
//!   answer 401. Wrapped around a resource, it does not.
//! - What is wrapped last is outermost: `.wrap(auth).wrap(cors)` answers preflights before it asks for a token.
//!
//! # Example
//!
//! ```
//! use actix_web::{App, http::StatusCode, test, web};
//! use claimgate_actix::{AuthMiddleware, Authenticator, Issuer, VerifiedToken};
//! use claimgate_testkit::TestIssuer;
//!
//! async fn hello(token: web::ReqData<VerifiedToken>) -> String {
//!     format!("hello {}", token.subject().unwrap_or("nobody"))
//! }
//!
//! # #[actix_web::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = TestIssuer::new("https://idp.example.com");
//! let gate = Authenticator::builder()
//!     .issuer(Issuer::new(issuer.issuer()).audience("https://api.example.com").jwks(issuer.jwks()))
//!     .build()?;
//! let auth = AuthMiddleware::new(gate);
//! // A server does the same in `HttpServer::new(move || App::new().wrap(auth.clone())…)`.
//! let app = test::init_service(App::new().wrap(auth.clone()).route("/", web::get().to(hello))).await;
//!
//! let token = issuer.token().audience("https://api.example.com").mint();
//! let good = test::TestRequest::get().insert_header(("authorization", format!("Bearer {token}"))).to_request();
//! assert_eq!(test::call_and_read_body(&app, good).await, "hello test-subject");
//!
//! let none = test::call_service(&app, test::TestRequest::get().to_request()).await;
//! assert_eq!(none.status(), StatusCode::UNAUTHORIZED);
//! assert_eq!(none.headers().get("www-authenticate"), Some(&"Bearer".parse()?));
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! - `apim`: the rules of an API manager's gateway, in the module `apim`.
//! - `jwks-client` (default), `refresh`, `watch`, `config`, `keystore` and `metrics`: those of `claimgate-core`.

#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod answer;
#[cfg(feature = "apim")]
pub mod apim;
mod claims;
mod extract;
mod finish;
mod future;
mod middleware;
mod readiness;
mod require;
mod response;
mod scoped;
mod service;
mod view;

pub use claimgate_core::*;

pub use answer::Answer;
pub use claims::{Claims, MaybeClaims};
pub use extract::ClaimsRejection;
pub use future::AuthFuture;
pub use middleware::AuthMiddleware;
pub use readiness::readiness;
pub use require::{Require, RequireScopes, RequireService};
pub use scoped::Scoped;
pub use service::AuthService;
