//! Runs cases, and says what is wrong.

use super::HOSTS;
use super::case::{Case, Outcome};
use super::host::{Host, Reply, Request, Setup};
use super::log::Log;
use super::secrets::Secrets;
use super::world::World;

/// Runs the cases of the row that a test function is named after, on every host.
pub(crate) async fn row(function: &str, cases: &[Case]) {
    let (row, _) = function.split_once('_').expect("a row and a description");
    let (world, mut ran, mut problems) = (World::new(), 0, Vec::new());
    for case in cases.iter().filter(|case| case.row() == row) {
        for (host, result) in on_every_host(&world, case).await {
            ran += 1;
            problems.extend(result.err().map(|problem| format!("{host}: {}: {problem}", case.name)));
        }
    }
    assert!(ran > 0, "no case of row {row}");
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// Runs one case on every host that can take it. All of them get the same token.
pub(crate) async fn on_every_host(world: &World, case: &Case) -> Vec<(&'static str, Result<(), String>)> {
    let request = case.request(world);
    let mut results = Vec::new();
    for host in HOSTS.iter().filter(|host| host.has_extractors() || !case.needs_extractors()) {
        let setup = case.setup(world);
        results.push((host.name(), check(*host, &setup, &request, case.outcome, case.realm).await));
    }
    results
}

/// Sends one request and compares everything that can be seen of its fate.
pub(crate) async fn check(
    host: &dyn Host,
    setup: &Setup,
    request: &Request,
    outcome: Outcome,
    realm: Option<&str>,
) -> Result<(), String> {
    let log = Log::begin();
    let reply = host.send(setup, request).await;
    same(&setup.ledger.take(), &seen(outcome), "the handler saw")?;
    same(&reply.error.as_ref().map(claimgate_tower::AuthError::kind), &outcome.kind(), "kind")?;
    check_head(&reply, outcome, realm)?;
    check_log(&log.take(), &reply, request, outcome)
}

/// Status, headers and body.
pub(crate) fn check_head(reply: &Reply, outcome: Outcome, realm: Option<&str>) -> Result<(), String> {
    let (status, header) = outcome.head(realm);
    same(&reply.status, &status, "status")?;
    let body = String::from_utf8_lossy(&reply.body);
    if let Outcome::Accepted(seen) = outcome {
        // The type of the body is the handler's affair.
        same(&reply.headers.iter().any(|(name, _)| name != "content-type"), &false, "other headers")?;
        same(&&*body, &seen, "body")
    } else {
        let expected = header.into_iter().map(|(name, value)| (name.to_owned(), value));
        same(&reply.headers, &expected.collect(), "headers")?;
        same(&&*body, &"", "body")
    }
}

/// One line for each refusal, none otherwise, and nothing of the token in it or in the reply.
fn check_log(log: &str, reply: &Reply, request: &Request, outcome: Outcome) -> Result<(), String> {
    let lines = log.lines().filter(|line| line.contains("request refused")).count();
    same(&lines, &usize::from(outcome.kind().is_some()), "lines in the log")?;
    let secrets = Secrets::of(request);
    let mut places = vec![("the log", log.to_owned())];
    if outcome.kind().is_some() {
        places.push(("the reply", format!("{reply:?} {}", String::from_utf8_lossy(&reply.body))));
        places.push(("the error", reply.error.as_ref().map(ToString::to_string).unwrap_or_default()));
    }
    for (place, text) in places {
        if let Some(secret) = secrets.found_in(&text) {
            return Err(format!("{place} tells {secret:?}: {text}"));
        }
    }
    Ok(())
}

fn seen(outcome: Outcome) -> Vec<String> {
    match outcome {
        Outcome::Accepted(seen) => vec![seen.to_owned()],
        _ => Vec::new(),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T, what: &str) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?}, expected {expected:?}")) }
}
