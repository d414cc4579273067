//! What authentication leaves behind with a request, and what the rules behind it make of that. The adapters carry these
//! values; the rules are here once.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::access_rule::AccessRule;
use crate::error::{AuthError, AuthErrorKind};
use crate::meters::IssuerMeters;
use crate::refusal::Refusal;
use crate::render::RenderRefusal;
use crate::token::VerifiedToken;
use crate::typed_scopes::{Scopes, check_scopes};

/// What an adapter puts into the extensions of a request that goes on.
#[derive(Clone, Debug)]
pub enum Admission {
    /// The token was good.
    Verified(VerifiedToken),
    /// There was no credential, and none is needed.
    Anonymous(Anonymous),
}

/// The mark of a request that went on without a credential. It tells such a request from one that no authentication has
/// seen.
#[derive(Clone, Debug)]
pub struct Anonymous {
    realm: Option<Arc<str>>,
    meters: IssuerMeters,
}

/// A request that does not go on: why, and in which realm.
#[derive(Clone, Debug)]
pub struct Rejection {
    error: AuthError,
    realm: Option<Arc<str>>,
}

/// Who stands behind a request, by what is in its extensions.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// The owner of a verified token.
    Verified(&'a VerifiedToken),
    /// Somebody without a credential, on a route where none is needed.
    Anonymous(&'a Anonymous),
    /// Nobody knows: no authentication stands before the route.
    Unknown,
}

impl Anonymous {
    pub(crate) fn new(realm: Option<Arc<str>>, meters: IssuerMeters) -> Self {
        Anonymous { realm, meters }
    }
}

impl<'a> Caller<'a> {
    /// The caller, from what the extensions of the request hold of each type.
    pub fn new(token: Option<&'a VerifiedToken>, anonymous: Option<&'a Anonymous>) -> Self {
        match (token, anonymous) {
            (Some(token), _) => Caller::Verified(token),
            (None, Some(anonymous)) => Caller::Anonymous(anonymous),
            (None, None) => Caller::Unknown,
        }
    }

    /// The token, where a route needs one.
    ///
    /// # Errors
    ///
    /// [`MissingCredentials`](AuthErrorKind::MissingCredentials) for an anonymous caller, and
    /// [`MissingLayer`](AuthErrorKind::MissingLayer) where no authentication stands before the route.
    pub fn token(self) -> Result<&'a VerifiedToken, Rejection> {
        match self {
            Caller::Verified(token) => Ok(token),
            Caller::Anonymous(anonymous) => {
                let error = AuthErrorKind::MissingCredentials.into();
                Err(Rejection::logged(error, anonymous.realm.clone(), &anonymous.meters))
            }
            Caller::Unknown => {
                Err(Rejection::logged(AuthErrorKind::MissingLayer.into(), None, &IssuerMeters::default()))
            }
        }
    }

    /// The token, where a route can do without.
    ///
    /// # Errors
    ///
    /// [`MissingLayer`](AuthErrorKind::MissingLayer) where no authentication stands before the route.
    pub fn maybe_token(self) -> Result<Option<&'a VerifiedToken>, Rejection> {
        match self {
            Caller::Anonymous(_) => Ok(None),
            Caller::Verified(_) | Caller::Unknown => self.token().map(Some),
        }
    }

    /// The claims as `T`, where a route needs them.
    ///
    /// # Errors
    ///
    /// Those of [`token`](Self::token), and [`ClaimsShape`](AuthErrorKind::ClaimsShape) for claims that are no `T`.
    pub fn claims<T: DeserializeOwned + Send + Sync + 'static>(self) -> Result<Arc<T>, Rejection> {
        let token = self.token()?;
        token.claims().map_err(|error| Rejection::behind(token, error))
    }

    /// The claims as `T`, where a route can do without.
    ///
    /// # Errors
    ///
    /// Those of [`maybe_token`](Self::maybe_token), and [`ClaimsShape`](AuthErrorKind::ClaimsShape) for claims that are
    /// no `T`.
    pub fn maybe_claims<T: DeserializeOwned + Send + Sync + 'static>(
        self,
    ) -> Result<Option<Arc<T>>, Rejection> {
        self.maybe_token()?.map(|token| Caller::Verified(token).claims()).transpose()
    }

    /// The token, where a route needs one that meets `rule`.
    ///
    /// # Errors
    ///
    /// Those of [`token`](Self::token), and what the rule says: [`InsufficientScope`](AuthErrorKind::InsufficientScope) or
    /// [`AccessDenied`](AuthErrorKind::AccessDenied).
    pub fn require(self, rule: &AccessRule) -> Result<&'a VerifiedToken, Rejection> {
        let token = self.token()?;
        rule.check(token).map_err(|error| Rejection::behind(token, error))?;
        Ok(token)
    }

    /// The token, where a route needs one that grants the scopes of `S`.
    ///
    /// # Errors
    ///
    /// Those of [`require`](Self::require).
    pub fn require_scopes<S: Scopes>(self) -> Result<&'a VerifiedToken, Rejection> {
        let token = self.token()?;
        check_scopes::<S>(token).map_err(|error| Rejection::behind(token, error))?;
        Ok(token)
    }
}

impl Rejection {
    /// Why.
    pub fn error(&self) -> &AuthError {
        &self.error
    }

    /// What the client gets to see.
    pub fn refusal(&self) -> Refusal {
        Refusal::new(&self.error, self.realm.as_deref())
    }

    /// What the client gets to see when `render` makes it. Status and challenge are those of [`refusal`](Self::refusal),
    /// whatever comes back.
    pub fn rendered(&self, render: &dyn RenderRefusal) -> Refusal {
        render.render(&self.error, self.refusal()).with_meaning_of(self.refusal())
    }

    pub(crate) fn new(error: AuthError, realm: Option<Arc<str>>) -> Self {
        Rejection { error, realm }
    }

    /// What a rule says of a token that is good.
    fn behind(token: &VerifiedToken, error: AuthError) -> Self {
        Rejection::logged(token.named_in(error), token.shared_realm(), token.meters())
    }

    /// A refusal that nobody has logged and counted yet.
    pub(crate) fn logged(error: AuthError, realm: Option<Arc<str>>, meters: &IssuerMeters) -> Self {
        error.log();
        meters.refused(error.kind());
        Rejection { error, realm }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(formatter)
    }
}

impl std::error::Error for Rejection {}
