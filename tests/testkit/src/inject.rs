use std::time::{Duration, Instant};

use claimgate_core::{Authenticator, Decision, Issuer, Moment, VerifiedToken};
use serde_json::Value;

use crate::{TokenBuilder, tamper};

impl TokenBuilder {
    /// What request extensions hold once the token is verified, for a test that starts behind the authentication:
    ///
    /// ```
    /// use claimgate_testkit::TestIssuer;
    ///
    /// let token = TestIssuer::new("https://idp.example.com").token().subject("alice").scope("order").verified();
    /// let mut request = http::Request::new(());
    /// request.extensions_mut().insert(token); // what the guarded handler would find
    /// ```
    ///
    /// There is no way around verification, not even here: the token is minted, and verified at the second it is issued,
    /// for any audience, with the key that signed it.
    ///
    /// # Panics
    ///
    /// When the token is not good, as a forged one is. It is judged at the second of its issue: an expired one was good then.
    #[expect(clippy::panic, reason = "a mistake of the test")]
    pub fn verified(&self) -> VerifiedToken {
        let minted = self.mint();
        let payload = tamper::unverified_payload(&minted).unwrap_or_default();
        let claim = |name| payload.get(name);
        let name = claim("iss").and_then(Value::as_str).unwrap_or_default();
        let unix = claim("iat").and_then(Value::as_u64).unwrap_or_default();
        let issuer = Issuer::new(name).any_audience().jwks(self.issuer().jwks());
        let gate = Authenticator::builder().issuer(issuer).build();
        let gate = gate.unwrap_or_else(|error| panic!("{error}"));
        let now = Moment::new(Duration::from_secs(unix), Instant::now());
        match gate.authenticate_token(&minted, now) {
            Decision::Decided(Ok(token)) => token,
            Decision::Decided(Err(error)) => panic!("this token is not good: {error}"),
            Decision::Pending(_) => panic!("the keys are at hand"),
        }
    }
}
