//! The report, for `docs/`.

use std::fmt::{self, Write};
use std::time::Duration;

use crate::bounds::{MOST_RATIO, median_ratio};
use crate::fetches::FETCH_TIMEOUT;
use crate::machine;
use crate::median::median;
use crate::outcome::Outcome;
use crate::phase::Phase;
use crate::size::Size;
use crate::trouble::Trouble;

pub(crate) fn markdown(outcome: &Outcome, size: &Size) -> Result<String, fmt::Error> {
    let mut text = String::from(INTRODUCTION);
    method(&mut text, size)?;
    times(&mut text, outcome)?;
    decisions(&mut text, outcome)?;
    writeln!(text, "\n## Verdict\n")?;
    if outcome.passed {
        writeln!(text, "All bounds held.")?;
    }
    for problem in &outcome.problems {
        writeln!(text, "- missed: {problem}")?;
    }
    Ok(text)
}

fn method(text: &mut String, size: &Size) -> fmt::Result {
    let Size { runs, rate, connections, flood_rate, .. } = size;
    writeln!(text, "Measured on {}: {runs} runs, everything on loopback.\n", machine::describe())?;
    writeln!(
        text,
        "- {rate} good requests a second over {connections} keep-alive connections, by a schedule that waits for no answer. \
         A request's time counts from when it was due. Tokens are ES256, 16 of each key.\n\
         - The server (axum, `AuthLayer`, one handler that takes claims) is a process of its own; clients and issuer have a \
         thread each in another.\n\
         - Before each phase there are {calm} of calm with the same server, after {warm_up} to warm up.\n\
         - While the issuer fails: `refresh_interval` 1 s, so that the schedule runs into it as often as it may; \
         `fetch_timeout` {fetch_timeout}. Phases of {hang} (hang) and {fault}. The 200 MiB come with and without a \
         `Content-Length` in turn.\n\
         - While it rotates, every second for {rotation}: `refresh_interval` 10 s and `refresh_cooldown` {cooldown}, so that \
         new keys depend on the fetches that requests may cause. An old key is \
         retired once the newest two are others and it was out of use for a second.\n\
         - The flood: {flood_rate} requests a second on connections of their own, each with a `kid` that is made up and a \
         payload that is good.\n\
         - A new key's time counts from the first request that uses it, which comes again every 20 ms while it is refused.\n\
         - Whether a request waited for a fetch is seen in the server and not by a clock: its future was not ready when it \
         was first asked. Requests with new keys do wait, and are seen to.\n\
         - The fetches that are allowed follow from the settings: those of the schedule; where `kid`s are unknown, two and \
         one more in each cooldown.",
        calm = seconds(size.calm),
        warm_up = seconds(size.warm_up),
        hang = seconds(size.hang),
        fault = seconds(size.fault),
        rotation = seconds(size.rotation),
        cooldown = seconds(size.cooldown),
        fetch_timeout = seconds(FETCH_TIMEOUT),
    )
}

fn times(text: &mut String, outcome: &Outcome) -> fmt::Result {
    writeln!(
        text,
        "\n## Times of good requests\n\n\
         Milliseconds, medians of the runs; the longest is that of all runs. The ratio is p99 to p99 of the calm before, \
         and its median may be {MOST_RATIO} at most.\n\n\
         | | p50, calm | p50 | p99, calm | p99 | p99.9 | longest | ratio | of each run |\n\
         |---|---|---|---|---|---|---|---|---|"
    )?;
    for trouble in Trouble::ALL {
        let phases: Vec<&Phase> = of(outcome, trouble).collect();
        let middle = |value: fn(&Phase) -> f64| median(phases.iter().map(|phase| value(phase)));
        let longest = phases.iter().map(|phase| phase.good_latency.max).fold(0.0, f64::max);
        let ratios: Vec<String> = phases.iter().map(|phase| format!("{:.2}", phase.ratio())).collect();
        writeln!(
            text,
            "| {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {longest:.1} | {:.2} | {} |",
            trouble.name(),
            middle(|phase| phase.calm_latency.p50),
            middle(|phase| phase.good_latency.p50),
            middle(|phase| phase.calm_latency.p99),
            middle(|phase| phase.good_latency.p99),
            middle(|phase| phase.good_latency.p999),
            median_ratio(&outcome.runs, trouble),
            ratios.join(", "),
        )?;
    }
    Ok(())
}

fn decisions(text: &mut String, outcome: &Outcome) -> fmt::Result {
    writeln!(
        text,
        "\n## Decisions\n\n\
         Of all runs together; fetches of each run, with what is allowed.\n\n\
         | | good requests | failed | waited for a fetch | fetches | new keys | accepted | slowest, s | flood |\n\
         |---|---|---|---|---|---|---|---|---|"
    )?;
    for trouble in Trouble::ALL {
        let phases: Vec<&Phase> = of(outcome, trouble).collect();
        let sum = |count: fn(&Phase) -> usize| phases.iter().map(|phase| count(phase)).sum::<usize>();
        let fetches: Vec<String> =
            phases.iter().map(|phase| format!("{} of {}", phase.fetches, phase.most_fetches)).collect();
        let keys = sum(|phase| phase.new_keys.len());
        let slowest = phases.iter().map(|phase| phase.slowest_key()).max().unwrap_or_default();
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            trouble.name(),
            sum(|phase| phase.good.all()),
            sum(|phase| phase.good.except(&[200])),
            sum(|phase| phase.good.waited),
            fetches.join(", "),
            some(keys, keys),
            some(
                keys,
                sum(|phase| { phase.new_keys.iter().filter(|key| key.accepted_after.is_some()).count() })
            ),
            some(keys, format!("{:.3}", slowest.as_secs_f64())),
            flood(&phases),
        )?;
    }
    Ok(())
}

fn of(outcome: &Outcome, trouble: Trouble) -> impl Iterator<Item = &Phase> {
    outcome.runs.iter().flatten().filter(move |phase| phase.trouble == trouble)
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// An empty cell where there was nothing to count.
fn some(count: usize, value: impl fmt::Display) -> String {
    if count == 0 { String::new() } else { value.to_string() }
}

/// Each status with its count.
fn flood(phases: &[&Phase]) -> String {
    let mut statuses = std::collections::BTreeMap::new();
    for (status, count) in phases.iter().flat_map(|phase| &phase.flood.statuses) {
        *statuses.entry(status).or_insert(0) += count;
    }
    let cells: Vec<String> = statuses.iter().map(|(status, count)| format!("{status}: {count}")).collect();
    cells.join(", ")
}

const INTRODUCTION: &str = "\
# What good requests feel of a bad issuer

Requests whose key is known shall feel nothing of what goes wrong with their issuer: none fails, none waits for a fetch. This
page was written by `cargo xtask soak --keys --report`, which exits with 1 where a bound is missed.

";
