use std::mem;
use std::task::{Context, Poll};

use claimgate_core::{AccessRule, VerifiedToken};
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::answer::Answer;
use crate::view::caller;

/// The layer that lets only requests with these scopes through, behind an [`AuthLayer`](crate::AuthLayer).
///
/// Refused is a 403 `insufficient_scope` with the scopes that are asked for; without an `AuthLayer` outside of it, a 500.
#[derive(Clone, Debug)]
pub struct RequireScopes {
    rule: AccessRule,
}

/// The layer that lets only requests through whose token meets a rule, behind an [`AuthLayer`](crate::AuthLayer).
#[derive(Clone, Debug)]
pub struct Require {
    rule: AccessRule,
}

/// The service that [`RequireScopes`] and [`Require`] make.
#[derive(Clone, Debug)]
pub struct RequireService<S> {
    inner: S,
    rule: AccessRule,
}

impl RequireScopes {
    /// Asks for every one of `scopes`.
    pub fn all_of<I: IntoIterator<Item: Into<String>>>(scopes: I) -> Self {
        RequireScopes { rule: AccessRule::all_of(scopes) }
    }

    /// Asks for any one of `scopes`.
    pub fn any_of<I: IntoIterator<Item: Into<String>>>(scopes: I) -> Self {
        RequireScopes { rule: AccessRule::any_of(scopes) }
    }
}

impl Require {
    /// Asks for what `rule` says.
    pub fn rule(rule: AccessRule) -> Self {
        Require { rule }
    }

    /// Asks that the claim `name` be one of `values`, or an array that holds one of them.
    pub fn claim<I: IntoIterator<Item: Into<String>>>(name: impl Into<String>, values: I) -> Self {
        Require::rule(AccessRule::claim(name, values))
    }

    /// Asks the application.
    pub fn that(check: impl Fn(&VerifiedToken) -> bool + Send + Sync + 'static) -> Self {
        Require::rule(AccessRule::that(check))
    }
}

impl<S> Layer<S> for RequireScopes {
    type Service = RequireService<S>;

    fn layer(&self, inner: S) -> RequireService<S> {
        RequireService { inner, rule: self.rule.clone() }
    }
}

impl<S> Layer<S> for Require {
    type Service = RequireService<S>;

    fn layer(&self, inner: S) -> RequireService<S> {
        RequireService { inner, rule: self.rule.clone() }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for RequireService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    ResBody: Default,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = Answer<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        match caller(request.extensions()).require(&self.rule) {
            Ok(_) => Answer::inner(self.inner.call(request)),
            Err(rejection) => {
                // As in `AuthService`: what was made ready is given back.
                let clone = self.inner.clone();
                drop(mem::replace(&mut self.inner, clone));
                Answer::refused(rejection)
            }
        }
    }
}
