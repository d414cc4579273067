//! What a scrape reads, and whether the dashboard and the page about it speak of the same.

mod exposition;
mod promql;

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use claimgate_testkit::{Alg, Behaviour, ServedIssuer, TestClock, TestIssuer, TokenBuilder, tamper};
use claimgate_tower::{
    AuthLayer, Authenticator, Claims, Decision, DynamicIssuers, Issuer, IssuerResolver, RequireScopes,
    ResolveFuture,
};
use http::{Request, StatusCode};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use serde_json::Value;
use tower::ServiceExt;

use exposition::Exposition;

const NOW: i64 = 1_800_000_000;
const AUDIENCE: &str = "api";
const HOUR: Duration = Duration::from_secs(3_600);
const CONFIGURED: &str = "https://configured.test";

/// Says yes to one name.
struct Registry(String);

impl IssuerResolver for Registry {
    fn resolve<'a>(&'a self, issuer: &'a str) -> ResolveFuture<'a> {
        let known = (issuer == self.0).then(|| Issuer::new(issuer).audience(AUDIENCE));
        Box::pin(async move { Ok(known) })
    }
}

/// A gate that trusts an issuer which is up, one which is down, one of the configuration and a tenant, and everything that
/// can happen to it.
struct World {
    recorder: PrometheusRecorder,
    clock: TestClock,
    gate: Authenticator,
    up: ServedIssuer,
    down: ServedIssuer,
    tenant: ServedIssuer,
    configured: TestIssuer,
    sent: Vec<String>,
}

impl World {
    async fn new() -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        let clock = TestClock::at(NOW.unsigned_abs());
        let (up, down) = (served("").await, served("").await);
        let tenant = served("/t/one").await;
        down.set_jwks(Behaviour::status(500));
        let configured = TestIssuer::new(CONFIGURED);
        let over = |served: &ServedIssuer| {
            let issuer = Issuer::new(served.issuer().issuer()).audience(AUDIENCE);
            issuer.jwks_uri(served.jwks_uri()).refresh_cooldown(HOUR)
        };
        let resolver = Registry(tenant.issuer().issuer().to_owned());
        let dynamic = DynamicIssuers::new(resolver).prefix(format!("{}/t/", tenant.url())).budget(2, HOUR);
        let builder = Authenticator::builder()
            .clock(clock.clone())
            .issuer(over(&up))
            .issuer(over(&down))
            .issuer(Issuer::new(CONFIGURED).audience(AUDIENCE).jwks(configured.jwks()))
            .dynamic_issuers(dynamic);
        let gate = metrics::with_local_recorder(&recorder, || builder.build()).unwrap();
        World { recorder, clock, gate, up, down, tenant, configured, sent: Vec::new() }
    }

    /// Everything that the page speaks of, to a known number.
    async fn live(&mut self) {
        let app = router(&self.gate);
        let good = mint(self.up.issuer());
        let bad = mint(self.up.issuer());
        let (guarded, expected) = ("/guarded", StatusCode::UNAUTHORIZED);
        // The first waits for its key, the others do not.
        for _ in 0..3 {
            self.send(&app, guarded, Some(good.mint()), StatusCode::OK).await;
        }
        self.send(&app, guarded, Some(mint(&self.configured).mint()), StatusCode::OK).await;
        self.send(&app, guarded, Some(mint(self.tenant.issuer()).mint()), StatusCode::OK).await;
        self.send(&app, guarded, Some(mint(self.down.issuer()).mint()), StatusCode::SERVICE_UNAVAILABLE)
            .await;
        self.send(&app, guarded, Some(mint(self.up.issuer()).expires_at(NOW - 400).mint()), expected).await;
        self.send(&app, guarded, Some("no.token".to_owned()), expected).await;
        self.send(&app, guarded, Some(good.clone().claim("iss", "https://stranger.test").mint()), expected)
            .await;
        self.send(&app, guarded, None, expected).await;
        self.send(&app, "/open", None, StatusCode::OK).await;
        self.send(&app, "/scoped", Some(good.mint()), StatusCode::FORBIDDEN).await;
        self.send(&app, "/unguarded", None, StatusCode::INTERNAL_SERVER_ERROR).await;
        for number in 0..5 {
            self.send(&app, guarded, Some(bad.clone().kid(format!("made-up-{number}")).mint()), expected)
                .await;
            self.send(&app, guarded, Some(tamper::with_flipped_signature(&good.mint())), expected).await;
            let nobody = format!("{}/t/nobody-{number}", self.tenant.url());
            let status = if number == 0 { expected } else { StatusCode::SERVICE_UNAVAILABLE };
            self.send(&app, guarded, Some(good.clone().claim("iss", nobody).mint()), status).await;
        }
        self.clock.advance(HOUR);
        self.up.set_jwks(Behaviour::status(500));
        for served in [&self.up, &self.down] {
            self.gate.refresh_now(served.issuer().issuer()).unwrap().await.unwrap_err();
        }
    }

    /// The routes run under the recorder too: one that stands behind no guard has no handles of its own.
    async fn send(&mut self, app: &Router, path: &str, token: Option<String>, expected: StatusCode) {
        let mut request = Request::get(path);
        if let Some(token) = &token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(axum::body::Body::empty()).unwrap();
        let mut answer = std::pin::pin!(app.clone().oneshot(request));
        let answer = std::future::poll_fn(|context| {
            metrics::with_local_recorder(&self.recorder, || answer.as_mut().poll(context))
        });
        assert_eq!(answer.await.unwrap().status(), expected, "{path} {token:?}");
        self.sent.extend(token);
    }

    fn text(&self) -> String {
        self.recorder.handle().render()
    }
}

