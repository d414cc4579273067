//! What a route asks of a token that is good.

use std::fmt;
use std::sync::Arc;

use crate::error::{AuthError, AuthErrorKind};
use crate::token::VerifiedToken;

/// A rule about verified tokens, for one route or several. Cheap to clone.
///
/// # Example
///
/// ```
/// use claimgate_core::AccessRule;
///
/// let order = AccessRule::all_of(["menu", "order"]);
/// let staff = AccessRule::claim("department", ["kitchen", "counter"]);
/// let weekly = AccessRule::that(|token| token.subject() == Some("weekly-report"));
/// # let _ = (order, staff, weekly);
/// ```
#[derive(Clone)]
pub struct AccessRule(Arc<Rule>);

enum Rule {
    AllOf(Named),
    AnyOf(Named),
    Claim { name: Box<str>, values: Box<[Box<str>]> },
    That(Box<dyn Fn(&VerifiedToken) -> bool + Send + Sync>),
}

/// Scopes one by one, and as a challenge names them.
struct Named {
    scopes: Box<[Box<str>]>,
    joined: Arc<str>,
}

impl AccessRule {
    /// The token grants every one of `scopes`. None at all is met by every token.
    pub fn all_of<I: IntoIterator<Item: Into<String>>>(scopes: I) -> Self {
        AccessRule(Arc::new(Rule::AllOf(Named::new(scopes))))
    }

    /// The token grants one of `scopes`. None at all is met by no token.
    pub fn any_of<I: IntoIterator<Item: Into<String>>>(scopes: I) -> Self {
        AccessRule(Arc::new(Rule::AnyOf(Named::new(scopes))))
    }

    /// The claim `name` is a string and one of `values`, or an array of strings that holds one of them.
    pub fn claim<I: IntoIterator<Item: Into<String>>>(name: impl Into<String>, values: I) -> Self {
        AccessRule(Arc::new(Rule::Claim { name: name.into().into(), values: boxed(values) }))
    }

    /// The application says yes.
    pub fn that(check: impl Fn(&VerifiedToken) -> bool + Send + Sync + 'static) -> Self {
        AccessRule(Arc::new(Rule::That(Box::new(check))))
    }

    /// Whether `token` meets the rule.
    ///
    /// # Errors
    ///
    /// [`InsufficientScope`](AuthErrorKind::InsufficientScope), with the scopes that are asked for, or
    /// [`AccessDenied`](AuthErrorKind::AccessDenied).
    pub fn check(&self, token: &VerifiedToken) -> Result<(), AuthError> {
        let (met, named) = match &*self.0 {
            Rule::AllOf(named) => (named.scopes.iter().all(|scope| token.has_scope(scope)), Some(named)),
            Rule::AnyOf(named) => (named.scopes.iter().any(|scope| token.has_scope(scope)), Some(named)),
            Rule::Claim { name, values } => (token.claim_has(name, values), None),
            Rule::That(check) => (check(token), None),
        };
        match (met, named) {
            (true, _) => Ok(()),
            (false, Some(named)) => Err(AuthError::insufficient_scope(named.joined.clone())),
            (false, None) => Err(AuthErrorKind::AccessDenied.into()),
        }
    }
}

impl Named {
    fn new<I: IntoIterator<Item: Into<String>>>(scopes: I) -> Self {
        let scopes = boxed(scopes);
        Named { joined: scopes.join(" ").into(), scopes }
    }
}

fn boxed<I: IntoIterator<Item: Into<String>>>(values: I) -> Box<[Box<str>]> {
    values.into_iter().map(|value| value.into().into_boxed_str()).collect()
}

impl fmt::Debug for AccessRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Rule::AllOf(named) => write!(formatter, "AllOf({})", named.joined),
            Rule::AnyOf(named) => write!(formatter, "AnyOf({})", named.joined),
            Rule::Claim { name, values } => write!(formatter, "Claim({name}, {values:?})"),
            Rule::That(_) => formatter.write_str("That(..)"),
        }
    }
}
