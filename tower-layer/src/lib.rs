//! JWT access-token authentication as a [Tower](https://docs.rs/tower) layer: axum, tonic, and any service on `http` 1.
//!
//! [`AuthLayer`] lets requests with a good token through, with a [`VerifiedToken`] in their extensions, and answers the
//! others itself (RFC 6750). All rules live in `claimgate-core`, which is re-exported here whole: one `cargo add` is enough.
//!
//! # Rules
//!
//! 1. A request without a credential gets a 401 with a bare challenge; with a bad one a 401 `invalid_token`; with more than
//!    one a 400; and where there are no keys to judge by, a 503 with `Retry-After`.
//! 2. The inner service sees only requests with a good token, unless [`AuthLayer::optional`] or
//!    [`AuthLayer::allow_preflight`] say otherwise. It is made ready before it is called.
//! 3. The [`AuthError`] behind a refusal is in the extensions of the response, for layers outside of this one.
//!
//! # Example
//!
//! ```
//! use claimgate_tower::{AuthLayer, Authenticator, Issuer};
//! use claimgate_testkit::TestIssuer;
//! use http::{Request, Response, StatusCode};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = TestIssuer::new("https://idp.example.com");
//! let gate = Authenticator::builder()
//!     .issuer(Issuer::new(issuer.issuer()).audience("https://api.example.com").jwks(issuer.jwks()))
//!     .build()?;
//! let service = ServiceBuilder::new()
//!     .layer(AuthLayer::new(gate))
//!     .service(service_fn(async |_: Request<String>| Ok::<_, std::convert::Infallible>(Response::new(String::new()))));
//!
//! let token = issuer.token().audience("https://api.example.com").mint();
//! let good = Request::get("/").header("authorization", format!("Bearer {token}")).body(String::new())?;
//! assert_eq!(service.clone().oneshot(good).await?.status(), StatusCode::OK);
//!
//! let none = service.oneshot(Request::get("/").body(String::new())?).await?;
//! assert_eq!((none.status(), &none.headers()["www-authenticate"]), (StatusCode::UNAUTHORIZED, &"Bearer".parse()?));
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! - `axum`: [`Claims`], [`MaybeClaims`] and [`Scoped`] are extractors for axum 0.8, and `readiness` is a route.
//! - `tonic`: `AuthInterceptor` for tonic 0.14; [`AuthLayer::grpc`] needs no feature.
//! - `apim`: the rules of an API manager's gateway, in the module `apim`.
//! - `jwks-client` (default), `refresh`, `watch`, `config`, `keystore` and `metrics`: those of `claimgate-core`.

#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod answer;
#[cfg(feature = "apim")]
pub mod apim;
mod claims;
#[cfg(feature = "axum")]
mod extract;
mod finish;
mod future;
#[cfg(feature = "tonic")]
mod grpc;
#[cfg(feature = "tonic")]
mod interceptor;
mod layer;
#[cfg(feature = "axum")]
mod readiness;
mod require;
mod response;
mod scoped;
mod service;
mod view;

pub use claimgate_core::*;

pub use answer::Answer;
pub use claims::{Claims, MaybeClaims};
#[cfg(feature = "axum")]
pub use extract::ClaimsRejection;
pub use future::AuthFuture;
#[cfg(feature = "tonic")]
pub use grpc::AuthenticatedCall;
#[cfg(feature = "tonic")]
pub use interceptor::AuthInterceptor;
pub use layer::AuthLayer;
#[cfg(feature = "axum")]
pub use readiness::readiness;
pub use require::{Require, RequireScopes, RequireService};
pub use response::{ByteBody, EmptyBody, RefusalBody};
pub use scoped::Scoped;
pub use service::AuthService;
