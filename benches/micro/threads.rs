//! Two threads against one: whether readers of the cache get in each other's way.
//!
//! Shared: the authenticator. Both threads wait for each other and then ask for as long as a slice takes, each counting for
//! itself.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use claimgate_benches::{Bar, Row};
use claimgate_testkit::Alg;
use claimgate_tower::TokenCache;

use crate::Failure;
use crate::gates::{accepts, gate, kept};
use crate::mint::Mint;
use crate::request::Request;
use crate::tag::Tagger;
use crate::timing::{float, median, nanoseconds};

/// What a thread does again and again: the thread, and how often it did it before.
type Step<'a> = &'a (dyn Fn(usize, usize) -> bool + Sync);

pub(crate) fn measure(runs: usize) -> Result<Vec<Row>, Failure> {
    let mint = Mint::new(Alg::RS256);
    let gate = gate(&mint, TokenCache::new())?;
    let tokens = mint.tokens(2 * TOKENS);
    let requests = Request::all(&tokens);
    let own: Vec<&[Request]> = requests.chunks(TOKENS).collect();
    let hits = kept(&gate, &tokens);
    let now = gate.now();
    let distinct = |thread: usize, number: usize| {
        let request = own.get(thread).and_then(|own| own.get(number % TOKENS));
        request.is_some_and(|request| accepts(&gate, request, now))
    };
    let hot = |_: usize, _: usize| requests.first().is_some_and(|request| accepts(&gate, request, now));
    let taggers = [tagger()?, tagger()?];
    let alone = |thread: usize, _: usize| {
        let tagger = taggers.get(thread);
        tagger.zip(tokens.get(thread)).is_some_and(|(tagger, token)| tagger.tags(token))
    };
    let row = |what: &str, bar, step: Step<'_>| -> Result<Row, Failure> {
        if hits == tokens.len() {
            return Ok(Row::of(what, bar, gains(runs, step)?, "requests of both together a second"));
        }
        Ok(Row::of(what, bar, [], format!("{hits} of {} tokens were in the cache", tokens.len())))
    };
    Ok(vec![
        row("two threads: distinct cached tokens ÷ one thread", Bar::AtLeast(1.7), &distinct)?,
        row("two threads: one hot cached token ÷ one thread", Bar::AtLeast(1.0), &hot)?,
        Row::of(
            "two threads: the tag alone ÷ one thread",
            Bar::Told,
            gains(runs, &alone)?,
            "nothing is shared: what this machine has to give",
        ),
    ])
}

/// How many times more two threads get done than one, of each run.
fn gains(runs: usize, step: Step<'_>) -> Result<Vec<f64>, Failure> {
    gain(step)?;
    (0..runs).map(|_| gain(step)).collect()
}

fn gain(step: Step<'_>) -> Result<f64, Failure> {
    let gains = (0..SLICES).map(|_| Ok(rate(2, step)? / rate(1, step)?));
    Ok(median(gains.collect::<Result<_, Failure>>()?))
}

/// Steps a nanosecond of so many threads together.
fn rate(threads: usize, step: Step<'_>) -> Result<f64, Failure> {
    let start = Barrier::new(threads);
    let rates = thread::scope(|scope| {
        let start = &start;
        let spawned: Vec<_> =
            (0..threads).map(|thread| scope.spawn(move || rate_of(thread, start, step))).collect();
        spawned.into_iter().map(|thread| thread.join().ok().flatten()).sum::<Option<f64>>()
    });
    rates.ok_or_else(|| "a good token was refused".into())
}

fn rate_of(thread: usize, start: &Barrier, step: Step<'_>) -> Option<f64> {
    start.wait();
    let (start, mut count) = (Instant::now(), 0);
    loop {
        // The clock is read rarely: it costs as much as a token does.
        for _ in 0..STEPS {
            if !step(thread, count) {
                return None;
            }
            count += 1;
        }
        let elapsed = start.elapsed();
        if elapsed >= SLICE {
            return Some(float(count) / nanoseconds(elapsed));
        }
    }
}

fn tagger() -> Result<Tagger, Failure> {
    Tagger::new().map_err(|_| "no key for tags".into())
}

/// Of each thread.
const TOKENS: usize = 32;
const STEPS: usize = 256;
const SLICE: Duration = Duration::from_millis(20);
/// In a run, of each kind.
const SLICES: usize = 12;
