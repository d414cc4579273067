//! What a cached token holds.

use claimgate_benches::{Bar, Row};
use claimgate_testkit::Alg;
use claimgate_tower::TokenCache;
use stats_alloc::Region;

use crate::gates::{accepts, gate, kept};
use crate::mint::Mint;
use crate::request::Request;
use crate::{ALLOCATOR, Failure};

pub(crate) fn measure() -> Result<Vec<Row>, Failure> {
    let mint = Mint::new(Alg::RS256);
    let tokens = mint.tokens(TOKENS);
    let requests = Request::all(&tokens);
    let length = f64::from(u32::try_from(tokens.iter().map(String::len).sum::<usize>() / TOKENS)?);
    // Once for nothing: what a process makes once is no entry's.
    held(&mint, &requests, TokenCache::disabled())?;
    let none = held(&mint, &requests, TokenCache::disabled())?;
    let row = |what: &str, most: f64, cache, token: f64| -> Result<Row, Failure> {
        let each = (held(&mint, &requests, cache)? - none) / f64::from(u32::try_from(TOKENS)?);
        let kept = kept(&gate(&mint, cache)?, &tokens);
        let detail = format!(
            "{each:.0} bytes an entry with its share of the table, {kept} of {TOKENS} tokens of {length} bytes kept"
        );
        let runs = (kept == TOKENS).then_some(each - token);
        Ok(Row::of(what, Bar::AtMost(most), runs, detail))
    };
    Ok(vec![
        row("allocator: bytes an entry, text not kept", 1024.0, TokenCache::new(), 0.0)?,
        row(
            "allocator: bytes an entry beyond the token, text kept",
            0.8 * 1024.0,
            TokenCache::new().keep_token_text(),
            length,
        )?,
    ])
}

/// Bytes that an authenticator holds when all requests were accepted once.
fn held(mint: &Mint, requests: &[Request], cache: TokenCache) -> Result<f64, Failure> {
    let region = Region::new(ALLOCATOR);
    let gate = gate(mint, cache)?;
    let now = gate.now();
    if !requests.iter().all(|request| accepts(&gate, request, now)) {
        return Err("a good token was refused".into());
    }
    let change = region.change();
    let held = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
    Ok(f64::from(u32::try_from(held)?))
}

/// Half of what the cache takes by default, so that none falls out, and the table is there for twice as many.
const TOKENS: usize = 5_000;
