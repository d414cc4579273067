//! Envoy, which answers by itself, with its `jwt_authn` before the answer or without.

use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use claimgate_benches::measured::{Host, Kind, Role};
use serde_json::{Value, json};

use crate::child::Guard;
use crate::contender::{Contender, Program, Running, START_LIMIT, Stage};
use crate::http;
use crate::process::pinned;
use crate::tokens::AUDIENCE;
use crate::versions;

pub(crate) fn contenders(stage: &Stage<'_>, binary: &Path) -> Result<Vec<Contender>, Box<dyn Error>> {
    let version = versions::envoy(binary);
    // The cache has room for all tokens, as ours has.
    let cached = json!({ "jwt_cache_size": 2 * stage.args.tokens });
    let variants = [
        ("Envoy, bare", Role::Bare, "envoy-bare.json", None),
        ("Envoy, jwt_authn", Role::Cold, "envoy-cold.json", Some(jwt_authn(stage, None))),
        (
            "Envoy, jwt_authn with its cache",
            Role::Cached,
            "envoy-cached.json",
            Some(jwt_authn(stage, Some(cached))),
        ),
    ];
    let mut contenders = Vec::new();
    for (name, role, file, filter) in variants {
        let config = stage.args.work.join(file);
        fs::write(&config, configuration(filter).to_string())?;
        let kind = if role == Role::Bare { Kind::Bare } else { Kind::Peer };
        let (name, version, program) = (name.to_owned(), version.clone(), Program::Envoy(config));
        contenders.push(Contender { name, host: Host::Envoy, kind, role, version, program });
    }
    Ok(contenders)
}

/// Starts it on the core of the servers, with one worker.
pub(crate) fn start(stage: &Stage<'_>, config: &Path) -> Result<Running, Box<dyn Error>> {
    let binary = stage.args.envoy.as_ref().ok_or("no binary")?;
    let admin = stage.args.work.join("envoy-admin");
    _ = fs::remove_file(&admin);
    let mut command = pinned(stage.args.server_core, binary);
    command.args(["--concurrency", "1", "--use-dynamic-base-id", "--log-level", "error"]);
    command.arg("--admin-address-path").arg(&admin).arg("--config-path").arg(config);
    let guard = Guard::start(&mut command)?;
    let until = Instant::now() + START_LIMIT;
    while Instant::now() < until {
        if let Some(address) = listening(&admin) {
            return Ok(Running { guard, address });
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err("it does not listen".into())
}

/// Where it listens, once it does: both ports are free ones of its choice, and only the admin endpoint's is written down.
fn listening(admin: &PathBuf) -> Option<SocketAddr> {
    let address = fs::read_to_string(admin).ok()?.trim().parse().ok()?;
    if http::get(address, "/ready", None).ok()?.0 != 200 {
        return None;
    }
    let (_, listeners) = http::get(address, "/listeners", None).ok()?;
    listeners.lines().find_map(|line| line.strip_prefix("bench::")?.trim().parse().ok())
}

fn configuration(filter: Option<Value>) -> Value {
    let router = json!({
        "name": "envoy.filters.http.router",
        "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
    });
    let filters: Vec<Value> = filter.into_iter().chain([router]).collect();
    let answer = json!({ "status": 200, "body": { "inline_string": "{\"subject\":\"user-000000\"}" } });
    let paths = json!([{ "match": { "prefix": "/" }, "direct_response": answer }]);
    let manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bench",
        "route_config": { "virtual_hosts": [{ "name": "all", "domains": ["*"], "routes": paths }] },
        "http_filters": filters,
    });
    let manager = json!({ "name": "envoy.filters.network.http_connection_manager", "typed_config": manager });
    let loopback = json!({ "socket_address": { "address": "127.0.0.1", "port_value": 0 } });
    json!({
        "admin": { "address": loopback },
        "static_resources": {
            "listeners": [{ "name": "bench", "address": loopback, "filter_chains": [{ "filters": [manager] }] }],
        },
    })
}

fn jwt_authn(stage: &Stage<'_>, cache: Option<Value>) -> Value {
    let mut provider = json!({
        "issuer": stage.served.url(),
        "audiences": [AUDIENCE],
        "local_jwks": { "inline_string": stage.served.issuer().jwks() },
    });
    if let (Some(cache), Some(provider)) = (cache, provider.as_object_mut()) {
        provider.insert("jwt_cache_config".to_owned(), cache);
    }
    json!({
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": { "issuer": provider },
            "rules": [{ "match": { "prefix": "/" }, "requires": { "provider_name": "issuer" } }],
        },
    })
}
