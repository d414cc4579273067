//! The rules of an API manager's gateway as a layer. All of them live in `claimgate-apim`, which is re-exported here whole.

mod future;
mod layer;
mod service;

pub use claimgate_apim::*;

pub use future::ApiFuture;
pub use layer::ApiLayer;
pub use service::ApiService;
