//! A token that was seen before.

use claimgate_benches::{Bar, Row};
use claimgate_testkit::Alg;
use claimgate_tower::{Authenticator, TokenCache};

use crate::Failure;
use crate::gates::{accepts, gate, kept};
use crate::mint::Mint;
use crate::request::Request;
use crate::signature::{Signed, parsed};
use crate::tag::Tagger;
use crate::timing::{Comparison, float};

pub(crate) fn measure(runs: usize) -> Result<Vec<Row>, Failure> {
    let mint = Mint::new(Alg::RS256);
    let public = mint.keys().first().and_then(parsed).ok_or("no key")?;
    let tokens = mint.tokens(MANY);
    let requests = Request::all(&tokens);
    let (token, request) = tokens.first().zip(requests.first()).ok_or("no token")?;
    let signed = Signed::new(token).ok_or("a token is none")?;
    let tagger = Tagger::new().map_err(|_| "no key for tags")?;
    // Room for all of them wherever they fall: how a full cache chooses what to drop is another question, told below.
    let roomy = TokenCache::new().capacity(4 * MANY).max_bytes(1 << 30);
    let one = Arm::new(&mint, TokenCache::new(), std::slice::from_ref(token))?;
    let one_text = Arm::new(&mint, TokenCache::new().keep_token_text(), std::slice::from_ref(token))?;
    let many = Arm::new(&mint, roomy, &tokens)?;
    let many_text = Arm::new(&mint, roomy.keep_token_text(), &tokens)?;
    let filled = Arm::new(&mint, TokenCache::new(), &tokens)?;
    let now = one.gate.now();

    let order = order(MANY);
    let random = || order.iter().cycle().map(|at| requests.get(*at));
    let (mut turn, mut turn_text) = (random(), random());
    let mut comparison = Comparison::default();
    let bare = comparison.arm(|| signed.is_by(&public));
    let tag = comparison.arm(|| tagger.tags(token));
    let hot = comparison.arm(|| accepts(&one.gate, request, now));
    let hot_text = comparison.arm(|| accepts(&one_text.gate, request, now));
    let spread =
        comparison.arm(|| turn.next().flatten().is_some_and(|request| accepts(&many.gate, request, now)));
    let spread_text = comparison
        .arm(|| turn_text.next().flatten().is_some_and(|request| accepts(&many_text.gate, request, now)));
    let times = comparison.run(runs)?;

    let over_tag = |arm| times.each(|time| time(arm) / (time(tag) + ALLOWANCE));
    Ok(vec![
        one.row(
            "cached: one token ÷ (the tag alone + 60 ns)",
            Bar::AtMost(1.15),
            over_tag(hot),
            format!("{} of {} bytes", times.told_against(hot, tag), token.len()),
        ),
        many.row(
            "cached: 10,000 tokens at random ÷ (the tag alone + 60 ns)",
            Bar::Told,
            over_tag(spread),
            times.told_against(spread, tag),
        ),
        one_text.row(
            "cached: bare RS256 check ÷ one token, text kept",
            Bar::AtLeast(200.0),
            times.ratios(bare, hot_text),
            times.told_against(bare, hot_text),
        ),
        many_text.row(
            "cached: bare RS256 check ÷ 10,000 tokens at random, text kept",
            Bar::AtLeast(120.0),
            times.ratios(bare, spread_text),
            format!("{}; the requests too lie in memory at random", times.told_against(bare, spread_text)),
        ),
        Row::of("cached: the tag alone, µs", Bar::Told, times.microseconds(tag), "GMAC over the token"),
        Row::of(
            "cached: share of 10,000 tokens in a cache for as many",
            Bar::Told,
            [float(filled.kept) / float(MANY)],
            "capacity and bytes as they are by default, every token seen once",
        ),
    ])
}

/// An authenticator that has seen its tokens.
struct Arm {
    gate: Authenticator,
    kept: usize,
    seen: usize,
}

impl Arm {
    fn new(mint: &Mint, cache: TokenCache, tokens: &[String]) -> Result<Self, Failure> {
        let gate = gate(mint, cache)?;
        Ok(Arm { kept: kept(&gate, tokens), seen: tokens.len(), gate })
    }

    /// The row of these runs, unless what was timed was no cache.
    fn row(&self, what: &str, bar: Bar, runs: Vec<f64>, detail: String) -> Row {
        if self.kept == self.seen {
            return Row::of(what, bar, runs, detail);
        }
        Row::of(what, bar, [], format!("{} of {} tokens were in the cache", self.kept, self.seen))
    }
}

/// Every place once, in an order that no processor foresees and that is the same in every run.
fn order(count: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by_cached_key(|place| {
        // The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
        let mut mixed = (*place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    });
    places
}

const MANY: usize = 10_000;
/// What a cache may take besides the tag: finding the entry, and asking time, keys and revocations.
const ALLOWANCE: f64 = 60.0;
