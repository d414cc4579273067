//! From a request to what the gateway decides about it.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use arc_swap::ArcSwap;
use claimgate_core::{Authenticator, ConfigError, Decision, RequestView};

use crate::admission::{Admitted, Step, Waiting, logged};
use crate::api::{AuthType, Resource};
use crate::asked::OwnedAsked;
use crate::context::RequestContext;
use crate::credentials::{CredentialView, HeaderChanges};
use crate::deployment::Deployment;
use crate::fault::{Answer, Fault, FaultCode};
use crate::in_force::InForce;
use crate::profile::Profile;
use crate::rules::Rules;
use crate::settings::Settings;

/// The gateway: an authenticator, and the rules about resources, subscriptions and quotas. Cheap to clone.
#[derive(Clone)]
pub struct ApiManager(Arc<Gateway>);

struct Gateway {
    authenticator: Authenticator,
    settings: Settings,
    /// What the settings and the deployment come to.
    in_force: ArcSwap<InForce>,
    /// The deployment as it serves. Held while another takes over.
    deployment: Mutex<Option<Deployment>>,
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

impl ApiManager {
    pub(crate) fn new(
        authenticator: Authenticator,
        settings: Settings,
        deployment: Option<Deployment>,
    ) -> Result<Self, ConfigError> {
        if let Some(deployment) = &deployment {
            deployment.tell_of_keys(settings.profile)?;
            deployment.distrust_demo_keys(settings.profile, &authenticator);
        }
        let trusted = authenticator.status();
        let is_trusted = |name: &String| trusted.iter().any(|issuer| issuer.issuer() == name);
        for issuer in settings.issuers.keys().filter(|name| !is_trusted(name)) {
            tracing::warn!(target: "claimgate", issuer, "rules are given for an issuer that is not trusted");
        }
        let in_force = ArcSwap::from_pointee(InForce::of(&settings, deployment.as_ref())?);
        let deployment = Mutex::new(deployment);
        Ok(ApiManager(Arc::new(Gateway { authenticator, settings, in_force, deployment })))
    }

    /// Decides about `request`, now by the clock of the authenticator. It never blocks and never awaits.
    pub fn check<V: RequestView>(&self, request: &V) -> Passage {
        let Gateway { settings, in_force, .. } = &*self.0;
        let (profile, now_in_force) = (settings.profile, in_force.load());
        let resource = settings.resources.find(request.method(), request.target()).cloned();
        let field = resource.as_ref().and_then(|resource| resource.api.auth_header.as_deref());
        // Nobody looks at credentials where none are needed.
        let manners = match &resource {
            Some(resource) if resource.auth == AuthType::Token => profile,
            _ => Profile::Strict,
        };
        let view = CredentialView::new(request, field.unwrap_or(&now_in_force.auth_header), manners)
            .believing(settings.forwarded.as_ref());
        let asked = || OwnedAsked::new(request, &view, resource.as_deref(), settings.realm.as_deref());
        match self.0.decide(&now_in_force, &view, resource.as_ref()) {
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

    /// The header fields that may carry a token: their values are not for logs. They stay the same for the life of the gateway.
    pub fn credential_fields(&self) -> impl Iterator<Item = String> {
        let resources = self.0.settings.resources.resources();
        let own = resources.filter_map(|resource| resource.api.auth_header.clone());
        std::iter::once(self.in_force().auth_header.clone()).chain(own)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn in_force(&self) -> Arc<InForce> {
        self.0.in_force.load_full()
    }

    pub(crate) fn put_in_force(&self, in_force: impl Into<Arc<InForce>>) {
        self.0.in_force.store(in_force.into());
    }

    /// The deployment as it serves, for whoever puts another in its place: one at a time.
    pub(crate) fn serving(&self) -> MutexGuard<'_, Option<Deployment>> {
        // It is assigned whole, so a panic elsewhere leaves none half changed.
        self.0.deployment.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    fn decide<V: RequestView>(
        &self,
        begun_under: &InForce,
        view: &CredentialView<'_, V>,
        resource: Option<&Arc<Resource>>,
    ) -> Step {
        let Some(resource) = resource else {
            return Step::Done(Err(logged(Fault::new(FaultCode::NoResource), None, None)));
        };
        if resource.auth == AuthType::None {
            return Step::Done(Ok(Admitted {
                token: None,
                context: RequestContext::anonymous(resource.clone()),
                headers: begun_under.changes(HeaderChanges::default(), view),
            }));
        }
        let headers = begun_under.changes(view.changes(begun_under.keeps_credential), view);
        let now = self.authenticator.now();
        let decision = self.authenticator.authenticate(view, now);
        // Looked up only now: whoever is trusted by a reload has its rules in force before.
        let in_force = self.in_force.load();
        let (rules, before) = (&in_force.rules, &begun_under.rules);
        match decision {
            Decision::Decided(Ok(token)) => {
                rules_of(token.issuer(), rules, before).admit_now(token, resource, headers, now)
            }
            Decision::Decided(Err(error)) => Step::Done(Err(rules.fault_of(&error))),
            Decision::Pending(pending) => {
                let (rules, before, resource) = (rules.clone(), before.clone(), resource.clone());
                let authenticator = self.authenticator.clone();
                Step::Wait(Box::pin(async move {
                    let token = pending.await.map_err(|error| rules.fault_of(&error))?;
                    let rules = rules_of(token.issuer(), &rules, &before);
                    // The key was waited for: a second has passed, or an hour.
                    rules.admit(token, &resource, headers, authenticator.now()).await
                }))
            }
        }
    }
}

/// The rules for a token of `issuer` that was found good while a reload may have come in between. Of an issuer that has gone with it
/// they are those from `before`.
fn rules_of<'r>(issuer: &str, now: &'r Arc<Rules>, before: &'r Arc<Rules>) -> &'r Arc<Rules> {
    let is_gone =
        !Arc::ptr_eq(now, before) && !now.issuers.contains_key(issuer) && before.issuers.contains_key(issuer);
    if is_gone { before } else { now }
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
            .field("profile", &self.0.settings.profile)
            .finish_non_exhaustive()
    }
}
