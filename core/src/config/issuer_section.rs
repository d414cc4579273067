//! One `[[issuer]]` of the file.

use std::path::Path;

use toml::{Table, Value};

use crate::algorithm::Algorithm;
use crate::certificate::CertificateValidity;
use crate::config::key_store_section;
use crate::config::section::{Section, duration};
use crate::config_error::Problems;
use crate::fetch_settings::Start;
use crate::issuer::Issuer;

/// Reads the issuer at `index`. What is wrong goes to `problems`, and a safe value in its place, so that the rest is checked.
pub(crate) fn read(index: usize, table: Table, base: &Path, problems: &mut Problems) -> Issuer {
    let name = table.get("issuer").and_then(Value::as_str);
    let place =
        name.map_or_else(|| format!("issuer number {}", index + 1), |name| format!("issuer {name:?}"));
    let mut section = Section::new(place, table, problems);
    let mut issuer = audience(&mut section);
    issuer = keys(issuer, &mut section, base);
    issuer = rules(issuer, &mut section);
    issuer = fetching(issuer, &mut section, base);
    section.end();
    issuer
}

/// Naming an audience is required, in the file as in the type of the builder.
fn audience(section: &mut Section<'_>) -> Issuer {
    let name = section.string("issuer");
    if name.is_none() && section.get("issuer").is_none() {
        section.problem("issuer is missing");
    }
    let issuer = Issuer::new(name.unwrap_or_else(|| "-".to_owned()));
    let any = section.boolean("any_audience").unwrap_or(false);
    let has_audiences = section.get("audiences").is_some();
    match (section.string_list("audiences"), any) {
        (Some(audiences), false) => issuer.audiences(audiences),
        (None, true) if !has_audiences => issuer.any_audience(),
        (audiences, _) => {
            match audiences {
                Some(audiences) => {
                    section.problem(format!("audiences = {audiences:?} and any_audience = true: say one"));
                }
                None if !has_audiences => {
                    section.problem("audiences is missing: name your service, or say any_audience = true");
                }
                None => {}
            }
            issuer.any_audience()
        }
    }
}

fn keys(mut issuer: Issuer, section: &mut Section<'_>, base: &Path) -> Issuer {
    let mut said = Vec::new();
    if let Some(url) = section.string("jwks_uri") {
        said.push("jwks_uri");
        issuer = issuer.jwks_uri(url);
    }
    if let Some(path) = section.string("jwks_file") {
        said.push("jwks_file");
        issuer = issuer.jwks_file(base.join(path));
    }
    if let Some(paths) = section.string_or_list("certificates") {
        said.push("certificates");
        issuer = issuer.certificates(paths.iter().map(|path| base.join(path)));
    }
    if let Some(path) = section.string("key_directory") {
        said.push("key_directory");
        issuer = issuer.key_directory(base.join(path));
    }
    if let Some(store) = section.table("keystore") {
        said.push("keystore");
        if let Some(store) = key_store_section::read(section.inner("keystore", store), base) {
            issuer = issuer.keystore(store);
        }
    }
    if said.len() > 1 {
        section.problem(format!("{}: say one source of keys", said.join(" and ")));
    }
    if let Some(validity) = section.typed("certificate_validity", "\"ignore\" or \"check\"", validity) {
        issuer = issuer.certificate_validity(validity);
    }
    if let Some(ahead) = section.duration("certificate_warning") {
        issuer = issuer.certificate_warning(ahead);
    }
    issuer
}

fn validity(value: &Value) -> Option<CertificateValidity> {
    match value.as_str()? {
        "ignore" => Some(CertificateValidity::Ignore),
        "check" => Some(CertificateValidity::Check),
        _ => None,
    }
}

