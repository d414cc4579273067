//! The key client against an issuer that misbehaves, over real sockets on loopback.
#![cfg(feature = "jwks-client")]

mod answers;
mod authority;
mod conditional;
mod custom;
mod custom_client;
mod demand;
mod discovery;
mod dynamic;
#[cfg(feature = "watch")]
mod files;
mod guard;
mod levers;
mod outage;
mod proxy;
mod reload;
mod rotation;
mod sharing;
mod status;
#[path = "../support/mod.rs"]
mod support;
mod tls;

use std::ffi::OsStr;
use std::future::Future;
use std::process::Command;
use std::time::Duration;

use claimgate_core::{
    AuthError, AuthErrorKind, Authenticator, Decision, Issuer, Pending, Refusal, Start, VerifiedToken,
};
use claimgate_testkit::{Alg, Behaviour, Route, ServedIssuer, SigningKey, TestIssuer, TokenBuilder};
use serde_json::json;
use tokio::runtime::{Handle, Runtime};

use AuthErrorKind::{BadSignature, KeysUnavailable, UnknownKey};
use support::{AUDIENCE, TestClock};

const HOUR: Duration = Duration::from_secs(3_600);
const INTERVAL: Duration = Duration::from_secs(600);
/// Far beyond what any step here takes: whoever hangs fails.
const PATIENCE: Duration = Duration::from_secs(20);

async fn served() -> ServedIssuer {
    TestIssuer::serve_new(Alg::ES256).await.unwrap()
}

/// Requests may cause a fetch as often as they like, so that a test need not wait for the budget.
fn over(served: &ServedIssuer) -> Issuer {
    Issuer::new(served.issuer().issuer())
        .audience(AUDIENCE)
        .jwks_uri(served.jwks_uri())
        .refresh_interval(INTERVAL)
        .refresh_cooldown(Duration::from_nanos(1))
        .start(Start::Wait(PATIENCE))
}

fn token(served: &ServedIssuer) -> TokenBuilder {
    served.issuer().token().audience(AUDIENCE)
}

/// An authenticator that has its keys.
async fn loaded(issuer: Issuer) -> Authenticator {
    let gate = support::gate(issuer);
    patiently(gate.ready()).await.unwrap();
    gate
}

async fn patiently<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("nothing waits for ever")
}

async fn ask(gate: &Authenticator, token: &str) -> Result<VerifiedToken, AuthError> {
    match gate.authenticate_token(token, gate.now()) {
        Decision::Decided(result) => result,
        Decision::Pending(pending) => patiently(pending).await,
    }
}

async fn kind(gate: &Authenticator, token: &str) -> Result<(), AuthErrorKind> {
    ask(gate, token).await.map(drop).map_err(|error| error.kind())
}

fn decided(gate: &Authenticator, token: &str) -> Result<(), AuthErrorKind> {
    match gate.authenticate_token(token, gate.now()) {
        Decision::Decided(result) => result.map(drop).map_err(|error| error.kind()),
        Decision::Pending(_) => panic!("a decision was to be made at once"),
    }
}

fn pending(gate: &Authenticator, token: &str) -> Pending {
    match gate.authenticate_token(token, gate.now()) {
        Decision::Pending(pending) => pending,
        Decision::Decided(result) => panic!("decided at once: {result:?}"),
    }
}

/// Until the swap that follows an answer is done: the answer can be seen from here, the swap cannot.
async fn eventually(condition: impl Fn() -> bool) {
    patiently(async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

fn keys(keys: &serde_json::Value) -> Behaviour {
    Behaviour::body(json!({ "keys": keys }).to_string())
}

/// Keys by discovery from the issuer's name.
fn discovered(served: &ServedIssuer) -> Issuer {
    Issuer::new(served.issuer().issuer())
        .audience(AUDIENCE)
        .refresh_cooldown(Duration::from_nanos(1))
        .start(Start::Wait(PATIENCE))
}

/// Runs the test `name` once more, alone in a process with this environment: no test can change its own. There it gives
/// true and does nothing.
fn is_alone(name: &str, environment: &[(&str, &OsStr)]) -> bool {
    const MARK: &str = "CLAIMGATE_TEST_ALONE";
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let test = std::env::current_exe().unwrap();
    let mut command = Command::new(test);
    let output =
        command.args(["--exact", name]).env(MARK, "1").envs(environment.iter().copied()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("1 passed"), "{name}, alone:\n{printed}");
    false
}
