//! What the tests of this crate share.

#![allow(dead_code, reason = "each test file takes what it needs")]

pub(crate) mod raw_rsa;

use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use claimgate_core::{
    AuthError, AuthErrorKind, Authenticator, Clock, Decision, Issuer, Moment, RequestView, VerifiedToken,
};
use claimgate_testkit::{Alg, TestIssuer, TokenBuilder};

pub(crate) const ISSUER: &str = "https://issuer.test";
pub(crate) const AUDIENCE: &str = "https://api.test";
pub(crate) const NOW: i64 = 1_700_000_000;

pub(crate) fn moment(unix: i64) -> Moment {
    Moment::new(Duration::from_secs(u64::try_from(unix).unwrap()), Instant::now())
}

pub(crate) fn issuer(alg: Alg) -> TestIssuer {
    TestIssuer::with_algorithm(ISSUER, alg)
}

/// Trusts `issuer` with the keys that it publishes now.
pub(crate) fn trust(issuer: &TestIssuer) -> Authenticator {
    gate(Issuer::new(issuer.issuer()).audience(AUDIENCE).jwks(issuer.jwks()))
}

pub(crate) fn gate(issuer: Issuer) -> Authenticator {
    Authenticator::builder().issuer(issuer).build().unwrap()
}

/// A token that [`trust`] accepts at [`NOW`].
pub(crate) fn good(issuer: &TestIssuer) -> TokenBuilder {
    issuer.token().at(NOW).audience(AUDIENCE)
}

/// What is decided at once at [`NOW`].
pub(crate) fn decide(gate: &Authenticator, token: &str) -> Result<VerifiedToken, AuthError> {
    decide_at(gate, token, NOW)
}

pub(crate) fn decide_at(gate: &Authenticator, token: &str, unix: i64) -> Result<VerifiedToken, AuthError> {
    match gate.authenticate_token(token, moment(unix)) {
        Decision::Decided(result) => result,
        Decision::Pending(_) => panic!("nobody fetches keys here"),
    }
}

pub(crate) fn kind(gate: &Authenticator, token: &str) -> Result<(), AuthErrorKind> {
    decide(gate, token).map(drop).map_err(|error| error.kind())
}

/// A request of a client that owns a certificate, or none.
pub(crate) struct Client<'c> {
    authorization: String,
    certificate: Option<&'c [u8]>,
    /// How often the certificate was asked for.
    pub(crate) asked: Cell<usize>,
}

impl<'c> Client<'c> {
    pub(crate) fn new(token: &str, certificate: Option<&'c [u8]>) -> Self {
        Client { authorization: format!("Bearer {token}"), certificate, asked: Cell::default() }
    }
}

impl RequestView for Client<'_> {
    fn method(&self) -> &'static str {
        "GET"
    }

    fn target(&self) -> &'static str {
        "/"
    }

    fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        [("authorization", self.authorization.as_bytes())].into_iter()
    }

    fn peer_certificate(&self) -> Option<&[u8]> {
        self.asked.set(self.asked.get() + 1);
        self.certificate
    }
}

/// A clock that stands where it was put.
#[derive(Clone, Debug)]
pub(crate) struct TestClock(Arc<Mutex<Moment>>);

impl TestClock {
    pub(crate) fn new() -> Self {
        TestClock(Arc::new(Mutex::new(moment(NOW))))
    }

    pub(crate) fn advance(&self, by: Duration) {
        let mut moment = self.0.lock().unwrap();
        *moment = moment.later(by);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Moment {
        *self.0.lock().unwrap()
    }
}