async fn served(path: &str) -> ServedIssuer {
    TestIssuer::serve_new_at(Alg::ES256, path).await.unwrap()
}

fn mint(issuer: &TestIssuer) -> TokenBuilder {
    issuer.token().at(NOW).audience(AUDIENCE).subject("somebody-in-particular").expires_in(HOUR * 10)
}

fn router(gate: &Authenticator) -> Router {
    let layer = AuthLayer::new(gate.clone());
    let hello = get(async |_: Claims<Value>| "in");
    Router::new()
        .route("/guarded", hello.clone().layer(layer.clone()))
        .route("/scoped", hello.clone().layer((layer.clone(), RequireScopes::all_of(["admin"]))))
        .route("/open", get(async || "in").layer(layer.optional()))
        .route("/unguarded", hello)
}

fn docs(name: &str) -> String {
    let path = format!("{}/../docs/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[tokio::test]
async fn each_decision_and_each_fetch_is_counted_once() {
    let mut world = World::new().await;
    world.live().await;
    let exposition = Exposition::parse(&world.text());
    let (up, down) = (world.up.issuer().issuer(), world.down.issuer().issuer());
    for (issuer, decision, expected) in [
        (up, "accepted", 4.0),
        (up, "expired", 1.0),
        (up, "insufficient_scope", 1.0),
        (up, "unknown_key", 5.0),
        (up, "bad_signature", 5.0),
        (up, "keys_unavailable", 0.0),
        (down, "keys_unavailable", 1.0),
        (CONFIGURED, "accepted", 1.0),
        ("dynamic", "accepted", 1.0),
        ("", "malformed_token", 1.0),
        ("", "unknown_issuer", 2.0),
        ("", "missing_credentials", 1.0),
        ("", "anonymous", 1.0),
        ("", "missing_layer", 1.0),
        ("", "issuer_unavailable", 4.0),
    ] {
        let labels = [("issuer", issuer), ("decision", decision)];
        assert_eq!(exposition.value("claimgate_decisions_total", &labels), Some(expected), "{labels:?}");
    }
    let all: f64 = exposition.values("claimgate_decisions_total").sum();
    // One more than requests: the token that lacked a scope was accepted before.
    assert!((all - 29.0).abs() < 0.1, "{all}");
    for (issuer, outcome, expected) in [
        (up, "fetched", 1.0),
        // Two for unknown keys and one for a signature.
        (up, "unchanged", 3.0),
        (up, "status", 1.0),
        (down, "fetched", 0.0),
        ("dynamic", "fetched", 1.0),
        (CONFIGURED, "fetched", 0.0),
    ] {
        let labels = [("issuer", issuer), ("outcome", outcome)];
        assert_eq!(exposition.value("claimgate_key_fetches_total", &labels), Some(expected), "{labels:?}");
    }
    for (issuer, budget, expected) in
        [(up, "unknown_key", 3.0), (up, "bad_signature", 4.0), ("dynamic", "resolver", 4.0)]
    {
        let labels = [("issuer", issuer), ("budget", budget)];
        let refusals = exposition.value("claimgate_budget_refusals_total", &labels);
        assert_eq!(refusals, Some(expected), "{labels:?}");
    }
}

#[tokio::test]
async fn gauges_tell_how_the_keys_are() {
    let mut world = World::new().await;
    let nothing = Exposition::parse(&world.text());
    let (up, down) = (world.up.issuer().issuer().to_owned(), world.down.issuer().issuer().to_owned());
    let of = |exposition: &Exposition, issuer: &str| {
        ["claimgate_keys", "claimgate_keys_age_seconds", "claimgate_keys_stale_seconds"]
            .map(|name| exposition.value(name, &[("issuer", issuer)]).unwrap())
    };
    let [usable, age, stale] = of(&nothing, &up);
    assert!((usable, stale) == (0.0, 0.0) && age.is_nan(), "{usable} {age} {stale}");
    world.live().await;
    let exposition = Exposition::parse(&world.text());
    // Ten minutes of freshness, and an hour has passed.
    assert_eq!(format!("{:?}", of(&exposition, &up)), "[1.0, 3600.0, 3000.0]");
    let [usable, age, stale] = of(&exposition, CONFIGURED);
    assert!((usable, stale) == (1.0, 0.0) && age.is_nan(), "keys of the configuration do not age");
    assert_eq!(exposition.value("claimgate_tenants", &[]), Some(1.0));

    world.gate.revoke_key(CONFIGURED, "test-1").unwrap();
    assert_eq!(of(&Exposition::parse(&world.text()), CONFIGURED).first(), Some(&0.0), "revoked");
    let rest = Issuer::new(CONFIGURED).audience(AUDIENCE).jwks(world.configured.jwks());
    world.gate.reload(Authenticator::builder().issuer(rest)).unwrap();
    let exposition = Exposition::parse(&world.text());
    for issuer in [&up, &down] {
        assert!(of(&exposition, issuer).into_iter().all(f64::is_nan), "{issuer} is not trusted any more");
    }
    assert_eq!(exposition.value("claimgate_tenants", &[]), Some(0.0));
}

#[tokio::test]
async fn nothing_out_of_a_token_is_in_the_exposition() {
    let mut world = World::new().await;
    world.live().await;
    let text = world.text();
    let said = ["somebody-in-particular", "test-1", "made-up", "stranger", "nobody", "/t/one", "/t/"];
    for secret in said.into_iter().map(str::to_owned).chain(world.sent.iter().cloned()) {
        assert!(!text.contains(&secret), "{secret} in\n{text}");
    }
    let configured = [world.up.issuer().issuer(), world.down.issuer().issuer(), CONFIGURED, "dynamic", ""];
    for issuer in Exposition::parse(&text).label_values("issuer") {
        assert!(configured.contains(&issuer), "{issuer}");
    }
}

#[tokio::test]
async fn the_dashboard_asks_for_what_there_is() {
    let mut world = World::new().await;
    world.live().await;
    let exposition = Exposition::parse(&world.text());
    let dashboard: Value = serde_json::from_str(&docs("grafana-dashboard.json")).unwrap();
    assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 36);
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    assert!(variables.iter().any(|variable| variable["type"] == "datasource"));
    let mut asked = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title}");
        for target in panel["targets"].as_array().unwrap() {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
            let selectors = promql::selectors(target["expr"].as_str().unwrap());
            assert!(!selectors.is_empty(), "{title}");
            let legend = promql::in_legend(target["legendFormat"].as_str().unwrap());
            for selector in selectors {
                let labels = selector.labels.iter().chain(&legend);
                for label in labels {
                    assert!(exposition.has_label(&selector.metric, label), "{title}: {label}");
                }
                for (label, value) in &selector.values {
                    let labels = exposition.label_values_of(&selector.metric, label);
                    assert!(labels.contains(&value.as_str()), "{title}: {label}={value}");
                }
                asked.push(selector.metric);
            }
        }
    }
    for name in exposition.names() {
        assert!(asked.iter().any(|asked| asked == name), "{name} is on no panel");
    }
}

