//! What is logged, against the page that says so.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use claimgate_testkit::{Alg, Behaviour, TestIssuer};
use claimgate_tower::{
    AccessRule, Authenticator, Caller, Decision, DynamicIssuers, Issuer, IssuerResolver, ResolveError,
    ResolveFuture,
};
use tracing::field::{Field, Visit};
use tracing::span::Attributes;
use tracing::{Event, Id, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// One event or span: its level, its message or name, and the names of its fields.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    level: String,
    text: String,
    fields: BTreeSet<String>,
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<BTreeSet<Line>>>);

impl<S: Subscriber> Layer<S> for Kept {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = Message::default();
        event.record(&mut message);
        self.keep(event.metadata(), message.0);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.keep(attributes.metadata(), attributes.metadata().name().to_owned());
    }
}

impl Kept {
    fn keep(&self, metadata: &Metadata<'_>, text: String) {
        if metadata.target() == "claimgate" {
            let fields = metadata.fields().iter().map(|field| field.name().to_owned());
            let fields = fields.filter(|field| field != "message").collect();
            self.0.lock().unwrap().insert(Line { level: metadata.level().to_string(), text, fields });
        }
    }
}

#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

/// The rows of the page: level, text with places in braces, fields.
fn rows(page: &str) -> Vec<Line> {
    let levels = ["DEBUG", "INFO", "WARN", "ERROR"];
    let cells = page.lines().map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    let rows = cells.filter(|cells| cells.len() >= 4 && levels.contains(&cells[0].trim_matches('`')));
    let rows = rows.map(|cells| Line {
        level: cells[0].trim_matches('`').to_owned(),
        text: cells[1].trim_matches('`').to_owned(),
        fields: cells[2].split(", ").map(|field| field.trim_matches('`').to_owned()).collect(),
    });
    rows.collect()
}

/// Whether `text` is `template` with something in the place of each brace.
fn fits(template: &str, text: &str) -> bool {
    let fixed: Vec<_> =
        template.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest)).collect();
    // A template without a word of its own fits everything, and proves nothing.
    let mut rest = text;
    fixed.iter().any(|part| !part.is_empty())
        && fixed.iter().all(|part| match rest.find(part) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        })
}

fn page() -> String {
    let path = format!("{}/../docs/observability.md", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

struct Registry;

impl IssuerResolver for Registry {
    fn resolve<'a>(&'a self, issuer: &'a str) -> ResolveFuture<'a> {
        let known = issuer.ends_with("/one").then(|| Issuer::new(issuer).audience("api"));
        let answer = if issuer.ends_with("/broken") { Err(ResolveError::new("broken")) } else { Ok(known) };
        Box::pin(async move { answer })
    }
}

async fn ask(gate: &Authenticator, token: &str) -> Option<claimgate_tower::VerifiedToken> {
    match gate.authenticate_token(token, gate.now()) {
        Decision::Decided(result) => result.ok(),
        Decision::Pending(pending) => pending.await.ok(),
    }
}

#[tokio::test]
async fn what_is_logged_is_what_the_page_says() {
    let kept = Kept::default();
    // On this thread, where the runtime is and with it everything that fetches.
    let _listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(kept.clone()));
    let served = TestIssuer::serve_new_at(Alg::ES256, "/t/one").await.unwrap();
    let other = TestIssuer::new("https://other.test");
    let odd = other.jwks().replace("\"keys\":[", "\"keys\":[{\"kty\":\"none\"},");
    let dynamic = DynamicIssuers::new(Registry).prefix(format!("{}/t/", served.url()));
    let configured = Issuer::new(served.issuer().issuer()).audience("api").jwks_uri(served.jwks_uri());
    let builder = || Authenticator::builder().dynamic_issuers(dynamic.clone());
    let gate =
        builder().issuer(configured).issuer(Issuer::new("https://other.test").audience("api").jwks(odd));
    let gate = gate.build().unwrap();
    let name = served.issuer().issuer();
    let mint = || served.issuer().token().audience("api");

    let token = ask(&gate, &mint().mint()).await.unwrap();
    ask(&gate, &mint().expired().mint()).await;
    Caller::Verified(&token).require(&AccessRule::all_of(["admin"])).unwrap_err();
    Caller::Unknown.token().unwrap_err();
    gate.revoke_key(name, "test-1").unwrap();
    gate.restore_key(name, "test-1").unwrap();
    served.set_jwks(Behaviour::status(500));
    gate.refresh_now(name).unwrap().await.unwrap_err();
    gate.reload(builder()).unwrap();
    ask(&gate, &mint().mint()).await;
    ask(&gate, &mint().claim("iss", format!("{}/t/broken", served.url())).mint()).await;

    let rows = rows(&page());
    let logged = kept.0.lock().unwrap().clone();
    for line in &logged {
        let fitting = |row: &&Line| row.level == line.level && fits(&row.text, &line.text);
        let row = rows.iter().find(fitting).unwrap_or_else(|| panic!("not on the page: {line:?}"));
        assert_eq!(row.fields, line.fields, "{line:?}");
    }
    for (level, text) in [
        ("INFO", "request refused: the token has expired"),
        ("INFO", "request refused: the token lacks a scope: admin"),
        ("WARN", "request refused: there are no keys to judge the token by"),
        ("ERROR", "request refused: no authentication stands before this route"),
        ("INFO", "keys fetched"),
        ("WARN", "keys could not be fetched: status 500"),
        ("WARN", "key revoked by an operator"),
        ("WARN", "key restored by an operator"),
        ("INFO", "configuration reloaded"),
        ("INFO", "tenant resolved"),
        ("WARN", "tenant could not be resolved: broken"),
        ("INFO", "fetch_keys"),
        ("INFO", "resolve_tenant"),
    ] {
        assert!(
            logged.iter().any(|line| (&*line.level, &*line.text) == (level, text)),
            "{text} in {logged:#?}"
        );
    }
    assert!(
        logged.iter().any(|line| line.text.starts_with("keys left out, the first because")),
        "{logged:#?}"
    );
    tokio::time::timeout(Duration::from_secs(1), served.stop()).await.ok();
}

/// Reads the sources: an event that no test causes is on the page too.
#[test]
fn every_event_in_the_sources_is_on_the_page() {
    let page = page();
    let rows: BTreeSet<_> = rows(&page).into_iter().map(|row| row.text).collect();
    let mut written = BTreeSet::new();
    for source in ["core", "apim", "tower-layer", "actix-middleware"] {
        each_file(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(source).join("src"), &mut |text| {
            for (at, _) in text.match_indices("target: \"claimgate\"") {
                let rest = &text[at + "target: \"claimgate\"".len()..];
                // A span has its name first; the message of an event is the last before the parenthesis closes.
                let is_span = text[..at].ends_with("span!(");
                let mut literals = rest.split('"').skip(1).step_by(2).zip(rest.split('"').skip(2).step_by(2));
                let text = literals.find(|(_, after)| is_span || after.trim_start().starts_with(')'));
                written.insert(text.unwrap().0.to_owned());
            }
        });
    }
    assert!(written.len() > 10, "{written:?}");
    assert_eq!(written, rows);
}

fn each_file(directory: &Path, look: &mut dyn FnMut(&str)) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_file(&path, look);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            look(&std::fs::read_to_string(&path).unwrap());
        }
    }
}
