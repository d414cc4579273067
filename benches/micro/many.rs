//! Whether a decision takes longer where there are many keys or many issuers.

use std::iter;

use claimgate_benches::{Bar, Row};
use claimgate_testkit::{Alg, SigningKey};
use claimgate_tower::{Authenticator, TokenCache};

use crate::Failure;
use crate::gates::accepts;
use crate::mint::{self, Mint};
use crate::request::Request;
use crate::timing::{Comparison, Place, Times};

/// An authenticator, and requests that it accepts.
struct Arm {
    gate: Authenticator,
    requests: Vec<Request>,
}

pub(crate) fn measure(runs: usize) -> Result<Vec<Row>, Failure> {
    let (one, keys, issuers) = (Arm::of_keys(1)?, Arm::of_keys(KEYS)?, Arm::of_issuers(ISSUERS)?);
    let (rsa_one, rsa_keys) = Arm::of_rsa_key_among(KEYS)?;
    let mut comparison = Comparison::default();
    let places = [&one, &keys, &issuers, &rsa_one, &rsa_keys].map(|arm| arm.add_to(&mut comparison));
    let times = comparison.run(runs)?;
    let [one, keys, issuers, rsa_one, rsa_keys] = places;
    Ok(vec![
        row(&times, "many: ES256, 10,000 keys ÷ 1 key", keys, one, "each token of another key"),
        row(&times, "many: RS256, 10,000 keys ÷ 1 key", rsa_keys, rsa_one, "tokens of one key of the set"),
        row(&times, "many: ES256, 1,000 issuers ÷ 1 issuer", issuers, one, "each token of another issuer"),
    ])
}

fn row(times: &Times, what: &str, one: Place, other: Place, detail: &str) -> Row {
    let detail = format!("{}; cold, {detail}", times.told_against(one, other));
    Row::of(what, Bar::AtMost(1.05), times.ratios(one, other), detail)
}

impl Arm {
    /// One issuer with so many keys of ES256, which are made at once, and tokens of each in turn.
    fn of_keys(count: usize) -> Result<Self, Failure> {
        let mint = Mint::of(0, es256_keys(count));
        let tokens = mint.keys().iter().cycle().take(TOKENS).map(|key| mint.token_by(key));
        Arm::new(&[&mint], &tokens.collect::<Vec<_>>())
    }

    /// So many issuers with one key each, and tokens of each in turn.
    fn of_issuers(count: usize) -> Result<Self, Failure> {
        let mints: Vec<Mint> =
            (0..count).zip(es256_keys(count)).map(|(number, key)| Mint::of(number, vec![key])).collect();
        let tokens: Vec<String> = mints.iter().cycle().take(TOKENS).map(Mint::token).collect();
        Arm::new(&mints.iter().collect::<Vec<_>>(), &tokens)
    }

    /// The same tokens of one key of RS256, the quickest to check, for a set of that key and for one of so many.
    fn of_rsa_key_among(count: usize) -> Result<(Self, Self), Failure> {
        let rsa = mint::key(Alg::RS256, count);
        let among = Mint::of(0, es256_keys(count - 1).into_iter().chain(iter::once(rsa.clone())).collect());
        let tokens: Vec<String> = (0..RSA_TOKENS).map(|_| among.token_by(&rsa)).collect();
        let alone = Mint::of(0, vec![rsa]);
        Ok((Arm::new(&[&alone], &tokens)?, Arm::new(&[&among], &tokens)?))
    }

    fn new(mints: &[&Mint], tokens: &[String]) -> Result<Self, Failure> {
        let builder = Authenticator::builder().token_cache(TokenCache::disabled());
        let builder = mints.iter().fold(builder, |builder, mint| builder.issuer(mint.trusted()));
        Ok(Arm { gate: builder.build()?, requests: Request::all(tokens) })
    }

    fn add_to<'a>(&'a self, comparison: &mut Comparison<'a>) -> Place {
        let (now, mut turn) = (self.gate.now(), self.requests.iter().cycle());
        comparison.arm(move || turn.next().is_some_and(|request| accepts(&self.gate, request, now)))
    }
}

fn es256_keys(count: usize) -> Vec<SigningKey> {
    (0..count).map(|number| mint::key(Alg::ES256, number)).collect()
}

const KEYS: usize = 10_000;
const ISSUERS: usize = 1_000;
/// All arms have equally many tokens, none twice: else those of one key would be in the processor's cache and the others not, and
/// that would be measured for the lookup.
const TOKENS: usize = 10_000;
const RSA_TOKENS: usize = 64;
