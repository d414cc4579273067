//! A decision that waits for a key.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::bearer::BearerToken;
use crate::error::AuthError;
use crate::key_demand::{Fetched, FetcherGone};
use crate::log::logged;
use crate::moment::Clock;
use crate::possession::Possession;
use crate::published::Edition;
use crate::token::VerifiedToken;
use crate::trust::Trust;
use crate::verdict::{Asking, Verdict};

/// The decision about a token whose key is being fetched, or whose issuer is being asked about. Bounded by the time limits of
/// the resolver and of two fetches.
///
/// Dropping it withdraws nothing: the fetch runs in a task of its own, for everybody.
#[must_use = "a pending decision is made when it is awaited"]
pub struct Pending(Pin<Box<dyn Future<Output = Result<VerifiedToken, AuthError>> + Send>>);

impl Pending {
    /// Waits for `wait`, then looks again under the `trust` that the request met, asking for no more than `then`.
    pub(crate) fn new(
        trust: Arc<Edition<Trust>>,
        clock: Arc<dyn Clock>,
        token: BearerToken<'_>,
        possession: Possession<'_>,
        wait: Fetched,
        then: Asking,
    ) -> Self {
        let token: Box<[u8]> = token.bytes().into();
        // The request may be gone by then, and a digest is smaller than a certificate.
        let certificate = if trust.may_ask_for_certificate() { possession.certificate() } else { None };
        Pending(Box::pin(
            async move { logged(resolve(&trust, &*clock, (&token, certificate), wait, then).await) },
        ))
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
    trust: &Trust,
    clock: &dyn Clock,
    (token, certificate): (&[u8], Option<[u8; 32]>),
    mut wait: Fetched,
    mut asking: Asking,
) -> Result<VerifiedToken, AuthError> {
    loop {
        if let Err(FetcherGone) = wait.await {
            let error = AuthError::keys_unavailable(Duration::from_secs(1));
            trust.nobody.refused(error.kind());
            return Err(error);
        }
        let token = BearerToken::from_token(token)?;
        match trust.look(token, Possession::of(&|| certificate), clock.now(), asking) {
            Verdict::Decided(result) => return result,
            Verdict::Awaited { wait: again, then } => (wait, asking) = (again, then),
        }
    }
}
