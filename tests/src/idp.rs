//! The npm package `oidc-provider`, a certified provider, run by `tests/idp/provider.mjs`.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::Path;

use serde::Deserialize;
use tokio::process::Command;

use crate::HarnessError;
use crate::grant::Grant;
use crate::steering::Steering;

/// A provider on a free loopback port; it ends when this is dropped, or when the test process dies.
pub struct OidcProvider {
    steering: Steering,
    grant: Grant,
    client_id: String,
    resources: BTreeMap<String, String>,
}

impl OidcProvider {
    /// Starts a provider with fresh keys and waits until it serves.
    pub async fn start() -> Result<Self, HarnessError> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("idp");
        if !folder.join("node_modules/oidc-provider").exists() {
            return Err(HarnessError::missing("tests/idp/node_modules has no oidc-provider"));
        }
        let node = std::env::var_os("CLAIMGATE_NODE").unwrap_or_else(|| "node".into());
        let mut script = Command::new(node);
        let (steering, ready) = Steering::start(script.arg("provider.mjs").current_dir(folder)).await?;
        let Ready { client_id, client_secret, resources } = ready;
        let grant = Grant::new(steering.issuer(), client_secret)?;
        Ok(Self { steering, grant, client_id, resources })
    }

    /// `sub` and `client_id` of its tokens.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The algorithms it signs with, each with the audience of the tokens so signed.
    pub fn audiences(&self) -> impl Iterator<Item = (&str, &str)> {
        self.resources.iter().map(|(algorithm, resource)| (algorithm.as_str(), resource.as_str()))
    }

    /// A new access token signed with this algorithm, for scope `read`.
    pub async fn token(&self, algorithm: &str) -> Result<String, HarnessError> {
        self.token_with_scope(algorithm, "read").await
    }

    /// A new access token for these scopes of `read`, `write` and `admin`; with none, it has no `scope`.
    pub async fn token_with_scope(&self, algorithm: &str, scope: &str) -> Result<String, HarnessError> {
        let resource = self.resources.get(algorithm);
        let resource = resource
            .ok_or_else(|| HarnessError::new(format!("the provider does not sign with {algorithm}")))?;
        // Nothing here needs escaping but the spaces between scopes.
        let scope = scope.replace(' ', "+");
        self.grant.token(&self.client_id, &format!("&resource={resource}&scope={scope}")).await
    }
}

/// What it has in common with other providers.
impl Deref for OidcProvider {
    type Target = Steering;

    fn deref(&self) -> &Steering {
        &self.steering
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    client_id: String,
    client_secret: String,
    resources: BTreeMap<String, String>,
}
