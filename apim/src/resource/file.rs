//! The table as TOML.

use std::sync::Arc;

use claimgate_core::config::Section;
use claimgate_core::{ConfigError, Problems};

use crate::api::{Api, AuthType, Resource};

/// Reads the resources of `text`. What is wrong goes to `problems`, and a safe value in its place, so that the rest is checked.
pub(super) fn read(text: &str, problems: &mut Problems) -> Result<Vec<Resource>, ConfigError> {
    let mut file = Section::parse(text, problems)?;
    let apis = file.tables("api");
    if apis.is_empty() {
        file.problem("api is missing: without one, every request is refused");
    }
    file.end();
    let mut resources = Vec::new();
    for (index, table) in apis.into_iter().enumerate() {
        let name = table.get("name").and_then(toml::Value::as_str).map(|name| format!("api {name:?}"));
        let place = name.unwrap_or_else(|| format!("api number {}", index + 1));
        let mut section = Section::new(place.clone(), table, problems);
        let tables = section.tables("resource");
        if tables.is_empty() {
            section.problem("resource is missing: without one, every request is refused");
        }
        let api = Arc::new(api(section));
        for (index, table) in tables.into_iter().enumerate() {
            let path =
                table.get("path").and_then(toml::Value::as_str).map(|path| format!("resource {path:?}"));
            let inner = path.unwrap_or_else(|| format!("resource number {}", index + 1));
            resources.extend(operations(&api, Section::new(format!("{place}: {inner}"), table, problems)));
        }
    }
    Ok(resources)
}

fn api(mut section: Section<'_>) -> Api {
    let name = required(&mut section, "name");
    let version = required(&mut section, "version");
    let context = required(&mut section, "context").replace("{version}", &version);
    let publisher = section.string("publisher");
    let audiences = section.string_list("audiences").unwrap_or_default();
    let auth_header = section.string("auth_header");
    if let Some(header) = auth_header.as_deref().filter(|header| !is_header(header)) {
        section.problem(format!("auth_header = {header:?} is no name of a header field"));
    }
    // A token for trying does not get to the real endpoint because nobody has said anything of endpoints.
    let endpoints = section.string_list("endpoints").unwrap_or_else(|| vec!["production".to_owned()]);
    if endpoints.is_empty() {
        section.problem("endpoints = []: without one, every token is refused");
    }
    for other in endpoints.iter().filter(|endpoint| !matches!(endpoint.as_str(), "production" | "sandbox")) {
        section.problem(format!("endpoints: {other:?}: expected \"production\" or \"sandbox\""));
    }
    let needs_subscription = section.boolean("subscription").unwrap_or(true);
    section.end();
    let has = |kind: &str| endpoints.iter().any(|endpoint| endpoint == kind);
    let (has_production, has_sandbox) = (has("production"), has("sandbox"));
    Api {
        name,
        context,
        version,
        publisher,
        audiences,
        auth_header,
        has_production,
        has_sandbox,
        needs_subscription,
    }
}

/// The resources of one table: one for each method.
fn operations(api: &Arc<Api>, mut section: Section<'_>) -> Vec<Resource> {
    let template = required(&mut section, "path");
    let given = section.get("methods").is_some();
    let methods = section.string_list("methods");
    if !given || methods.as_ref().is_some_and(Vec::is_empty) {
        section.problem("methods is missing: name those that the resource has");
    }
    let auth = section.typed("auth", "\"token\" or \"none\"", |value| match value.as_str()? {
        "token" => Some(AuthType::Token),
        "none" => Some(AuthType::None),
        _ => None,
    });
    let scopes = section.string_list("scopes").unwrap_or_default();
    section.end();
    let resource = |verb| Resource {
        api: Arc::clone(api),
        template: template.clone(),
        verb,
        auth: auth.unwrap_or_default(),
        scopes: scopes.clone(),
    };
    // What has no path or no context was told above; the rest of it is not looked at.
    let is_whole = !template.is_empty() && !api.context.is_empty();
    methods.unwrap_or_default().into_iter().filter(|_| is_whole).map(resource).collect()
}

/// The text at `key`, empty where there is none.
fn required(section: &mut Section<'_>, key: &'static str) -> String {
    let is_given = section.get(key).is_some();
    let text = section.string(key);
    match text.as_deref() {
        Some("") => section.problem(format!("{key} = \"\": expected some text")),
        None if !is_given => section.problem(format!("{key} is missing")),
        _ => {}
    }
    text.unwrap_or_default()
}

/// `token` of RFC 9110, section 5.6.2.
pub(super) fn is_header(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}
