//! From a request to what the gateway decides about it.

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use claimgate_core::{AuthError, AuthErrorKind, Authenticator, Decision, Moment, RequestView, VerifiedToken};

use crate::api::{AuthType, Resource};
use crate::asked::OwnedAsked;
use crate::builder::ApiManagerBuilder;
use crate::context::RequestContext;
use crate::credentials::{CredentialView, HeaderChanges};
use crate::fault::{Answer, Fault, FaultCode, KeyPlace};
use crate::profile::Profile;
use crate::rules::Rules;
use crate::told::Told;

/// The gateway: an authenticator, and the rules about resources, subscriptions and quotas. Cheap to clone.
#[derive(Clone)]
pub struct ApiManager(Arc<Inner>);

pub(crate) struct Inner {
    authenticator: Authenticator,
    auth_header: String,
    keeps_credential: bool,
    assertion_header: String,
    realm: Option<String>,
    rules: Rules,
}

/// A request that goes on.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The token; none for a resource that needs none.
    pub token: Option<VerifiedToken>,
    /// Who calls what.
    pub context: RequestContext,
    /// What has to be done with its header fields.
    pub headers: HeaderChanges,
}

/// What an [`ApiManager`] says of a request.
#[derive(Debug)]
#[must_use]
pub enum Passage {
    /// It is decided: the request goes on, or this is the answer.
    Decided(Result<Admitted, Answer>),
    /// A key, a subscription or a shared quota has to be waited for. Await it beside the request.
    Pending(PendingPassage),
}

/// A decision that waits.
#[must_use = "a pending decision is made when it is awaited"]
pub struct PendingPassage {
    future: Waiting,
    asked: OwnedAsked,
    profile: Profile,
}

/// In a box: it waits for others, which takes longer than the box does.
type Waiting = Pin<Box<dyn Future<Output = Result<Admitted, Fault>> + Send>>;

/// How far the first look came.
#[expect(clippy::large_enum_variant, reason = "a box would be an allocation for every request")]
enum Step {
    Done(Result<Admitted, Fault>),
    Wait(Waiting),
}

impl ApiManager {
    pub(crate) fn of(builder: ApiManagerBuilder) -> Self {
        ApiManager(Arc::new(Inner {
            rules: Rules {
                resources: builder.resources,
                profile: builder.profile,
                issuers: builder.issuers,
                requires_subscription: builder.requires_subscription,
                store: builder.store,
                store_told: Told::default(),
                quotas: builder.quotas,
            },
            authenticator: builder.authenticator,
            auth_header: builder.auth_header,
            keeps_credential: builder.keeps_credential,
            assertion_header: builder.assertion_header,
            realm: builder.realm,
        }))
    }

    /// Decides about `request`, now by the clock of the authenticator. It never blocks and never awaits.
    pub fn check<V: RequestView>(&self, request: &V) -> Passage {
        let inner = &self.0;
        let profile = inner.rules.profile;
        let resource = inner.rules.resources.find(request.method(), request.target()).cloned();
        let field = resource.as_ref().and_then(|resource| resource.api.auth_header.as_deref());
        // Nobody looks at credentials where none are needed.
        let manners = match &resource {
            Some(resource) if resource.auth == AuthType::Token => profile,
            _ => Profile::Strict,
        };
        let view = CredentialView::new(request, field.unwrap_or(&inner.auth_header), manners);
        let asked = || inner.asked(request, &view, resource.as_deref());
        match inner.decide(&view, resource.as_ref()) {
            Step::Done(Ok(admitted)) => Passage::Decided(Ok(admitted)),
            Step::Done(Err(fault)) => {
                let asked = asked();
                Passage::Decided(Err(fault.answer(profile, &asked.as_asked())))
            }
            Step::Wait(future) => Passage::Pending(PendingPassage { future, asked: asked(), profile }),
        }
    }

    /// What verifies the tokens.
    pub fn authenticator(&self) -> &Authenticator {
        &self.0.authenticator
    }

    /// The header fields that may carry a token: their values are not for logs.
    pub fn credential_fields(&self) -> impl Iterator<Item = &str> {
        let own =
            self.0.rules.resources.resources().filter_map(|resource| resource.api.auth_header.as_deref());
        std::iter::once(self.0.auth_header.as_str()).chain(own)
    }
}

