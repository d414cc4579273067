//! Another deployment in the place of the one that serves.

use claimgate_core::{AuthenticatorBuilder, ConfigError, ConfigProblem};
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
    /// 3. What was said in code stays: resources, profile, stores and quotas, and whatever else the builder was given. Used quotas
    ///    stay used. Where demo keys were allowed, they stay allowed.
    /// 4. For the authenticator, [`Authenticator::reload`](claimgate_core::Authenticator::reload) says what carries over.
    /// 5. In which header field tokens come, and the cache of tokens, cannot change.
    ///
    /// It blocks while files are read, so call it where that may be.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] as [`build`](crate::ApiManagerBuilder::build) gives it, and where something changes that cannot.
    pub fn reload(&self, deployment: &Deployment) -> Result<(), ConfigError> {
        self.reload_with(deployment, |builder| builder)
    }

    /// The same, with whatever `adjust` does to the builder of the authenticator: issuers that are not in the deployment, the
    /// cache, how keys are fetched. It is what was done to the builder at the start.
    ///
    /// # Errors
    ///
    /// As [`reload`](Self::reload).
    pub fn reload_with(
        &self,
        deployment: &Deployment,
        adjust: impl FnOnce(AuthenticatorBuilder) -> AuthenticatorBuilder,
    ) -> Result<(), ConfigError> {
        let mut serving = self.serving();
        let mut deployment = deployment.clone();
        if serving.as_ref().is_some_and(Deployment::allows_demo_keys) {
            deployment = deployment.danger_allow_demo_keys();
        }
        let (before, after) = (self.in_force(), InForce::of(self.settings(), Some(&deployment))?);
        if after.auth_header != before.auth_header {
            let message = format!(
                "auth_header = {:?}: where tokens come is read once, at the start",
                after.auth_header
            );
            return Err([ConfigProblem::new("apim.oauth_config", message)].into_iter().collect());
        }
        let profile = self.settings().profile;
        deployment.tell_of_keys(profile)?;
        deployment.distrust_demo_keys(profile, self.authenticator());
        // The rules of an issuer are there before its tokens are good, and stay when they no longer are: no token is read by rules
        // that are not its issuer's.
        self.put_in_force(before.knowing_issuers_of(&after));
        self.authenticator().reload(adjust(deployment.authenticator(profile)))?;
        self.put_in_force(after.knowing_issuers_of(&before));
        info!(target: "claimgate", issuers = deployment.issuers.len(), "deployment reloaded");
        *serving = Some(deployment);
        Ok(())
    }
}

impl ApiManager {
    /// Whether it is `deployment` that serves.
    pub(crate) fn serves(&self, deployment: &Deployment) -> bool {
        self.serving().as_ref().is_some_and(|serving| {
            // It is said in code, and so of both.
            let deployment = deployment.clone();
            *serving
                == if serving.allows_demo_keys() { deployment.danger_allow_demo_keys() } else { deployment }
        })
    }
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
