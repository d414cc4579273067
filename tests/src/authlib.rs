//! The Python package `authlib`, whose tokens name no key, run by `tests/idp/authlib_server.py`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::Deref;
use std::path::Path;

use serde::Deserialize;
use tokio::process::Command;

use crate::HarnessError;
use crate::grant::Grant;
use crate::steering::Steering;

/// An authorization server on a free loopback port; it ends when this is dropped, or when the test process dies.
pub struct AuthlibProvider {
    steering: Steering,
    grant: Grant,
    audience: String,
    clients: BTreeMap<String, String>,
}

impl AuthlibProvider {
    /// Starts a server with fresh keys and waits until it serves.
    pub async fn start() -> Result<Self, HarnessError> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("idp");
        let mut script = Command::new(python()?);
        // No compiled files among the sources.
        let script = script.args(["-B", "authlib_server.py"]).current_dir(folder);
        let (steering, ready) = Steering::start(script).await?;
        let Ready { audience, client_secret, clients } = ready;
        let grant = Grant::new(steering.issuer(), client_secret)?;
        Ok(Self { steering, grant, audience, clients })
    }

    /// The audience of its tokens besides the client.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// `sub` and `client_id` of the tokens signed with this algorithm.
    pub fn client_id(&self, algorithm: &str) -> Result<&str, HarnessError> {
        let client = self.clients.get(algorithm).map(String::as_str);
        client.ok_or_else(|| HarnessError::new(format!("the provider does not sign with {algorithm}")))
    }

    /// A new access token signed with this algorithm, `RS256` or `ES256`, for scope `read`.
    pub async fn token(&self, algorithm: &str) -> Result<String, HarnessError> {
        self.grant.token(self.client_id(algorithm)?, "&scope=read").await
    }

    /// Ends an overlap: of every algorithm the first key stays, and the old ones are gone.
    pub async fn retire_old_keys(&self) -> Result<(), HarnessError> {
        self.command("retire").await
    }
}

/// What it has in common with other providers.
impl Deref for AuthlibProvider {
    type Target = Steering;

    fn deref(&self) -> &Steering {
        &self.steering
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    audience: String,
    client_secret: String,
    clients: BTreeMap<String, String>,
}

/// The Python of the environment that `cargo xtask test` made in the target directory, which is
/// somewhere above this program.
fn python() -> Result<OsString, HarnessError> {
    if let Some(python) = std::env::var_os("CLAIMGATE_PYTHON") {
        return Ok(python);
    }
    let program = std::env::current_exe()
        .map_err(|error| HarnessError::during("looking for the target directory", error))?;
    let found = program.ancestors().map(|folder| folder.join(PYTHON)).find(|python| python.exists());
    found
        .map(Into::into)
        .ok_or_else(|| HarnessError::missing(&format!("the target directory has no {PYTHON}")))
}

const PYTHON: &str = "authlib-venv/bin/python";
