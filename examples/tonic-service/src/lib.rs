//! What the service `tonic-service` and its `client` have in common: the messages, and the pizzas behind them.

#![forbid(unsafe_code)]

mod shack;

pub use shack::Shack;

/// The package `pizzashack.v1` of `proto/pizzashack.proto`.
#[allow(missing_docs, clippy::pedantic, reason = "generated")]
pub mod proto {
    tonic::include_proto!("pizzashack.v1");
}

/// The README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