#[tokio::test]
async fn the_page_lists_every_metric_and_every_value_of_its_labels() {
    let mut world = World::new().await;
    world.live().await;
    let text = world.text();
    let exposition = Exposition::parse(&text);
    let page = docs("observability.md");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| {
            line.starts_with("| `claimgate_") && line.contains("| counter |") || line.contains("| gauge |")
        })
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let mut listed: Vec<_> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    listed.sort_unstable();
    assert_eq!(listed, exposition.names().collect::<Vec<_>>());
    for row in &rows {
        let name = row[0].trim_matches('`');
        assert!(text.contains(&format!("# TYPE {name} {}\n", row[1])), "{row:?}");
        assert!(text.contains(&format!("# HELP {name} ")), "{row:?}");
        let labels: Vec<_> = row[3].split(", ").map(|label| label.trim_matches('`')).collect();
        assert_eq!(
            exposition.labels(name),
            labels.into_iter().filter(|label| !label.is_empty()).collect(),
            "{name}"
        );
    }
    for label in ["decision", "outcome", "budget"] {
        for value in exposition.label_values(label) {
            assert!(page.contains(&format!("`{value}`")), "{label}={value}");
        }
    }
}

#[tokio::test]
async fn a_request_that_hangs_up_is_not_decided() {
    let world = World::new().await;
    world.up.set_jwks(Behaviour::Hold);
    let token = mint(world.up.issuer()).mint();
    let Decision::Pending(pending) = world.gate.authenticate_token(&token, world.gate.now()) else {
        panic!("decided without keys");
    };
    drop(pending);
    let all: f64 = Exposition::parse(&world.text()).values("claimgate_decisions_total").sum();
    assert!(all.abs() < 0.1, "{all}");
}
