//! How many fetches requests may cause.

use std::time::Duration;

use crate::moment::Moment;

/// A number of tries that come back one by one. When they are used up it refuses; it never queues.
#[derive(Debug)]
pub(crate) struct Budget {
    most: u32,
    left: u32,
    one_per: Duration,
    counted: Option<Moment>,
}

impl Budget {
    /// `most` at once, then one in each `one_per`.
    pub(crate) fn new(most: u32, one_per: Duration) -> Self {
        Budget { most, left: most, one_per, counted: None }
    }

    /// Takes one, if there is one.
    pub(crate) fn take(&mut self, now: Moment) -> bool {
        self.refill(now);
        let taken = self.left > 0;
        self.left -= u32::from(taken);
        taken
    }

    fn refill(&mut self, now: Moment) {
        let counted = *self.counted.get_or_insert(now);
        if self.left == self.most {
            self.counted = Some(now);
            return;
        }
        let elapsed = now.since(counted);
        let back = elapsed.as_nanos() / self.one_per.as_nanos().max(1);
        if back > 0 {
            let back = u32::try_from(back).unwrap_or(u32::MAX).min(self.most);
            self.left = self.left.saturating_add(back).min(self.most);
            // What has passed of the next one counts on, unless the budget is full.
            let full = self.left == self.most;
            self.counted = Some(if full { now } else { counted.later(self.one_per.saturating_mul(back)) });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn gives_a_burst_then_one_in_each_cooldown() {
        let start = Moment::new(Duration::from_secs(1_000_000), Instant::now());
        let mut budget = Budget::new(2, Duration::from_secs(10));
        for (second, expected) in [
            (0, true),
            (0, true),
            (0, false),
            (9, false),
            (10, true),
            (10, false),
            (19, false),
            (20, true),
            (20, false),
            // A long rest fills it to the brim and no further.
            (1_000, true),
            (1_000, true),
            (1_000, false),
            (1_009, false),
            (1_010, true),
        ] {
            assert_eq!(budget.take(start.later(Duration::from_secs(second))), expected, "at {second}");
        }
    }
}
