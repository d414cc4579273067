//! How the keys of an issuer are fetched, and what happens while they are not there.

use std::path::PathBuf;
use std::time::Duration;

/// How keys are fetched over the network.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FetchSettings {
    pub(crate) start: Start,
    pub(crate) refresh_interval: Duration,
    pub(crate) refresh_cooldown: Duration,
    pub(crate) stale_for: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_jwks_bytes: usize,
    pub(crate) max_keys: usize,
    pub(crate) jwks_hosts: Vec<String>,
    pub(crate) allow_insecure_http: bool,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) guard: bool,
}

/// What [`Authenticator::ready`](crate::Authenticator::ready) does while an issuer's keys are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// It does not wait: requests get a 503 until the keys are there. The default.
    Serve,
    /// It waits for the keys, at most so long, and then serves as with [`Start::Serve`].
    Wait(Duration),
    /// It fails when the first fetch brings no keys.
    Fail,
}

impl FetchSettings {
    pub(crate) fn check(&self, problem: &mut impl FnMut(String)) {
        if self.refresh_interval < Duration::from_secs(1) {
            problem(format!("refresh_interval = {:?}: at least 1s", self.refresh_interval));
        }
        if self.refresh_cooldown.is_zero() {
            problem("refresh_cooldown = 0s: every unknown kid would cause a fetch".to_owned());
        }
        if self.timeout.is_zero() {
            problem("fetch_timeout = 0s: no fetch could meet it".to_owned());
        }
        for (name, value) in [("max_jwks_bytes", self.max_jwks_bytes), ("max_keys", self.max_keys)] {
            if value == 0 {
                problem(format!("{name} = 0: no key set could meet it"));
            }
        }
    }
}

impl Default for FetchSettings {
    fn default() -> Self {
        FetchSettings {
            start: Start::Serve,
            refresh_interval: Duration::from_secs(600),
            refresh_cooldown: Duration::from_secs(10),
            stale_for: Duration::from_secs(3_600),
            timeout: Duration::from_secs(5),
            max_jwks_bytes: 1 << 20,
            max_keys: 256,
            jwks_hosts: Vec::new(),
            allow_insecure_http: false,
            ca_file: None,
            guard: false,
        }
    }
}
