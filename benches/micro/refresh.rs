//! What readers pay while keys are fetched, and whether the cache outlives it.
//!
//! Shared: the authenticator, a switch and a counter. This thread asks for tokens; the one of the runtime wakes every ten
//! milliseconds and has the keys fetched, if the switch is on. A fetch parses the whole set anew, as one over the network does.
//! A switch that is seen late makes one fetch more or less in a slice, of ten.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use claimgate_benches::{Bar, Row};
use claimgate_testkit::Alg;
use claimgate_tower::{
    Authenticator, Issuer, KeySet, KeySource, KeySourceError, KeySourceFuture, LoadedKeys, TokenCache,
};
use tokio::runtime::{self, Runtime};
use tokio::time::{MissedTickBehavior, interval};

use crate::Failure;
use crate::gates::{accepts, are_same, claims, kept};
use crate::mint::{self, AUDIENCE, Mint};
use crate::request::Request;
use crate::timing::{float, median, nanoseconds};

/// The same keys each time, parsed anew.
struct Text(String);

#[derive(Default)]
struct Switch {
    on: AtomicBool,
    fetched: AtomicUsize,
}

pub(crate) fn measure(runs: usize) -> Result<Vec<Row>, Failure> {
    let mint = Mint::of(0, (0..KEYS).map(|number| mint::key(Alg::ES256, number)).collect());
    let tokens: Vec<String> = mint.keys().iter().cycle().take(TOKENS).map(|key| mint.token_by(key)).collect();
    let requests = Request::all(&tokens);
    let row = |what: &str, cache| -> Result<(Row, usize), Failure> {
        let fetching = Fetching::start(&mint, cache)?;
        let kept = kept(&fetching.gate, &tokens);
        Ok((fetching.row(what, &requests, runs)?, kept))
    };
    let (cold, _) = row("refresh: every 10 ms ÷ none, cold", TokenCache::disabled())?;
    let (cached, kept) = row("refresh: every 10 ms ÷ none, cached", TokenCache::new())?;
    let cached = if kept == TOKENS { cached } else { unkept(cached.what, cached.bar, kept) };
    Ok(vec![cached, cold, lost(&mint, &tokens)?])
}

/// How many entries ten fetches have cost.
fn lost(mint: &Mint, tokens: &[String]) -> Result<Row, Failure> {
    let (what, bar) = ("refresh: cached tokens lost", Bar::AtMost(0.0));
    let fetching = Fetching::start(mint, TokenCache::new())?;
    let kept = kept(&fetching.gate, tokens);
    if kept != tokens.len() {
        return Ok(unkept(what.to_owned(), bar, kept));
    }
    let claims = |token: &String| claims(&fetching.gate, token);
    let before: Vec<_> = tokens.iter().map(claims).collect();
    fetching.switch.on.store(true, Ordering::Relaxed);
    let (start, fetched) = (Instant::now(), || fetching.switch.fetched.load(Ordering::Relaxed));
    while fetched() < FETCHES {
        if start.elapsed() > PATIENCE {
            return Err("the keys are not fetched".into());
        }
        std::thread::sleep(EVERY);
    }
    let same =
        before.iter().zip(tokens).filter(|(before, token)| are_same(before.as_ref(), claims(token).as_ref()));
    let lost = tokens.len() - same.count();
    Ok(Row::of(
        what,
        bar,
        [float(lost)],
        format!("of {} after {} fetches of the same keys", tokens.len(), fetched()),
    ))
}

fn unkept(what: String, bar: Bar, kept: usize) -> Row {
    Row::of(what, bar, [], format!("{kept} of {TOKENS} tokens were in the cache before"))
}

/// An authenticator whose keys are fetched when the switch is on.
struct Fetching {
    gate: Authenticator,
    switch: Arc<Switch>,
    /// Ends what runs on it when it is dropped.
    _runtime: Runtime,
}

