//! The river of keys: fetched in the background, ahead of need, and put in place whole.
//!
//! What to do when is decided by [`engine`], which knows no socket and no clock. [`driver`] does it, in one task for each
//! issuer. Requests meet neither: they read the keys, and a miss only rings the bell.

#[cfg(feature = "jwks-client")]
mod client;
#[cfg(feature = "jwks-client")]
mod discovery;
mod driver;
mod engine;
#[cfg_attr(not(feature = "jwks-client"), allow(dead_code, reason = "most errors are those of the network"))]
mod fetch_error;
mod fetcher;
mod ready;
#[cfg(feature = "jwks-client")]
mod remote;

pub(crate) use driver::Driven;
pub(crate) use fetcher::{Fetcher, Place};
pub use ready::KeysNotReady;
pub(crate) use ready::ready;
#[cfg(feature = "jwks-client")]
pub(crate) use remote::{Remote, is_safe_scheme};
