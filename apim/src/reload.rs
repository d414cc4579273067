//! Another deployment in the place of the one that serves.

use std::sync::Arc;

use claimgate_core::{ConfigError, ConfigProblem};
use tracing::{info, warn};

use crate::deployment::Deployment;
use crate::in_force::InForce;
use crate::manager::ApiManager;
use crate::profile::Profile;

impl ApiManager {
    /// Serves by `deployment` from the next request on, in all clones: its issuers, their keys and how their tokens are read.
    ///
    /// 1. It is all or nothing: with an error everything stays as it is.
    /// 2. Requests that have begun finish under what they met, also those that wait for a key.
    /// 3. What was said in code stays: resources, profile, stores and quotas, whatever else the builder was given, and what
    ///    [`manager_with`](Deployment::manager_with) does to the builder of the authenticator, which is done again. Used quotas
    ///    stay used. Where demo keys were allowed, they stay allowed.
    /// 4. For the authenticator, [`Authenticator::reload`](claimgate_core::Authenticator::reload) says what carries over.
    /// 5. In which header field tokens come, and the cache of tokens, cannot change.
    ///
    /// It blocks while files are read, so call it where that may be.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] as [`build`](crate::ApiManagerBuilder::build) gives it, where something changes that cannot, and for a
    /// gateway that was given its authenticator: only who has built that knows what to build in its place. Let
    /// [`Deployment::manager`] make the gateway.
    pub fn reload(&self, deployment: &Deployment) -> Result<(), ConfigError> {
        let mut serving = self.serving();
        let settings = self.settings();
        let adjust = settings.adjust.as_ref().ok_or_else(given)?;
        let deployment = match &*serving {
            Some(serving) if serving.allows_demo_keys() => deployment.clone().danger_allow_demo_keys(),
            _ => deployment.clone(),
        };
        let (before, after) = (self.in_force(), InForce::of(settings, Some(&deployment))?);
        if after.auth_header != before.auth_header {
            let message = format!(
                "auth_header = {:?}: where tokens come is read once, at the start",
                after.auth_header
            );
            return Err([ConfigProblem::new("apim.oauth_config", message)].into_iter().collect());
        }
        deployment.tell_of_keys(settings.profile)?;
        let builder = deployment.authenticator(settings.profile);
        let builder = self.authenticator().within_runtime(|| adjust(builder));
        let undoing = Undoing { manager: self, before: Some(before.clone()) };
        self.authenticator().reload_after(builder, || {
            deployment.distrust_demo_keys(settings.profile, self.authenticator());
            // The rules of an issuer are there before its tokens are good: no token is read by rules that are not its issuer's.
            self.put_in_force(before.knowing_issuers_of(&after));
        })?;
        undoing.keep(after);
        info!(target: "claimgate", issuers = deployment.issuers.len(), "deployment reloaded");
        *serving = Some(deployment);
        Ok(())
    }

    /// Whether it is `deployment` that serves.
    pub(crate) fn serves(&self, deployment: &Deployment) -> bool {
        self.serving().as_ref().is_some_and(|serving| {
            // It is said in code, and so of both.
            let deployment = deployment.clone();
            *serving
                == if serving.allows_demo_keys() { deployment.danger_allow_demo_keys() } else { deployment }
        })
    }

    /// The error for a gateway that cannot reload.
    pub(crate) fn check_reloads(&self) -> Result<(), ConfigError> {
        if self.settings().adjust.is_some() { Ok(()) } else { Err(given()) }
    }
}

/// Puts back what was in force, unless the reload has come to its end: also when a part of it panics.
struct Undoing<'a> {
    manager: &'a ApiManager,
    before: Option<Arc<InForce>>,
}

impl Undoing<'_> {
    fn keep(mut self, after: InForce) {
        self.before = None;
        self.manager.put_in_force(after);
    }
}

impl Drop for Undoing<'_> {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            self.manager.put_in_force(before);
        }
    }
}

fn given() -> ConfigError {
    let message = "this gateway was given its authenticator, so it cannot build another: let Deployment::manager make it";
    [ConfigProblem::new("", message)].into_iter().collect()
}

impl Deployment {
    /// Tells of demo keys that are allowed; those that are not are an error.
    pub(crate) fn tell_of_keys(&self, profile: Profile) -> Result<(), ConfigError> {
        for notice in self.check_keys(profile)? {
            warn!(target: "claimgate", "{notice}");
        }
        Ok(())
    }
}
