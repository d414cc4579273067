//! The conformance suite, and what else runs against real sockets and real counterparts.

mod api;
mod conformance;
mod events;
mod examples;
mod examples_tonic;
mod examples_websocket;
mod gateway;
mod key_stores;
mod metrics;
mod provider_gate;
mod provider_outage;
mod providers;
mod readiness;
mod soak_keys;
mod tower;
