//! Verification keys: checked and prepared once, when they come in, and bound to the algorithms they may check.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents, VerificationAlgorithm,
};
use curve25519_dalek::edwards::CompressedEdwardsY;

use crate::algorithm::Algorithm;
use crate::alias::is_same;
use crate::base64url;
use crate::certificate::CertificateFacts;
use crate::ecdsa;
use crate::error::{LoggedCertificate, LoggedKeyId};

/// A public key that can check signatures. Cheap to clone.
///
/// There is no way to make one from a symmetric secret.
#[derive(Clone)]
pub struct VerificationKey(Arc<Prepared>);

struct Prepared {
    name: KeyName,
    thumbprint: [u8; 32],
    certificate: CertificateFacts,
    /// One entry for each algorithm the key may check: five more for an RSA key that names none.
    checks: Box<[(Algorithm, ParsedPublicKey)]>,
}

/// What tokens call a key by in `kid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyName {
    /// Nothing. Tokens without a `kid` may still mean it.
    Unnamed,
    /// Anything: a certificate or a PEM key that was given without a name.
    Any,
    /// This, to the byte.
    Exact(Box<str>),
    /// This, in whatever case: the alias in a key store.
    #[cfg_attr(not(feature = "keystore"), allow(dead_code, reason = "only key stores have aliases"))]
    Alias(Box<str>),
}

/// The numbers of a public key, as a JWK, a certificate or a `SubjectPublicKeyInfo` gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PublicNumbers {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    Ec { curve: Curve, x: Vec<u8>, y: Vec<u8> },
    Ed25519 { point: Vec<u8> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

/// Why a key is not usable. It names the rule, never the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnusableKey(pub(crate) &'static str);

impl VerificationKey {
    /// Checks the numbers and prepares the key for `only`, or for every algorithm of its family.
    pub(crate) fn prepare(
        numbers: &PublicNumbers,
        only: Option<Algorithm>,
        name: KeyName,
        certificate: CertificateFacts,
    ) -> Result<Self, UnusableKey> {
        let family = numbers.algorithms();
        let algorithms = match only {
            None => family,
            Some(algorithm) => family
                .iter()
                .position(|member| *member == algorithm)
                .and_then(|at| family.get(at..=at))
                .ok_or(UnusableKey("alg does not fit the type of the key"))?,
        };
        let checks = algorithms.iter().map(|algorithm| Ok((*algorithm, numbers.parse(*algorithm)?)));
        Ok(VerificationKey(Arc::new(Prepared {
            name,
            thumbprint: numbers.thumbprint(),
            certificate,
            checks: checks.collect::<Result<_, _>>()?,
        })))
    }

    /// The identifier by which tokens name the key.
    pub fn key_id(&self) -> Option<&str> {
        match &self.0.name {
            KeyName::Exact(name) | KeyName::Alias(name) => Some(name),
            KeyName::Unnamed | KeyName::Any => None,
        }
    }

    /// The SHA-256 thumbprint of the key (RFC 7638), the same wherever and under whatever `kid` the key comes from.
    pub fn thumbprint(&self) -> [u8; 32] {
        self.0.thumbprint
    }

    /// The last second at which the certificate that the key came in is valid (`notAfter`; RFC 5280, section 4.1.2.5), in seconds
    /// since 1970-01-01T00:00:00Z. None for a key that came in no certificate, such as a JWK.
    pub fn not_after(&self) -> Option<i64> {
        self.0.certificate.validity.map(|validity| validity.not_after)
    }

    /// The certificate that the key came in, as the log tells of it.
    pub(crate) fn logged_certificate(&self) -> Option<LoggedCertificate> {
        Some(LoggedCertificate::new(self.key_id(), self.0.certificate.validity?))
    }

    /// The algorithms that the key may check.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.0.checks.iter().map(|(algorithm, _)| *algorithm)
    }

    pub(crate) fn name(&self) -> &KeyName {
        &self.0.name
    }

    /// Whether `other` is the same key under the same name, out of the same certificate and for the same algorithms.
    pub(crate) fn is_same(&self, other: &VerificationKey) -> bool {
        self.0.thumbprint == other.0.thumbprint
            && self.0.name == other.0.name
            && self.0.certificate == other.0.certificate
            && self.algorithms().eq(other.algorithms())
    }

    /// Whether this is what the key is called.
    pub(crate) fn is_named(&self, key_id: &str) -> bool {
        match &self.0.name {
            KeyName::Unnamed | KeyName::Any => false,
            KeyName::Exact(name) => **name == *key_id,
            KeyName::Alias(alias) => is_same(alias, key_id),
        }
    }

    pub(crate) fn certificate(&self) -> &CertificateFacts {
        &self.0.certificate
    }

    /// Whether the certificate of the key, if it came in one, is valid at `second`.
    pub(crate) fn is_valid_at(&self, second: i64) -> bool {
        self.0.certificate.validity.is_none_or(|validity| validity.holds_at(second))
    }

    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        self.algorithms().any(|own| own == algorithm)
    }

    /// Whether `signature` is the key's over `message`; false also for an algorithm that the key does not fit.
    pub(crate) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let Some((_, key)) = self.0.checks.iter().find(|(own, _)| *own == algorithm) else { return false };
        let Some(curve) = Curve::of(algorithm) else { return key.verify_sig(message, signature).is_ok() };
        let mut buffer = [0; ecdsa::LONGEST];
        let signature = ecdsa::der(signature, curve.coordinate_bytes(), &mut buffer);
        signature.is_some_and(|signature| key.verify_sig(message, signature).is_ok())
    }
}

