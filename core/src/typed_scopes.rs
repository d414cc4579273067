//! The scopes that a handler asks for in its signature.

use crate::error::AuthError;
use crate::token::VerifiedToken;

/// Scopes as a type, for handler signatures such as `Scoped<ReadMenu>`.
///
/// A tuple of scopes asks for all of them.
///
/// # Example
///
/// ```
/// use claimgate_core::{Scope, Scopes};
///
/// struct ReadMenu;
/// impl Scope for ReadMenu {
///     const NAME: &'static str = "menu:read";
/// }
/// struct Order;
/// impl Scope for Order {
///     const NAME: &'static str = "order";
/// }
///
/// assert_eq!(<(ReadMenu, Order)>::NAMES, ["menu:read", "order"]);
/// ```
pub trait Scope {
    /// The scope as tokens have it.
    const NAME: &'static str;
}

/// One [`Scope`] or a tuple of up to four.
pub trait Scopes {
    /// Every scope that is asked for.
    const NAMES: &'static [&'static str];
}

impl<S: Scope> Scopes for S {
    const NAMES: &'static [&'static str] = &[S::NAME];
}

impl<A: Scope, B: Scope> Scopes for (A, B) {
    const NAMES: &'static [&'static str] = &[A::NAME, B::NAME];
}

impl<A: Scope, B: Scope, C: Scope> Scopes for (A, B, C) {
    const NAMES: &'static [&'static str] = &[A::NAME, B::NAME, C::NAME];
}

impl<A: Scope, B: Scope, C: Scope, D: Scope> Scopes for (A, B, C, D) {
    const NAMES: &'static [&'static str] = &[A::NAME, B::NAME, C::NAME, D::NAME];
}

pub(crate) fn check_scopes<S: Scopes>(token: &VerifiedToken) -> Result<(), AuthError> {
    let granted = S::NAMES.iter().all(|scope| token.has_scope(scope));
    if granted { Ok(()) } else { Err(AuthError::insufficient_scope(S::NAMES.join(" ").into())) }
}
