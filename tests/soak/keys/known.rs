//! Good requests: those whose token is signed with a key that the server has.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use claimgate_testkit::TestIssuer;

use crate::connection::request;
use crate::load::Requests;
use crate::server::AUDIENCE;

/// The newest two keys that the server has accepted. An older one goes out of use, and may be retired a while after.
pub(crate) struct Known {
    state: Mutex<State>,
    count: AtomicUsize,
}

struct State {
    used: VecDeque<Signed>,
    unused: Vec<(String, Instant)>,
}

/// Requests with tokens of one key.
pub(crate) struct Signed {
    key_id: String,
    requests: Vec<Arc<[u8]>>,
}

impl Signed {
    /// Tokens of the key that signs now.
    pub(crate) fn mint(issuer: &TestIssuer) -> Self {
        let key = issuer.current_key();
        let token = issuer.token().signed_by(&key).audience(AUDIENCE).expires_in(DAY);
        let requests = (0..TOKENS).map(|_| request(&token.mint()).into()).collect();
        Signed { key_id: key.kid().to_owned(), requests }
    }

    pub(crate) fn first(&self) -> Arc<[u8]> {
        self.requests[0].clone()
    }
}

impl Known {
    pub(crate) fn new(signed: Signed) -> Self {
        let state = State { used: [signed].into(), unused: Vec::new() };
        Known { state: Mutex::new(state), count: AtomicUsize::new(0) }
    }

    /// Uses a key from now on that the server has accepted.
    pub(crate) fn add(&self, signed: Signed) {
        let mut state = self.state();
        state.used.push_back(signed);
        if state.used.len() > 2
            && let Some(old) = state.used.pop_front()
        {
            state.unused.push((old.key_id, Instant::now()));
        }
    }

    /// The keys that have been out of use for so long, each once. Sooner, requests with them may still be on their way.
    pub(crate) fn take_unused(&self, since: Duration) -> Vec<String> {
        let mut state = self.state();
        let (old, young) =
            std::mem::take(&mut state.unused).into_iter().partition(|(_, at)| at.elapsed() >= since);
        state.unused = young;
        Vec::into_iter(old).map(|(key_id, _)| key_id).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Requests for Known {
    fn next(&self) -> Arc<[u8]> {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let state = self.state();
        let signed = &state.used[count % state.used.len()];
        signed.requests[count / 2 % signed.requests.len()].clone()
    }
}

/// Of each key, so that no single token is all there is.
const TOKENS: usize = 16;
const DAY: Duration = Duration::from_secs(86_400);
