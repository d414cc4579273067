//! How much memory a guard takes in a server.

use std::error::Error;

use claimgate_benches::measured::Role;
use claimgate_benches::{Bar, Row};

use crate::contender::{Contender, Stage, axum};
use crate::generator;
use crate::process::resident_kib;

/// The same server with one issuer and without, each after a second with one token, so that no cached token counts but one.
pub(crate) fn row(stage: &Stage<'_>) -> Result<Row, Box<dyn Error>> {
    let [bare, guarded] = [axum(Role::Bare), axum(Role::Cached)].map(|found| found.ok_or("no axum server"));
    let (bare, guarded) = (bare?, guarded?);
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..stage.args.rounds.min(MOST_ROUNDS) {
        without.push(resident(stage, &bare)?);
        with.push(resident(stage, &guarded)?);
    }
    let told = |of: &[Resident]| {
        let middle = |side: fn(&Resident) -> f64| Row::of("", Bar::Told, of.iter().map(side), "").figure;
        format!("{:.1} MiB, {:.1} of them heap and stacks", middle(|all| all.0), middle(|all| all.1))
    };
    let detail = format!("bare {}; with one issuer {}", told(&without), told(&with));
    let more = with.iter().zip(&without).map(|(with, without)| with.0 - without.0);
    Ok(Row::of("axum: memory over bare with one issuer, MiB", Bar::AtMost(2.0), more, detail))
}

/// In MiB: all, and what is no page of a file.
type Resident = (f64, f64);

fn resident(stage: &Stage<'_>, contender: &Contender) -> Result<Resident, Box<dyn Error>> {
    let running = contender.start(stage)?;
    let tokens = &stage.tokens.one;
    generator::run(stage.args.generator_core, &stage.args.work, running.address, tokens, 1)?;
    let (all, anonymous) = resident_kib(running.guard.id())?;
    Ok((f64::from(all) / 1024.0, f64::from(anonymous) / 1024.0))
}

/// It varies little.
const MOST_ROUNDS: usize = 5;
