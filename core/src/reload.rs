//! Another configuration in the place of the one that serves.

use tracing::info;

use crate::authenticator::Authenticator;
use crate::builder::AuthenticatorBuilder;
use crate::config_error::ConfigError;

impl Authenticator {
    /// Trusts what `builder` describes in the place of what was trusted, in all clones and at once.
    ///
    /// 1. It is all or nothing: with an error everything stays as it is.
    /// 2. Requests that have begun finish under what they met, also those that wait for a key; a key that is revoked meanwhile
    ///    is revoked for them too.
    /// 3. An issuer whose keys come from the same place keeps them; where only the rules of fetching have changed, they
    ///    serve until the first fetch by the new ones. Not so where the new ones might have refused them (a guard, no plain
    ///    http, other `jwks_hosts`, another `ca_file` or client identity, by content): those, and keys of another place, are
    ///    fetched before they serve, and requests wait for that fetch as they do at the start.
    /// 4. Revoked keys stay revoked and pinned sets stay pinned, by the name of the issuer.
    /// 5. Verified tokens that are cached are looked at again under the new rules.
    /// 6. Where requests carry a token ([`token_sources`](AuthenticatorBuilder::token_sources)) cannot change, since the guards
    ///    around it have settled on that; nor can the [cache](AuthenticatorBuilder::token_cache), its size and its times. The clock and the runtime stay those that the authenticator was built with.
    ///
    /// Files of keys that are not watched are read again. It blocks while files are read, so call it where that may be.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with every problem at once, as [`AuthenticatorBuilder::build`] gives it.
    pub fn reload(&self, builder: AuthenticatorBuilder) -> Result<(), ConfigError> {
        self.reload_after(builder, || ())
    }

    /// The same, with `prepare` called once nothing can fail any more and before anything is trusted anew. For crates on top of this
    /// one, whose own rules change with it.
    ///
    /// # Errors
    ///
    /// As [`reload`](Self::reload).
    #[doc(hidden)]
    pub fn reload_after(
        &self,
        builder: AuthenticatorBuilder,
        prepare: impl FnOnce(),
    ) -> Result<(), ConfigError> {
        let control = self.control().clone();
        if builder.sources != self.sources() {
            return Err(ConfigError::single(format!(
                "sources = {:?}: where requests carry a token is read once, at the start",
                builder.sources
            )));
        }
        if !builder.cache.is_as(&self.token_cache()) {
            return Err(ConfigError::single("cache: it is set up once, at the start".to_owned()));
        }
        // From the reading to the swap, so that what was read later is not replaced by what was read before.
        let _one_at_a_time = control.reload();
        let prepared = builder.prepared_for(&control)?;
        let issuers = prepared.len();
        prepare();
        // Held to the end: no other reload and no lever comes between the look at what was trusted and the swap.
        let mut changing = control.change();
        let before = self.trust();
        let trust = builder.trust(prepared, Some(&before), &control, &mut changing);
        for (_, gone) in before.issuers.iter().filter(|(name, _)| !trust.issuers.contains_key(*name)) {
            gone.policy.meters.retire();
        }
        #[cfg(feature = "jwks-client")]
        if let (Some(gone), None) = (&before.tenants, &trust.tenants) {
            gone.meters.known(|| 0);
        }
        self.trust_instead(trust);
        info!(target: "claimgate", issuers, "configuration reloaded");
        Ok(())
    }

    /// Runs `work` where the runtime of the authenticator is, if it has one: what describes issuers may want it. For crates on top of
    /// this one.
    #[doc(hidden)]
    pub fn within_runtime<T>(&self, work: impl FnOnce() -> T) -> T {
        #[cfg(feature = "refresh")]
        let _entered = self.control().runtime.as_ref().map(tokio::runtime::Handle::enter);
        work()
    }
}
