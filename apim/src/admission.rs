//! From a verified token to a request that goes on: at once where everything is in memory, else later.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use claimgate_core::{AuthError, AuthErrorKind, Moment, VerifiedToken};

use crate::api::Resource;
use crate::context::RequestContext;
use crate::credentials::HeaderChanges;
use crate::fault::{Fault, FaultCode, KeyPlace};
use crate::rules::Rules;

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

/// How far the first look came.
#[expect(clippy::large_enum_variant, reason = "a box would be an allocation for every request")]
pub(crate) enum Step {
    Done(Result<Admitted, Fault>),
    Wait(Waiting),
}

/// In a box: it waits for others, which takes longer than the box does.
pub(crate) type Waiting = Pin<Box<dyn Future<Output = Result<Admitted, Fault>> + Send>>;

impl Rules {
    /// Admits a request with a good token, or refuses it.
    pub(crate) async fn admit(
        &self,
        token: VerifiedToken,
        resource: &Arc<Resource>,
        headers: HeaderChanges,
        now: Moment,
    ) -> Result<Admitted, Fault> {
        let judged = self.judge(&token, resource, now).await;
        let context = judged.map_err(|fault| logged(fault, Some(resource), Some(token.issuer())))?;
        Ok(Admitted { token: Some(token), context, headers })
    }

    /// The same, as far as it comes without waiting. What is in memory is decided here; what is not, is waited for.
    pub(crate) fn admit_now(
        self: &Arc<Self>,
        token: VerifiedToken,
        resource: &Arc<Resource>,
        headers: HeaderChanges,
        now: Moment,
    ) -> Step {
        let mut context = Context::from_waker(Waker::noop());
        if !self.may_wait() {
            return Step::Done(match pin!(self.admit(token, resource, headers, now)).poll(&mut context) {
                Poll::Ready(admitted) => admitted,
                // Nothing that waits is asked.
                Poll::Pending => Err(Fault::new(FaultCode::Unclassified)),
            });
        }
        let (rules, resource) = (self.clone(), resource.clone());
        let mut future: Waiting = Box::pin(async move { rules.admit(token, &resource, headers, now).await });
        // Mostly the answer is in memory. Whoever goes on to wait asks again with a waker of its own.
        match future.as_mut().poll(&mut context) {
            Poll::Ready(admitted) => Step::Done(admitted),
            Poll::Pending => Step::Wait(future),
        }
    }

    /// The core logs what it refuses, but not the lack of a credential, which some callers allow.
    pub(crate) fn fault_of(&self, error: &AuthError) -> Fault {
        if error.kind() == AuthErrorKind::MissingCredentials {
            error.log();
        }
        let rules = error.issuer().and_then(|issuer| self.issuers.get(issuer));
        Fault::of(error, self.profile, rules.map_or(KeyPlace::JwkSet, |rules| rules.keys))
    }
}

/// One line for each request that a rule of the gateway refuses; what the core refuses, it has logged itself.
pub(crate) fn logged(fault: Fault, resource: Option<&Resource>, issuer: Option<&str>) -> Fault {
    let (api, template) = resource.map_or(("", ""), |resource| (&*resource.api.context, &*resource.template));
    tracing::info!(target: "claimgate", code = fault.code().number(), issuer, api, resource = template, "request refused: {fault}");
    fault
}
