//! The gateway of a deployment, and its file, heeded when it changes.

use std::path::PathBuf;

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

    /// The same, with whatever `adjust` does to the builder of the authenticator: issuers that are not in the deployment, a clock,
    /// how keys are fetched.
    ///
    /// # Errors
    ///
    /// As [`manager`](Self::manager).
    pub fn manager_with(
        &self,
        profile: Profile,
        resources: ResourceTable,
        adjust: impl FnOnce(AuthenticatorBuilder) -> AuthenticatorBuilder,
    ) -> Result<ApiManagerBuilder, ConfigError> {
        let authenticator = adjust(self.authenticator(profile)).build()?;
        Ok(ApiManager::builder(authenticator, resources).profile(profile).deployment(self))
    }

    /// [Reloads](ApiManager::reload) `manager` from the `deployment.toml` at `path` whenever that says something
    /// else than what serves, until the watch is dropped. A file that is wrong changes nothing, and the log says what is wrong with it; so does one that
    /// is gone. It is tried again now and then, since what is wrong may be with the trust store that it names.
    ///
    /// The trust store itself is watched by whoever reads its keys, from the start; beside a JWK Set it is read with each fetch.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] when the directory of the file cannot be watched.
    pub fn watch(path: impl Into<PathBuf>, manager: &ApiManager) -> Result<ConfigWatch, ConfigError> {
        Self::watch_with(path, manager, |builder| builder)
    }

    /// The same, with whatever `adjust` does to the builder of the authenticator, as [`ApiManager::reload_with`] has it.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] when the directory of the file cannot be watched.
    pub fn watch_with(
        path: impl Into<PathBuf>,
        manager: &ApiManager,
        adjust: impl Fn(AuthenticatorBuilder) -> AuthenticatorBuilder + Send + 'static,
    ) -> Result<ConfigWatch, ConfigError> {
        let manager = manager.clone();
        ConfigWatch::start(path.into(), move |text, base| {
            let (deployment, notices) = toml_file::read(text, base)?;
            if manager.serves(&deployment) {
                return Ok(());
            }
            manager.reload_with(&deployment, &adjust)?;
            for notice in notices {
                warn!(target: "claimgate", "{notice}");
            }
            Ok(())
        })
    }
}
