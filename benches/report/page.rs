//! The page.

use std::fmt::Write as _;
use std::thread;

use claimgate_benches::Row;
use claimgate_benches::measured::{Host, Measured, Setting};

use crate::plots::{ADDED, REQUESTS};
use crate::tables::{judged, servers, thousands};

pub(crate) fn text(micro: &[Row], measured: &Measured) -> String {
    let mut page = String::from(HEAD);
    _ = write!(page, "\n{}\n{}", method(&measured.setting), machine(&measured.setting));
    _ = write!(page, "\n## Servers under load\n\n![Requests a second on axum]({REQUESTS})\n");
    _ = write!(page, "\n![CPU time that the check adds to a request]({ADDED})\n");
    for (host, title) in [(Host::Axum, "axum"), (Host::Actix, "actix-web"), (Host::Envoy, "Envoy")] {
        if measured.servers.iter().any(|server| server.host == host) {
            _ = write!(page, "\n### {title}\n\n{}", servers(measured, host));
        }
    }
    _ = write!(page, "\n{SETUPS}");
    if !measured.not_built.is_empty() {
        let rust = version(&measured.setting, "rustc");
        _ = write!(
            page,
            "\nLeft out, as they do not build with Rust {rust}: {}.\n",
            measured.not_built.join(", ")
        );
    }
    _ = write!(page, "\n### What is asked of them\n\n{}", judged(&measured.rows));
    _ = write!(page, "\n## In the process\n\n{IN_PROCESS}\n{}", judged(micro));
    let missed: Vec<&Row> = measured.rows.iter().chain(micro).filter(|row| !row.holds()).collect();
    if !missed.is_empty() {
        page += "\n## What misses its bar\n\n";
        for row in missed {
            _ = writeln!(page, "- {row}");
        }
    }
    page += "\n";
    page += include_str!("where_the_time_goes.md");
    page
}

fn method(setting: &Setting) -> String {
    let Setting { rounds, seconds, connections, tokens, token_bytes, .. } = setting;
    let tokens = thousands(f64::from(u32::try_from(*tokens).unwrap_or(u32::MAX)));
    format!(
        "Each server has one core and one thread for requests, and the generator (wrk, {connections} connections) has another \
         core of the same machine. It sends {tokens} different RS256 tokens of {token_bytes} bytes in turn, signed with a key of \
         2048 bits; the bare servers get the same requests. A server is started anew for each measurement, warmed up for a second and \
         measured for {seconds} s. There were {rounds} rounds in which all had their turn, the bare ones and the cached ones \
         twice in each. Figures are medians of the rounds, and the smallest and the largest stand beside them; ratios and differences are taken within a \
         round. CPU time is what the system counts for the process of the server, in user space and in the kernel. \
         Every answer was a 200.\n"
    )
}

fn machine(setting: &Setting) -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let versions = setting.versions.iter().map(|(name, version)| format!("{name} {version}"));
    format!(
        "Machine: {cores} cores, {}, {}. Versions: {}. Optimised builds with thin LTO.\n",
        std::env::consts::ARCH,
        std::env::consts::OS,
        versions.collect::<Vec<_>>().join(", ")
    )
}

fn version<'s>(setting: &'s Setting, program: &str) -> &'s str {
    setting.versions.iter().find(|(name, _)| name == program).map_or("", |(_, version)| version)
}

const HEAD: &str = "\
# Benchmarks

`cargo xtask bench` measures and writes this page; `cargo xtask bench --check` measures what is in the process alone and fails
when a figure misses its bar.
";

const SETUPS: &str = "\
\"Cold\" checks every signature (`TokenCache::disabled()`); \"cached\" is the default; with \"cache and new tokens\" no token comes
twice. \"Refuses\" lists which kinds of bad tokens each server refused when it was asked before it was measured: one with a wrong signature, of another
issuer, for another audience, expired, and not valid yet.

Every handler takes the subject of the token as its library gives it and answers with it as JSON. `aliri_axum` stands behind the
layer of `aliri_tower`; `huskarl-resource-server` behind a middleware of a few lines, with its validator for RFC 9068; `jwt-authorizer` is on axum
0.7, for which it is made; `tower-oauth2-resource-server` has its back end aws-lc-rs, and the others the one that they have by
default. `actix-web-httpauth` has a validator of a few lines on jsonwebtoken, with aws-lc-rs and with keys that are parsed once.
Envoy has one worker and answers by itself; its `jwt_authn` has the key set in its configuration. The sources are in
`benches/peers` and `benches/macro`.
";

const IN_PROCESS: &str = "\
Without a network: what is compared takes turns in slices of milliseconds.
";
