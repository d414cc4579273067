//! How much memory a guard takes in a server.

use std::error::Error;

use claimgate_benches::{Bar, Row};

use crate::contender::{Contender, Role, Stage, axum};
use crate::generator;
use crate::process::resident_kib;

/// The same server with one issuer and without, each after a second with one token, so that no cached token counts but one.
pub(crate) fn row(stage: &Stage<'_>) -> Result<Row, Box<dyn Error>> {
    let [bare, guarded] = [axum(Role::Bare), axum(Role::Cached)].map(|found| found.ok_or("no axum server"));
    let (bare, guarded) = (bare?, guarded?);
    let mut pairs = Vec::new();
    for _ in 0..stage.args.rounds.min(MOST_ROUNDS) {
        pairs.push((resident(stage, &bare)?, resident(stage, &guarded)?));
    }
    let middle = |side: fn(&(f64, f64)) -> f64| Row::of("", Bar::Told, pairs.iter().map(side), "").figure;
    let detail =
        format!("bare {:.1} MiB, with one issuer {:.1} MiB", middle(|pair| pair.0), middle(|pair| pair.1));
    let more = pairs.iter().map(|(bare, guarded)| guarded - bare);
    Ok(Row::of("axum: memory over bare with one issuer, MiB", Bar::AtMost(2.0), more, detail))
}

/// In MiB.
fn resident(stage: &Stage<'_>, contender: &Contender) -> Result<f64, Box<dyn Error>> {
    let running = contender.start(stage)?;
    let tokens = &stage.tokens.one;
    generator::run(stage.args.generator_core, &stage.args.work, running.address, tokens, 1)?;
    #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
    let kib = resident_kib(running.guard.id())? as f64;
    Ok(kib / 1024.0)
}

/// It varies little.
const MOST_ROUNDS: usize = 5;
