//! What goes wrong with the issuer.

use std::time::Duration;

use claimgate_testkit::Behaviour;
use serde::Serialize;

use crate::fetches::{FETCH_TIMEOUT, Settings};
use crate::size::Size;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Trouble {
    Hang,
    Errors,
    HugeBody,
    Rotation,
    Flood,
}

impl Trouble {
    pub(crate) const ALL: [Self; 5] = [Self::Hang, Self::Errors, Self::HugeBody, Self::Rotation, Self::Flood];

    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hang => "the issuer hangs",
            Self::Errors => "it answers 500",
            Self::HugeBody => "it sends 200 MiB",
            Self::Rotation => "it rotates every second",
            Self::Flood => "it rotates under a flood of `kid`s",
        }
    }

    /// How the key set is served meanwhile.
    pub(crate) fn behaviour(self) -> Behaviour {
        match self {
            Self::Hang => Behaviour::Hang,
            Self::Errors => Behaviour::status(500),
            // One is refused by its header, the other while it comes; they take turns.
            Self::HugeBody => Behaviour::Sequence(
                [Behaviour::Huge(HUGE), Behaviour::HugeDeclared(HUGE)]
                    .into_iter()
                    .cycle()
                    .take(100)
                    .collect(),
            ),
            Self::Rotation | Self::Flood => Behaviour::Normal,
        }
    }

    pub(crate) fn rotates(self) -> bool {
        matches!(self, Self::Rotation | Self::Flood)
    }

    /// Where the issuer fails, the schedule runs into it as often as it may. Where it rotates, the schedule is too slow for
    /// the new keys, so that they depend on the budget of requests.
    pub(crate) fn settings(self, size: &Size) -> Settings {
        if self.rotates() {
            Settings { interval: Duration::from_secs(10), cooldown: size.cooldown }
        } else {
            Settings { interval: Duration::from_secs(1), cooldown: Duration::from_secs(10) }
        }
    }

    /// The shortest time between two fetches of the schedule. A good one is followed at 72 % of the interval at the earliest
    /// (80 %, and a tenth of that for jitter), a failed one after 1 s of back-off from its end.
    pub(crate) fn shortest_gap(self, settings: Settings) -> Duration {
        match self {
            Self::Hang => FETCH_TIMEOUT + BACK_OFF,
            Self::Errors | Self::HugeBody => BACK_OFF,
            Self::Rotation | Self::Flood => settings.interval.mul_f64(0.72),
        }
    }
}

const HUGE: u64 = 200 << 20;
const BACK_OFF: Duration = Duration::from_secs(1);
