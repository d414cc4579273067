//! The gateway, from three files.

use std::path::Path;

use claimgate_tower::ConfigError;
use claimgate_tower::apim::quota::Quotas;
use claimgate_tower::apim::subscription::MemorySubscriptions;
use claimgate_tower::apim::{ApiManager, Deployment, Profile, ResourceTable};

pub(crate) fn manager(deployment: &Path) -> Result<ApiManager, ConfigError> {
    let (deployment, notices) = Deployment::from_file(deployment)?;
    for notice in notices {
        eprintln!("deployment.toml: {notice}");
    }
    let resources = ResourceTable::from_toml(include_str!("../resources.toml"))?;
    deployment
        .manager(Profile::Strict, resources)?
        .subscriptions(MemorySubscriptions::from_toml(include_str!("../subscriptions.toml"))?)
        .quotas(Quotas::builder().build())
        .realm("pizzashack")
        .build()
}
