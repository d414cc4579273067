//! The rules of an API manager's gateway, on top of the verification of `claimgate-core`: which resource a request is for and
//! what that resource asks of a token, subscriptions, quotas, and the faults that clients get to see.
//!
//! A request goes one way, through one file for each step:
//!
//! ```text
//! request view ─▶ resource ─▶ credentials ─▶ VerifiedToken ─▶ TokenFacts ─▶ subscription ─▶ scopes, audience ─▶ quota ─▶ Admitted
//! any failure ─▶ Fault ─▶ Answer (status, headers, body), as the profile says
//! ```

#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod api;
mod context;
mod fault;
mod profile;
mod resource;
mod token_facts;

pub use api::{Api, AuthType, Resource};
pub use context::{ApplicationContext, RequestContext, SubscriptionContext};
pub use fault::{Fault, FaultCode};
pub use profile::Profile;
#[cfg(feature = "openapi")]
pub use resource::OpenApiSettings;
pub use resource::ResourceTable;
pub use token_facts::{Application, KeyType, SubscribedApi, TierInfo, TokenFacts};
