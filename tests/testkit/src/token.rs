use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::encoding::random_id;
use crate::members::Members;
use crate::signer::{Secret, Signer};
use crate::{Alg, SigningKey, TestIssuer, base64url};

/// A token to be minted by a [`TestIssuer`], good unless you say otherwise.
///
/// The header has `alg`, `kid` and `typ` (`at+jwt`, RFC 9068); the payload has `iss`, `sub`, `iat`, `exp` (five minutes
/// later) and a random `jti`. The last call about a member wins.
#[derive(Clone, Debug)]
#[must_use = "a token is made by `mint`"]
pub struct TokenBuilder {
    issuer: TestIssuer,
    signer: Signer,
    clock: Option<i64>,
    /// How long before the clock the token was issued.
    age: i64,
    lifetime: i64,
    header: Members,
    claims: Members,
    raw_header: Option<Vec<u8>>,
    raw_payload: Option<Vec<u8>>,
}

#[cfg(feature = "inject")]
impl TokenBuilder {
    pub(crate) fn issuer(&self) -> &TestIssuer {
        &self.issuer
    }
}

/// Claims.
impl TokenBuilder {
    /// Sets `sub`.
    pub fn subject(self, subject: impl Into<String>) -> Self {
        self.claim("sub", subject.into())
    }

    /// Sets `aud` to one name, as a string.
    pub fn audience(self, audience: impl Into<String>) -> Self {
        self.claim("aud", audience.into())
    }

    /// Sets `aud` to an array of names.
    pub fn audiences<A: Into<String>>(self, audiences: impl IntoIterator<Item = A>) -> Self {
        let audiences: Vec<String> = audiences.into_iter().map(Into::into).collect();
        self.claim("aud", audiences)
    }

    /// Sets `scope`, names separated by spaces.
    pub fn scope(self, scope: impl Into<String>) -> Self {
        self.claim("scope", scope.into())
    }

    /// Sets any claim to any JSON, of the right type or not.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.set(name, value.into());
        self
    }

    /// Sets every member of `claims`, your own claim type or `serde_json::json!`.
    ///
    /// # Panics
    ///
    /// When `claims` is no JSON object.
    #[track_caller]
    pub fn claims(mut self, claims: impl Serialize) -> Self {
        let claims = serde_json::to_value(claims).unwrap_or_default();
        assert!(claims.is_object(), "claims are a JSON object");
        for (name, value) in claims.as_object().into_iter().flatten() {
            self.claims.set(name, value.clone());
        }
        self
    }

    /// Leaves a claim out.
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }
}

/// Times.
impl TokenBuilder {
    /// Mints as if the clock stood at `unix`: `iat` is that, and `exp` counts from it. Without it the clock is the system's.
    pub fn at(mut self, unix: i64) -> Self {
        self.clock = Some(unix);
        self
    }

    /// Sets `exp` to so long after the clock; five minutes when not called.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        self.claims.forget("exp");
        self
    }

    /// Sets `exp`.
    pub fn expires_at(self, unix: i64) -> Self {
        self.claim("exp", unix)
    }

    /// Sets `iat` and nothing else.
    pub fn issued_at(self, unix: i64) -> Self {
        self.claim("iat", unix)
    }

    /// Sets `nbf`, which a token does not have otherwise.
    pub fn not_before(self, unix: i64) -> Self {
        self.claim("nbf", unix)
    }

    /// A token of five minutes that ended ten minutes before the clock, beyond every leeway (claimgate allows up to five).
    pub fn expired(mut self) -> Self {
        self.age = 900;
        self.expires_in(Duration::from_secs(300))
    }
}

/// Header and key.
impl TokenBuilder {
    /// Sets any header member to any JSON.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.set(name, value.into());
        self
    }

    /// Leaves a header member out.
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// Sets `kid` in the header; the key that signs stays.
    pub fn kid(self, kid: impl Into<String>) -> Self {
        self.header("kid", kid.into())
    }

    /// Signs with a published key of `alg`; the issuer generates and publishes one at first use.
    pub fn algorithm(mut self, alg: Alg) -> Self {
        self.signer = Signer::Algorithm(alg);
        self
    }

    /// Signs with any key, the issuer's or not; `alg` and `kid` name it.
    pub fn signed_by(mut self, key: &SigningKey) -> Self {
        self.signer = Signer::Key(key.clone());
        self
    }

    /// Signs with a fresh key that has the algorithm and the `kid` of the one that would have signed.
    pub fn forged(mut self) -> Self {
        let real = self.signer.key(&self.issuer);
        self.signer = Signer::Key(SigningKey::generate(real.alg(), real.kid()));
        self
    }

    /// Signs with HS256 under the `kid` of the issuer's key: with [`SigningKey::public_key_pem`] as the secret this is the
    /// confusion of algorithms that RFC 8725, 2.1 warns of.
    pub fn signed_with_secret(mut self, secret: impl Into<Vec<u8>>) -> Self {
        self.signer = Signer::Secret(Secret(secret.into()));
        self
    }

    /// `alg` is `none`, and the signature is empty.
    pub fn unsigned(mut self) -> Self {
        self.signer = Signer::Nobody;
        self
    }
}

/// Bytes, and the end.
impl TokenBuilder {
    /// Signs exactly these bytes as the payload: duplicate members, no JSON at all, whatever a claim cannot say.
    pub fn raw_payload(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw_payload = Some(bytes.into());
        self
    }

    /// Signs exactly these bytes as the header. The key is chosen as otherwise, whatever they say.
    pub fn raw_header(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw_header = Some(bytes.into());
        self
    }

    /// The token in compact form.
    pub fn mint(&self) -> String {
        let key = self.signer.key(&self.issuer);
        let alg = self.signer.alg(&key);
        let header = [("alg", alg.into()), ("kid", key.kid().into()), ("typ", "at+jwt".into())];
        let now = self.issued();
        let payload = [
            ("iss", self.issuer.issuer().into()),
            ("sub", "test-subject".into()),
            ("iat", now.into()),
            ("exp", now.saturating_add(self.lifetime).into()),
            ("jti", random_id().into()),
        ];
        let header = part(self.raw_header.as_deref(), header, &self.header);
        let payload = part(self.raw_payload.as_deref(), payload, &self.claims);
        let input = format!("{header}.{payload}");
        let signature = self.signer.sign(&key, input.as_bytes());
        format!("{input}.{}", base64url(signature))
    }

    pub(crate) fn new(issuer: TestIssuer) -> Self {
        Self {
            issuer,
            signer: Signer::Current,
            clock: None,
            age: 0,
            lifetime: 300,
            header: Members::default(),
            claims: Members::default(),
            raw_header: None,
            raw_payload: None,
        }
    }

    fn issued(&self) -> i64 {
        self.clock.unwrap_or_else(TestIssuer::now).saturating_sub(self.age)
    }
}

fn part<const N: usize>(raw: Option<&[u8]>, defaults: [(&str, Value); N], said: &Members) -> String {
    match raw {
        Some(bytes) => base64url(bytes),
        None => base64url(Value::Object(said.over(defaults)).to_string()),
    }
}
