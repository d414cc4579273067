//! The issuers of a deployment as core trusts them.

use claimgate_core::{
    Algorithm, Authenticator, AuthenticatorBuilder, Confirmation, Issuer, KeySet, TokenCache,
};

use crate::deployment::{CacheConfig, Deployment, JwtIssuer};
use crate::profile::Profile;

impl Deployment {
    /// The builder of an authenticator that [trusts](Self::trusted) its issuers and keeps their tokens as
    /// [`verified_tokens`](Self::verified_tokens) says.
    pub fn authenticator(&self, profile: Profile) -> AuthenticatorBuilder {
        let builder = Authenticator::builder().token_cache(self.verified_tokens());
        self.trusted(profile).into_iter().fold(builder, AuthenticatorBuilder::issuer)
    }

    /// The issuers as core trusts them: `iss` to the byte, any audience, keys from the JWK Set or else from the trust store.
    ///
    /// 1. A token without `kid` is checked with the alias `gateway_certificate_alias` of the trust store, and with no other key, also
    ///    where the issuer has a JWK Set: the original would not look into that either. Such a token is refused where there is no such
    ///    alias, and, beside a JWK Set, where the trust store is a directory.
    /// 2. [`Profile::Strict`] takes every asymmetric algorithm and asks for `sub` and `iat`. The compatible profiles take the
    ///    algorithms of the original; [`Profile::Version3`] asks for the claims that version 3.0 documents as mandatory.
    /// 3. Of any number of unknown `kid`s within the cooldown of ten seconds, one causes a fetch. The original fetches for each.
    /// 4. `exp` is asked for in all profiles, though the original does without.
    ///
    /// The dates of certificates count in no profile, unless `enforce_certificate_validity` says so.
    ///
    /// The trust store is read when the authenticator is built and as `certificate_reload` says; for issuers without a JWK Set also
    /// whenever it changes.
    pub fn trusted(&self, profile: Profile) -> Vec<Issuer> {
        self.issuers.iter().map(|issuer| self.trusted_issuer(issuer, profile)).collect()
    }

    /// How the authenticator keeps verified tokens, for
    /// [`AuthenticatorBuilder::token_cache`](claimgate_core::AuthenticatorBuilder::token_cache): as [`token_cache`](Self::token_cache) says,
    /// each until its signature was checked `expiry_time` ago, or none.
    ///
    /// In the original whatever changes meanwhile, keys and issuers, is not seen for that time. Here it counts at once, and the time says
    /// only how often a signature is checked.
    pub fn verified_tokens(&self) -> TokenCache {
        let CacheConfig { enabled, expiry } = self.token_cache;
        if enabled { TokenCache::new().time_to_live(expiry) } else { TokenCache::disabled() }
    }

    fn trusted_issuer(&self, described: &JwtIssuer, profile: Profile) -> Issuer {
        let issuer = Issuer::new(&described.name)
            .any_audience()
            .leeway(self.leeway)
            .scopes_claim([described.scopes_claim()]);
        let issuer = profile.applied(issuer, described.consumer_key_claim.as_deref());
        let issuer = match (&described.jwks_url, &self.trust_store) {
            (Some(url), Some(store)) => {
                let issuer = self.checks_dates(issuer).jwks_uri(url).refresh_burst(1);
                store.default_key_of(issuer, self.certificate_reload)
            }
            (Some(url), None) => issuer.jwks_uri(url).refresh_burst(1).require_key_id(),
            (None, Some(store)) => {
                let issuer = self.checks_dates(issuer);
                store.keys_of(issuer).watch_files().refresh_interval(self.certificate_reload)
            }
            // Core would discover them from the name. That there is no key in it, core says.
            (None, None) => issuer.keys(KeySet::default()),
        };
        let issuer = match algorithms(described, profile) {
            Some(algorithms) => issuer.algorithms(algorithms.iter().copied()),
            None => issuer,
        };
        let issuer = match (self.oauth.certificate_bound, profile.is_compatible()) {
            (true, _) => issuer.confirmation(Confirmation::ClientCertificate),
            // The original takes a bound token for a bearer token then.
            (false, true) => issuer.confirmation(Confirmation::Ignore),
            (false, false) => issuer,
        };
        if self.enforce_type_header { issuer.token_types(["at+jwt"]) } else { issuer }
    }

    fn checks_dates(&self, issuer: Issuer) -> Issuer {
        issuer.certificate_validity(self.certificate_validity).certificate_warning(self.certificate_warning)
    }
}

/// Those that the original accepts, in the compatible profiles. PS256 came with JWK Sets, in version 4.
fn algorithms(issuer: &JwtIssuer, profile: Profile) -> Option<&'static [Algorithm]> {
    match profile {
        Profile::Strict => None,
        Profile::Version4 if issuer.jwks_url.is_some() => {
            Some(&[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256])
        }
        Profile::Version4 | Profile::Version3 => {
            Some(&[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512])
        }
    }
}
