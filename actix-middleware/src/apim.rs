//! The rules of an API manager's gateway as middleware. All of them live in `claimgate-apim`, which is re-exported here whole.

mod future;
mod middleware;
mod service;

pub use claimgate_apim::*;

pub use future::ApiFuture;
pub use middleware::ApiMiddleware;
pub use service::ApiService;
