//! How many fetches there may be.

use std::time::Duration;

use crate::trouble::Trouble;

/// How the server fetches keys.
#[derive(Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) interval: Duration,
    pub(crate) cooldown: Duration,
}

/// The most fetches in a time of this length, by what the settings promise: those of the schedule, and where requests bring
/// unknown `kid`s a burst of two and one more in each cooldown. Where none does, none may be made for them.
pub(crate) fn most(trouble: Trouble, settings: Settings, lasting: Duration) -> usize {
    let scheduled = whole(lasting, trouble.shortest_gap(settings)) + 1;
    let demanded = if trouble.rotates() { BURST + whole(lasting, settings.cooldown) } else { 0 };
    scheduled + demanded
}

fn whole(lasting: Duration, gap: Duration) -> usize {
    usize::try_from(lasting.as_nanos() / gap.as_nanos().max(1)).unwrap_or(usize::MAX)
}

const BURST: usize = 2;
/// The default, said aloud since bounds are made of it.
pub(crate) const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
