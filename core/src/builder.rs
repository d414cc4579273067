//! From the description of issuers to an authenticator.

use std::sync::Arc;

use crate::authenticator::Authenticator;
use crate::cache::VerifiedTokens;
use crate::config_error::{ConfigError, Problems};
use crate::control::{Changing, Control};
#[cfg(feature = "jwks-client")]
use crate::dynamic_issuers::DynamicIssuers;
use crate::issuer::Issuer;
use crate::meters::{self, IssuerMeters};
use crate::moment::{Clock, SystemClock};
use crate::prepared::PreparedIssuer;
#[cfg(feature = "jwks-client")]
use crate::refresh::ClientPool;
#[cfg(feature = "jwks-client")]
use crate::tenants::Tenants;
use crate::token_cache::TokenCache;
use crate::token_mark::NoRandomness;
use crate::token_source::TokenSource;
use crate::trust::Trust;

/// Collects what an [`Authenticator`] trusts.
#[derive(Clone, Debug)]
#[must_use]
pub struct AuthenticatorBuilder {
    issuers: Vec<Issuer>,
    realm: Option<String>,
    max_token_bytes: usize,
    pub(crate) sources: Vec<TokenSource>,
    pub(crate) cache: TokenCache,
    clock: Arc<dyn Clock>,
    #[cfg(feature = "jwks-client")]
    dynamic: Option<DynamicIssuers>,
    #[cfg(feature = "refresh")]
    runtime: Option<tokio::runtime::Handle>,
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
            cache: TokenCache::new(),
            clock: Arc::new(SystemClock),
            #[cfg(feature = "jwks-client")]
            dynamic: None,
            #[cfg(feature = "refresh")]
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

    /// Also trusts issuers that a resolver knows.
    #[cfg(feature = "jwks-client")]
    pub fn dynamic_issuers(self, dynamic: DynamicIssuers) -> Self {
        AuthenticatorBuilder { dynamic: Some(dynamic), ..self }
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

    /// How verified tokens are cached. Default: [`TokenCache::new`].
    pub fn token_cache(self, cache: TokenCache) -> Self {
        AuthenticatorBuilder { cache, ..self }
    }

    /// Takes the time from `clock`. Default: the clocks of the machine.
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        AuthenticatorBuilder { clock: Arc::new(clock), ..self }
    }

    /// Fetches keys on this runtime. Default: the one that [`build`](Self::build) is called in.
    #[cfg(feature = "refresh")]
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
        #[cfg(feature = "refresh")]
        let runtime = self.runtime.clone().or_else(|| tokio::runtime::Handle::try_current().ok());
        let control = Arc::new(Control::new(
            self.clock.clone(),
            #[cfg(feature = "refresh")]
            runtime,
        ));
        let prepared = self.prepared_for(&control)?;
        let sources = self.sources.clone().into();
        let cache = self.cache.enabled.then(|| VerifiedTokens::new(self.cache)).transpose();
        let cache = cache.map_err(|NoRandomness| {
            ConfigError::single("cache: the system gives no random bytes".to_owned())
        })?;
        meters::describe();
        let trust = self.trust(prepared, None, &control, &mut control.change());
        Ok(Authenticator::new(trust, cache, sources, control))
    }

    /// Everything checked and read, under a control that can drive what has to be driven.
    pub(crate) fn prepared_for(&self, control: &Control) -> Result<Vec<PreparedIssuer>, ConfigError> {
        let (mut problems, prepared) = self.prepare(
            #[cfg(feature = "jwks-client")]
            &control.clients,
        );
        #[cfg(feature = "refresh")]
        if control.runtime.is_none() && (prepared.iter().any(PreparedIssuer::is_driven) || self.is_dynamic())
        {
            problems
                .add("", "keys are fetched on a tokio runtime: build inside one, or give it by `runtime`");
        }
        #[cfg(not(feature = "refresh"))]
        let _ = (&mut problems, control);
        problems.or(prepared)
    }

    /// Trusts what was prepared. What has not changed since `before` goes on as it is.
    pub(crate) fn trust(
        self,
        prepared: Vec<PreparedIssuer>,
        before: Option<&Trust>,
        control: &Arc<Control>,
        overrides: &mut Changing<'_>,
    ) -> Trust {
        let issuers = prepared.into_iter().map(|issuer| {
            let name = issuer.name().clone();
            let before = before.and_then(|before| before.issuers.get(&name)).map(|issuer| &**issuer);
            let overrides = overrides.get(&name).cloned().unwrap_or_default();
            let meters =
                before.map_or_else(|| IssuerMeters::configured(&name), |before| before.policy.meters.clone());
            let trusted = issuer.trust(before, overrides, meters, control);
            trusted.keys.tell(&trusted.policy.meters, control.clock.now());
            (name, Arc::new(trusted))
        });
        let realm: Option<Arc<str>> = self.realm.map(Into::into);
        #[cfg(feature = "jwks-client")]
        let tenants = self.dynamic.map(|dynamic| {
            let before = before.and_then(|before| before.tenants.as_ref());
            let before = before.filter(|before| before.are_those_of(&dynamic, realm.as_deref()));
            before.cloned().unwrap_or_else(|| Arc::new(Tenants::new(dynamic, realm.clone(), control.clone())))
        });
        Trust {
            issuers: issuers.collect(),
            max_token_bytes: self.max_token_bytes,
            realm,
            nobody: before.map_or_else(IssuerMeters::nobody, |before| before.nobody.clone()),
            #[cfg(feature = "jwks-client")]
            tenants,
        }
    }

    #[cfg_attr(not(feature = "jwks-client"), expect(clippy::unused_self, reason = "nobody is asked"))]
    fn is_dynamic(&self) -> bool {
        #[cfg(feature = "jwks-client")]
        return self.dynamic.is_some();
        #[cfg(not(feature = "jwks-client"))]
        false
    }

    /// Everything that is wrong, without building anything that runs.
    #[cfg(feature = "config")]
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let prepared = self.prepare(
            #[cfg(feature = "jwks-client")]
            &ClientPool::default(),
        );
        prepared.0.or(())
    }

    #[cfg(all(test, feature = "config"))]
    pub(crate) fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    fn prepare(
        &self,
        #[cfg(feature = "jwks-client")] clients: &ClientPool,
    ) -> (Problems, Vec<PreparedIssuer>) {
        let mut problems = Problems::default();
        if self.issuers.is_empty() && !self.is_dynamic() {
            problems.add("", "no issuer: nobody could get in");
        }
        if self.max_token_bytes == 0 {
            problems.add("", "max_bytes = 0: no token could meet it");
        }
        self.cache.check(&mut problems);
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
        #[cfg(feature = "jwks-client")]
        if let Some(dynamic) = &self.dynamic {
            dynamic.check(&mut problems);
        }
        let realm: Option<Arc<str>> = self.realm.as_deref().map(Into::into);
        let mut prepared = Vec::new();
        for (index, issuer) in self.issuers.iter().enumerate() {
            let place = format!("issuer {:?}", issuer.name);
            if self.issuers.iter().take(index).any(|earlier| earlier.name == issuer.name) {
                problems.add(&place, "two issuers of one name");
            }
            issuer.check(&mut problems);
            let read = PreparedIssuer::new(
                issuer,
                realm.clone(),
                #[cfg(feature = "jwks-client")]
                clients,
            );
            match read {
                Ok(issuer) => prepared.push(issuer),
                Err(message) => problems.add(&place, message),
            }
        }
        (problems, prepared)
    }
}
