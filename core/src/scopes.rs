//! Scopes: those that a token grants and those that a route asks for (RFC 6749, section 3.3).

use std::fmt;
use std::sync::Arc;

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

/// The scopes that a route asks for: all of them, or any one.
///
/// # Example
///
/// ```
/// use claimgate_core::ScopeRule;
/// let rule = ScopeRule::all_of(["menu", "order"]);
/// assert_eq!(rule.to_string(), "menu order");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRule {
    scopes: Arc<[Box<str>]>,
    joined: Arc<str>,
    any: bool,
}

impl ScopeRule {
    /// Every one of `scopes` is needed. None at all is met by every token.
    pub fn all_of<I: IntoIterator<Item: Into<String>>>(scopes: I) -> Self {
        Self::new(scopes, false)
    }

    /// One of `scopes` is enough. None at all is met by no token.
    pub fn any_of<I: IntoIterator<Item: Into<String>>>(scopes: I) -> Self {
        Self::new(scopes, true)
    }

    fn new<I: IntoIterator<Item: Into<String>>>(scopes: I, any: bool) -> Self {
        let scopes: Arc<[Box<str>]> = scopes.into_iter().map(|scope| scope.into().into_boxed_str()).collect();
        let joined = scopes.join(" ").into();
        ScopeRule { scopes, joined, any }
    }

    /// Whether `token` grants what is asked for.
    ///
    /// # Errors
    ///
    /// [`InsufficientScope`](crate::AuthErrorKind::InsufficientScope), with the scopes that are asked for.
    pub fn check(&self, token: &VerifiedToken) -> Result<(), AuthError> {
        let granted = |scope: &str| token.scopes().any(|own| own == scope);
        let met = if self.any {
            self.scopes.iter().any(|scope| granted(scope))
        } else {
            self.scopes.iter().all(|scope| granted(scope))
        };
        if met { Ok(()) } else { Err(AuthError::insufficient_scope(self.joined.clone())) }
    }
}

/// The scopes as a challenge names them, separated by spaces.
impl fmt::Display for ScopeRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.joined)
    }
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
