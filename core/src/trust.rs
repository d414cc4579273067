//! Everything that is trusted at one time, and how one look at a token ends under it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::bearer::BearerToken;
#[cfg(feature = "jwks-client")]
use crate::claims::{date, missing};
use crate::confirmation::Confirmation;
#[cfg(feature = "jwks-client")]
use crate::error::AuthError;
use crate::error::AuthErrorKind;
use crate::jws::TokenParts;
#[cfg(feature = "jwks-client")]
use crate::jws::UnverifiedJws;
use crate::meters::IssuerMeters;
use crate::moment::Moment;
use crate::possession::Possession;
#[cfg(feature = "jwks-client")]
use crate::tenants::{Found, Tenants};
use crate::token::VerifiedToken;
use crate::trusted_issuer::TrustedIssuer;
use crate::verdict::{Asking, Verdict};

/// Everything that is trusted, and by what rules. Immutable: a changed configuration is another one, and a request goes on
/// with the one that it met.
pub(crate) struct Trust {
    pub(crate) issuers: HashMap<Arc<str>, Arc<TrustedIssuer>>,
    pub(crate) max_token_bytes: usize,
    pub(crate) realm: Option<Arc<str>>,
    /// For what is decided before an issuer is known.
    pub(crate) nobody: IssuerMeters,
    #[cfg(feature = "jwks-client")]
    pub(crate) tenants: Option<Arc<Tenants>>,
}

impl Trust {
    /// Takes `token` through all stages. `iss` picks the issuer before any work is done for the token. What is decided here is
    /// counted, once, since nobody looks again after it.
    pub(crate) fn look(
        &self,
        token: BearerToken<'_>,
        possession: Possession<'_>,
        now: Moment,
        asking: Asking,
    ) -> Verdict {
        let (verdict, meters) = self.find_and_look(token, possession, now, asking);
        if let Verdict::Decided(result) = &verdict {
            meters.decided(result);
        }
        verdict
    }

    fn find_and_look(
        &self,
        token: BearerToken<'_>,
        possession: Possession<'_>,
        now: Moment,
        asking: Asking,
    ) -> (Verdict, &IssuerMeters) {
        let refused = |error| (Verdict::Decided(Err(error)), &self.nobody);
        let parts = match TokenParts::split(token) {
            Ok(parts) => parts,
            Err(error) => return refused(error),
        };
        let issuer = parts.unverified_issuer().ok().and_then(|name| self.issuers.get(&*name));
        let jws = match parts.read_header(issuer.map(|issuer| issuer.keys.headers())) {
            Ok(jws) => jws,
            Err(error) => return refused(error),
        };
        if let Some(issuer) = issuer {
            return (issuer.look(jws, possession, now, asking), &issuer.policy.meters);
        }
        #[cfg_attr(
            not(feature = "jwks-client"),
            expect(unused_variables, reason = "nobody is asked about it")
        )]
        let name = match jws.unverified_issuer() {
            Ok(name) => name,
            Err(error) => return refused(error),
        };
        #[cfg(feature = "jwks-client")]
        if let Some(tenants) = &self.tenants {
            let worth = is_worth_asking(&jws, now);
            let found = tenants.find(&name, asking.issuer && worth.is_ok(), now);
            drop(name);
            return match found {
                Found::Known(tenant) => {
                    let asking = Asking { issuer: false, ..asking };
                    (tenant.look(jws, possession, now, asking), &tenants.meters.issuer)
                }
                Found::Awaited(wait) => {
                    (Verdict::Awaited { wait, then: Asking { issuer: false, ..asking } }, &self.nobody)
                }
                Found::Refused { retry_after } => {
                    refused(worth.err().unwrap_or_else(|| AuthError::issuer_unavailable(retry_after)))
                }
                Found::Nobody => refused(AuthErrorKind::UnknownIssuer.into()),
            };
        }
        refused(AuthErrorKind::UnknownIssuer.into())
    }

    /// Whether this issuer is one of the configuration, so that it stays as it is while this is what is trusted. What a
    /// resolver knows may change at any time.
    pub(crate) fn is_configured(&self, issuer: &str) -> bool {
        self.issuers.contains_key(issuer)
    }

    /// Whether `token`, which was found good before, would be found good now in a request that may come with it. Everything that
    /// may have changed is looked at again, by the rules of the first look; a `true` is as good as another [`look`](Self::look).
    pub(crate) fn still_admits(&self, token: &VerifiedToken, now: Moment) -> bool {
        if let Some(issuer) = self.issuers.get(token.issuer()) {
            return issuer.still_admits(token, now);
        }
        #[cfg(feature = "jwks-client")]
        if let Some(tenants) = &self.tenants {
            return match tenants.find(token.issuer(), false, now) {
                Found::Known(tenant) => tenant.still_admits(token, now),
                Found::Awaited(_) | Found::Refused { .. } | Found::Nobody => false,
            };
        }
        false
    }

    /// Whether a token could be good by a certificate of the client. What a resolver knows may change at any time.
    pub(crate) fn may_ask_for_certificate(&self) -> bool {
        #[cfg(feature = "jwks-client")]
        if self.tenants.is_some() {
            return true;
        }
        self.issuers.values().any(|issuer| issuer.policy.confirmation == Confirmation::ClientCertificate)
    }

    /// The issuer of this name, if it is trusted now.
    pub(crate) fn issuer(&self, name: &str) -> Option<Arc<TrustedIssuer>> {
        let issuer = self.issuers.get(name).cloned();
        #[cfg(feature = "jwks-client")]
        let issuer = issuer.or_else(|| self.tenants.as_ref()?.known(name));
        issuer
    }
}

/// Whether a token could be good by any rules: one that has expired, even by the largest leeway, is not worth asking about its
/// issuer.
#[cfg(feature = "jwks-client")]
fn is_worth_asking(jws: &UnverifiedJws<'_>, now: Moment) -> Result<(), AuthError> {
    let expires_at = date("exp", jws.unverified_payload().get("exp"))?.ok_or_else(|| missing("exp"))?;
    let may_be_good = now.unix_seconds() < expires_at.saturating_add(LARGEST_LEEWAY_SECONDS);
    if may_be_good { Ok(()) } else { Err(AuthErrorKind::Expired.into()) }
}

#[cfg(feature = "jwks-client")]
const LARGEST_LEEWAY_SECONDS: i64 = 300;
