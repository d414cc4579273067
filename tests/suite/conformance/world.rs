//! What the cases are about: an issuer, a service, and a clock that stands still.

use claimgate_testkit::{TestClock, TestIssuer, TokenBuilder, base64url, base64url_decode};

use claimgate_tower::Issuer;
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://idp.example.com";
pub(crate) const OTHER_ISSUER: &str = "https://other.example.com";
pub(crate) const AUDIENCE: &str = "https://api.example.com";
pub(crate) const SUBJECT: &str = "subject-of-the-token";
pub(crate) const NOW: i64 = 1_700_000_000;
/// `exp` of the tokens.
pub(crate) const EXPIRY: i64 = NOW + 300;
/// The leeway that an issuer has when nothing is said.
pub(crate) const LEEWAY: i64 = 60;

pub(crate) struct World {
    pub(crate) issuer: TestIssuer,
    /// Somebody else's server, trusted only where a case says so. Its key has the same `kid`.
    pub(crate) other: TestIssuer,
}

impl World {
    pub(crate) fn new() -> Self {
        World { issuer: TestIssuer::new(ISSUER), other: TestIssuer::new(OTHER_ISSUER) }
    }

    /// A good token, to be spoilt.
    pub(crate) fn token(&self) -> TokenBuilder {
        good(&self.issuer)
    }

    /// The issuer as a service trusts it that configures nothing but what it must.
    pub(crate) fn trust(&self) -> Issuer {
        trust_keys(self.issuer.jwks())
    }

    /// The published keys, changed. A second, unchanged key of another kind keeps the set usable.
    pub(crate) fn changed_keys(&self, change: impl Fn(&mut Value)) -> String {
        let mut set: Value = serde_json::from_str(&self.issuer.jwks()).unwrap();
        set["keys"].as_array_mut().unwrap().iter_mut().for_each(change);
        let spare = TestIssuer::with_algorithm(OTHER_ISSUER, claimgate_testkit::Alg::EdDSA);
        let mut spare = spare.current_key().public_jwk();
        spare["kid"] = "spare".into();
        set["keys"].as_array_mut().unwrap().push(spare);
        set.to_string()
    }

    /// A token with one claim as this JSON text, which need not be one that `serde_json` would write.
    pub(crate) fn raw_claim(&self, name: &str, text: &str) -> String {
        let mut claims = json!({ "iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "iat": NOW, "exp": EXPIRY });
        claims.as_object_mut().unwrap().remove(name);
        let claims = claims.to_string();
        let rest = claims.strip_prefix('{').unwrap();
        self.token().raw_payload(format!("{{\"{name}\":{text},{rest}")).mint()
    }

    /// A token with this JSON text for a header, signed as otherwise.
    pub(crate) fn raw_header(&self, text: &str) -> String {
        self.token().raw_header(text).mint()
    }

    /// A token whose part number `at` meets `wanted`: header and payload are padded until it does.
    pub(crate) fn token_whose_part(&self, at: usize, wanted: impl Fn(&str) -> bool) -> String {
        let padded = |n: usize| self.token().header("pad", "?".repeat(n)).claim("pad", "?".repeat(n)).mint();
        let fits = |token: &String| token.split('.').nth(at).is_some_and(&wanted);
        (0..1_000).map(padded).find(fits).expect("a token with such a part")
    }
}

/// The issuer with a key set of the case's own.
pub(crate) fn trust_keys(jwks: impl Into<String>) -> Issuer {
    Issuer::new(ISSUER).audience(AUDIENCE).jwks(jwks)
}

pub(crate) fn good(issuer: &TestIssuer) -> TokenBuilder {
    issuer.token().at(NOW).audience(AUDIENCE).subject(SUBJECT).scope("menu order").claim("tenant", 7)
}

pub(crate) fn clock_at(unix: i64) -> TestClock {
    TestClock::at(u64::try_from(unix).expect("a time after 1970"))
}

/// The token with its part number `at` rewritten.
pub(crate) fn with_part(token: &str, at: usize, rewrite: impl Fn(&str) -> String) -> String {
    let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts[at] = rewrite(&parts[at]);
    parts.join(".")
}

/// The token with the bytes of its signature rewritten.
pub(crate) fn with_signature(token: &str, rewrite: impl Fn(Vec<u8>) -> Vec<u8>) -> String {
    with_part(token, 2, |part| base64url(rewrite(base64url_decode(part).unwrap())))
}