impl Fetching {
    fn start(mint: &Mint, cache: TokenCache) -> Result<Self, Failure> {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build()?;
        let issuer = Issuer::new(mint.name()).audience(AUDIENCE).key_source(Text(mint.jwks()));
        let builder = Authenticator::builder().issuer(issuer).token_cache(cache);
        let gate = builder.runtime(runtime.handle().clone()).build()?;
        let first = gate.refresh_now(mint.name()).map_err(|error| error.to_string())?;
        runtime.block_on(first)?;
        let switch = Arc::new(Switch::default());
        runtime.spawn(fetch(gate.clone(), mint.name().to_owned(), switch.clone()));
        Ok(Fetching { gate, switch, _runtime: runtime })
    }

    /// Requests a second with fetches, against none.
    fn row(&self, what: &str, requests: &[Request], runs: usize) -> Result<Row, Failure> {
        self.once(requests)?;
        let before = self.switch.fetched.load(Ordering::Relaxed);
        let times: Vec<(f64, f64)> = (0..runs).map(|_| self.once(requests)).collect::<Result<_, _>>()?;
        let fetched = self.switch.fetched.load(Ordering::Relaxed) - before;
        let due = runs * SLICES * usize::try_from(SLICE.as_millis() / EVERY.as_millis())?;
        // A thread that sleeps through its turns would make fetching cheap.
        if fetched * 10 < due * 8 {
            return Err(format!("only {fetched} of {due} fetches were made: the machine is too busy").into());
        }
        let [with, without] = [0, 1].map(|side| {
            median(times.iter().map(|(with, without)| if side == 0 { *with } else { *without }).collect())
        });
        let detail = format!("{with:.1} ns a token against {without:.1} ns; {KEYS} keys, {fetched} fetches");
        Ok(Row::of(what, Bar::AtLeast(0.97), times.iter().map(|(with, without)| without / with), detail))
    }

    /// Slices with fetches and without, in turn. Gives nanoseconds for a token of each.
    fn once(&self, requests: &[Request]) -> Result<(f64, f64), Failure> {
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for slice in 0..2 * SLICES {
            let on = slice % 2 == 0;
            self.switch.on.store(on, Ordering::Relaxed);
            let time = self.slice(requests)?;
            if on { with.push(time) } else { without.push(time) }
        }
        self.switch.on.store(false, Ordering::Relaxed);
        Ok((median(with), median(without)))
    }

    fn slice(&self, requests: &[Request]) -> Result<f64, Failure> {
        let (now, start, mut count) = (self.gate.now(), Instant::now(), 0);
        let mut turn = requests.iter().cycle();
        loop {
            for request in turn.by_ref().take(STEPS) {
                if !accepts(&self.gate, request, now) {
                    return Err("a good token was refused".into());
                }
            }
            count += STEPS;
            let elapsed = start.elapsed();
            if elapsed >= SLICE {
                return Ok(nanoseconds(elapsed) / float(count));
            }
        }
    }
}

async fn fetch(gate: Authenticator, issuer: String, switch: Arc<Switch>) {
    let mut turns = interval(EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        turns.tick().await;
        if !switch.on.load(Ordering::Relaxed) {
            continue;
        }
        // One that fails is not counted, and too few are an error.
        let Ok(fetching) = gate.refresh_now(&issuer) else { continue };
        if fetching.await.is_ok() {
            switch.fetched.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl KeySource for Text {
    fn load(&self) -> KeySourceFuture<'_> {
        Box::pin(ready(KeySet::from_jwks(&self.0).map(LoadedKeys::new).map_err(KeySourceError::from)))
    }
}

const KEYS: usize = 100;
const TOKENS: usize = 1_000;
const FETCHES: usize = 10;
const EVERY: Duration = Duration::from_millis(10);
const SLICE: Duration = Duration::from_millis(100);
/// In a run, of each kind.
const SLICES: usize = 8;
/// Between two looks at the clock.
const STEPS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(5);