fn rules(mut issuer: Issuer, section: &mut Section<'_>) -> Issuer {
    if let Some(names) = section.string_list("algorithms") {
        let algorithms = names.iter().filter_map(|name| algorithm(name, section)).collect::<Vec<_>>();
        // A list of nothing but bad names is told name by name, not as empty.
        if names.is_empty() || !algorithms.is_empty() {
            issuer = issuer.algorithms(algorithms);
        }
    }
    if let Some(types) = section.string_list("token_types") {
        issuer = issuer.token_types(types);
    }
    if let Some(claims) = section.string_list("required_claims") {
        issuer = issuer.required_claims(claims);
    }
    for (name, values) in section.string_lists("claims") {
        issuer = issuer.claim(name, values);
    }
    if let Some(leeway) = section.duration("leeway") {
        issuer = issuer.leeway(leeway);
    }
    if let Some(longest) = section.duration("max_lifetime") {
        issuer = issuer.max_lifetime(longest);
    }
    if let Some(path) = section.string_or_list("scopes_claim") {
        issuer = issuer.scopes_claim(path);
    }
    section.not_yet("claim_mapping", "claim mapping");
    issuer
}

fn algorithm(name: &str, section: &mut Section<'_>) -> Option<Algorithm> {
    let algorithm = name.parse().ok();
    if algorithm.is_none() {
        section.problem(match name {
            "HS256" | "HS384" | "HS512" => {
                format!("algorithms: {name:?} is symmetric: whoever can check such a token can make one")
            }
            _ => format!("algorithms: {name:?} is not the name of an asymmetric signature algorithm"),
        });
    }
    algorithm
}

fn fetching(mut issuer: Issuer, section: &mut Section<'_>, base: &Path) -> Issuer {
    if let Some(start) = section.typed("start", "\"serve\", { wait = \"10s\" } or \"fail\"", start) {
        issuer = issuer.start(start);
    }
    if let Some(interval) = section.duration("refresh_interval") {
        issuer = issuer.refresh_interval(interval);
    }
    if let Some(burst) = section.size("refresh_burst") {
        // What is more than that is more than is allowed.
        issuer = issuer.refresh_burst(burst.try_into().unwrap_or(u32::MAX));
    }
    if let Some(cooldown) = section.duration("refresh_cooldown") {
        issuer = issuer.refresh_cooldown(cooldown);
    }
    if let Some(stale_for) = section.duration("stale_for") {
        issuer = issuer.stale_for(stale_for);
    }
    if let Some(timeout) = section.duration("fetch_timeout") {
        issuer = issuer.fetch_timeout(timeout);
    }
    if let Some(bytes) = section.size("max_jwks_bytes") {
        issuer = issuer.max_jwks_bytes(bytes);
    }
    if let Some(keys) = section.size("max_keys") {
        issuer = issuer.max_keys(keys);
    }
    if let Some(hosts) = section.string_list("jwks_hosts") {
        issuer = issuer.jwks_hosts(hosts);
    }
    // Whoever changes a file of a running server means the server.
    if section.boolean("watch_files").unwrap_or(true) {
        issuer = issuer.watch_files();
    }
    if section.boolean("allow_insecure_http") == Some(true) {
        issuer = issuer.danger_allow_insecure_http();
    }
    if let Some(path) = section.string("ca_file") {
        issuer = issuer.ca_file(base.join(path));
    }
    if let Some(path) = section.string("client_identity_file") {
        issuer = issuer.client_identity(base.join(path));
    }
    if let Some(proxy) = section.secret("proxy") {
        issuer = issuer.proxy(proxy);
    }
    if section.boolean("guard_addresses") == Some(true) {
        issuer = issuer.guard_addresses();
    }
    issuer
}

fn start(value: &Value) -> Option<Start> {
    match value {
        Value::String(word) if word == "serve" => Some(Start::Serve),
        Value::String(word) if word == "fail" => Some(Start::Fail),
        Value::Table(table) if table.len() == 1 => table.get("wait").and_then(duration).map(Start::Wait),
        _ => None,
    }
}
