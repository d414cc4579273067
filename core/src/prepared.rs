//! From the description of an issuer to the issuer as it is trusted.

use std::sync::Arc;
#[cfg(feature = "refresh")]
use std::time::Duration;

use crate::certificate_warning::CertificateWarning;
use crate::control::Control;
use crate::issuer::Issuer;
use crate::key_set::KeySet;
use crate::live_keys::{LiveKeys, Overrides};
use crate::log::log_odd_keys;
use crate::meters::IssuerMeters;
use crate::policy::Policy;
#[cfg(feature = "jwks-client")]
use crate::refresh::{ClientPool, Remote};
#[cfg(feature = "refresh")]
use crate::refresh::{Driven, Fetcher, KeyFiles, Place};
use crate::source::KeyOrigin;
use crate::trusted_issuer::TrustedIssuer;

/// One issuer, checked and with the keys of its configuration read. Nothing runs yet.
pub(crate) struct PreparedIssuer {
    policy: Policy,
    keys: PreparedKeys,
    /// The default key, for tokens that name none.
    unnamed: Option<PreparedKeys>,
}

/// The keys of one issuer from one place.
struct PreparedKeys {
    described: Issuer,
    configured: Option<KeySet>,
    #[cfg(feature = "refresh")]
    place: Option<Place>,
}

impl PreparedIssuer {
    /// Checks where the keys come from, and reads those that are here. The error quotes what was configured.
    pub(crate) fn new(
        issuer: &Issuer,
        realm: Option<Arc<str>>,
        #[cfg(feature = "jwks-client")] clients: &ClientPool,
    ) -> Result<Self, String> {
        let read = |issuer: &Issuer| {
            PreparedKeys::new(
                issuer,
                #[cfg(feature = "jwks-client")]
                clients,
            )
        };
        let unnamed = issuer.for_unnamed().map(|issuer| read(&issuer)).transpose();
        let unnamed = unnamed.map_err(|error| format!("default_key: {error}"))?;
        Ok(PreparedIssuer { policy: issuer.policy(realm), keys: read(issuer)?, unnamed })
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.policy.issuer
    }

    /// Whether somebody has to fetch its keys.
    #[cfg(feature = "refresh")]
    pub(crate) fn is_driven(&self) -> bool {
        [Some(&self.keys), self.unnamed.as_ref()].into_iter().flatten().any(|keys| keys.place.is_some())
    }

    /// Trusts it, beginning to fetch its keys if that is how they come. What has not changed since `before` goes on as it is:
    /// an unchanged policy is the same one, and unchanged keys need no fetch.
    pub(crate) fn trust(
        self,
        before: Option<&TrustedIssuer>,
        overrides: Overrides,
        meters: IssuerMeters,
        control: &Control,
    ) -> TrustedIssuer {
        let policy = Policy { meters: meters.clone(), ..self.policy };
        let policy = match before {
            Some(before) if *before.policy == policy => before.policy.clone(),
            _ => Arc::new(policy),
        };
        let unnamed = self.unnamed.map(|unnamed| {
            let before = before.and_then(|before| before.unnamed.as_deref());
            // The series of an issuer are about the keys that it publishes.
            let meters = IssuerMeters::default();
            Arc::new(unnamed.trust(policy.clone(), before, overrides.for_unnamed(), meters, control))
        });
        TrustedIssuer { unnamed, ..self.keys.trust(policy, before, overrides, meters, control) }
    }
}

