//! The conformance suite, and what else runs against real sockets and real counterparts.

mod api;
mod conformance;
mod examples;
mod examples_tonic;
mod examples_websocket;
mod key_stores;
mod provider_gate;
mod provider_outage;
mod providers;
mod soak_keys;
mod tower;
