//! The hosts, one file each.

mod axum;
mod http1;
mod tower;

pub(crate) use self::axum::Axum;
pub(crate) use self::tower::Tower;
