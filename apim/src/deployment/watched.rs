//! The deployment of a running gateway, heeded when its file changes.

use std::path::PathBuf;

use claimgate_core::config::ConfigWatch;
use claimgate_core::{AuthenticatorBuilder, ConfigError};
use tracing::warn;

use crate::deployment::{Deployment, toml_file};
use crate::manager::ApiManager;

impl Deployment {
    /// [Reloads](ApiManager::reload) `manager` from the `deployment.toml` at `path` whenever it changes, and once at the start,
    /// until the watch is dropped. A file that is wrong changes nothing, and the log says what is wrong with it; so does one that
    /// is gone. It is tried again now and then, since what is wrong may be with the trust store that it names.
    ///
    /// The trust store itself is watched by whoever reads its keys, from the start.
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
            manager.reload_with(&deployment, &adjust)?;
            for notice in notices {
                warn!(target: "claimgate", "{notice}");
            }
            Ok(())
        })
    }
}
