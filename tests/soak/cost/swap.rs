//! What readers pay while sets are swapped.
//!
//! Shared: the authenticator, and two switches. One thread verifies tokens; the other makes a copy of a prebuilt set every
//! millisecond, and either swaps it in or drops it. So copying, pacing and waking are on both sides, and the swap on one. A
//! switch that is seen late makes one swap more or less in a slice, of fifty.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use claimgate_testkit::TestIssuer;
use claimgate_tower::{Authenticator, Decision, KeySet};

use crate::comparison::Comparison;
use crate::median::median;
use crate::mint;

struct Swapper {
    gate: Authenticator,
    issuer: String,
    sets: [KeySet; 2],
    swaps: AtomicBool,
    ended: AtomicBool,
    swapped: AtomicUsize,
}

/// Ends the thread however the measurement ends.
struct Ending<'s>(&'s Swapper);

pub(crate) fn measure(runs: usize) -> Result<Comparison, Box<dyn Error>> {
    let (issuer, mut keys) = (TestIssuer::new(mint::name(0)), mint::keys(KEYS));
    let gate = Authenticator::builder().issuer(mint::issuer(issuer.issuer(), &keys)).build()?;
    let tokens: Vec<String> = keys.iter().map(|key| mint::token(&issuer, key)).collect();
    // Both sets hold the keys of the readers' tokens, in another order: no reader may be refused, whichever it meets.
    let first = KeySet::from_jwks(&mint::jwks(&keys))?;
    keys.reverse();
    let second = KeySet::from_jwks(&mint::jwks(&keys))?;
    let swapper = Arc::new(Swapper {
        gate: gate.clone(),
        issuer: issuer.issuer().to_owned(),
        sets: [first, second],
        swaps: AtomicBool::new(false),
        ended: AtomicBool::new(false),
        swapped: AtomicUsize::new(0),
    });
    let ending = Ending(&swapper);
    let thread = thread::spawn({
        let swapper = swapper.clone();
        move || swapper.run()
    });
    run(&gate, &tokens, &swapper)?;
    let before = swapper.swapped.load(Ordering::Relaxed);
    let times: Vec<(f64, f64)> =
        (0..runs).map(|_| run(&gate, &tokens, &swapper)).collect::<Result<_, _>>()?;
    let swaps = swapper.swapped.load(Ordering::Relaxed) - before;
    drop(ending);
    let ended = thread.join().map_err(|_| "the thread that swaps has panicked")?;
    ended.map_err(|error| error.to_string())?;

    let due = runs * SLICES * usize::try_from(SLICE.as_millis() / EVERY.as_millis())?;
    // A swapper that sleeps through its turns would make swapping cheap.
    if swaps * 10 < due * 9 {
        return Err(format!("only {swaps} of {due} swaps were made: the machine is too busy").into());
    }
    Ok(Comparison {
        what: "100 keys, swapped 1,000 times a second",
        against: "not swapped",
        runs: times,
        most: MOST_RATIO,
    })
}

/// Slices with swaps and without, in turn. Gives nanoseconds for a token of each.
fn run(gate: &Authenticator, tokens: &[String], swapper: &Swapper) -> Result<(f64, f64), &'static str> {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for slice in 0..2 * SLICES {
        let swaps = slice % 2 == 0;
        swapper.swaps.store(swaps, Ordering::Relaxed);
        let (start, mut count) = (Instant::now(), 0_u32);
        for token in tokens.iter().cycle() {
            if !matches!(gate.authenticate_token(token, gate.now()), Decision::Decided(Ok(_))) {
                return Err("a good token was refused");
            }
            count += 1;
            if start.elapsed() >= SLICE {
                break;
            }
        }
        let time = start.elapsed().as_secs_f64() * 1e9 / f64::from(count);
        if swaps { with.push(time) } else { without.push(time) }
    }
    Ok((median(with), median(without)))
}

impl Swapper {
    fn run(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        let start = Instant::now();
        for (number, set) in (0..).zip(self.sets.iter().cycle()) {
            if self.ended.load(Ordering::Relaxed) {
                break;
            }
            let set = set.clone();
            if self.swaps.load(Ordering::Relaxed) {
                self.gate.replace_keys(&self.issuer, set)?;
                self.swapped.fetch_add(1, Ordering::Relaxed);
            }
            let due: Duration = EVERY * number;
            thread::sleep(due.saturating_sub(start.elapsed()));
        }
        Ok(())
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Relaxed);
    }
}

const KEYS: usize = 100;
const EVERY: Duration = Duration::from_millis(1);
const SLICE: Duration = Duration::from_millis(50);
/// In a run, of each kind.
const SLICES: usize = 40;
/// 2 % less throughput.
const MOST_RATIO: f64 = 1.0 / 0.98;
