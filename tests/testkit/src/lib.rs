//! An in-process token issuer for tests.
//!
//! A [`TestIssuer`] owns signing keys and mints access tokens as an authorization server would: signed
//! with a key of its published set, `typ` `at+jwt`, five minutes to live. It rotates and retires keys, and it mints
//! what no good server would: expired, forged, malformed and unsigned tokens.
//!
//! ```
//! use claimgate_testkit::TestIssuer;
//!
//! let issuer = TestIssuer::new("https://issuer.test");
//! let keys = issuer.jwks(); // give this text to the verifier under test
//!
//! let good = issuer.token().audience("https://api.test").scope("orders:read").mint();
//! let expired = issuer.token().audience("https://api.test").expired().mint();
//! let forged = issuer.token().audience("https://api.test").forged().mint();
//! # assert!(keys.contains("\"kid\":\"test-1\""));
//! # assert!(good != expired && expired != forged);
//! ```
//!
//! # What it does not decide for you
//!
//! 1. A token has no `aud` until you name one: the audience is your service's name, and a default would hide a
//!    verifier that forgot to ask for it.
//! 2. Nothing reads the clock but [`TestIssuer::now`], which [`TokenBuilder::mint`] uses where no time was given. With
//!    [`TokenBuilder::at`] a token is the same on every day (but for its `jti` and its signature).
//! 3. A builder method called later wins over one called earlier, and `header` and `claim` take any JSON, so a wrong
//!    type is one call away.
//!
//! # Keys over HTTP
//!
//! With the feature `server`, an issuer serves its key set and its metadata on a loopback port and misbehaves when told to:
//! see [`ServedIssuer`] and [`Behaviour`].
//!
#![cfg_attr(
    feature = "server",
    doc = r#"
```
use claimgate_testkit::{Alg, Behaviour, TestIssuer};

# #[tokio::main(flavor = "current_thread")]
# async fn main() -> std::io::Result<()> {
let served = TestIssuer::serve_new(Alg::ES256).await?;
assert_eq!(served.issuer().issuer(), served.url());

served.set_jwks(Behaviour::status(503)); // an outage …
served.set_jwks(Behaviour::Normal); // … and its end
served.issuer().rotate(); // the next token needs a refetch
# Ok(())
# }
```
"#
)]
#![cfg_attr(
    not(feature = "server"),
    doc = "\n[`ServedIssuer`]: https://docs.rs/claimgate-testkit\n[`Behaviour`]: https://docs.rs/claimgate-testkit"
)]
//!
//! # Panics
//!
//! This is a crate for tests: a mistake of the test itself (a `kid` that no key has, a header name with a space) panics where it is made.
//! Never let it mint outside a test: its keys are nobody's secret.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod alg;
mod clock;
mod encoding;
#[cfg(feature = "inject")]
mod inject;
mod issuer;
mod key;
mod members;
#[cfg(feature = "server")]
mod server;
mod signer;
pub mod tamper;
mod token;

pub use alg::Alg;
pub use clock::TestClock;
pub use encoding::{base64url, base64url_decode};
pub use issuer::TestIssuer;
pub use key::SigningKey;
#[cfg(feature = "server")]
pub use server::{Behaviour, Route, ServedIssuer};
pub use token::TokenBuilder;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
