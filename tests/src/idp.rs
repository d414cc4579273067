//! The npm package `oidc-provider`, a certified provider, run by `tests/idp/provider.mjs`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::HarnessError;

/// A provider on a free loopback port; it ends when this is dropped, or when the test process dies.
pub struct OidcProvider {
    ready: Ready,
    http: reqwest::Client,
    steering: Mutex<Steering>,
    /// Killed on drop.
    _child: Child,
}

/// How many requests the provider has seen since its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Seen {
    /// For the key set, counted when they arrive, also while they are held.
    pub jwks: u64,
    /// For either discovery document.
    pub discovery: u64,
}

impl OidcProvider {
    /// Starts a provider with fresh keys and waits until it serves.
    pub async fn start() -> Result<Self, HarnessError> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("idp");
        if !folder.join("node_modules/oidc-provider").exists() {
            return Err(missing("tests/idp/node_modules has no oidc-provider"));
        }
        let node = std::env::var_os("CLAIMGATE_NODE").unwrap_or_else(|| "node".into());
        let mut child = Command::new(&node)
            .arg("provider.mjs")
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| missing(&format!("{} does not start ({error})", node.display())))?;
        let (Some(commands), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(HarnessError::new("the provider has no pipes"));
        };
        let mut steering = Steering { commands, answers: BufReader::new(answers).lines() };
        let ready = steering.answer().await?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map_err(|error| HarnessError::during("the HTTP client of the harness", error))?;
        Ok(Self { ready, http, steering: Mutex::new(steering), _child: child })
    }

    /// The exact `iss` of its tokens; discovery starts here.
    pub fn issuer(&self) -> &str {
        &self.ready.url
    }

    /// Where its key set is.
    pub fn jwks_uri(&self) -> String {
        format!("{}/jwks", self.ready.url)
    }

    /// `sub` and `client_id` of its tokens.
    pub fn client_id(&self) -> &str {
        &self.ready.client_id
    }

    /// The algorithms it signs with, each with the audience of the tokens so signed.
    pub fn audiences(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ready.resources.iter().map(|(algorithm, resource)| (algorithm.as_str(), resource.as_str()))
    }

    /// A new access token signed with this algorithm, for scope `read`.
    pub async fn token(&self, algorithm: &str) -> Result<String, HarnessError> {
        self.token_with_scope(algorithm, "read").await
    }

    /// A new access token for these scopes of `read`, `write` and `admin`; with none, it has no `scope`.
    pub async fn token_with_scope(&self, algorithm: &str, scope: &str) -> Result<String, HarnessError> {
        let resource = self.ready.resources.get(algorithm);
        let resource = resource
            .ok_or_else(|| HarnessError::new(format!("the provider does not sign with {algorithm}")))?;
        // Nothing here needs escaping but the spaces between scopes.
        let scope = scope.replace(' ', "+");
        let response = self
            .http
            .post(format!("{}/token", self.ready.url))
            .basic_auth(&self.ready.client_id, Some(&self.ready.client_secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("grant_type=client_credentials&resource={resource}&scope={scope}"))
            .send()
            .await
            .map_err(|error| HarnessError::during("asking the provider for a token", error))?;
        let status = response.status();
        let body = response
            .text()
            .await
            .map_err(|error| HarnessError::during("reading the provider's token", error))?;
        if status != reqwest::StatusCode::OK {
            return Err(HarnessError::new(format!("the provider refused a token: {status} {body}")));
        }
        let granted: Granted = parse(&body)?;
        Ok(granted.access_token)
    }

    /// New keys of every kind come first from now on; the old ones stay published or are gone.
    pub async fn rotate(&self, keep_old: bool) -> Result<(), HarnessError> {
        self.command(if keep_old { "rotate keep" } else { "rotate drop" }).await
    }

    /// Requests seen since the start.
    pub async fn seen(&self) -> Result<Seen, HarnessError> {
        self.steering.lock().await.ask("count").await
    }

    /// Requests for the key set seen since the start.
    pub async fn jwks_requests(&self) -> Result<u64, HarnessError> {
        Ok(self.seen().await?.jwks)
    }

    /// Lets requests for the key set wait until [`Self::release_jwks`].
    pub async fn hold_jwks(&self) -> Result<(), HarnessError> {
        self.command("hold").await
    }

    /// Answers the requests that wait, with the keys of this moment.
    pub async fn release_jwks(&self) -> Result<(), HarnessError> {
        self.command("release").await
    }

    async fn command(&self, command: &str) -> Result<(), HarnessError> {
        self.steering.lock().await.ask::<Done>(command).await.map(|Done {}| ())
    }
}

/// The pipes to the script: a line goes in, a line of JSON comes out.
struct Steering {
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Steering {
    async fn ask<T: DeserializeOwned>(&mut self, command: &str) -> Result<T, HarnessError> {
        self.commands
            .write_all(format!("{command}\n").as_bytes())
            .await
            .map_err(|error| HarnessError::during("steering the provider", error))?;
        self.answer().await
    }

    async fn answer<T: DeserializeOwned>(&mut self) -> Result<T, HarnessError> {
        let line = timeout(PATIENCE, self.answers.next_line())
            .await
            .map_err(|_| HarnessError::new(format!("the provider said nothing for {PATIENCE:?}")))?
            .map_err(|error| HarnessError::during("reading from the provider", error))?;
        let line = line.ok_or_else(|| missing("the provider ended, see its output above"))?;
        parse(&line)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    url: String,
    client_id: String,
    client_secret: String,
    resources: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Done {}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, HarnessError> {
    serde_json::from_str(text)
        .map_err(|error| HarnessError::new(format!("the provider answered {text:?}: {error}")))
}

fn missing(what: &str) -> HarnessError {
    HarnessError::new(format!("{what}; `cargo xtask test` installs what the tests need"))
}

/// Making keys takes a second; this is for a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);
