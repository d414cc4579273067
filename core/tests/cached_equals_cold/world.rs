//! Authenticators with one configuration and each with a cache of its own, and what can happen to all of them at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use claimgate_core::{
    Algorithm, AuthErrorKind, Authenticator, AuthenticatorBuilder, CertificateValidity, Clock, Confirmation,
    Decision, Issuer, KeySource, KeySourceError, KeySourceFuture, LoadedKeys, Moment, Start, TokenCache,
    VerifiedToken,
};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::support::{AUDIENCE, Client, NOW};
use crate::tokens::{
    CERTIFICATE, CERTIFICATE_OF_CLIENT, CERTIFIED, CONFIGURED, FETCHED, TOKENS, jwks, key_set, thumbprint,
};

const OTHERS: &str = "https://other.test";

/// The first has no cache: it says what the others have to say.
fn caches() -> [TokenCache; 5] {
    let cache = TokenCache::new();
    let short = cache.time_to_live(Duration::from_secs(60));
    [TokenCache::disabled(), cache, cache.keep_token_text(), cache.capacity(3), short]
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Present(usize),
    /// Seconds by which the wall clock moves.
    Wall(i64),
    /// Seconds by which both clocks move.
    Time(u64),
    Pin(usize),
    Unpin,
    Revoke(&'static str),
    RevokeThumbprint(usize),
    Restore(&'static str),
    RestoreThumbprint(usize),
    Fetch(usize),
    FailToFetch,
    /// From now on requests come from whoever owns this certificate, or none.
    Client(Option<&'static [u8]>),
    Reload(Policy),
}

/// What may be configured in one way or another.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a call that is made or not")]
pub(crate) struct Policy {
    pub(crate) is_for_others: bool,
    pub(crate) leeway: u64,
    pub(crate) max_token_bytes: usize,
    pub(crate) algorithms: &'static [Algorithm],
    pub(crate) checks_certificates: bool,
    pub(crate) needs_tenant: bool,
    pub(crate) ignores_not_before: bool,
    pub(crate) confirmation: Confirmation,
}

impl Policy {
    pub(crate) const USUAL: Policy = Policy {
        is_for_others: false,
        leeway: 60,
        max_token_bytes: 16_384,
        algorithms: &[Algorithm::EdDSA, Algorithm::ES256],
        checks_certificates: true,
        needs_tenant: false,
        ignores_not_before: false,
        confirmation: Confirmation::ClientCertificate,
    };

    fn of(self, issuer: Issuer) -> Issuer {
        let Policy { leeway, algorithms, needs_tenant, ignores_not_before, confirmation, .. } = self;
        let issuer = issuer.leeway(Duration::from_secs(leeway)).algorithms(algorithms.iter().copied());
        let issuer = issuer.confirmation(confirmation);
        let issuer = if ignores_not_before { issuer.ignore_not_before() } else { issuer };
        if needs_tenant { issuer.required_claims(["tenant"]) } else { issuer }
    }

    /// Of the one issuer that has a certificate: where it is looked at, no cached token goes the shortest way.
    fn validity(self) -> CertificateValidity {
        if self.checks_certificates { CertificateValidity::Check } else { CertificateValidity::Ignore }
    }

    fn audience(self) -> &'static str {
        if self.is_for_others { OTHERS } else { AUDIENCE }
    }
}

/// A clock of which each hand can be moved.
#[derive(Clone, Debug)]
struct Hands(Arc<Mutex<(i64, Instant)>>);

impl Clock for Hands {
    fn now(&self) -> Moment {
        let (wall, monotonic) = *self.0.lock().unwrap();
        Moment::new(Duration::from_secs(u64::try_from(wall).unwrap()), monotonic)
    }
}

/// Keys that are fetched: one of the sets, or none.
#[derive(Clone)]
struct Vault(Arc<Mutex<Option<usize>>>);

impl KeySource for Vault {
    fn load(&self) -> KeySourceFuture<'_> {
        let set = *self.0.lock().unwrap();
        Box::pin(async move {
            let set = set.ok_or_else(|| KeySourceError::new("closed"))?;
            Ok(LoadedKeys::new(key_set(set)))
        })
    }
}

/// An answer, in what everybody who asks gets to see of it.
type Answer = Result<(String, Option<String>, Option<String>, Vec<String>), AuthErrorKind>;

pub(crate) struct World<'r> {
    runtime: &'r Runtime,
    clock: Hands,
    vault: Vault,
    /// For us, and for others: the source of each is one for all reloads, so that its keys stay.
    fetched: [Issuer; 2],
    gates: Vec<(TokenCache, Authenticator)>,
    certificate: Option<&'static [u8]>,
    /// What each gave for a token last, to tell a hit.
    last: HashMap<(usize, usize), Arc<Value>>,
    pub(crate) tally: Tally,
}

/// How many answers were good, and how many of these were hits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) good: [usize; 5],
    pub(crate) hits: [usize; 5],
}

