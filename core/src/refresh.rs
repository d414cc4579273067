//! The river of keys: fetched in the background, ahead of need, and put in place whole.
//!
//! What to do when is decided by [`engine`], which knows no socket and no clock. [`driver`] does it, in one task for each
//! issuer. Requests meet neither: they read the keys, and a miss only rings the bell.

mod address_guard;
mod budget;
mod client;
mod discovery;
mod driver;
mod engine;
mod entity_tag;
mod fetch_error;
mod freshness;
mod host;
mod remote;
mod tls_files;

pub(crate) use driver::Driver;
pub use driver::KeysNotReady;
pub(crate) use remote::Remote;
