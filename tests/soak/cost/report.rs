//! The report, for `docs/`.

use std::fmt::{self, Write};

use crate::comparison::Comparison;
use crate::machine;

pub(crate) fn markdown(comparisons: &[Comparison], runs: usize) -> Result<String, fmt::Error> {
    let mut text = String::from(INTRODUCTION);
    writeln!(
        text,
        "Measured on {}: {runs} runs after one to warm up. Both sides of a comparison take turns within a run; times are medians \
         of the runs, and so is the ratio.\n\n\
         | | µs a token | against | µs a token | ratio | at most | | of each run |\n\
         |---|---|---|---|---|---|---|---|",
        machine::describe()
    )?;
    for comparison in comparisons {
        let Comparison { what, against, most, .. } = comparison;
        let (time, time_against) = comparison.times();
        let ratios: Vec<String> = comparison.ratios().map(|ratio| format!("{ratio:.3}")).collect();
        writeln!(
            text,
            "| {what} | {time:.2} | {against} | {time_against:.2} | {:.3} | {most:.3} | {} | {} |",
            comparison.ratio(),
            if comparison.holds() { "held" } else { "**missed**" },
            ratios.join(", "),
        )?;
    }
    text.push_str(METHOD);
    Ok(text)
}

const INTRODUCTION: &str = "\
# What a key costs

One whole decision of `Authenticator::authenticate_token` about a good ES256 token, by how many keys and issuers there are.
This page was written by `cargo xtask soak --cost --report`, which exits with 1 where a bound is missed.

";

const METHOD: &str = "
Sets are given as text, `Issuer::jwks`. Every side has 10,000 tokens, none twice and all of one length, each of a random key of
the set or of a random issuer; \"tokens of one\" have the `kid` of a single key of a large set. So the difference between the two
sides of 10,000 keys is what it costs to touch keys that are in no cache of the processor.
";
