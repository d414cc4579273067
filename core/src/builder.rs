//! From the description of issuers to an authenticator.

use std::collections::HashMap;
use std::sync::Arc;

use crate::authenticator::{Authenticator, Trust, TrustedIssuer};
use crate::config_error::{ConfigError, Problems};
use crate::issuer::Issuer;
use crate::live_keys::LiveKeys;
use crate::log::log_odd_keys;
use crate::moment::{Clock, SystemClock};
#[cfg(feature = "jwks-client")]
use crate::refresh::{Driver, Remote};
use crate::source::KeyOrigin;
use crate::token_source::TokenSource;

/// Collects what an [`Authenticator`] trusts.
#[derive(Clone, Debug)]
#[must_use]
pub struct AuthenticatorBuilder {
    issuers: Vec<Issuer>,
    realm: Option<String>,
    max_token_bytes: usize,
    sources: Vec<TokenSource>,
    clock: Arc<dyn Clock>,
    #[cfg(feature = "jwks-client")]
    runtime: Option<tokio::runtime::Handle>,
}

/// One issuer, checked and with its keys read.
struct Prepared {
    trusted: TrustedIssuer,
    #[cfg(feature = "jwks-client")]
    remote: Option<Remote>,
}

impl Authenticator {
    /// Begins an authenticator that trusts nobody.
    pub fn builder() -> AuthenticatorBuilder {
        AuthenticatorBuilder::new()
    }
}

impl AuthenticatorBuilder {
    fn new() -> Self {
        AuthenticatorBuilder {
            issuers: Vec::new(),
            realm: None,
            max_token_bytes: 16_384,
            sources: vec![TokenSource::Authorization],
            clock: Arc::new(SystemClock),
            #[cfg(feature = "jwks-client")]
            runtime: None,
        }
    }

    /// Trusts one more issuer. Each has its own keys and rules; the token's `iss` picks one.
    ///
    /// # Security
    ///
    /// `sub` is unique within its issuer only (RFC 7519, section 4.1.2), and scopes mean what their issuer says. With more
    /// than one issuer, know users by [`VerifiedToken::issuer`](crate::VerifiedToken::issuer) and `sub` together, and let
    /// [`AccessRule::that`](crate::AccessRule::that) ask for the issuer where one of them may not grant a scope.
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// Names the protection space in challenges (RFC 9110, section 11.5). Default: none.
    pub fn realm(self, realm: impl Into<String>) -> Self {
        AuthenticatorBuilder { realm: Some(realm.into()), ..self }
    }

    /// How long a token may be, in bytes. Default 16384.
    pub fn max_token_bytes(self, bytes: usize) -> Self {
        AuthenticatorBuilder { max_token_bytes: bytes, ..self }
    }

    /// Where requests may carry a token. Default: [`TokenSource::Authorization`] alone. A request with more than one token
    /// is refused, wherever they stand.
    pub fn token_sources(self, sources: impl IntoIterator<Item = TokenSource>) -> Self {
        AuthenticatorBuilder { sources: sources.into_iter().collect(), ..self }
    }

