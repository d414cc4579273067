//! A decision that waits for a key.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::authenticator::{Authenticator, Verdict};
use crate::bearer::BearerToken;
use crate::error::AuthError;
use crate::key_demand::{Fetched, FetcherGone};
use crate::log::logged;
use crate::token::VerifiedToken;

/// The decision about a token whose key is being fetched. Bounded by the time limit of the fetch, and at most two of them.
///
/// Dropping it withdraws nothing: the fetch runs in a task of its own, for everybody.
#[must_use = "a pending decision is made when it is awaited"]
pub struct Pending(Pin<Box<dyn Future<Output = Result<VerifiedToken, AuthError>> + Send>>);

impl Pending {
    pub(crate) fn new(
        authenticator: Authenticator,
        token: BearerToken<'_>,
        fetched: Fetched,
        conclusive: bool,
    ) -> Self {
        let token: Box<str> = token.text().into();
        Pending(Box::pin(async move { logged(resolve(authenticator, &token, fetched, conclusive).await) }))
    }
}

impl Future for Pending {
    type Output = Result<VerifiedToken, AuthError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pending")
    }
}

async fn resolve(
    authenticator: Authenticator,
    token: &str,
    mut fetched: Fetched,
    mut conclusive: bool,
) -> Result<VerifiedToken, AuthError> {
    loop {
        if let Err(FetcherGone) = fetched.await {
            return Err(AuthError::keys_unavailable(Duration::from_secs(1)));
        }
        let token = BearerToken::new(token, usize::MAX)?;
        // A second fetch begins after this request arrived, so it is conclusive: the loop ends there.
        match authenticator.look(token, authenticator.now(), !conclusive) {
            Verdict::Decided(result) => return result,
            Verdict::Awaited { fetched: again, .. } => (fetched, conclusive) = (again, true),
        }
    }
}
