//! The client credentials grant (RFC 6749, section 4.4), from the client's side.

use serde::Deserialize;

use crate::HarnessError;
use crate::steering::{PATIENCE, parse};

/// Asks a provider for access tokens.
pub(crate) struct Grant {
    http: reqwest::Client,
    endpoint: String,
    client_secret: String,
}

impl Grant {
    pub(crate) fn new(issuer: &str, client_secret: String) -> Result<Self, HarnessError> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            // A connection from before an outage would fail the first request after it.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| HarnessError::during("the HTTP client of the harness", error))?;
        Ok(Self { http, endpoint: format!("{issuer}/token"), client_secret })
    }

    /// A new access token. `parameters` are those besides the grant's own, each after a `&`, escaped.
    pub(crate) async fn token(&self, client_id: &str, parameters: &str) -> Result<String, HarnessError> {
        let response = self
            .http
            .post(&self.endpoint)
            .basic_auth(client_id, Some(&self.client_secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("grant_type=client_credentials{parameters}"))
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
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}
