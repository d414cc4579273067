//! One algorithm: a bare check of a signature, this library, and another one.

use std::hint::black_box;

use claimgate_benches::{Bar, Row};
use claimgate_testkit::Alg;
use claimgate_tower::{Authenticator, Decision, TokenCache};

use crate::Failure;
use crate::gates::{accepts, gate, kept};
use crate::mint::{Mint, Shopper};
use crate::peer::Peer;
use crate::request::Request;
use crate::signature::{Signed, parsed};
use crate::timing::Comparison;

pub(crate) fn measure(alg: Alg, runs: usize) -> Result<Vec<Row>, Failure> {
    let mint = Mint::new(alg);
    let key = mint.keys().first().ok_or("no key")?;
    let tokens = mint.tokens(TOKENS);
    let requests = Request::all(&tokens);
    let signed = Signed::all(&tokens).ok_or("a token is none")?;
    let public = parsed(key).ok_or("no parameters for this algorithm")?;
    let peer = Peer::new(mint.name(), key)?;
    let cold_gate = gate(&mint, TokenCache::disabled())?;
    let cached_gate = gate(&mint, TokenCache::new())?;
    // Whoever comes puts out the one before, so that none is there any more when its turn comes again. In a larger cache those
    // that come again and again would earn a place.
    let fresh_gate = gate(&mint, TokenCache::new().capacity(1))?;
    let fresh_tokens = mint.tokens(FRESH);
    let fresh_requests = Request::all(&fresh_tokens);
    let hits = kept(&cached_gate, &tokens);
    let misses = FRESH - kept(&fresh_gate, &fresh_tokens);
    // The last to come is the first to be asked about again, and may be there.
    let is_fresh = misses + 1 >= FRESH;
    let now = cold_gate.now();

    let (mut turn, mut public_turn) = (requests.iter().cycle(), signed.iter().cycle());
    let (mut cached_turn, mut fresh_turn) = (requests.iter().cycle(), fresh_requests.iter().cycle());
    let (mut token_turn, mut peer_turn) = (tokens.iter().cycle(), tokens.iter().cycle());
    let mut comparison = Comparison::default();
    let bare = comparison.arm(|| public_turn.next().is_some_and(|signed| signed.is_by(&public)));
    let cold = comparison.arm(|| turn.next().is_some_and(|request| accepts(&cold_gate, request, now)));
    let ours = comparison.arm(|| token_turn.next().is_some_and(|token| takes_claims(&cold_gate, token)));
    let theirs = comparison.arm(|| peer_turn.next().is_some_and(|token| peer.accepts(token)));
    let fresh =
        comparison.arm(|| fresh_turn.next().is_some_and(|request| accepts(&fresh_gate, request, now)));
    let cached =
        comparison.arm(|| cached_turn.next().is_some_and(|request| accepts(&cached_gate, request, now)));
    let times = comparison.run(runs)?;

    let (over_bare, over_peer) = bars(alg);
    let told = |what: &str, arm, is_so, detail: &str| {
        let times = if is_so { times.microseconds(arm) } else { Vec::new() };
        Row::of(format!("{alg}: {what}, µs"), Bar::Told, times, detail)
    };
    let bytes = tokens.first().map_or(0, String::len);
    Ok(vec![
        Row::of(
            format!("{alg}: cold ÷ bare signature check"),
            over_bare,
            times.ratios(cold, bare),
            times.told_against(cold, bare),
        ),
        Row::of(
            format!("{alg}: cold with claims ÷ jsonwebtoken 11"),
            over_peer,
            times.ratios(ours, theirs),
            format!("{}; each reads the clock and makes the same type", times.told_against(ours, theirs)),
        ),
        told("bare signature check", bare, true, "ParsedPublicKey::verify_sig"),
        told("cold", cold, true, &format!("authenticate without a cache, tokens of {bytes} bytes")),
        told("cold with claims", ours, true, "authenticate_token, the clock, claims::<T>"),
        told(
            "first sight",
            fresh,
            is_fresh,
            &format!("the cache is on; {misses} of {FRESH} tokens are not in it"),
        ),
        told("cached", cached, hits == TOKENS, &format!("{hits} of {TOKENS} tokens are in the cache")),
        told("jsonwebtoken 11", theirs, true, "decode::<T> with a key made once"),
    ])
}

fn bars(alg: Alg) -> (Bar, Bar) {
    match alg {
        Alg::RS256 => (Bar::AtMost(1.08), Bar::AtMost(0.80)),
        Alg::PS256 => (Bar::AtMost(1.08), Bar::Told),
        Alg::ES256 => (Bar::AtMost(1.03), Bar::AtMost(0.95)),
        Alg::EdDSA => (Bar::AtMost(1.05), Bar::AtMost(0.95)),
        _ => (Bar::Told, Bar::Told),
    }
}

/// As a service without a framework would do it.
fn takes_claims(gate: &Authenticator, token: &str) -> bool {
    match gate.authenticate_token(black_box(token), gate.now()) {
        Decision::Decided(Ok(token)) => black_box(token.claims::<Shopper>()).is_ok(),
        Decision::Decided(Err(_)) | Decision::Pending(_) => false,
    }
}

/// More than one, so that no branch is foreseen from the token before; few enough to stay in the processor's cache.
const TOKENS: usize = 32;
const FRESH: usize = 1_024;