impl<'r> World<'r> {
    pub(crate) fn new(runtime: &'r Runtime) -> Self {
        let clock = Hands(Arc::new(Mutex::new((NOW, Instant::now()))));
        let vault = Vault(Arc::new(Mutex::new(Some(0))));
        let hour = Duration::from_secs(3_600);
        let fetched = [AUDIENCE, OTHERS].map(|audience| {
            let issuer = Issuer::new(FETCHED).audience(audience).key_source(vault.clone());
            issuer.refresh_interval(hour).stale_for(hour).start(Start::Fail)
        });
        let (gates, last, tally) = (Vec::new(), HashMap::new(), Tally::default());
        let certificate = Some(CERTIFICATE_OF_CLIENT);
        let mut world = World { runtime, clock, vault, fetched, gates, certificate, last, tally };
        for cache in caches() {
            let gate = world.described(Policy::USUAL, cache).build().unwrap();
            runtime.block_on(gate.ready()).unwrap();
            world.gates.push((cache, gate));
        }
        world
    }

    fn described(&self, policy: Policy, cache: TokenCache) -> AuthenticatorBuilder {
        let configured = policy.of(Issuer::new(CONFIGURED).audience(policy.audience()).jwks(jwks(0)));
        let certified = policy.of(Issuer::new(CERTIFIED).audience(policy.audience()).pem(&*CERTIFICATE));
        Authenticator::builder()
            .issuer(configured)
            .issuer(certified.certificate_validity(policy.validity()))
            .issuer(policy.of(self.fetched[usize::from(policy.is_for_others)].clone()))
            .max_token_bytes(policy.max_token_bytes)
            .token_cache(cache)
            .clock(self.clock.clone())
            .runtime(self.runtime.handle().clone())
    }

    /// Lets `step` happen to all.
    pub(crate) fn happen(&mut self, step: &Step) {
        match *step {
            Step::Present(token) => self.present(token % TOKENS.len()),
            Step::Wall(seconds) => self.clock.0.lock().unwrap().0 += seconds,
            Step::Time(seconds) => {
                let mut hands = self.clock.0.lock().unwrap();
                hands.0 += i64::try_from(seconds).unwrap();
                hands.1 += Duration::from_secs(seconds);
            }
            Step::Fetch(set) => self.fetch(Some(set)),
            Step::FailToFetch => self.fetch(None),
            Step::Client(certificate) => self.certificate = certificate,
            _ => {
                for (cache, gate) in &self.gates {
                    self.change(step, *cache, gate);
                }
            }
        }
    }

    /// Some levers do not move, such as that of a key which is not there: then for all of them.
    fn change(&self, step: &Step, cache: TokenCache, gate: &Authenticator) {
        for name in [CONFIGURED, FETCHED] {
            match *step {
                Step::Pin(set) if name == CONFIGURED => gate.replace_keys(name, key_set(set)).unwrap(),
                Step::Unpin if name == CONFIGURED => drop(gate.unpin(name)),
                Step::Revoke(key_id) => drop(gate.revoke_key(name, key_id)),
                Step::RevokeThumbprint(key) => gate.revoke_thumbprint(name, thumbprint(key)),
                Step::Restore(key_id) => drop(gate.restore_key(name, key_id)),
                Step::RestoreThumbprint(key) => drop(gate.restore_thumbprint(name, thumbprint(key))),
                _ => {}
            }
        }
        if let Step::Reload(policy) = *step {
            gate.reload(self.described(policy, cache)).unwrap();
            let _ = self.runtime.block_on(gate.ready());
        }
    }

    fn fetch(&self, set: Option<usize>) {
        *self.vault.0.lock().unwrap() = set;
        for (_, gate) in &self.gates {
            let fetched = self.runtime.block_on(gate.refresh_now(FETCHED).unwrap());
            assert_eq!(fetched.is_ok(), set.is_some());
        }
    }

    pub(crate) fn present_all(&mut self) {
        for token in 0..TOKENS.len() {
            self.present(token);
        }
    }

    /// How many tokens of [`FETCHED`] are good, as the first cache says.
    pub(crate) fn good_by_fetched_keys(&mut self) -> usize {
        let answers = (0..TOKENS.len()).map(|token| self.ask(1, token));
        answers.flatten().filter(|(text, ..)| text.starts_with(FETCHED)).count()
    }

    /// Asks all of them about one token, at one moment.
    fn present(&mut self, token: usize) {
        let answers: Vec<_> = (0..self.gates.len()).map(|gate| self.ask(gate, token)).collect();
        for (gate, answer) in answers.iter().enumerate() {
            assert_eq!(*answer, answers[0], "token {token}, cache {:?}", self.gates[gate].0);
        }
    }

    fn ask(&mut self, gate: usize, token: usize) -> Answer {
        let client = Client::new(&TOKENS[token], self.certificate);
        let decision = self.gates[gate].1.authenticate(&client, self.clock.now());
        let result = match decision {
            Decision::Decided(result) => result,
            Decision::Pending(pending) => self.runtime.block_on(pending),
        };
        let verified = result.map_err(|error| error.kind())?;
        self.count(gate, token, &verified);
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let text = format!("{} {} {}", verified.issuer(), verified.expires_at(), verified.raw_claims());
        let scopes = verified.scopes().map(str::to_owned).collect();
        Ok((text, owned(verified.subject()), owned(verified.key_id()), scopes))
    }

    fn count(&mut self, gate: usize, token: usize, verified: &VerifiedToken) {
        let claims = verified.claims::<Value>().unwrap();
        self.tally.good[gate] += 1;
        let before = self.last.insert((gate, token), claims.clone());
        self.tally.hits[gate] += usize::from(before.is_some_and(|before| Arc::ptr_eq(&before, &claims)));
    }
}
