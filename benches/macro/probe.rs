//! Which tokens a server refuses. It is asked before it is measured, so that the report tells what was compared.

use std::error::Error;
use std::net::SocketAddr;

use claimgate_benches::measured::Kind;
use claimgate_testkit::TestIssuer;

use crate::contender::{Contender, Stage};
use crate::http;
use crate::tokens::token;

/// For each contender, the names of what it refuses.
pub(crate) type Refusals = Vec<Vec<String>>;

pub(crate) fn all(stage: &Stage<'_>, contenders: &[Contender]) -> Result<Refusals, Box<dyn Error>> {
    contenders
        .iter()
        .map(|contender| {
            let running = contender.start(stage)?;
            let refused = of(stage.served.issuer(), running.address, contender.kind);
            refused.map_err(|error| format!("{}: {error}", contender.name).into())
        })
        .collect()
}

fn of(issuer: &TestIssuer, address: SocketAddr, kind: Kind) -> Result<Vec<String>, Box<dyn Error>> {
    if kind == Kind::Bare {
        return Ok(Vec::new());
    }
    let tokens = [
        (SIGNATURE, token(issuer, 0).forged().mint()),
        (ISSUER, token(issuer, 0).claim("iss", ELSEWHERE).mint()),
        (AUDIENCE, token(issuer, 0).audience(ELSEWHERE).mint()),
        (EXPIRY, token(issuer, 0).expires_at(TestIssuer::now() - HOUR).mint()),
        ("not before", token(issuer, 0).not_before(TestIssuer::now() + HOUR).mint()),
    ];
    let mut refused = Vec::new();
    for (name, token) in tokens {
        if http::get(address, "/", Some(&token))?.0 != 200 {
            refused.push(name.to_owned());
        }
    }
    if http::get(address, "/", None)?.0 == 200 {
        return Err("it answers without a token".into());
    }
    Ok(refused)
}

/// Whether these are the checks that ours makes.
pub(crate) fn are_the_same_checks(refused: &[String]) -> bool {
    [SIGNATURE, ISSUER, AUDIENCE, EXPIRY].into_iter().all(|name| refused.iter().any(|found| found == name))
}

const SIGNATURE: &str = "signature";
const ISSUER: &str = "issuer";
const AUDIENCE: &str = "audience";
const EXPIRY: &str = "expiry";

const ELSEWHERE: &str = "https://elsewhere.example.com";

const HOUR: i64 = 60 * 60;
