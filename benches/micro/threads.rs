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
    let steps: [Step<'_>; 3] = [&distinct, &hot, &alone];
    gains(steps)?;
    let runs: Vec<[f64; 3]> = (0..runs).map(|_| gains(steps)).collect::<Result<_, _>>()?;
    let row = |what: &str, bar, gain: fn(&[f64; 3]) -> f64| {
        let hit = hits == tokens.len();
        let runs = runs.iter().filter(|_| hit).map(gain);
        Row::of(what, bar, runs, format!("{hits} of {} tokens were in the cache", tokens.len()))
    };
    let machine = "nothing is shared: what the machine has to give";
    Ok(vec![
        row("two threads: distinct cached tokens ÷ one thread", Bar::AtLeast(1.7), |[gain, _, _]| *gain),
        row("two threads: one hot cached token ÷ one thread", Bar::AtLeast(1.0), |[_, gain, _]| *gain),
        Row::of(
            "two threads: the tag alone ÷ one thread",
            Bar::Told,
            runs.iter().map(|[.., gain]| *gain),
            machine,
        ),
        row("two threads: gain of distinct tokens ÷ of the tag alone", Bar::Told, |[gain, _, most]| {
            gain / most
        }),
    ])
}

/// How many times more two threads get done than one, of each kind of step: the medians of slices that take turns.
fn gains(steps: [Step<'_>; 3]) -> Result<[f64; 3], Failure> {
    let mut gains = [const { Vec::new() }; 3];
    for _ in 0..SLICES {
        for (step, gains) in steps.iter().zip(&mut gains) {
            gains.push(rate(2, *step)? / rate(1, *step)?);
        }
    }
    Ok(gains.map(median))
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
