//! The conformance suite.

mod examples;
mod provider_gate;
mod providers;
