//! Verification of JWT access tokens against key sets that are swapped while requests run. No framework, no HTTP types:
//! adapters such as `claimgate-tower` put it into a service.
//!
//! A token goes one way, through types that only their stage can make: a [`BearerToken`] comes out of a request, is read,
//! verified with a key of its issuer and judged by the issuer's rules; what comes out is a [`VerifiedToken`]. Every failure
//! is an [`AuthError`] with a [kind](AuthErrorKind), and one match makes a [`Refusal`] of it.
//!
//! ```
//! use claimgate_core::{Authenticator, Decision, Issuer};
//! # let jwks = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1",
//! #     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
//!
//! let gate = Authenticator::builder()
//!     .issuer(Issuer::new("https://idp.example.com").audience("https://api.example.com").jwks(jwks))
//!     .build()?;
//!
//! let decision = gate.authenticate_token("not.a.token", gate.now());
//! assert!(matches!(decision, Decision::Decided(Err(_))));
//! # Ok::<(), claimgate_core::ConfigError>(())
//! ```
//!
//! # Features
//!
//! - `jwks-client` (default): keys over the network, from a JWK Set URL or by discovery.
//! - `refresh`, which it includes: keys from a `KeySource` of the application, and refreshing them on tokio.
//! - `watch`: files of keys are read again when they change.
//! - `keystore`: keys in Java (JKS) and PKCS#12 key stores.
//! - `metrics`: counters and gauges through the facade [`metrics`](https://docs.rs/metrics). Install the recorder before
//!   [`build`](AuthenticatorBuilder::build): what is counted is settled there. `docs/observability.md` lists everything.
//! - `config`: the configuration file of the example servers, as TOML; brings `keystore` and `watch`.
//!
//! # External types
//!
//! With `jwks-client`, `reqwest::Client` ([`Issuer::http_client`]) and `tokio::runtime::Handle`
//! ([`AuthenticatorBuilder::runtime`]) are part of the API. A new major version of theirs is one of ours.

#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod access_rule;
mod admission;
mod algorithm;
mod alias;
mod authenticator;
mod base64url;
mod bearer;
#[cfg(feature = "refresh")]
mod budget;
mod builder;
mod cache;
mod certificate;
mod certificate_warning;
mod claims;
mod client;
#[cfg(feature = "config")]
pub mod config;
mod config_error;
mod confirmation;
mod control;
mod der;
#[cfg(feature = "jwks-client")]
mod dynamic_issuers;
mod ecdsa;
mod error;
mod error_kind;
mod fetch_settings;
mod gate;
mod header;
mod issuer;
mod json;
mod jwk;
mod jws;
mod key;
#[cfg_attr(
    not(feature = "refresh"),
    allow(dead_code, reason = "without a refresher nobody fetches or swaps")
)]
mod key_demand;
mod key_directory;
mod key_file;
mod key_index;
mod key_selection;
mod key_set;
#[cfg(feature = "refresh")]
mod key_source;
#[cfg(feature = "keystore")]
mod key_store;
mod lasting;
mod levers;
#[cfg_attr(
    not(feature = "refresh"),
    allow(dead_code, reason = "without a refresher nobody fetches or swaps")
)]
mod live_keys;
mod log;
#[cfg_attr(
    not(feature = "jwks-client"),
    allow(
        dead_code,
        unused_imports,
        reason = "without a refresher nobody fetches, and without a resolver nobody asks"
    )
)]
mod meters;
mod moment;
mod pem;
mod pending;
mod policy;
mod possession;
mod prepared;
mod published;
mod readiness;
#[cfg(feature = "refresh")]
mod refresh;
mod refusal;
mod registered;
mod reload;
mod render;
mod request;
mod revoked_keys;
mod scopes;
mod signature;
mod source;
mod standing;
mod status;
#[cfg(feature = "jwks-client")]
mod tenants;
mod token;
mod token_cache;
mod token_mark;
mod token_source;
mod traces;
mod trust;
mod trusted_issuer;
mod typed_scopes;
mod until;
mod verdict;
#[cfg(feature = "watch")]
mod watch;

pub use access_rule::AccessRule;
pub use admission::{Admission, Anonymous, Caller, Rejection};
pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use authenticator::{Authenticator, Decision};
pub use bearer::BearerToken;
pub use builder::AuthenticatorBuilder;
pub use certificate::CertificateValidity;
pub use client::{ClientAddress, ClientCertificate};
#[doc(hidden)]
pub use config_error::Problems;
pub use config_error::{ConfigError, ConfigProblem};
pub use confirmation::Confirmation;
pub use der::DerError;
#[cfg(feature = "jwks-client")]
pub use dynamic_issuers::{DynamicIssuers, IssuerResolver, ResolveError, ResolveFuture};
pub use error::{AuthError, AuthErrorKind, LoggedCertificate, LoggedKeyId};
pub use fetch_settings::Start;
pub use gate::{Gate, Passage, PendingAdmission};
pub use issuer::{Issuer, NeedsAudience};
pub use key::VerificationKey;
pub use key_set::{KeySet, KeySetError};
#[cfg(feature = "refresh")]
pub use key_source::{KeySource, KeySourceError, KeySourceFuture, LoadedKeys};
#[cfg(feature = "keystore")]
pub use key_store::KeyStore;
pub use levers::LeverError;
#[cfg(feature = "refresh")]
pub use levers::Refreshing;
pub use moment::{Clock, Moment, SystemClock};
pub use pem::PemError;
pub use pending::Pending;
pub use readiness::Readiness;
#[cfg(feature = "refresh")]
pub use refresh::KeysNotReady;
pub use refusal::{Refusal, RefusalClass};
pub use render::{GrpcRefusal, ProblemDetails, RenderRefusal};
pub use request::RequestView;
pub use status::{IssuerStatus, KeyState};
pub use token::VerifiedToken;
pub use token_cache::TokenCache;
pub use token_source::TokenSource;
pub use traces::Traces;
pub use typed_scopes::{Scope, Scopes};

/// The HTTP client whose type [`Issuer::http_client`] takes, in the version that it takes.
#[cfg(feature = "jwks-client")]
pub use reqwest;
