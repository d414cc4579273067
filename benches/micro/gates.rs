//! Authenticators, and what they answer.

use std::hint::black_box;
use std::sync::Arc;

use claimgate_tower::{Authenticator, ConfigError, Decision, Moment, RequestView, TokenCache};

use crate::mint::{Mint, Shopper};

/// An authenticator that trusts one issuer.
pub(crate) fn gate(mint: &Mint, cache: TokenCache) -> Result<Authenticator, ConfigError> {
    Authenticator::builder().issuer(mint.trusted()).token_cache(cache).build()
}

/// Whether `request` gets in.
pub(crate) fn accepts(gate: &Authenticator, request: &impl RequestView, now: Moment) -> bool {
    matches!(black_box(gate.authenticate(black_box(request), now)), Decision::Decided(Ok(_)))
}

/// The claims of a token, by the clock of the gate.
pub(crate) fn claims(gate: &Authenticator, token: &str) -> Option<Arc<Shopper>> {
    match gate.authenticate_token(token, gate.now()) {
        Decision::Decided(Ok(token)) => token.claims().ok(),
        Decision::Decided(Err(_)) | Decision::Pending(_) => None,
    }
}

/// How many of `tokens` the gate has kept after it has seen all of them. Claims are read once for each verified token, so those
/// of a token that was kept are the same ones, at the same place.
pub(crate) fn kept<'t>(gate: &Authenticator, tokens: impl IntoIterator<Item = &'t String> + Clone) -> usize {
    let first: Vec<_> = tokens.clone().into_iter().map(|token| claims(gate, token)).collect();
    let again = tokens.into_iter().map(|token| claims(gate, token));
    first.iter().zip(again).filter(|(first, again)| are_same(first.as_ref(), again.as_ref())).count()
}

/// Whether both claims are there and at the same place.
pub(crate) fn are_same(one: Option<&Arc<Shopper>>, other: Option<&Arc<Shopper>>) -> bool {
    one.zip(other).is_some_and(|(one, other)| Arc::ptr_eq(one, other))
}