impl Inner {
    fn decide<V: RequestView>(
        self: &Arc<Self>,
        view: &CredentialView<'_, V>,
        resource: Option<&Arc<Resource>>,
    ) -> Step {
        let Some(resource) = resource else {
            return Step::Done(Err(logged(Fault::new(FaultCode::NoResource), None)));
        };
        if resource.auth == AuthType::None {
            return Step::Done(Ok(Admitted {
                token: None,
                context: RequestContext::anonymous(resource.clone()),
                headers: self.changes(HeaderChanges::default(), view),
            }));
        }
        let headers = self.changes(view.changes(self.keeps_credential), view);
        let now = self.authenticator.now();
        match self.authenticator.authenticate(view, now) {
            Decision::Decided(Ok(token)) => self.judge(token, resource, headers, now),
            Decision::Decided(Err(error)) => Step::Done(Err(self.fault_of(&error))),
            Decision::Pending(pending) => {
                let (inner, resource) = (self.clone(), resource.clone());
                Step::Wait(Box::pin(async move {
                    let token = pending.await.map_err(|error| inner.fault_of(&error))?;
                    // The key was waited for: a second has passed, or an hour.
                    let now = inner.authenticator.now();
                    let judged = inner.rules.judge(&token, &resource, now).await;
                    let context = judged.map_err(|fault| logged(fault, Some(&resource)))?;
                    Ok(Admitted { token: Some(token), context, headers })
                }))
            }
        }
    }

    /// What the rules say of a token that is good. What is in memory is decided here; what is not, is waited for.
    fn judge(
        self: &Arc<Self>,
        token: VerifiedToken,
        resource: &Arc<Resource>,
        headers: HeaderChanges,
        now: Moment,
    ) -> Step {
        let mut context = Context::from_waker(Waker::noop());
        if !self.rules.may_wait() {
            let judged = pin!(self.rules.judge(&token, resource, now)).poll(&mut context);
            return Step::Done(match judged {
                Poll::Ready(Ok(context)) => Ok(Admitted { token: Some(token), context, headers }),
                Poll::Ready(Err(fault)) => Err(logged(fault, Some(resource))),
                // Nothing that waits is asked.
                Poll::Pending => Err(Fault::new(FaultCode::Unclassified)),
            });
        }
        let (inner, resource) = (self.clone(), resource.clone());
        let mut future: Waiting = Box::pin(async move {
            let judged = inner.rules.judge(&token, &resource, now).await;
            let context = judged.map_err(|fault| logged(fault, Some(&resource)))?;
            Ok(Admitted { token: Some(token), context, headers })
        });
        // Mostly the answer is in memory. Whoever goes on to wait asks again with a waker of its own.
        match future.as_mut().poll(&mut context) {
            Poll::Ready(judged) => Step::Done(judged),
            Poll::Pending => Step::Wait(future),
        }
    }

    /// What a client says of itself in the gateway's name never reaches a service, neither under the configured name nor under that
    /// of the original. Services behind CGI and its like take `_` and `-` for one (RFC 3875, section 4.1.18).
    fn changes<V: RequestView>(
        &self,
        mut changes: HeaderChanges,
        view: &CredentialView<'_, V>,
    ) -> HeaderChanges {
        let forged = view.fields().filter(|name| {
            is_same_field(name, &self.assertion_header) || is_same_field(name, ASSERTION_HEADER)
        });
        changes.removed.extend(forged.map(str::to_owned));
        changes
    }

    /// The core logs what it refuses, but not the lack of a credential, which some callers allow.
    fn fault_of(&self, error: &AuthError) -> Fault {
        if error.kind() == AuthErrorKind::MissingCredentials {
            error.log();
        }
        let rules = error.issuer().and_then(|issuer| self.rules.issuers.get(issuer));
        Fault::of(error, self.rules.profile, rules.map_or(KeyPlace::JwkSet, |rules| rules.keys))
    }

    fn asked<V: RequestView>(
        &self,
        request: &V,
        view: &CredentialView<'_, V>,
        resource: Option<&Resource>,
    ) -> OwnedAsked {
        OwnedAsked::new(request, view, resource, self.realm.as_deref())
    }
}

/// The field of the original.
pub(crate) const ASSERTION_HEADER: &str = "X-JWT-Assertion";

fn is_same_field(one: &str, other: &str) -> bool {
    let folded = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    one.bytes().map(folded).eq(other.bytes().map(folded))
}

/// One line for each request that a rule of the gateway refuses; what the core refuses, it has logged itself.
fn logged(fault: Fault, resource: Option<&Resource>) -> Fault {
    let (api, template) = resource.map_or(("", ""), |resource| (&*resource.api.context, &*resource.template));
    tracing::info!(target: "claimgate", code = fault.code().number(), api, resource = template, "request refused: {fault}");
    fault
}

impl Future for PendingPassage {
    type Output = Result<Admitted, Answer>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.future.as_mut().poll(context).map_err(|fault| fault.answer(self.profile, &self.asked.as_asked()))
    }
}

impl fmt::Debug for PendingPassage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PendingPassage").finish_non_exhaustive()
    }
}

impl fmt::Debug for ApiManager {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ApiManager")
            .field("authenticator", &self.0.authenticator)
            .field("profile", &self.0.rules.profile)
            .finish_non_exhaustive()
    }
}
