//! `deployment.toml`, table by table.

use std::path::Path;
use std::time::Duration;

use claimgate_core::{CertificateValidity, ConfigError};
use toml::Table;

use crate::deployment::backend_jwt::{self, set};
use crate::deployment::findings::{Findings, single};
use crate::deployment::notice::Notice;
use crate::deployment::section::Section;
use crate::deployment::{
    CacheConfig, Deployment, LONGEST_LEEWAY, MOST_BYTES, TIMES_OF_TOKENS, issuer_section,
};
use crate::trust_store::TrustStore;

pub(super) fn read(text: &str, base: &Path) -> Result<(Deployment, Vec<Notice>), ConfigError> {
    if text.len() > MOST_BYTES {
        return Err(single(format!("{} bytes: more than the {MOST_BYTES} that are read", text.len())));
    }
    let table = text.parse::<Table>().map_err(|error| single(syntax_error(text, &error)))?;
    let mut findings = Findings::default();
    let mut deployment = Deployment::default();
    let mut root = Section::new("", table, &mut findings);
    let (apim, oauth, trust_store) = (root.table("apim"), root.table("oauth"), root.table("truststore"));
    root.others(&["apimgt", "keystore"]);
    root.end_among_others();
    if let Some(apim) = apim {
        read_apim(&mut deployment, apim, &mut findings);
    }
    if let Some(oauth) = oauth {
        read_oauth(&mut deployment, oauth, &mut findings);
    }
    if let Some(trust_store) = trust_store {
        deployment.trust_store = read_trust_store(&mut deployment, trust_store, base, &mut findings);
    }
    deployment.check_issuers(&mut findings);
    findings.or(deployment)
}

fn read_apim(deployment: &mut Deployment, table: Table, findings: &mut Findings) {
    let mut apim = Section::new("apim", table, findings);
    let jwt = apim.table("jwt");
    let switches = [apim.table("jwt_authentication"), apim.table("jwt_authenitcation")];
    let oauth_config = apim.table("oauth_config");
    let token = apim.table("token");
    let cache = apim.table("cache");
    let reloader = apim.table("certificate_reloader");
    apim.no_effect("http_client", "keys are fetched with limits of our own");
    apim.others(&[
        "key_manager",
        "devportal",
        "access_token_binding",
        "event_hub",
        "cache_invalidation",
        "cors",
        "gateway",
        "throttling",
    ]);
    apim.end_among_others();
    if let Some(jwt) = jwt {
        read_jwt(deployment, jwt, findings);
    }
    read_switch(deployment, switches, findings);
    if let Some(table) = oauth_config {
        read_oauth_config(deployment, table, findings);
    }
    if let Some(table) = token {
        read_token(deployment, table, findings);
    }
    if let Some(table) = cache {
        read_caches(deployment, table, findings);
    }
    if let Some(table) = reloader {
        let mut section = Section::new("apim.certificate_reloader", table, findings);
        if let Some(period) = section.duration("period") {
            if period < Duration::from_secs(1) {
                section.problem(format!("period = {period:?}: at least 1s"));
            }
            deployment.certificate_reload = period;
        }
        section.end();
    }
}

fn read_jwt(deployment: &mut Deployment, table: Table, findings: &mut Findings) {
    let mut jwt = Section::new("apim.jwt", table, findings);
    let issuers = jwt.tables("issuer");
    let gateway_generator = backend_jwt::read(&mut deployment.backend_jwt, &mut jwt);
    jwt.end();
    if let Some(table) = gateway_generator {
        backend_jwt::read_gateway_generator(&mut deployment.backend_jwt, table, findings);
    }
    let issuers = issuers.into_iter().enumerate();
    deployment.issuers =
        issuers.filter_map(|(index, table)| issuer_section::read(index, table, findings)).collect();
}

/// The original reads the misspelt table and passes over the right one.
fn read_switch(deployment: &mut Deployment, tables: [Option<Table>; 2], findings: &mut Findings) {
    let mut said = Vec::new();
    for (table, path) in tables.into_iter().zip(["apim.jwt_authentication", "apim.jwt_authenitcation"]) {
        let Some(table) = table else { continue };
        let mut section = Section::new(path, table, findings);
        said.extend(section.boolean("subscription_validation_via_km"));
        section.end();
        if path == "apim.jwt_authenitcation" {
            let right = "apim.jwt_authentication".to_owned();
            findings.notice(Notice::Misspelled { key: path.to_owned(), right });
        }
    }
    match *said {
        [right, misspelt] if right != misspelt => findings.problem(
            "apim",
            format!(
                "jwt_authentication.subscription_validation_via_km = {right} and \
                 jwt_authenitcation.subscription_validation_via_km = {misspelt}: say one"
            ),
        ),
        [value, ..] => deployment.subscription_validation_via_km = value,
        [] => {}
    }
}

fn read_oauth_config(deployment: &mut Deployment, table: Table, findings: &mut Findings) {
    let mut section = Section::new("apim.oauth_config", table, findings);
    let oauth = &mut deployment.oauth;
    set(&mut oauth.auth_header, section.header_name("auth_header"));
    set(&mut oauth.enable_outbound_auth_header, section.boolean("enable_outbound_auth_header"));
    set(&mut oauth.certificate_bound, section.boolean("enable_certificate_bound_access_token"));
    section.no_effect("set_jwt_as_opaque_token", "the original does not read it either");
    section.others(&[
        "default_app_scope",
        "allowed_scopes",
        "white_listed_scopes",
        "expires_in",
        "revoke_endpoint",
        "token_endpoint_context",
        "revoke_endpoint_context",
        "enable_token_encryption",
        "enable_token_hashing",
        "enable_revoke_token_cleanup",
        "scope_issuer",
        "enable_jwt_for_portals",
    ]);
    section.end();
}

