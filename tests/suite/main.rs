//! The conformance suite.

mod providers;
