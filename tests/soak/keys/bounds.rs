//! What has to hold.

use std::time::Duration;

use crate::fetches::FETCH_TIMEOUT;
use crate::median::median;
use crate::phase::Phase;
use crate::size::Size;
use crate::trouble::Trouble;

/// Every bound that was missed, one line for each.
pub(crate) fn missed(runs: &[Vec<Phase>], size: &Size) -> Vec<String> {
    let mut problems = Vec::new();
    for (run, phases) in (1..).zip(runs) {
        for phase in phases {
            let name = phase.trouble.name();
            let mut missed = |problem: String| problems.push(format!("run {run}, {name}: {problem}"));
            decisions(phase, size, &mut missed);
            if !size.is_small {
                times(phase, size, &mut missed);
            }
        }
    }
    if !size.is_small {
        for trouble in Trouble::ALL {
            let ratio = median_ratio(runs, trouble);
            // Not `ratio > MOST`: without an answer there is no number, and that is no pass.
            if !ratio.is_finite() || ratio > MOST_RATIO {
                problems.push(format!(
                    "{}: p99 is {ratio:.2} times that of calm, {MOST_RATIO} are allowed",
                    trouble.name()
                ));
            }
        }
    }
    problems
}

pub(crate) fn median_ratio(runs: &[Vec<Phase>], trouble: Trouble) -> f64 {
    median(runs.iter().flatten().filter(|phase| phase.trouble == trouble).map(Phase::ratio))
}

/// What a busy machine does not change.
fn decisions(phase: &Phase, size: &Size, missed: &mut impl FnMut(String)) {
    for (counts, when) in [(&phase.calm, "in the calm"), (&phase.good, "in the trouble")] {
        match counts.except(&[200]) {
            0 if counts.all() > 0 => {}
            0 => missed(format!("no request was sent {when}")),
            failed => missed(format!("{failed} good requests failed {when}: {counts:?}")),
        }
        if counts.waited > 0 {
            missed(format!("{} good requests waited for a fetch {when}", counts.waited));
        }
    }
    match phase.fetches {
        0 => missed("no fetch ran into it".to_owned()),
        fetches if fetches > phase.most_fetches => {
            missed(format!("{fetches} fetches, {} are allowed", phase.most_fetches));
        }
        _ => {}
    }
    if phase.trouble.rotates() {
        let lost = phase.new_keys.iter().filter(|key| key.accepted_after.is_none()).count();
        if phase.new_keys.is_empty() || lost > 0 {
            missed(format!("{lost} of {} new keys were never accepted", phase.new_keys.len()));
        }
        // Else nothing would show that a good request which waits is seen to wait.
        if !phase.new_keys.iter().any(|key| key.has_waited) {
            missed("no request with a new key was seen to wait for a fetch".to_owned());
        }
    }
    if phase.trouble == Trouble::Flood {
        // 503 is for who comes while a thousand wait already.
        let odd = phase.flood.except(&[401, 503]);
        if odd > 0 || phase.flood.all() < size.flood_rate as usize {
            missed(format!("the flood got something else than refusals: {:?}", phase.flood));
        }
    }
}

fn times(phase: &Phase, size: &Size, missed: &mut impl FnMut(String)) {
    let longest = Duration::from_secs_f64(phase.good_latency.max / 1_000.0);
    if phase.trouble == Trouble::Hang && longest > FETCH_TIMEOUT / 4 {
        missed(format!("a good request took {longest:.3?}, as if it had waited for a fetch"));
    }
    let slowest = phase.slowest_key();
    if phase.trouble.rotates() && slowest > size.cooldown + TO_COME_AGAIN {
        missed(format!("a new key was accepted after {slowest:.3?}, the cooldown is {:?}", size.cooldown));
    }
}

pub(crate) const MOST_RATIO: f64 = 3.0;
/// Who was refused comes again 20 ms later, and the fetch itself takes its time.
const TO_COME_AGAIN: Duration = Duration::from_millis(200);
