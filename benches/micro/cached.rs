//! A token that was seen before.

use std::hint::black_box;
use std::sync::Arc;

use claimgate_benches::{Bar, Row};
use claimgate_testkit::Alg;
use claimgate_tower::{Authenticator, TokenCache};

use crate::Failure;
use crate::gates::{accepts, gate, kept};
use crate::mint::Mint;
use crate::request::Request;
use crate::signature::{Signed, parsed};
use crate::tag::Tagger;
use crate::timing::{BATCH, Comparison, Place, float};

pub(crate) fn measure(runs: usize) -> Result<Vec<Row>, Failure> {
    let mint = Mint::new(Alg::RS256);
    let public = mint.keys().first().and_then(parsed).ok_or("no key")?;
    let tokens = mint.tokens(MANY);
    let token = tokens.first().ok_or("no token")?;
    let request = &Request::new(token);
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
    let mut comparison = Comparison::default();
    let bare = comparison.arm(|| signed.is_by(&public));
    let tag = comparison.arm(|| tagger.tags(token));
    let hot = comparison.arm(|| accepts(&one.gate, request, now));
    let hot_text = comparison.arm(|| accepts(&one_text.gate, request, now));
    let spread = many.add_at_random(&mut comparison, &tokens, &order);
    let spread_text = many_text.add_at_random(&mut comparison, &tokens, &order);
    let compared = add_comparing(&mut comparison, &tokens, &order);
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
            times.told_against(bare, spread_text),
        ),
        Row::of(
            "cached: bare RS256 check ÷ slot, entry and text of one of 10,000 at random, and nothing else",
            Bar::Told,
            times.ratios(bare, compared),
            format!("{}; nothing is looked up", times.told_against(bare, compared)),
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

    /// Adds an arm that asks for `tokens` in this order. A server has just read the request that it asks about, so each is put
    /// into the processor's cache beforehand; only what the authenticator keeps lies in memory at random.
    fn add_at_random<'a>(
        &'a self,
        comparison: &mut Comparison<'a>,
        tokens: &'a [String],
        order: &'a [usize],
    ) -> Place {
        let now = self.gate.now();
        let mut turn = order.iter().cycle().filter_map(|at| tokens.get(*at));
        comparison.prepared_arm(
            Vec::new(),
            move |requests| *requests = turn.by_ref().take(BATCH).map(|token| Request::new(token)).collect(),
            move |requests, at| requests.get(at).is_some_and(|request| accepts(&self.gate, request, now)),
        )
    }

    /// The row of these runs, unless what was timed was no cache.
    fn row(&self, what: &str, bar: Bar, runs: Vec<f64>, detail: String) -> Row {
        if self.kept == self.seen {
            return Row::of(what, bar, runs, detail);
        }
        Row::of(what, bar, [], format!("{} of {} tokens were in the cache", self.kept, self.seen))
    }
}

/// Adds an arm that goes from a slot, whose place it is told, to an entry and from there to its text, and compares that with the
/// token: the waits for memory that no table is spared which points at entries with texts. As with requests of a server, one begins
/// when the one before it has ended.
fn add_comparing<'a>(comparison: &mut Comparison<'a>, tokens: &'a [String], order: &'a [usize]) -> Place {
    let slot = |token: &String| {
        let text: Box<[u8]> = token.as_bytes().into();
        Slot { entry: Arc::new(Entry { text, _rest: [0; 600] }), _others: [0; 10] }
    };
    let slots: Vec<Slot> = tokens.iter().map(slot).collect();
    let mut carried = 0;
    let mut turn = order.iter().cycle().filter_map(|at| Some((tokens.get(*at)?, *at)));
    comparison.prepared_arm(
        Vec::new(),
        move |asked| *asked = turn.by_ref().take(BATCH).map(|(token, at)| (token.clone(), at)).collect(),
        move |asked, nth| {
            let Some((token, at)) = asked.get(nth) else { return false };
            let Some(slot) = slots.get(*at + carried) else { return false };
            let entry = slot.entry.clone();
            // Nothing, since no token has such a byte; only the processor has to wait for it.
            carried = entry.text.last().map_or(0, |last| usize::from(last & 0x80));
            *entry.text == *black_box(token.as_bytes())
        },
    )
}

/// As large as what is kept of a token.
struct Entry {
    text: Box<[u8]>,
    _rest: [u8; 600],
}

/// As large as what a table has for each entry.
struct Slot {
    entry: Arc<Entry>,
    _others: [u64; 10],
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
