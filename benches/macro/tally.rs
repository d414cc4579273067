//! What the rounds gave.

use claimgate_benches::measured::{Host, Role, Server, Spread};

use crate::contender::Contender;
use crate::probe::Refusals;

/// One measurement of one server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) per_second: f64,
    /// CPU time of the server for a request, in microseconds.
    pub(crate) micros: f64,
    /// The share of its core that it used.
    pub(crate) busy: f64,
    pub(crate) p99: f64,
}

/// For each contender its samples of each round: those that most depends on are measured more than once in a round.
#[derive(Debug)]
pub(crate) struct Tally(Vec<Vec<Vec<Sample>>>);

impl Tally {
    pub(crate) fn new(contenders: usize, rounds: usize) -> Self {
        Tally(vec![vec![Vec::new(); rounds]; contenders])
    }

    pub(crate) fn add(&mut self, contender: usize, round: usize, sample: Sample) {
        if let Some(samples) = self.0.get_mut(contender).and_then(|rounds| rounds.get_mut(round)) {
            samples.push(sample);
        }
    }

    /// A figure of each round.
    pub(crate) fn of(&self, contender: usize, figure: impl Fn(&Sample) -> f64) -> Vec<f64> {
        let rounds = self.0.get(contender).map(Vec::as_slice).unwrap_or_default();
        rounds.iter().map(|samples| mean(samples.iter().map(&figure))).collect()
    }

    /// What a server adds to the bare one of its host, in microseconds, in each round.
    pub(crate) fn added(&self, contenders: &[Contender], contender: usize) -> Vec<f64> {
        let host = contenders.get(contender).map(|contender| contender.host);
        let bare = host.and_then(|host| place(contenders, host, Role::Bare));
        let Some(bare) = bare else { return Vec::new() };
        let micros = |contender| self.of(contender, |sample| sample.micros);
        micros(contender).into_iter().zip(micros(bare)).map(|(with, without)| with - without).collect()
    }

    pub(crate) fn servers(&self, contenders: &[Contender], refusals: &Refusals) -> Vec<Server> {
        let server = |(place, (contender, refuses)): (usize, (&Contender, &Vec<String>))| {
            let spread = |figure: fn(&Sample) -> f64| Spread::of(self.of(place, figure));
            let added = Spread::of(self.added(contenders, place));
            Some(Server {
                name: contender.name.clone(),
                host: contender.host,
                kind: contender.kind,
                role: contender.role,
                version: contender.version.clone(),
                refuses: refuses.clone(),
                per_second: spread(|sample| sample.per_second)?,
                micros: spread(|sample| sample.micros)?,
                added: added.filter(|_| contender.role != Role::Bare),
                busy: spread(|sample| sample.busy)?,
                p99: spread(|sample| sample.p99)?,
            })
        };
        contenders.iter().zip(refusals).enumerate().filter_map(server).collect()
    }
}

/// Where the one of our own, or of the host itself, stands that is compared as this.
pub(crate) fn place(contenders: &[Contender], host: Host, role: Role) -> Option<usize> {
    contenders.iter().position(|contender| contender.host == host && contender.role == role)
}

fn mean(figures: impl ExactSizeIterator<Item = f64>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let count = figures.len() as f64;
    figures.sum::<f64>() / count
}