/// The name, not the key: `aws-lc-rs` would print it.
impl fmt::Debug for VerificationKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerificationKey")
            .field("key_id", &self.key_id().map(LoggedKeyId::new))
            .field("algorithms", &self.algorithms().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl KeyName {
    /// The name of a certificate or public key that is configured with this `kid` or without one.
    pub(crate) fn of_configured(key_id: Option<&str>) -> Self {
        key_id.map_or(KeyName::Any, |key_id| KeyName::Exact(key_id.into()))
    }
}

impl PublicNumbers {
    fn algorithms(&self) -> &'static [Algorithm] {
        match self {
            PublicNumbers::Rsa { .. } => &[
                Algorithm::RS256,
                Algorithm::RS384,
                Algorithm::RS512,
                Algorithm::PS256,
                Algorithm::PS384,
                Algorithm::PS512,
            ],
            PublicNumbers::Ec { curve: Curve::P256, .. } => &[Algorithm::ES256],
            PublicNumbers::Ec { curve: Curve::P384, .. } => &[Algorithm::ES384],
            PublicNumbers::Ec { curve: Curve::P521, .. } => &[Algorithm::ES512],
            PublicNumbers::Ed25519 { .. } => &[Algorithm::EdDSA],
        }
    }

    /// Checks the numbers themselves and hands them to the library. It parses an RSA key of any size and any Ed25519
    /// point and would refuse only at each signature.
    fn parse(&self, algorithm: Algorithm) -> Result<ParsedPublicKey, UnusableKey> {
        match self {
            PublicNumbers::Rsa { modulus, exponent } => {
                let (n, e) = (without_leading_zeros(modulus), without_leading_zeros(exponent));
                check_rsa(n, e)?;
                RsaPublicKeyComponents { n, e }
                    .to_parsed_public_key(rsa_parameters(algorithm)?)
                    .map_err(|_| UnusableKey("the RSA key is not valid"))
            }
            PublicNumbers::Ec { curve, x, y } => {
                if [x.len(), y.len()] != [curve.coordinate_bytes(); 2] {
                    return Err(UnusableKey("a coordinate does not have the length of its curve"));
                }
                // Uncompressed point (SEC 1, section 2.3.3); parsing checks that it lies on the curve.
                let point = [&[4], x.as_slice(), y.as_slice()].concat();
                ParsedPublicKey::new(curve.verification(), point)
                    .map_err(|_| UnusableKey("the point is not on its curve"))
            }
            PublicNumbers::Ed25519 { point } => {
                let compressed = CompressedEdwardsY::from_slice(point)
                    .map_err(|_| UnusableKey("an Ed25519 key has 32 bytes"))?;
                let decompressed =
                    compressed.decompress().ok_or(UnusableKey("the point is not on its curve"))?;
                // Everybody can sign for such a point: what the key contributes to the equation vanishes.
                if decompressed.is_small_order() {
                    return Err(UnusableKey("the point has a small order"));
                }
                // "If the resulting value is >= p, decoding fails" (RFC 8032, section 5.1.3); both libraries reduce it instead,
                // and one key would have several thumbprints.
                if decompressed.compress() != compressed {
                    return Err(UnusableKey("the point is not in its canonical form"));
                }
                ParsedPublicKey::new(&signature::ED25519, point)
                    .map_err(|_| UnusableKey("the Ed25519 key is not valid"))
            }
        }
    }

    /// RFC 7638, section 3: SHA-256 over the required members in lexicographic order, without white space.
    fn thumbprint(&self) -> [u8; 32] {
        let encode = base64url::encode;
        let json = match self {
            PublicNumbers::Rsa { modulus, exponent } => {
                let [n, e] = [modulus, exponent].map(|number| encode(without_leading_zeros(number)));
                format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)
            }
            PublicNumbers::Ec { curve, x, y } => {
                let (crv, x, y) = (curve.name(), encode(x), encode(y));
                format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
            PublicNumbers::Ed25519 { point } => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(point))
            }
        };
        let mut thumbprint = [0; 32];
        for (to, from) in thumbprint.iter_mut().zip(digest(&SHA256, json.as_bytes()).as_ref()) {
            *to = *from;
        }
        thumbprint
    }
}

