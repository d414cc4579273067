//! The document that lists applications and their subscriptions.

use std::sync::Arc;

use claimgate_core::config::Section;
use claimgate_core::{ConfigError, Problems};
use toml::{Table, Value};

use crate::context::{ApplicationContext, SubscriptionContext};
use crate::subscription::memory::{MemorySubscriptions, Subscriptions};
use crate::subscription::{Subscribed, SubscriptionState, spike_arrest};
use crate::token_facts::KeyType;

pub(super) fn toml(text: &str) -> Result<MemorySubscriptions, ConfigError> {
    let mut problems = Problems::default();
    let applications = applications(Section::parse(text, &mut problems)?);
    read(applications, problems)
}

pub(super) fn json(text: &str) -> Result<MemorySubscriptions, ConfigError> {
    let mut problems = Problems::default();
    // As a table of TOML, which refuses a second member of one name.
    match serde_json::from_str::<Table>(text) {
        Ok(table) => {
            let applications = applications(Section::new("", table, &mut problems));
            read(applications, problems)
        }
        Err(error) => {
            problems.add("", error.to_string());
            problems.or(MemorySubscriptions::default())
        }
    }
}

fn applications(mut document: Section<'_>) -> Vec<Table> {
    let applications = document.tables("application");
    document.end();
    applications
}

fn read(applications: Vec<Table>, mut problems: Problems) -> Result<MemorySubscriptions, ConfigError> {
    let mut store = MemorySubscriptions::default();
    for (index, table) in applications.into_iter().enumerate() {
        let place = place("application", index, table.get("name"));
        let application = Application::read(&place, table, &mut problems);
        let clients = match application.issuer {
            Some(issuer) => store.of_issuer.entry(issuer.into()).or_default(),
            None => &mut store.of_any,
        };
        for (key_type, keys) in application.keys {
            let subscriptions = Arc::new(of_type(&application.subscriptions, key_type));
            for key in keys {
                if key.is_empty() {
                    problems.add(&place, "a consumer key is empty");
                } else if clients.insert(key.clone().into_boxed_str(), subscriptions.clone()).is_some() {
                    problems.add(&place, format!("consumer key {key:?} is there twice"));
                }
            }
        }
    }
    problems.or(store)
}

/// A subscription by context and version.
type Entry = (String, String, Subscribed);

struct Application {
    issuer: Option<String>,
    keys: [(Option<KeyType>, Vec<String>); 3],
    subscriptions: Vec<Entry>,
}

impl Application {
    fn read(place: &str, table: Table, problems: &mut Problems) -> Self {
        let mut section = Section::new(place, table, problems);
        let application = ApplicationContext {
            id: section.typed("id", "a whole number or a string", id),
            name: section.string("name"),
            tier: section.string("tier"),
            owner: section.string("owner"),
            uuid: section.string("uuid"),
        };
        let issuer = section.typed("issuer", "the name of an issuer", issuer);
        let mut keys = |key| section.string_list(key).unwrap_or_default();
        let keys = [
            (None, keys("consumer_keys")),
            (Some(KeyType::Production), keys("production_keys")),
            (Some(KeyType::Sandbox), keys("sandbox_keys")),
        ];
        let tables = section.tables("subscription");
        section.end();
        let mut subscriptions: Vec<Entry> = Vec::new();
        for (index, table) in tables.into_iter().enumerate() {
            let place = format!("{place}: {}", self::place("subscription", index, table.get("context")));
            let mut section = Section::new(&place, table, problems);
            let entry = subscription(&mut section, &application);
            section.end();
            let Some(entry) = entry else { continue };
            if subscriptions.iter().any(|(context, version, _)| (context, version) == (&entry.0, &entry.1)) {
                problems.add(place, format!("version {:?} is there twice", entry.1));
            }
            subscriptions.push(entry);
        }
        Application { issuer, keys, subscriptions }
    }
}

fn subscription(section: &mut Section<'_>, application: &ApplicationContext) -> Option<Entry> {
    let (context, version) = (section.string("context"), section.string("version"));
    let state = |value: &Value| SubscriptionState::named(value.as_str()?);
    let state = section.typed("state", STATES, state).unwrap_or_default();
    let limit = section.typed("spike_arrest_limit", "a whole number from 0", |value| {
        u64::try_from(value.as_integer()?).ok()
    });
    let is_known =
        |value: &Value| spike_arrest::of(Some(1), Some(value.as_str()?)).ok().map(|_| value.clone());
    let unit = section.typed("spike_arrest_unit", "\"sec\", \"min\", \"hour\" or \"day\"", is_known);
    let subscription = SubscriptionContext {
        subscriber: section.string("subscriber").or_else(|| application.owner.clone()),
        tenant: section.string("tenant"),
        tier: section.string("tier"),
        publisher: section.string("publisher"),
        stop_on_quota_reach: section.boolean("stop_on_quota_reach").unwrap_or(true),
        spike_arrest: spike_arrest::of(limit, unit.as_ref().and_then(Value::as_str)).unwrap_or(None),
    };
    for (key, value) in [("context", &context), ("version", &version)] {
        if value.is_none() {
            section.problem(format!("{key} is missing"));
        }
    }
    // In a token that is one for a minute. Whoever writes a file can be asked.
    if let (Some(limit @ 1..), None) = (limit, &unit) {
        section.problem(format!("spike_arrest_limit = {limit}: spike_arrest_unit is missing"));
    }
    let subscribed = Subscribed { application: application.clone(), subscription, state, key_type: None };
    Some((context?, version?, subscribed))
}

/// The subscriptions as clients with keys of this type have them.
fn of_type(entries: &[Entry], key_type: Option<KeyType>) -> Subscriptions {
    let mut subscriptions = Subscriptions::new();
    for (context, version, subscribed) in entries {
        let subscribed = Arc::new(Subscribed { key_type, ..subscribed.clone() });
        let versions = subscriptions.entry(context.as_str().into()).or_default();
        versions.push((version.as_str().into(), subscribed));
    }
    subscriptions
}

fn id(value: &Value) -> Option<String> {
    match value {
        Value::Integer(number) => Some(number.to_string()),
        value => value.as_str().map(str::to_owned),
    }
}

fn issuer(value: &Value) -> Option<String> {
    value.as_str().filter(|name| !name.is_empty()).map(str::to_owned)
}

/// Where a problem is: by what the table is called, else by its number.
fn place(kind: &str, index: usize, name: Option<&Value>) -> String {
    match name.and_then(Value::as_str) {
        Some(name) => format!("{kind} {name:?}"),
        None => format!("{kind} {}", index + 1),
    }
}

const STATES: &str =
    "\"UNBLOCKED\", \"BLOCKED\", \"PROD_ONLY_BLOCKED\", \"ON_HOLD\", \"REJECTED\" or \"TIER_UPDATE_PENDING\"";