impl PreparedKeys {
    fn new(issuer: &Issuer, #[cfg(feature = "jwks-client")] clients: &ClientPool) -> Result<Self, String> {
        #[cfg_attr(
            not(feature = "jwks-client"),
            allow(unused_mut, reason = "only the key client reads files of its own")
        )]
        let mut described = issuer.clone();
        match KeyOrigin::of(issuer)? {
            KeyOrigin::Fixed(keys) => Ok(PreparedKeys {
                #[cfg(feature = "refresh")]
                place: issuer.watches_files().then(|| Place::Files(Box::new(KeyFiles::new(issuer)))),
                described,
                configured: Some(keys),
            }),
            #[cfg(feature = "refresh")]
            KeyOrigin::Custom(source) => {
                Ok(PreparedKeys { described, configured: None, place: Some(Place::Custom(source)) })
            }
            #[cfg(feature = "jwks-client")]
            KeyOrigin::Remote { jwks_uri } => {
                let name = issuer.name.as_str().into();
                let remote = Remote::new(name, jwks_uri.as_deref(), &issuer.fetch, clients)?;
                described.fetch.files = remote.files();
                let place = Some(Place::Remote(Box::new(remote)));
                Ok(PreparedKeys { described, configured: None, place })
            }
            #[cfg(not(feature = "jwks-client"))]
            KeyOrigin::Remote { .. } => {
                Err("no keys given, and fetching them needs the feature `jwks-client`".to_owned())
            }
        }
    }

    #[cfg_attr(not(feature = "refresh"), expect(clippy::needless_pass_by_value, reason = "nobody fetches"))]
    fn trust(
        self,
        policy: Arc<Policy>,
        before: Option<&TrustedIssuer>,
        overrides: Overrides,
        #[cfg_attr(not(feature = "refresh"), expect(unused_variables, reason = "nobody fetches"))]
        meters: IssuerMeters,
        control: &Control,
    ) -> TrustedIssuer {
        let PreparedKeys { described, configured, .. } = self;
        if let Some(keys) = &configured {
            log_odd_keys(&policy.issuer, keys);
        }
        #[cfg(feature = "refresh")]
        if let Some(place) = self.place {
            return driven((described, policy, meters), configured, place, before, overrides, control);
        }
        if let Some(keys) = &configured {
            CertificateWarning::of(&described).tell(&policy.issuer, keys, control.clock.now());
        }
        // The same text gives the same keys; of files and of sets that were put together, only reading them tells.
        let unchanged = before
            .filter(|before| before.described.keys_as(&described) && described.source.paths().is_empty());
        let keys = match unchanged {
            Some(before) => before.keys.clone(),
            None => new_keys(configured, overrides, before),
        };
        TrustedIssuer {
            described,
            policy,
            keys,
            unnamed: None,
            #[cfg(feature = "refresh")]
            driven: None,
        }
    }
}

#[cfg(feature = "refresh")]
fn driven(
    (described, policy, meters): (Issuer, Arc<Policy>, IssuerMeters),
    configured: Option<KeySet>,
    place: Place,
    before: Option<&TrustedIssuer>,
    overrides: Overrides,
    control: &Control,
) -> TrustedIssuer {
    let earlier = before;
    let before = before.filter(|before| before.described.source.is_place_of(&described.source));
    let (mut warning, now) = (CertificateWarning::of(&described), control.clock.now());
    // Files that have changed under their names count at once, unless an operator has pinned something else.
    let is_read = |before: &&TrustedIssuer| {
        let snapshot = before.keys.snapshot();
        let is_so = |read: &KeySet| snapshot.keys().is_some_and(|keys| read.is_same(keys));
        snapshot.is_pinned() || configured.as_ref().is_none_or(is_so)
    };
    let goes_on = |before: &&TrustedIssuer| before.driven.is_some() && before.described.keys_as(&described);
    if let Some(before) = before.filter(goes_on).filter(is_read) {
        let (keys, driven) = (before.keys.clone(), before.driven.clone());
        let snapshot = keys.snapshot();
        // Of keys that the files have no more nothing is said: those that they have are put in place at once.
        let is_so = |keys: &&Arc<KeySet>| configured.as_ref().is_none_or(|read| read.is_same(keys));
        if let Some(in_place) = snapshot.keys().filter(is_so) {
            warning.tell(&policy.issuer, in_place, now);
        }
        if let Some(driven) = &driven {
            driven.warn_as(warning);
        }
        // Whoever reloads wants what the files say now.
        if !described.source.paths().is_empty() {
            let _ = driven.as_ref().and_then(|driven| driven.refresh_now());
        }
        return TrustedIssuer { described, policy, keys, unnamed: None, driven };
    }
    let first = if configured.is_some() { described.fetch.refresh_interval } else { Duration::ZERO };
    if let Some(keys) = &configured {
        warning.tell(&policy.issuer, keys, now);
    }
    let keys = new_keys(configured, overrides, earlier);
    // From the same place, fetched by other rules: the keys serve until the first fetch by the new ones.
    let before = before.filter(|before| before.described.fetch.is_as_strict_as(&described.fetch));
    if let Some(before) = before.filter(|_| keys.snapshot().keys().is_none()) {
        keys.inherit(&before.keys);
    }
    let fetcher = Fetcher { issuer: policy.issuer.clone(), settings: described.fetch.clone(), place };
    let driven = Driven::start(fetcher, &keys, meters, warning, first, control);
    let driven = Some(Arc::new(driven));
    TrustedIssuer { described, policy, keys, unnamed: None, driven }
}

fn new_keys(
    configured: Option<KeySet>,
    overrides: Overrides,
    before: Option<&TrustedIssuer>,
) -> Arc<LiveKeys> {
    let keys = Arc::new(LiveKeys::new(configured, overrides));
    if let Some(before) = before {
        keys.follow(&before.keys);
    }
    keys
}
