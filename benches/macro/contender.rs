//! Who is measured.

use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use claimgate_benches::measured::{Host, Kind, Role};
use claimgate_testkit::ServedIssuer;

use crate::args::Args;
use crate::child::Guard;
use crate::process::pinned;
use crate::tokens::{AUDIENCE, Tokens};
use crate::{envoy, http, peers};

/// What every server finds when it starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stage<'a> {
    pub(crate) args: &'a Args,
    pub(crate) served: &'a ServedIssuer,
    pub(crate) tokens: &'a Tokens,
}

/// A server, to be started once a round.
#[derive(Clone, Debug)]
pub(crate) struct Contender {
    pub(crate) name: String,
    pub(crate) host: Host,
    pub(crate) kind: Kind,
    pub(crate) role: Role,
    pub(crate) version: Option<String>,
    pub(crate) program: Program,
}

#[derive(Clone, Debug)]
pub(crate) enum Program {
    /// `bench-server`, with these arguments before those of all servers.
    Ours(&'static str, &'static str),
    Peer(PathBuf),
    /// Envoy, with this configuration.
    Envoy(PathBuf),
}

/// A server that answers; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) guard: Guard,
    pub(crate) address: SocketAddr,
}

/// All that can be measured here, and the names of the peers that were not built.
pub(crate) fn all(stage: &Stage<'_>) -> Result<(Vec<Contender>, Vec<String>), Box<dyn Error>> {
    let mut contenders: Vec<Contender> = OURS.into_iter().map(Contender::ours).collect();
    let (peers, not_built) = peers::found(stage.args)?;
    contenders.extend(peers);
    if let Some(binary) = &stage.args.envoy {
        contenders.extend(envoy::contenders(stage, binary)?);
    }
    if let Some(only) = &stage.args.only {
        contenders.retain(|contender| contender.kind == Kind::Bare || contender.name.contains(only));
    }
    // Those of one host stand together; the bare one of each comes first, as it was put in first.
    contenders.sort_by_key(|contender| contender.host);
    Ok((contenders, not_built))
}

/// Our axum server of this role.
pub(crate) fn axum(role: Role) -> Option<Contender> {
    OURS.into_iter().map(Contender::ours).find(|ours| ours.host == Host::Axum && ours.role == role)
}

impl Contender {
    fn ours((host, word, role, mode, name): (Host, &'static str, Role, &'static str, &str)) -> Self {
        let kind =
            if [Role::Bare, Role::Through, Role::Tag].contains(&role) { Kind::Bare } else { Kind::Ours };
        let program = Program::Ours(word, mode);
        Contender { name: name.to_owned(), host, kind, role, version: None, program }
    }

    /// Starts it on its core and waits until it answers.
    pub(crate) fn start(&self, stage: &Stage<'_>) -> Result<Running, Box<dyn Error>> {
        let started = self.try_start(stage).and_then(|running| {
            until_it_accepts(running.address, &stage.tokens.first)?;
            Ok(running)
        });
        started.map_err(|error| format!("{}: {error}", self.name).into())
    }

    fn try_start(&self, stage: &Stage<'_>) -> Result<Running, Box<dyn Error>> {
        let core = stage.args.server_core;
        let mut command = match &self.program {
            Program::Ours(host, mode) => {
                let mut command = pinned(core, beside_this("bench-server")?);
                command.args([host, mode]);
                command
            }
            Program::Peer(binary) => pinned(core, binary),
            Program::Envoy(config) => return envoy::start(stage, config),
        };
        command.args([stage.served.url(), AUDIENCE, stage.served.jwks_uri()]);
        let mut guard = Guard::start(&mut command)?;
        let address = guard.line_after("listening on ", START_LIMIT)?.parse()?;
        Ok(Running { guard, address })
    }
}

/// Some fetch the keys after they have begun to listen.
fn until_it_accepts(address: SocketAddr, token: &str) -> Result<(), Box<dyn Error>> {
    let until = Instant::now() + START_LIMIT;
    loop {
        let (status, body) = http::get(address, "/", Some(token))?;
        if status == 200 && body.contains("user-000000") {
            return Ok(());
        }
        if Instant::now() > until {
            return Err(format!("a good token is answered with {status} {body:?}").into());
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn beside_this(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let this = std::env::current_exe()?;
    let binary = this.parent().unwrap_or(Path::new("")).join(name);
    if binary.exists() { Ok(binary) } else { Err(format!("{} is not built", binary.display()).into()) }
}

const OURS: [(Host, &str, Role, &str, &str); 11] = [
    (Host::Axum, "axum", Role::Bare, "bare", "axum, bare"),
    (Host::Axum, "axum", Role::Through, "through", "axum, a layer that decides nothing"),
    (Host::Axum, "axum", Role::Tag, "tag", "axum, a layer that makes a tag"),
    (Host::Axum, "axum", Role::Cached, "cached", "claimgate on axum, cached"),
    (Host::Axum, "axum", Role::Cold, "cold", "claimgate on axum, cold"),
    (Host::Axum, "axum", Role::Fresh, "cached", "claimgate on axum, cache and new tokens"),
    (Host::Actix, "actix", Role::Bare, "bare", "actix-web, bare"),
    (Host::Actix, "actix", Role::Through, "through", "actix-web, a layer that decides nothing"),
    (Host::Actix, "actix", Role::Tag, "tag", "actix-web, a layer that makes a tag"),
    (Host::Actix, "actix", Role::Cached, "cached", "claimgate on actix-web, cached"),
    (Host::Actix, "actix", Role::Cold, "cold", "claimgate on actix-web, cold"),
];

/// What fetching the keys and starting may take on a busy machine.
pub(crate) const START_LIMIT: Duration = Duration::from_secs(20);
