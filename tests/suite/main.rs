//! The conformance suite, and what else runs against real sockets and real counterparts.

mod conformance;
mod examples;
mod examples_tonic;
mod examples_websocket;
mod provider_gate;
mod providers;
mod soak_keys;
mod tower;
