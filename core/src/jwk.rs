//! One JSON Web Key (RFC 7517) to one verification key, strictly.

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::certificate::{CertificateFacts, Thumbprints};
use crate::json::{JsonObject, JsonValue};
use crate::key::{Curve, KeyName, PublicNumbers, UnusableKey, VerificationKey};

/// What a JWK turned out to be.
pub(crate) struct Jwk {
    pub(crate) key: VerificationKey,
    /// It holds private members. Whoever publishes those has lost the key; the public part still says whose it is.
    pub(crate) is_private: bool,
}

impl Jwk {
    /// Reads the JSON text of one JWK.
    pub(crate) fn parse(text: &str) -> Result<Self, UnusableKey> {
        let members =
            JsonObject::parse(text).map_err(|_| UnusableKey("a key is a JSON object without duplicates"))?;
        let members = Members(&members);
        let numbers = members.numbers()?;
        if members.text("use")?.is_some_and(|usage| usage != "sig") {
            return Err(UnusableKey("use is not sig"));
        }
        members.check_operations()?;
        let only = match members.text("alg")? {
            None => None,
            Some(name) => {
                let algorithm: Result<Algorithm, _> = name.parse();
                Some(algorithm.map_err(|_| UnusableKey("alg is no signature algorithm that is supported"))?)
            }
        };
        let name = members.text("kid")?.map_or(KeyName::Unnamed, |key_id| KeyName::Exact(key_id.into()));
        let is_private = PRIVATE.iter().any(|name| members.0.get(name).is_some());
        let certificate = CertificateFacts { thumbprints: members.thumbprints(), validity: None };
        Ok(Jwk { key: VerificationKey::prepare(&numbers, only, name, certificate)?, is_private })
    }
}

struct Members<'a>(&'a JsonObject);

/// The private members of RFC 7518, sections 6.2.2 and 6.3.2, and RFC 8037, section 2. With one factor of an RSA key, or
/// one of the numbers made from it, the others follow.
const PRIVATE: [&str; 6] = ["d", "p", "q", "dp", "dq", "qi"];

impl Members<'_> {
    fn numbers(&self) -> Result<PublicNumbers, UnusableKey> {
        match self.text("kty")?.as_deref() {
            Some("RSA") => Ok(PublicNumbers::Rsa { modulus: self.bytes("n")?, exponent: self.bytes("e")? }),
            Some("EC") => {
                let curve = match self.text("crv")?.as_deref() {
                    Some("P-256") => Curve::P256,
                    Some("P-384") => Curve::P384,
                    Some("P-521") => Curve::P521,
                    _ => return Err(UnusableKey("crv is no curve that is supported")),
                };
                Ok(PublicNumbers::Ec { curve, x: self.bytes("x")?, y: self.bytes("y")? })
            }
            Some("OKP") if self.text("crv")?.as_deref() == Some("Ed25519") => {
                Ok(PublicNumbers::Ed25519 { point: self.bytes("x")? })
            }
            Some("OKP") => Err(UnusableKey("crv is no curve that is supported")),
            Some("oct") => Err(UnusableKey("a symmetric key is no public key")),
            _ => Err(UnusableKey("kty is no key type that is supported")),
        }
    }

    /// RFC 7517, section 4.3: with `key_ops`, the operation has to be among them.
    fn check_operations(&self) -> Result<(), UnusableKey> {
        let Some(operations) = self.0.get("key_ops") else { return Ok(()) };
        let mut operations = operations.elements().ok_or(UnusableKey("key_ops is an array"))?;
        let verifies = operations.any(|operation| operation.as_str().as_deref() == Some("verify"));
        if verifies { Ok(()) } else { Err(UnusableKey("key_ops does not allow to verify")) }
    }

    /// RFC 7517, sections 4.8 and 4.9. They are hints: what is none leaves the key as good as it is.
    fn thumbprints(&self) -> Thumbprints {
        let text = |name| self.0.get(name).and_then(JsonValue::as_str);
        Thumbprints::named(text("x5t").as_deref(), text("x5t#S256").as_deref())
    }

    fn text(&self, name: &'static str) -> Result<Option<String>, UnusableKey> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        value.as_str().map(|text| Some(text.into_owned())).ok_or(UnusableKey("a member is no string"))
    }

    fn bytes(&self, name: &'static str) -> Result<Vec<u8>, UnusableKey> {
        let text = self.text(name)?.ok_or(UnusableKey("a member that makes up the key is missing"))?;
        base64url::decode(text.as_bytes()).ok_or(UnusableKey("a member is not base64url"))
    }
}

#[cfg(test)]
mod tests;
