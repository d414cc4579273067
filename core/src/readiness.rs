//! Whether requests should be sent here, for the route that an orchestrator asks.

use std::sync::Arc;

use serde::Serialize;

use crate::authenticator::Authenticator;
use crate::status::KeyState;

/// Whether an [`Authenticator`] can do its work, and the answer of a route that says so.
///
/// The adapters have that route (`readiness`). It may be public: it names issuers of the configuration, which every token
/// names too, and the state of their keys; no key, no error and no tenant.
#[derive(Clone, Debug)]
pub struct Readiness {
    /// In the order of their names.
    issuers: Vec<(Arc<str>, KeyState)>,
    /// How many tenants are known, where there is a resolver.
    tenants: Option<usize>,
}

#[derive(Serialize)]
struct Body<'a> {
    ready: bool,
    issuers: Vec<BodyIssuer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenants: Option<usize>,
}

#[derive(Serialize)]
struct BodyIssuer<'a> {
    issuer: &'a str,
    keys: &'static str,
}

impl Authenticator {
    /// Whether requests should be sent here now.
    ///
    /// To wait for the first keys before a server listens there is [`ready`](Self::ready), and [`status`](Self::status)
    /// tells operators more.
    pub fn readiness(&self) -> Readiness {
        let (now, trust) = (self.now(), self.trust());
        let states = trust.issuers.iter().map(|(name, issuer)| {
            let state = issuer.keys.snapshot().freshness(now).into();
            (name.clone(), state)
        });
        let mut issuers: Vec<(_, KeyState)> = states.collect();
        issuers.sort_by(|(one, _), (another, _)| one.cmp(another));
        #[cfg(feature = "jwks-client")]
        let tenants = trust.tenants.as_ref().map(|tenants| tenants.count());
        #[cfg(not(feature = "jwks-client"))]
        let tenants = None;
        Readiness { issuers, tenants }
    }
}

impl Readiness {
    /// Whether tokens of any configured issuer can be judged, or there is a resolver, which may know more.
    ///
    /// Not of all: every instance of a service trusts the same issuers. If one that is down took them out, its outage would
    /// be that of everybody whose issuer is up.
    pub fn is_ready(&self) -> bool {
        self.tenants.is_some() || self.issuers.iter().any(|(_, state)| state.is_usable())
    }

    /// Whether tokens of every configured issuer can be judged: for whoever gates the start of an instance, while the others
    /// still serve.
    pub fn is_ready_for_all(&self) -> bool {
        self.issuers.iter().all(|(_, state)| state.is_usable())
    }

    /// 200 if it [is ready](Self::is_ready), else 503.
    pub fn status_code(&self) -> u16 {
        if self.is_ready() { 200 } else { 503 }
    }

    /// The fields of the answer besides its length.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        [("content-type", "application/json"), ("cache-control", "no-store")].into_iter()
    }

    /// JSON such as `{"ready":true,"issuers":[{"issuer":"https://idp.example.com","keys":"fresh"}]}`, the issuers in the order
    /// of their names and their keys as [`KeyState::as_str`] says. With a resolver, `tenants` is how many it has made known.
    pub fn body(&self) -> String {
        let issuers = self.issuers.iter().map(|(issuer, state)| BodyIssuer { issuer, keys: state.as_str() });
        let body = Body { ready: self.is_ready(), issuers: issuers.collect(), tenants: self.tenants };
        // Strings and numbers: there is nothing in it that is no JSON.
        serde_json::to_string(&body).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readiness(states: &[KeyState], tenants: Option<usize>) -> Readiness {
        let issuers = states.iter().map(|&state| ("https://a.test".into(), state));
        Readiness { issuers: issuers.collect(), tenants }
    }

    #[test]
    fn one_issuer_is_enough_and_start_gates_may_ask_for_all() {
        use KeyState::{Expired, Fresh, NeverLoaded, Stale};
        for (states, tenants, any, all) in [
            (&[Fresh][..], None, true, true),
            (&[Stale], None, true, true),
            (&[NeverLoaded], None, false, false),
            (&[Expired], None, false, false),
            (&[Expired, Fresh], None, true, false),
            (&[Expired, NeverLoaded], None, false, false),
            (&[Expired], Some(0), true, false),
            (&[], Some(0), true, true),
        ] {
            let readiness = readiness(states, tenants);
            assert_eq!((readiness.is_ready(), readiness.is_ready_for_all()), (any, all), "{states:?}");
            assert_eq!(readiness.status_code(), if any { 200 } else { 503 }, "{states:?}");
        }
    }

    #[test]
    fn the_answer_names_configured_issuers_and_counts_tenants() {
        let one = r#"{"ready":false,"issuers":[{"issuer":"https://a.test","keys":"never_loaded"}]}"#;
        assert_eq!(readiness(&[KeyState::NeverLoaded], None).body(), one);
        assert_eq!(readiness(&[], Some(3)).body(), r#"{"ready":true,"issuers":[],"tenants":3}"#);
    }
}
