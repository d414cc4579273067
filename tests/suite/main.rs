//! The conformance suite.

mod provider_gate;
mod providers;
