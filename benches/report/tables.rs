//! Tables in Markdown.

use std::fmt::Write as _;

use claimgate_benches::measured::{Host, Measured, Server, Spread};
use claimgate_benches::{Bar, Row};

/// Rows with their bars.
pub(crate) fn judged(rows: &[Row]) -> String {
    let mut table = "| What | Figure | Runs | Bar | |\n|---|---:|---:|---:|---|\n".to_owned();
    for row in rows {
        let (bar, word) = match row.bar {
            Bar::AtMost(most) => (format!("≤ {most}"), if row.holds() { "held" } else { "**missed**" }),
            Bar::AtLeast(least) => (format!("≥ {least}"), if row.holds() { "held" } else { "**missed**" }),
            Bar::Told => (String::new(), ""),
        };
        let (low, high) = (number(row.spread.0), number(row.spread.1));
        let what = escaped(&row.what);
        _ = writeln!(table, "| {what} | {} | {low} to {high} | {bar} | {word} |", number(row.figure));
    }
    table
}

/// The servers of a host.
pub(crate) fn servers(measured: &Measured, host: Host) -> String {
    let mut table = "| Server | Version | Requests a second | CPU a request, µs | added, µs | of its core | p99, µs | refuses |\n\
                     |---|---|---:|---:|---:|---:|---:|---|\n"
        .to_owned();
    for server in measured.servers.iter().filter(|server| server.host == host) {
        table += &line(server);
    }
    table
}

fn line(server: &Server) -> String {
    let Server { name, version, per_second, micros, added, busy, p99, refuses, .. } = server;
    let added = added.map(|added| spread(added, |figure| format!("{figure:.2}"))).unwrap_or_default();
    format!(
        "| {name} | {} | {} | {} | {added} | {:.0} % | {:.0} | {} |\n",
        version.as_deref().unwrap_or_default(),
        spread(*per_second, thousands),
        spread(*micros, |figure| format!("{figure:.2}")),
        busy.median * 100.0,
        p99.median,
        refuses.join(", ")
    )
}

fn spread(spread: Spread, told: impl Fn(f64) -> String) -> String {
    format!("{} ({} to {})", told(spread.median), told(spread.min), told(spread.max))
}

/// A whole number with its thousands apart.
pub(crate) fn thousands(figure: f64) -> String {
    let digits = format!("{:.0}", figure.max(0.0));
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// With three digits that count.
fn number(figure: f64) -> String {
    match figure.abs() {
        _ if figure.is_nan() => "not measured".to_owned(),
        1000.0.. => thousands(figure),
        100.0.. => format!("{figure:.0}"),
        10.0.. => format!("{figure:.1}"),
        1.0.. => format!("{figure:.2}"),
        _ => format!("{figure:.3}"),
    }
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_long_as_they_need_to_be() {
        for (figure, text) in [
            (0.0123, "0.012"),
            (1.2345, "1.23"),
            (12.345, "12.3"),
            (123.45, "123"),
            (1234.5, "1,234"),
            (1_234_567.0, "1,234,567"),
            (f64::NAN, "not measured"),
        ] {
            assert_eq!(number(figure), text);
        }
    }
}
