//! One `[[apim.jwt.issuer]]`.

use std::collections::HashSet;

use toml::{Table, Value};

use crate::deployment::findings::Findings;
use crate::deployment::section::Section;
use crate::deployment::{JwtIssuer, MappedClaim};

/// Reads the issuer at `index`.
pub(super) fn read(index: usize, table: Table, findings: &mut Findings) -> Option<JwtIssuer> {
    let name = table.get("name").and_then(Value::as_str);
    let place = name.map_or_else(
        || format!("apim.jwt.issuer number {}", index + 1),
        |name| format!("apim.jwt.issuer {name:?}"),
    );
    let mut section = Section::new("apim.jwt.issuer", table, findings).called(place.clone());
    if !section.has("name") {
        section.problem("name is missing: it is what tokens have in `iss`");
    }
    let name = section.name("name");
    let jwks = section.table("jwks");
    let consumer_key_claim = section.name("consumer_key_claim");
    let scopes_claim = section.name("scopes_claim");
    let disable_default_claim_mapping = section.boolean("disable_default_claim_mapping");
    if disable_default_claim_mapping.is_some() {
        let key = section.key("disable_default_claim_mapping");
        let reason = "no claim is mapped by default";
        section.findings().notice(crate::deployment::Notice::NoEffect { key, reason });
    }
    for key in ["jwks_url", "jwks_uri", "jwk", "jwks_endpoint"] {
        // Passed over, it would leave the issuer to the keys of the trust store, which others share.
        if section.has(key) {
            section.problem(format!("{key}: the original writes jwks.url"));
        }
    }
    let mappings = section.tables("claim_mapping");
    section.end();

    let mut jwks_url = None;
    if let Some(jwks) = jwks {
        let mut section =
            Section::new("apim.jwt.issuer.jwks", jwks, findings).called(format!("{place}: jwks"));
        if !section.has("url") {
            section.problem("url is missing");
        }
        jwks_url = section.name("url");
        section.end();
    }
    let claim_mapping = claim_mapping(&place, mappings, findings);
    Some(JwtIssuer {
        name: name?,
        jwks_url,
        consumer_key_claim,
        scopes_claim,
        claim_mapping,
        disable_default_claim_mapping: disable_default_claim_mapping.unwrap_or(false),
    })
}

/// Each claim has one name, and each name is of one claim: which of two the original takes depends on the order of a hash map.
fn claim_mapping(place: &str, tables: Vec<Table>, findings: &mut Findings) -> Vec<MappedClaim> {
    let (mut remotes, mut locals) = (HashSet::new(), HashSet::new());
    let mut mappings = Vec::new();
    for (index, table) in tables.into_iter().enumerate() {
        let place = format!("{place}: claim_mapping number {}", index + 1);
        let mut section = Section::new("apim.jwt.issuer.claim_mapping", table, findings).called(place);
        for key in ["remote_claim", "local_claim"] {
            if !section.has(key) {
                section.problem(format!("{key} is missing"));
            }
        }
        if let (Some(remote), Some(local)) = (section.name("remote_claim"), section.name("local_claim")) {
            if !remotes.insert(remote.clone()) {
                section.problem(format!("remote_claim = {remote:?}: it is mapped already"));
            }
            if !locals.insert(local.clone()) {
                section.problem(format!("local_claim = {local:?}: another claim is mapped to it"));
            }
            mappings.push(MappedClaim { remote, local });
        }
        section.end();
    }
    mappings
}
