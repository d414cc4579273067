//! APIs and their resources, as requests are matched to them.

use std::sync::Arc;

/// An API: what its resources have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Api {
    /// Its name, such as `PizzaShackAPI`.
    pub name: String,
    /// The path that all its resources begin with, version included: `/pizzashack/1.0.0`.
    pub context: String,
    /// Its version, such as `1.0.0`.
    pub version: String,
    /// Who has published it.
    pub publisher: Option<String>,
    /// A token has to be for one of these (`aud`); empty or `all` means any.
    pub audiences: Vec<String>,
    /// The header field that tokens come in, where it is not that of all APIs.
    ///
    /// # Security
    ///
    /// Only this field is looked at, and only it is taken out of requests. What a client sends in `Authorization` then reaches the
    /// service as it is: there it proves nothing, and who calls is in the extensions of the request.
    pub auth_header: Option<String>,
    /// Whether it takes tokens with production keys.
    pub has_production: bool,
    /// Whether it takes tokens with sandbox keys.
    pub has_sandbox: bool,
    /// Whether a token needs a subscription. Where not, every application may call it.
    pub needs_subscription: bool,
}

/// What one kind of request needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The API that it is part of.
    pub api: Arc<Api>,
    /// The template of its path behind the context, such as `/order/{orderId}`.
    pub template: String,
    /// The method, in upper case.
    pub verb: String,
    /// Who may call it.
    pub auth: AuthType,
    /// A token has to grant one of these; none are needed where it is empty.
    pub scopes: Vec<String>,
}

/// Who may call a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthType {
    /// Whoever has a token.
    #[default]
    Token,
    /// Everybody: no token is looked at.
    ///
    /// # Security
    ///
    /// Nothing but the field that speaks in the gateway's name is taken out of the request. A credential that the client sends along
    /// reaches the service as it is, expired or forged, as with the original. A service must not take it for one that was checked:
    /// of a caller who was, there is a [`VerifiedToken`](claimgate_core::VerifiedToken) in the extensions.
    None,
}
