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

mod admission;
mod api;
mod asked;
mod builder;
mod claim_mapping;
mod context;
mod credentials;
mod demo_keys;
mod deployment;
mod fault;
mod forwarded_certificate;
mod in_force;
mod issuer_rules;
mod manager;
mod profile;
pub mod quota;
mod reload;
mod resource;
mod revoked_tokens;
mod rules;
mod settings;
pub mod subscription;
mod token_facts;
mod told;
mod trust_store;

pub use admission::Admitted;
pub use api::{Api, AuthType, Resource};
pub use builder::ApiManagerBuilder;
pub use claim_mapping::{ClaimMapping, ClaimTransformer, TransformError};
pub use claimgate_core::config::ConfigWatch;
pub use context::{ApplicationContext, ClaimsShapeError, RequestContext, SubscriptionContext};
pub use credentials::HeaderChanges;
pub use deployment::{
    BackendJwtConfig, CacheConfig, Deployment, Encoding, JwtIssuer, MappedClaim, Notice, OauthConfig, Signing,
};
pub use fault::{Answer, Asked, Fault, FaultCode, KeyPlace};
pub use forwarded_certificate::ForwardedCertificate;
pub use issuer_rules::IssuerRules;
pub use manager::{ApiManager, Passage, PendingPassage};
pub use profile::Profile;
pub use quota::{Quotas, Taken, Usage};
#[cfg(feature = "openapi")]
pub use resource::OpenApiSettings;
pub use resource::ResourceTable;
pub use revoked_tokens::{RevocationError, RevokedTokens};
pub use token_facts::{Application, KeyType, SubscribedApi, TierInfo, TokenFacts};
pub use trust_store::{GATEWAY_ALIAS, TrustStore};
