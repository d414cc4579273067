//! The rules of an API manager's gateway as a layer. All of them live in `claimgate-apim`, which is re-exported here whole.
//!
//! # Example
//!
//! ```
//! use claimgate_testkit::TestIssuer;
//! use claimgate_tower::apim::{ApiLayer, ApiManager, RequestContext, ResourceTable};
//! use claimgate_tower::{Authenticator, Issuer};
//! use http::{Request, Response, StatusCode};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = TestIssuer::new("https://idp.example.com");
//! let authenticator = Authenticator::builder()
//!     .issuer(Issuer::new(issuer.issuer()).any_audience().jwks(issuer.jwks()))
//!     .build()?;
//! let resources = ResourceTable::from_toml(r#"
//!     [[api]]
//!     name = "PizzaShackAPI"
//!     context = "/pizzashack/1.0.0"
//!     version = "1.0.0"
//!
//!     [[api.resource]]
//!     path = "/order/{orderId}"
//!     methods = ["GET"]
//!     scopes = ["order"]
//! "#)?;
//! let manager = ApiManager::builder(authenticator, resources).build()?;
//!
//! let service = ServiceBuilder::new().layer(ApiLayer::new(manager)).service(service_fn(
//!     async |request: Request<Vec<u8>>| {
//!         let context = request.extensions().get::<RequestContext>();
//!         let user = context.map_or("nobody", |context| &context.end_user).to_owned();
//!         Ok::<_, std::convert::Infallible>(Response::new(user.into_bytes()))
//!     },
//! ));
//! let get = |path: &str, scope: &str| {
//!     let token = issuer.token().subject("ann").scope(scope).mint();
//!     Request::get(path).header("authorization", format!("Bearer {token}")).body(Vec::new())
//! };
//!
//! let good = service.clone().oneshot(get("/pizzashack/1.0.0/order/17", "order")?).await?;
//! assert_eq!((good.status(), good.body().as_slice()), (StatusCode::OK, &b"ann"[..]));
//! let scope = service.clone().oneshot(get("/pizzashack/1.0.0/order/17", "menu")?).await?;
//! assert_eq!(scope.status(), StatusCode::FORBIDDEN);
//! let elsewhere = service.oneshot(get("/pizzashack/1.0.0/orders", "order")?).await?;
//! assert_eq!(elsewhere.status(), StatusCode::FORBIDDEN);
//! # Ok(())
//! # }
//! ```

mod future;
mod layer;
mod service;

pub use claimgate_apim::*;

pub use future::ApiFuture;
pub use layer::ApiLayer;
pub use service::ApiService;