    /// Takes the time from `clock`. Default: the clocks of the machine.
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        AuthenticatorBuilder { clock: Arc::new(clock), ..self }
    }

    /// Fetches keys on this runtime. Default: the one that [`build`](Self::build) is called in.
    #[cfg(feature = "jwks-client")]
    pub fn runtime(self, runtime: tokio::runtime::Handle) -> Self {
        AuthenticatorBuilder { runtime: Some(runtime), ..self }
    }

    /// Checks everything, reads the keys that are configured, and begins to fetch the others. It does not wait for them;
    /// [`Authenticator::ready`] does.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with every problem at once.
    pub fn build(self) -> Result<Authenticator, ConfigError> {
        #[cfg_attr(
            not(feature = "jwks-client"),
            expect(unused_mut, reason = "only the key client adds problems")
        )]
        let (mut problems, prepared) = self.prepare();
        #[cfg(feature = "jwks-client")]
        let runtime = {
            let runtime = self.runtime.or_else(|| tokio::runtime::Handle::try_current().ok());
            if runtime.is_none() && prepared.iter().any(|issuer| issuer.remote.is_some()) {
                problems.add(
                    "",
                    "keys are fetched on a tokio runtime: build inside one, or give it by `runtime`",
                );
            }
            runtime
        };
        let prepared = problems.or(prepared)?;

        let mut issuers = HashMap::with_capacity(prepared.len());
        #[cfg(feature = "jwks-client")]
        let mut driver = Driver::new(runtime, self.clock.clone());
        for issuer in prepared {
            #[cfg_attr(
                not(feature = "jwks-client"),
                expect(unused_mut, reason = "only the key client sets demand")
            )]
            let mut trusted = issuer.trusted;
            if let Some(keys) = trusted.keys.snapshot().usable(self.clock.now()) {
                log_odd_keys(&trusted.policy.issuer, keys);
            }
            #[cfg(feature = "jwks-client")]
            if let Some(remote) = issuer.remote {
                trusted.demand = Some(driver.drive(remote, trusted.keys.clone()));
            }
            issuers.insert(trusted.policy.issuer.clone(), trusted);
        }
        Ok(Authenticator::new(Trust {
            issuers,
            max_token_bytes: self.max_token_bytes,
            sources: self.sources.into(),
            realm: self.realm.map(Into::into),
            clock: self.clock,
            #[cfg(feature = "jwks-client")]
            driver,
        }))
    }

    /// Everything that is wrong, without building anything that runs.
    #[cfg(feature = "config")]
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.prepare().0.or(())
    }

    #[cfg(all(test, feature = "config"))]
    pub(crate) fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    fn prepare(&self) -> (Problems, Vec<Prepared>) {
        let mut problems = Problems::default();
        if self.issuers.is_empty() {
            problems.add("", "no issuer: nobody could get in");
        }
        if self.max_token_bytes == 0 {
            problems.add("", "max_bytes = 0: no token could meet it");
        }
        if self.sources.is_empty() {
            problems.add("", "sources = []: no token could be found");
        }
        for source in &self.sources {
            if let Err(message) = source.check() {
                problems.add("", message);
            }
            if self.sources.iter().filter(|other| source.overlaps(other)).count() > 1 {
                problems.add(
                    "",
                    format!(
                        "sources: {source:?} reads what another source reads: every token would count twice"
                    ),
                );
            }
        }
        let is_plain = |realm: &str| realm.chars().all(|character| matches!(character, ' '..='~'));
        if let Some(realm) = self.realm.as_deref().filter(|realm| !is_plain(realm)) {
            problems.add("", format!("realm = {realm:?}: printable ASCII only"));
        }
        let realm: Option<Arc<str>> = self.realm.as_deref().map(Into::into);
        let mut prepared = Vec::new();
        for (index, issuer) in self.issuers.iter().enumerate() {
            let place = format!("issuer {:?}", issuer.name);
            if self.issuers.iter().take(index).any(|earlier| earlier.name == issuer.name) {
                problems.add(&place, "two issuers of one name");
            }
            issuer.check(&mut problems);
            match Prepared::new(issuer, realm.clone()) {
                Ok(issuer) => prepared.push(issuer),
                Err(message) => problems.add(&place, message),
            }
        }
        (problems, prepared)
    }
}

impl Prepared {
    fn new(issuer: &Issuer, realm: Option<Arc<str>>) -> Result<Self, String> {
        let policy = Arc::new(issuer.policy(realm));
        match KeyOrigin::of(issuer)? {
            KeyOrigin::Fixed(keys) => Ok(Prepared {
                trusted: TrustedIssuer { policy, keys: Arc::new(LiveKeys::fixed(keys)), demand: None },
                #[cfg(feature = "jwks-client")]
                remote: None,
            }),
            #[cfg(feature = "jwks-client")]
            KeyOrigin::Remote { jwks_uri } => {
                let remote = Remote::new(policy.issuer.clone(), jwks_uri.as_deref(), &issuer.fetch)?;
                let keys = Arc::new(LiveKeys::empty());
                Ok(Prepared { trusted: TrustedIssuer { policy, keys, demand: None }, remote: Some(remote) })
            }
            #[cfg(not(feature = "jwks-client"))]
            KeyOrigin::Remote { .. } => {
                Err("no keys given, and fetching them needs the feature `jwks-client`".to_owned())
            }
        }
    }
}
