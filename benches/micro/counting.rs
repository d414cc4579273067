//! How often the allocator is asked for a token.

use std::hint::black_box;

use claimgate_benches::{Bar, Row};
use claimgate_testkit::{Alg, base64url_decode};
use claimgate_tower::{Authenticator, Decision, TokenCache};
use stats_alloc::Region;

use crate::gates::{accepts, gate, kept};
use crate::mint::{Mint, Shopper};
use crate::peer::Peer;
use crate::request::Request;
use crate::{ALLOCATOR, Failure};

pub(crate) fn measure(alg: Alg) -> Result<Vec<Row>, Failure> {
    let mint = Mint::new(alg);
    let key = mint.keys().first().ok_or("no key")?;
    let (token, request) =
        mint.tokens(1).pop().map(|token| (token.clone(), Request::new(&token))).ok_or("no token")?;
    let payload = token.split('.').nth(1).and_then(base64url_decode).ok_or("no payload")?;
    let peer = Peer::new(mint.name(), key)?;
    let cold = gate(&mint, TokenCache::disabled())?;
    let cached = gate(&mint, TokenCache::new())?;
    let hit = kept(&cached, [&token]) == 1;
    let fresh = mint.tokens(RUNS + 1);
    let fresh_requests = Request::all(&fresh);
    let mut fresh_turn = fresh_requests.iter();
    let now = cold.now();
    let own = count(|| serde_json::from_slice::<Shopper>(black_box(&payload)).is_ok())?;
    let cold_counts = count(|| accepts(&cold, &request, now))?;
    let cold_claims = count(|| takes_claims(&cold, &token))?;
    let first = count(|| fresh_turn.next().is_some_and(|request| accepts(&cached, request, now)))?;
    let cached_counts = count(|| accepts(&cached, &request, now))?;
    let cached_claims = count(|| takes_claims(&cached, &token))?;
    let theirs = count(|| peer.accepts(&token))?;

    let row = |what: &str, bar, counts: &[f64], detail: &str| {
        Row::of(format!("allocator: {alg}, {what}"), bar, counts.iter().copied(), detail)
    };
    let of_hit = |counts| if hit { counts } else { &[][..] };
    let beyond: Vec<f64> = cold_claims.iter().zip(&own).map(|(all, own)| all - own).collect();
    Ok(vec![
        row("cold", Bar::AtMost(2.0), &cold_counts, "allocations of authenticate"),
        row(
            "cached",
            Bar::AtMost(0.0),
            of_hit(&cached_counts),
            if hit { "allocations of authenticate" } else { NO_HIT },
        ),
        row(
            "cached with claims",
            Bar::AtMost(0.0),
            of_hit(&cached_claims),
            if hit { "they were read before" } else { NO_HIT },
        ),
        row(
            "cold with claims, beyond those of T",
            Bar::Told,
            &beyond,
            "T has its own, the Arc around it is ours",
        ),
        row("T alone", Bar::Told, &own, "serde_json, from the decoded payload"),
        row("first sight", Bar::Told, &first, "authenticate, a miss and an insert"),
        row(
            "jsonwebtoken 11, with those of T",
            Bar::Told,
            &theirs,
            "decode; what aws-lc takes for the key is not seen",
        ),
    ])
}

/// Allocations and reallocations of each of some runs.
fn count(mut step: impl FnMut() -> bool) -> Result<Vec<f64>, &'static str> {
    let mut once = || {
        let region = Region::new(ALLOCATOR);
        let good = step();
        let change = region.change();
        let count = u32::try_from(change.allocations + change.reallocations).map(f64::from);
        if good {
            count.map_err(|_| "too many allocations to count")
        } else {
            Err("a good token was refused")
        }
    };
    // What is made once in a process is not made for a token.
    once()?;
    (0..RUNS).map(|_| once()).collect()
}

fn takes_claims(gate: &Authenticator, token: &str) -> bool {
    match gate.authenticate_token(token, gate.now()) {
        Decision::Decided(Ok(token)) => black_box(token.claims::<Shopper>()).is_ok(),
        Decision::Decided(Err(_)) | Decision::Pending(_) => false,
    }
}

const RUNS: usize = 5;
const NO_HIT: &str = "the token was not in the cache";
