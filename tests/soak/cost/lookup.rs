//! Whether finding a key takes longer where there are many.

use std::collections::hash_map::RandomState;
use std::error::Error;
use std::hash::BuildHasher;
use std::time::Instant;

use claimgate_testkit::{SigningKey, TestIssuer};
use claimgate_tower::{Authenticator, Decision};

use crate::comparison::Comparison;
use crate::median::median;
use crate::mint;

/// An authenticator, and tokens that it accepts.
struct Arm {
    gate: Authenticator,
    tokens: Vec<String>,
}

pub(crate) fn measure(runs: usize) -> Result<Vec<Comparison>, Box<dyn Error>> {
    let names = ["1 key", "100 keys", "10,000 keys", "10,000 keys, tokens of one", "1,000 issuers"];
    let arms = [
        Arm::of_keys(1, 1)?,
        Arm::of_keys(100, 100)?,
        Arm::of_keys(10_000, 10_000)?,
        Arm::of_keys(10_000, 1)?,
        Arm::of_issuers(1_000)?,
    ];
    // Once through for nothing: caches and the processor's clock are as they will be.
    run(&arms)?;
    let runs: Vec<Vec<f64>> = (0..runs).map(|_| run(&arms)).collect::<Result<_, _>>()?;
    let against_one = |arm: usize| runs.iter().map(|times| (times[arm], times[0])).collect();
    let comparison =
        |arm, against| Comparison { what: names[arm], against, runs: against_one(arm), most: MOST_RATIO };
    Ok(vec![
        comparison(1, "1 key"),
        comparison(2, "1 key"),
        comparison(3, "1 key"),
        comparison(4, "1 issuer"),
    ])
}

/// Every token once, arm by arm in slices. Gives nanoseconds for a token of each arm: the median of its slices.
fn run(arms: &[Arm]) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut times = vec![Vec::new(); arms.len()];
    for slice in 0..TOKENS / SLICE {
        for (arm, times) in arms.iter().zip(&mut times) {
            let tokens = &arm.tokens[slice * SLICE..][..SLICE];
            let start = Instant::now();
            let accepted = tokens.iter().filter(|token| arm.accepts(token)).count();
            #[expect(clippy::cast_precision_loss, reason = "a slice takes milliseconds")]
            times.push(start.elapsed().as_nanos() as f64 / SLICE as f64);
            if accepted != SLICE {
                return Err("a good token was refused".into());
            }
        }
    }
    Ok(times.into_iter().map(median).collect())
}

impl Arm {
    /// One issuer with a set of `count` keys, and tokens of the first `used`, each of a random one.
    fn of_keys(count: usize, used: usize) -> Result<Self, Box<dyn Error>> {
        let (issuer, keys) = (TestIssuer::new(mint::name(0)), mint::keys(count));
        let gate = Authenticator::builder().issuer(mint::issuer(issuer.issuer(), &keys)).build()?;
        Ok(Arm::new(gate, &keys[..used].iter().map(|key| (&issuer, key)).collect::<Vec<_>>()))
    }

    /// So many issuers with one key each, and tokens each of a random one.
    fn of_issuers(count: usize) -> Result<Self, Box<dyn Error>> {
        let (mut builder, keys) = (Authenticator::builder(), mint::keys(count));
        let issuers: Vec<TestIssuer> = (0..count).map(|number| TestIssuer::new(mint::name(number))).collect();
        for (issuer, key) in issuers.iter().zip(&keys) {
            builder = builder.issuer(mint::issuer(issuer.issuer(), std::slice::from_ref(key)));
        }
        Ok(Arm::new(builder.build()?, &issuers.iter().zip(&keys).collect::<Vec<_>>()))
    }

    /// All arms have equally many tokens, none twice: else those of one key would be in the processor's cache and the others
    /// not, and that would be measured for the lookup.
    fn new(gate: Authenticator, signers: &[(&TestIssuer, &SigningKey)]) -> Self {
        let random = RandomState::new();
        let tokens = (0..TOKENS).map(|number| {
            let chosen = random.hash_one(number) % signers.len() as u64;
            let (issuer, key) = signers[usize::try_from(chosen).unwrap_or_default()];
            mint::token(issuer, key)
        });
        Arm { gate, tokens: tokens.collect() }
    }

    fn accepts(&self, token: &str) -> bool {
        matches!(self.gate.authenticate_token(token, self.gate.now()), Decision::Decided(Ok(_)))
    }
}

const TOKENS: usize = 10_000;
const SLICE: usize = 100;
/// "Flat" is within 10 %.
const MOST_RATIO: f64 = 1.10;
