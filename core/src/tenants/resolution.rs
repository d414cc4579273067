//! One question to the resolver, and the checking of its answer.

use std::sync::Arc;

use tokio::task::{JoinHandle, spawn_blocking};
use tracing::Instrument;

use crate::control::Control;
use crate::dynamic_issuers::{DynamicIssuers, ResolveError};
use crate::issuer::Issuer;
use crate::prepared::PreparedIssuer;

/// Asks about `issuer` and checks what is said, within the time limit for both.
pub(crate) async fn ask(
    dynamic: DynamicIssuers,
    issuer: Arc<str>,
    realm: Option<Arc<str>>,
    control: Arc<Control>,
) -> Result<Option<PreparedIssuer>, ResolveError> {
    let limit = dynamic.limits.timeout;
    let asking = async move {
        match dynamic.resolver.resolve(&issuer).await? {
            Some(described) => check(&dynamic, &issuer, described, realm, control).await.map(Some),
            None => Ok(None),
        }
    };
    // In a task of its own, so that a resolver which panics takes nothing with it.
    let mut asking = AbortOnDrop(tokio::spawn(asking.in_current_span()));
    match tokio::time::timeout(limit, &mut asking.0).await {
        Err(_) => Err(ResolveError::new(format!("no answer within {limit:?}"))),
        Ok(Err(_)) => Err(ResolveError::new("the resolver panicked")),
        Ok(Ok(answer)) => answer,
    }
}

/// Checks what the resolver says as the configuration is checked. A mistake in it is the application's: the request gets a 503
/// and the log says what is wrong.
async fn check(
    dynamic: &DynamicIssuers,
    issuer: &str,
    mut described: Issuer,
    realm: Option<Arc<str>>,
    control: Arc<Control>,
) -> Result<PreparedIssuer, ResolveError> {
    if described.name != *issuer {
        return Err(ResolveError::new("the resolver described another issuer"));
    }
    described.fetch.guard |= dynamic.guards_addresses;
    // Reads files, sets up a client: not work for a thread that serves requests.
    let prepared = spawn_blocking(move || {
        described.checked()?;
        PreparedIssuer::new(&described, realm, &control.clients)
    });
    let prepared = prepared.await.map_err(|_| ResolveError::new("the description of the issuer panicked"))?;
    prepared.map_err(ResolveError::new)
}

struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