impl Curve {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Curve::P256 => "P-256",
            Curve::P384 => "P-384",
            Curve::P521 => "P-521",
        }
    }

    pub(crate) fn coordinate_bytes(self) -> usize {
        match self {
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }

    /// Of signatures in ASN.1, which [`ecdsa::der`] makes of those of JWS.
    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Curve::P256 => &signature::ECDSA_P256_SHA256_ASN1,
            Curve::P384 => &signature::ECDSA_P384_SHA384_ASN1,
            Curve::P521 => &signature::ECDSA_P521_SHA512_ASN1,
        }
    }

    /// That of the keys that `algorithm` has, if they are on a curve of ECDSA.
    fn of(algorithm: Algorithm) -> Option<Self> {
        match algorithm {
            Algorithm::ES256 => Some(Curve::P256),
            Algorithm::ES384 => Some(Curve::P384),
            Algorithm::ES512 => Some(Curve::P521),
            _ => None,
        }
    }
}

fn rsa_parameters(algorithm: Algorithm) -> Result<&'static RsaParameters, UnusableKey> {
    match algorithm {
        Algorithm::RS256 => Ok(&signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Ok(&signature::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Ok(&signature::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Ok(&signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Ok(&signature::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Ok(&signature::RSA_PSS_2048_8192_SHA512),
        _ => Err(UnusableKey("alg does not fit the type of the key")),
    }
}

/// "A key of size 2048 bits or larger MUST be used" (RFC 7518, section 3.3). Above 8192 bits one signature costs
/// milliseconds; above 33 bits of exponent the library refuses at each signature.
fn check_rsa(modulus: &[u8], exponent: &[u8]) -> Result<(), UnusableKey> {
    if !(2048..=8192).contains(&bits(modulus)) {
        return Err(UnusableKey("an RSA modulus has 2048 to 8192 bits"));
    }
    let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
    if !is_odd(modulus) {
        return Err(UnusableKey("an RSA modulus is odd"));
    }
    if !is_odd(exponent) || exponent == [1] || bits(exponent) > 33 {
        return Err(UnusableKey("an RSA exponent is odd, at least 3 and at most 33 bits"));
    }
    Ok(())
}

fn bits(number: &[u8]) -> usize {
    let leading = number.first().map_or(0, |byte| byte.leading_zeros() as usize);
    (number.len() * 8).saturating_sub(leading)
}

/// Some issuers write the sign byte of a big integer into `n`, against RFC 7518, section 6.3.1.1; the number is the same.
fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests;
