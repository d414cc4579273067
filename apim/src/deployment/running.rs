//! The gateway of a deployment, and its file, heeded when it changes.

use std::path::PathBuf;
use std::sync::Arc;

use claimgate_core::config::ConfigWatch;
use claimgate_core::{AuthenticatorBuilder, ConfigError};
use tracing::warn;

use crate::builder::ApiManagerBuilder;
use crate::deployment::{Deployment, toml_file};
use crate::manager::ApiManager;
use crate::profile::Profile;
use crate::resource::ResourceTable;

impl Deployment {
    /// Begins the gateway of this deployment for `resources`, with `profile` for its tokens and its answers alike.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with everything that is wrong with the issuers, their keys and where these are.
    pub fn manager(
        &self,
        profile: Profile,
        resources: ResourceTable,
    ) -> Result<ApiManagerBuilder, ConfigError> {
        self.manager_with(profile, resources, |builder| builder)
    }

    /// The same, with whatever `adjust` does to the builder of the authenticator: issuers that are not in the deployment, rules that it
    /// has no place for, a clock, how keys are fetched. It is done again at each [reload](ApiManager::reload).
    ///
    /// # Errors
    ///
    /// As [`manager`](Self::manager).
    pub fn manager_with(
        &self,
        profile: Profile,
        resources: ResourceTable,
        adjust: impl Fn(AuthenticatorBuilder) -> AuthenticatorBuilder + Send + Sync + 'static,
    ) -> Result<ApiManagerBuilder, ConfigError> {
        let authenticator = adjust(self.authenticator(profile)).build()?;
        let builder = ApiManager::builder(authenticator, resources).profile(profile).deployment(self);
        Ok(builder.trusting(profile, Arc::new(adjust)))
    }

    /// [Reloads](ApiManager::reload) `manager` from the `deployment.toml` at `path` whenever that says something else than what
    /// serves, until the watch is dropped. A file that is wrong changes nothing, and the log says what is wrong with it; so does one
    /// that is gone. It is tried again now and then, since what is wrong may be with the trust store that it names.
    ///
    /// The trust store itself is read again by whoever has keys from it, from the start.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] when the directory of the file cannot be watched, and for a gateway that cannot reload.
    pub fn watch(path: impl Into<PathBuf>, manager: &ApiManager) -> Result<ConfigWatch, ConfigError> {
        manager.check_reloads()?;
        let manager = manager.clone();
        ConfigWatch::start(path.into(), move |text, base| {
            let (deployment, notices) = toml_file::read(text, base)?;
            if manager.serves(&deployment) {
                return Ok(());
            }
            manager.reload(&deployment)?;
            for notice in notices {
                warn!(target: "claimgate", "{notice}");
            }
            Ok(())
        })
    }
}
