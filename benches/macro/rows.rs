//! The figures that are judged.

use claimgate_benches::measured::{Host, Kind, Role, Spread};
use claimgate_benches::{Bar, Row};

use crate::contender::Contender;
use crate::probe::{self, Refusals};
use crate::tally::{Sample, Tally, place};

pub(crate) fn of(tally: &Tally, contenders: &[Contender], refusals: &Refusals) -> Vec<Row> {
    let table = Table { tally, contenders };
    let mut rows = Vec::new();
    for (host, name) in [(Host::Axum, "axum"), (Host::Actix, "actix")] {
        let (bare, cached) = (table.place(host, Role::Bare), table.place(host, Role::Cached));
        rows.push(table.added(format!("{name}, cached: {ADDED}"), Bar::AtMost(0.5), cached));
        let what = format!("{name}, cached: requests a second ÷ bare");
        rows.push(table.faster(what, Bar::AtLeast(0.95), cached, bare));
        for (role, layer) in [(Role::Through, "decides nothing"), (Role::Tag, "makes a tag")] {
            let floor = table.place(host, role);
            rows.push(table.added(format!("{name}, a layer that {layer}: {ADDED}"), Bar::Told, floor));
            let what = format!("{name}, a layer that {layer}: requests a second ÷ bare");
            rows.push(table.faster(what, Bar::Told, floor, bare));
        }
    }
    let (cold, cached) = (table.place(Host::Axum, Role::Cold), table.place(Host::Axum, Role::Cached));
    let fastest = table.fastest_axum_peer(refusals);
    let what = |state| format!("axum RS256, {state}: requests a second ÷ the fastest axum peer");
    rows.push(table.faster(what("cold"), Bar::AtLeast(1.2), cold, fastest));
    rows.push(table.faster(what("cached"), Bar::AtLeast(4.5), cached, fastest));
    let peer = contenders.iter().position(|other| other.host == Host::Actix && other.kind == Kind::Peer);
    let what = "actix RS256, cold: requests a second ÷ actix-web-httpauth with jsonwebtoken";
    rows.push(table.faster(what.to_owned(), Bar::AtLeast(1.15), table.place(Host::Actix, Role::Cold), peer));
    for (role, state, most) in [(Role::Cold, "cold", 0.62), (Role::Cached, "cached", 0.2)] {
        let what = format!("axum, {state}: CPU added ÷ what Envoy's jwt_authn adds, {state}");
        let (ours, theirs) = (table.place(Host::Axum, role), table.place(Host::Envoy, role));
        rows.push(table.lighter(what, Bar::AtMost(most), ours, theirs));
    }
    let what = "axum, cache on and every token a new one: requests a second ÷ cold";
    rows.push(table.faster(what.to_owned(), Bar::Told, table.place(Host::Axum, Role::Fresh), cold));
    rows
}

const ADDED: &str = "server CPU a request added over bare, µs";

struct Table<'a> {
    tally: &'a Tally,
    contenders: &'a [Contender],
}

/// Where a contender stands; nothing for one that was not measured, whose rows are then held by nothing.
type Place = Option<usize>;

impl Table<'_> {
    fn place(&self, host: Host, role: Role) -> Place {
        place(self.contenders, host, role)
    }

    fn fastest_axum_peer(&self, refusals: &Refusals) -> Place {
        let peers = self.contenders.iter().zip(refusals).enumerate().filter(|(_, (contender, refused))| {
            contender.host == Host::Axum
                && contender.kind == Kind::Peer
                && probe::are_the_same_checks(refused)
        });
        let speed = |place: usize| Spread::of(self.per_second(Some(place))).map_or(0.0, |speed| speed.median);
        peers.map(|(place, _)| place).max_by(|one, other| speed(*one).total_cmp(&speed(*other)))
    }

    /// A row about what a server adds to its bare one.
    fn added(&self, what: String, bar: Bar, of: Place) -> Row {
        let micros = |place: Place| {
            let figures = place.map(|place| self.tally.of(place, |sample| sample.micros));
            Spread::of(figures.unwrap_or_default()).map_or(f64::NAN, |spread| spread.median)
        };
        let bare = of.and_then(|of| self.contenders.get(of)).and_then(|of| self.place(of.host, Role::Bare));
        let detail = format!("bare {:.2} µs, this {:.2} µs", micros(bare), micros(of));
        Row::of(what, bar, self.added_micros(of), detail)
    }

    /// A row about requests a second.
    fn faster(&self, what: String, bar: Bar, ours: Place, theirs: Place) -> Row {
        let (ours_per_second, theirs_per_second) = (self.per_second(ours), self.per_second(theirs));
        let told = |place, figures: &[f64]| self.told(place, figures, |median| format!("{median:.0}/s"));
        let detail = format!("{}, {}", told(ours, &ours_per_second), told(theirs, &theirs_per_second));
        Row::of(what, bar, ratios(&ours_per_second, &theirs_per_second), detail)
    }

    /// A row about CPU time.
    fn lighter(&self, what: String, bar: Bar, ours: Place, theirs: Place) -> Row {
        let (ours_added, theirs_added) = (self.added_micros(ours), self.added_micros(theirs));
        let told =
            |place, figures: &[f64]| self.told(place, figures, |median| format!("adds {median:.2} µs"));
        let detail = format!("{}, {}", told(ours, &ours_added), told(theirs, &theirs_added));
        Row::of(what, bar, ratios(&ours_added, &theirs_added), detail)
    }

    fn told(&self, place: Place, figures: &[f64], words: impl Fn(f64) -> String) -> String {
        let name =
            place.and_then(|place| self.contenders.get(place)).map(|contender| contender.name.as_str());
        match (name, Spread::of(figures.iter().copied())) {
            (Some(name), Some(spread)) => format!("{name} {}", words(spread.median)),
            _ => "not measured".to_owned(),
        }
    }

    fn per_second(&self, of: Place) -> Vec<f64> {
        of.map(|of| self.tally.of(of, |sample: &Sample| sample.per_second)).unwrap_or_default()
    }

    fn added_micros(&self, of: Place) -> Vec<f64> {
        of.map(|of| self.tally.added(self.contenders, of)).unwrap_or_default()
    }
}

fn ratios(ours: &[f64], theirs: &[f64]) -> Vec<f64> {
    ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect()
}
