//! The harness of the suite: starts real counterparts and this workspace's own servers on
//! loopback, and ends them with the test.

mod authlib;
mod binary;
mod error;
mod grant;
mod idp;
mod program;
mod steering;

pub use authlib::AuthlibProvider;
pub use binary::{Server, executable, run, run_example};
pub use error::HarnessError;
pub use idp::OidcProvider;
pub use program::{KEYTOOL, OPENSSL, Program};
pub use steering::{Seen, Steering};

/// The README compiles, and what it asserts holds.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// So does the guide to the rules of an API manager.
#[cfg(doctest)]
#[doc = include_str!("../../docs/api-manager.md")]
pub struct ApiManagerGuide;

#[cfg(doctest)]
mod compile_fail;
