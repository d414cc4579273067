//! The river of keys: fetched in the background, ahead of need, and put in place whole.
//!
//! What to do when is decided by [`engine`], which knows no socket and no clock. One [`task`] for each issuer does it, and
//! [`driver`] is what others hold of that task. Requests meet neither: they read the keys, and a miss only rings the bell.

#[cfg(feature = "keystore")]
mod default_key;
mod driver;
mod engine;
#[cfg_attr(not(feature = "jwks-client"), allow(dead_code, reason = "most errors are those of the network"))]
mod fetch_error;
mod fetched_keys;
mod fetcher;
mod key_files;
mod ready;
mod shared;
mod task;

#[cfg(feature = "jwks-client")]
mod address_guard;
#[cfg(feature = "jwks-client")]
mod client;
#[cfg(feature = "jwks-client")]
mod client_pool;
#[cfg(feature = "jwks-client")]
mod discovery;
#[cfg(feature = "jwks-client")]
mod entity_tag;
#[cfg(feature = "jwks-client")]
mod freshness;
#[cfg(feature = "jwks-client")]
mod host;
#[cfg(feature = "jwks-client")]
mod remote;
#[cfg(feature = "jwks-client")]
mod tls_files;

#[cfg(feature = "jwks-client")]
pub(crate) use client_pool::ClientPool;
#[cfg(feature = "keystore")]
pub(crate) use default_key::DefaultKey;
pub(crate) use driver::Driven;
#[cfg(feature = "metrics")]
pub(crate) use fetch_error::FetchError;
pub(crate) use fetcher::{Fetcher, Place};
#[cfg(feature = "jwks-client")]
pub(crate) use host::is_safe_scheme;
pub(crate) use key_files::KeyFiles;
pub use ready::KeysNotReady;
pub(crate) use ready::ready;
#[cfg(feature = "jwks-client")]
pub(crate) use remote::Remote;
