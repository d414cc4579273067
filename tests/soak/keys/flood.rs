//! Requests that nobody can answer with anything but a fetch or a refusal.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use claimgate_testkit::{TestIssuer, base64url};

use crate::connection::request;
use crate::load::Requests;
use crate::server::AUDIENCE;

/// Tokens with made-up `kid`s, none twice. All else in them is good: a token that would be refused with any key causes no
/// fetch, and would be no flood.
pub(crate) struct Flood {
    /// All but the header. Nobody gets as far as the signature.
    rest: String,
    random: RandomState,
    count: AtomicU64,
}

impl Flood {
    pub(crate) fn new(issuer: &TestIssuer) -> Self {
        let token = issuer.token().audience(AUDIENCE).mint();
        let rest = token.split_once('.').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        Flood { rest, random: RandomState::new(), count: AtomicU64::new(0) }
    }
}

impl Requests for Flood {
    fn next(&self) -> Arc<[u8]> {
        let key_id = self.random.hash_one(self.count.fetch_add(1, Ordering::Relaxed));
        let header = format!(r#"{{"alg":"ES256","kid":"{key_id:016x}","typ":"at+jwt"}}"#);
        request(&format!("{}.{}", base64url(header), self.rest)).into()
    }
}
