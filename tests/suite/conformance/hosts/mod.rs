//! The hosts, one file each.

mod actix;
mod axum;
mod http1;
mod tonic;
mod tower;

pub(crate) use self::actix::Actix;
pub(crate) use self::axum::Axum;
pub(crate) use self::tonic::Tonic;
pub(crate) use self::tower::Tower;
