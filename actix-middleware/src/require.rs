use std::future::{Ready, ready};
use std::task::{Context, Poll};

use actix_web::body::EitherBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::{Error, HttpMessage};
use claimgate_core::{AccessRule, VerifiedToken};

use crate::answer::Answer;
use crate::response::bare;
use crate::view::caller;

/// The middleware that lets only requests with these scopes through to a scope or resource, inside of an
/// [`AuthMiddleware`](crate::AuthMiddleware).
///
/// Refused is a 403 `insufficient_scope` with the scopes that are asked for; without an `AuthMiddleware` outside of it, a
/// 500. It is no guard, as what a guard refuses is a 404 on actix-web.
#[derive(Clone, Debug)]
pub struct RequireScopes {
    rule: AccessRule,
}

/// The middleware that lets only requests through whose token meets a rule, inside of an
/// [`AuthMiddleware`](crate::AuthMiddleware).
#[derive(Clone, Debug)]
pub struct Require {
    rule: AccessRule,
}

/// The service that [`RequireScopes`] and [`Require`] make.
#[derive(Debug)]
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

impl<S, B> Transform<S, ServiceRequest> for RequireScopes
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = RequireService<S>;
    type InitError = ();
    type Future = Ready<Result<RequireService<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(RequireService { inner, rule: self.rule.clone() }))
    }
}

impl<S, B> Transform<S, ServiceRequest> for Require
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = RequireService<S>;
    type InitError = ();
    type Future = Ready<Result<RequireService<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(RequireService { inner, rule: self.rule.clone() }))
    }
}

impl<S, B> Service<ServiceRequest> for RequireService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Answer<S::Future>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let refused = caller(&request.extensions()).require(&self.rule).err();
        match refused {
            None => Answer::inner(self.inner.call(request)),
            Some(rejection) => Answer::refused(request.into_response(bare(&rejection))),
        }
    }
}
