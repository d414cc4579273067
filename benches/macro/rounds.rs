//! Rounds, in which every server has its turn, so that what changes on the machine meanwhile meets all of them.

use std::error::Error;

use claimgate_benches::measured::{Host, Role};

use crate::contender::{Contender, Stage};
use crate::generator;
use crate::process::cpu_nanos;
use crate::tally::{Sample, Tally, place};

pub(crate) fn run(stage: &Stage<'_>, contenders: &[Contender]) -> Result<Tally, Box<dyn Error>> {
    let rounds = stage.args.rounds;
    let mut tally = Tally::new(contenders.len(), rounds);
    for round in 0..rounds {
        for (place, contender) in turns(contenders, round) {
            let sample = measure(stage, contender).map_err(|error| format!("{}: {error}", contender.name))?;
            eprintln!(
                "round {} of {rounds}: {:<32} {:>8.0}/s {:>7.2} µs {:>4.0} %",
                round + 1,
                contender.name,
                sample.per_second,
                sample.micros,
                sample.busy * 100.0
            );
            tally.add(place, round, sample);
        }
    }
    Ok(tally)
}

/// The turns of a round, one host after the other.
fn turns(contenders: &[Contender], round: usize) -> Vec<(usize, &Contender)> {
    let mut turns = Vec::new();
    for host in [Host::Axum, Host::Actix, Host::Envoy] {
        let few =
            [Role::Bare, Role::Through, Role::Tag, Role::Cached].map(|role| place(contenders, host, role));
        // The smallest differences are those between these. What drifts steadily falls out of their means.
        turns.extend(few.into_iter().chain(few.into_iter().rev()).flatten());
        let mut others: Vec<usize> = (0..contenders.len())
            .filter(|place| contenders.get(*place).is_some_and(|contender| contender.host == host))
            .filter(|place| !few.contains(&Some(*place)))
            .collect();
        if round % 2 == 1 {
            others.reverse();
        }
        turns.extend(others);
    }
    turns.into_iter().filter_map(|place| Some((place, contenders.get(place)?))).collect()
}

/// Starts the server, warms it up and measures it.
fn measure(stage: &Stage<'_>, contender: &Contender) -> Result<Sample, Box<dyn Error>> {
    let args = stage.args;
    let running = contender.start(stage)?;
    let load =
        |tokens, seconds| generator::run(args.generator_core, &args.work, running.address, tokens, seconds);
    load(&stage.tokens.many, WARM_UP)?;

    let process = running.guard.id();
    let before = cpu_nanos(process)?;
    let measured = match contender.role {
        Role::Fresh => load(&stage.tokens.fresh, FRESH)?,
        _ => load(&stage.tokens.many, args.seconds)?,
    };
    let nanos = cpu_nanos(process)?.saturating_sub(before);
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let enough = measured.requests <= args.fresh as f64;
    if contender.role == Role::Fresh && !enough {
        return Err("tokens came again: give more with --fresh".into());
    }
    #[expect(clippy::cast_precision_loss, reason = "a measurement of some seconds")]
    let micros = nanos as f64 / 1000.0;
    Ok(Sample {
        per_second: measured.requests / measured.micros * 1e6,
        micros: micros / measured.requests,
        busy: micros / measured.micros,
        p99: measured.p99,
    })
}

/// In seconds: enough that every token was sent several times.
const WARM_UP: u64 = 1;

/// Likewise in seconds. Tokens that are sent once have to be minted and held by the generator.
const FRESH: u64 = 1;