fn read_token(deployment: &mut Deployment, table: Table, findings: &mut Findings) {
    let mut token = Section::new("apim.token", table, findings);
    let (validation, revocation) = (token.table("validation"), token.table("revocation"));
    token.end_among_others();
    if let Some(table) = validation {
        let mut section = Section::new("apim.token.validation", table, findings);
        set(&mut deployment.enforce_type_header, section.boolean("enforce_type_header_validation"));
        section.end();
    }
    if let Some(table) = revocation {
        let mut section = Section::new("apim.token.revocation", table, findings);
        if let Some(class) = section.name("notifier_impl") {
            section.needs_plugin("notifier_impl", class);
        }
        section.others(&[
            "enable_realtime_notifier",
            "realtime_notifier",
            "enable_persistent_notifier",
            "persistent_notifier",
        ]);
        section.end();
    }
}

fn read_caches(deployment: &mut Deployment, table: Table, findings: &mut Findings) {
    let mut caches = Section::new("apim.cache", table, findings);
    let tables = [caches.table("gateway_token"), caches.table("km_token"), caches.table("jwt_claim")];
    caches.others(&["resource", "scopes", "recent_apis", "publisher_roles", "restapi_token"]);
    caches.end();
    let places = [
        ("apim.cache.gateway_token", &mut deployment.token_cache),
        ("apim.cache.km_token", &mut deployment.key_manager_cache),
        ("apim.cache.jwt_claim", &mut deployment.claim_cache),
    ];
    for ((path, CacheConfig { enabled, expiry }), table) in places.into_iter().zip(tables) {
        let Some(table) = table else { continue };
        let mut section = Section::new(path, table, findings);
        set(enabled, section.boolean("enable"));
        set(expiry, section.duration("expiry_time"));
        section.end();
    }
    let CacheConfig { enabled, expiry } = deployment.token_cache;
    if enabled && !TIMES_OF_TOKENS.contains(&expiry) {
        let message = format!("expiry_time = {expiry:?}: from 1s to 365d; enable = false is for no cache");
        findings.problem("apim.cache.gateway_token", message);
    }
}

fn read_oauth(deployment: &mut Deployment, table: Table, findings: &mut Findings) {
    let mut oauth = Section::new("oauth", table, findings);
    if let Some(leeway) = oauth.duration("timestamp_skew") {
        // A leeway of hours would make `exp` meaningless.
        if leeway > LONGEST_LEEWAY {
            oauth.problem(format!("timestamp_skew = {leeway:?}: from 0s to 5m"));
        }
        deployment.leeway = leeway;
    }
    let extensions = oauth.table("extensions");
    oauth.others(&["token_validation", "grant_type", "jwt"]);
    oauth.end_among_others();
    if let Some(table) = extensions {
        let mut section = Section::new("oauth.extensions", table, findings);
        if let Some(class) = section.name("token_generator") {
            section.needs_plugin("token_generator", class);
        }
        section.others(&["token_types"]);
        section.end_among_others();
    }
}

fn read_trust_store(
    deployment: &mut Deployment,
    table: Table,
    base: &Path,
    findings: &mut Findings,
) -> Option<TrustStore> {
    let mut section = Section::new("truststore", table, findings);
    if !section.has("file_name") {
        section.problem("file_name is missing");
    }
    let file_name = section.name("file_name");
    let password = section.secret("password");
    let is_directory = section.typed("type", "\"JKS\", \"PKCS12\", or \"PEM\" for a directory", |value| {
        match value.as_str()?.to_ascii_uppercase().as_str() {
            // They are told apart by content.
            "JKS" | "PKCS12" => Some(false),
            "PEM" => Some(true),
            _ => None,
        }
    });
    if is_directory == Some(true) && password.is_some() {
        section.problem("password: a directory has none");
    }
    let variable = password.as_deref().and_then(|text| text.strip_prefix("$env{")?.strip_suffix('}'));
    if variable.is_none() && password.as_deref().is_some_and(|text| text.starts_with("$secret{")) {
        section.problem("password: no vault is read here, and `$env{NAME}` is an environment variable");
    }
    if section.boolean("enforce_certificate_validity") == Some(true) {
        deployment.certificate_validity = CertificateValidity::Check;
    }
    let is_said = section.has("certificate_warning");
    if is_said && deployment.certificate_validity != CertificateValidity::Check {
        let (key, reason) = (section.key("certificate_warning"), "enforce_certificate_validity is not true");
        section.findings().notice(Notice::NoEffect { key, reason });
    }
    set(&mut deployment.certificate_warning, section.duration("certificate_warning"));
    section.end();
    let path = base.join(file_name?);
    Some(match (is_directory, variable, &password) {
        (Some(true), _, _) => TrustStore::directory(path),
        (_, Some(name), _) => TrustStore::file(path).password_env(name),
        (_, None, Some(password)) => TrustStore::file(path).password(password.clone()),
        (_, None, None) => TrustStore::file(path),
    })
}

fn syntax_error(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
    format!("line {line}: {}", error.message().replace('\n', ", "))
}
