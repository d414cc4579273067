use std::mem;
use std::task::{Context, Poll};

use claimgate_core::ScopeRule;
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
    rule: ScopeRule,
}

/// The service that [`RequireScopes`] makes.
#[derive(Clone, Debug)]
pub struct RequireScopesService<S> {
    inner: S,
    rule: ScopeRule,
}

impl RequireScopes {
    /// Asks for every one of `scopes`.
    pub fn all_of<I: IntoIterator<Item: Into<String>>>(scopes: I) -> Self {
        RequireScopes { rule: ScopeRule::all_of(scopes) }
    }

    /// Asks for any one of `scopes`.
    pub fn any_of<I: IntoIterator<Item: Into<String>>>(scopes: I) -> Self {
        RequireScopes { rule: ScopeRule::any_of(scopes) }
    }
}

impl<S> Layer<S> for RequireScopes {
    type Service = RequireScopesService<S>;

    fn layer(&self, inner: S) -> RequireScopesService<S> {
        RequireScopesService { inner, rule: self.rule.clone() }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for RequireScopesService<S>
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
            Ok(()) => Answer::inner(self.inner.call(request)),
            Err(rejection) => {
                // As in `AuthService`: what was made ready is given back.
                let clone = self.inner.clone();
                drop(mem::replace(&mut self.inner, clone));
                Answer::refused(rejection)
            }
        }
    }
}
