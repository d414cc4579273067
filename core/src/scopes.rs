//! Scopes: those that a token grants and those that a route asks for (RFC 6749, section 3.3).

use crate::error::AuthError;
use crate::token::VerifiedToken;

/// The scopes of a token.
#[derive(Default)]
pub(crate) enum TokenScopes {
    #[default]
    None,
    /// "a list of space-delimited, case-sensitive strings"; no other character separates.
    SeparatedBySpaces(Box<str>),
    Listed(Box<[Box<str>]>),
}

impl TokenScopes {
    pub(crate) fn separated_by_spaces(text: &str) -> Self {
        TokenScopes::SeparatedBySpaces(text.into())
    }

    pub(crate) fn listed<'a>(scopes: impl Iterator<Item = &'a str>) -> Self {
        TokenScopes::Listed(scopes.map(Into::into).collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let (text, list): (&str, &[Box<str>]) = match self {
            TokenScopes::None => ("", &[]),
            TokenScopes::SeparatedBySpaces(text) => (text, &[]),
            TokenScopes::Listed(list) => ("", list),
        };
        text.split(' ').chain(list.iter().map(|scope| &**scope)).filter(|scope| !scope.is_empty())
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_space_separates() {
        let read =
            |text: &str| TokenScopes::separated_by_spaces(text).iter().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(read("read write"), ["read", "write"]);
        assert_eq!(read("  read  "), ["read"]);
        assert_eq!(read("read\u{a0}admin\tx,y"), ["read\u{a0}admin\tx,y"]);
        assert_eq!(read(""), Vec::<String>::new());
        let listed = TokenScopes::listed(["read write", "", "admin"].into_iter());
        assert_eq!(listed.iter().collect::<Vec<_>>(), ["read write", "admin"]);
    }
}
