//! What a key remembers of the certificate that it came in: the names that tokens may call it by, and its dates.

use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

use crate::base64url;
use crate::moment::Moment;

/// Whether the dates of a certificate decide about the key in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CertificateValidity {
    /// They do not. A certificate that is configured is a container for a key, as a JWK is: nobody is asked whether to trust
    /// it, and taking it out of the configuration ends the trust. Its dates were meant for other uses, and at midnight every
    /// token would be refused at once. The default.
    #[default]
    Ignore,
    /// A key whose certificate is not valid at the time of the request checks no signature
    /// ([`KeyNotValid`](crate::AuthErrorKind::KeyNotValid)). Both dates are within the validity (RFC 5280, section 4.1.2.5),
    /// and the leeway for clocks does not widen them. Keys without dates, such as JWKs, are not concerned.
    Check,
}

impl CertificateValidity {
    /// The second at which certificates have to be valid, if they have to.
    pub(crate) fn instant(self, now: Moment) -> Option<i64> {
        match self {
            CertificateValidity::Ignore => None,
            CertificateValidity::Check => Some(now.unix_seconds()),
        }
    }
}

/// What is known of the certificate of a key. A JWK knows the thumbprints at most, a bare public key nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CertificateFacts {
    pub(crate) thumbprints: Thumbprints,
    pub(crate) validity: Option<Validity>,
}

/// The digests by which a header or a JWK names a certificate: `x5t` and `x5t#S256` (RFC 7515, sections 4.1.7 and 4.1.8).
///
/// They pick among keys that are trusted already, so that SHA-1 is broken does not matter: a second certificate of one
/// thumbprint would have to be configured first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Thumbprints {
    pub(crate) sha1: Option<[u8; 20]>,
    pub(crate) sha256: Option<[u8; 32]>,
}

impl Thumbprints {
    pub(crate) fn of_certificate(der: &[u8]) -> Self {
        Thumbprints {
            sha1: digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, der).as_ref().try_into().ok(),
            sha256: sha256(der),
        }
    }

    /// What the members `x5t` and `x5t#S256` name, each as it should be or in hexadecimal. The issuers that write hexadecimal
    /// put SHA-256 into `x5t` too; it counts where `x5t#S256` says nothing.
    pub(crate) fn named(x5t: Option<&str>, x5t_s256: Option<&str>) -> Self {
        Thumbprints {
            sha1: x5t.and_then(|text| thumbprint(text).or_else(|| in_hexadecimal(text))),
            sha256: x5t_s256
                .and_then(|text| thumbprint(text).or_else(|| in_hexadecimal(text)))
                .or_else(|| x5t.and_then(in_hexadecimal)),
        }
    }
}

/// The SHA-256 of a certificate, as DER.
pub(crate) fn sha256(der: &[u8]) -> Option<[u8; 32]> {
    digest::digest(&SHA256, der).as_ref().try_into().ok()
}

/// The digest that `text` stands for. Anything else is no thumbprint and names nothing.
pub(crate) fn thumbprint<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut buffer = [0; N];
    let length = base64url::decode_into(text.as_bytes(), &mut buffer)?.len();
    (length == N).then_some(buffer)
}

/// The digest whose hexadecimal digits `text` stands for: some issuers write these into base64url, padded or not, in the place of
/// the digest itself. The length of a text tells which it is, and of which digest.
fn in_hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut buffer = [0; 2 * LONGEST];
    let text = text.strip_suffix("==").unwrap_or(text);
    let (pairs, []) = base64url::decode_into(text.as_bytes(), &mut buffer)?.as_chunks() else { return None };
    if pairs.len() != N {
        return None;
    }
    let mut digest = [0; N];
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        *byte = (digit(*high)? << 4) | digit(*low)?;
    }
    Some(digest)
}

fn digit(character: u8) -> Option<u8> {
    char::from(character).to_digit(16).and_then(|digit| digit.try_into().ok())
}

/// SHA-256.
const LONGEST: usize = 32;

/// `notBefore` and `notAfter`, in seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
}

impl Validity {
    /// "The validity period for a certificate is the period of time from notBefore through notAfter, inclusive" (RFC 5280,
    /// section 4.1.2.5).
    pub(crate) fn holds_at(self, second: i64) -> bool {
        (self.not_before..=self.not_after).contains(&second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_is_base64url_of_the_length_of_its_digest() {
        // SHA-1 and SHA-256 of the empty string.
        let sha1 = base64url::encode(digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, b"").as_ref());
        assert_eq!(sha1, "2jmj7l5rSw0yVb_vlWAYkK_YBwk");
        let own = Thumbprints::of_certificate(b"");
        assert!(own.sha1.is_some() && own.sha256.is_some());
        assert_eq!(thumbprint(&sha1), own.sha1);
        assert_eq!(thumbprint("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"), own.sha256);
        for (name, text) in [
            ("empty", ""),
            ("short", "2jmj7l5rSw0yVb_vlWAYkK_YBw"),
            ("of SHA-256", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"),
            ("padded", "2jmj7l5rSw0yVb_vlWAYkK_YBwk="),
            ("another alphabet", "2jmj7l5rSw0yVb/vlWAYkK/YBwk"),
            ("hexadecimal", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("hexadecimal in base64url", "ZGEzOWEzZWU1ZTZiNGIwZDMyNTViZmVmOTU2MDE4OTBhZmQ4MDcwOQ"),
        ] {
            assert_eq!(thumbprint::<20>(text), None, "{name}");
        }
    }

    #[test]
    fn a_thumbprint_may_be_in_hexadecimal_and_the_strong_one_in_either_member() {
        // Of the empty string again; `basenc --base64url` made the others of the digits.
        let (sha1, sha256) = ("2jmj7l5rSw0yVb_vlWAYkK_YBwk", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
        let hex1 = "ZGEzOWEzZWU1ZTZiNGIwZDMyNTViZmVmOTU2MDE4OTBhZmQ4MDcwOQ";
        let upper1 = "REEzOUEzRUU1RTZCNEIwRDMyNTVCRkVGOTU2MDE4OTBBRkQ4MDcwOQ";
        let hex256 = "ZTNiMGM0NDI5OGZjMWMxNDlhZmJmNGM4OTk2ZmI5MjQyN2FlNDFlNDY0OWI5MzRjYTQ5NTk5MWI3ODUyYjg1NQ";
        let upper256 =
            "RTNCMEM0NDI5OEZDMUMxNDlBRkJGNEM4OTk2RkI5MjQyN0FFNDFFNDY0OUI5MzRDQTQ5NTk5MUI3ODUyQjg1NQ";
        let own = Thumbprints::of_certificate(b"");
        let (weak, strong) = (Thumbprints { sha256: None, ..own }, Thumbprints { sha1: None, ..own });
        let padded = |text: &str| format!("{text}==");
        for (name, x5t, expected) in [
            ("as it should be", sha1.to_owned(), weak),
            ("hexadecimal", hex1.to_owned(), weak),
            ("padded", padded(hex1), weak),
            ("upper case", upper1.to_owned(), weak),
            ("SHA-256, hexadecimal", hex256.to_owned(), strong),
            ("SHA-256, padded", padded(hex256), strong),
            ("SHA-256, upper case", upper256.to_owned(), strong),
            ("SHA-256 as it should be, elsewhere", sha256.to_owned(), Thumbprints::default()),
            ("padded, though it should be", format!("{sha1}="), Thumbprints::default()),
            ("half padded", format!("{hex1}="), Thumbprints::default()),
            ("padded twice", padded(&padded(hex1)), Thumbprints::default()),
            ("not canonical", format!("{}R", &hex1[..53]), Thumbprints::default()),
            ("a digit less", base64url::encode(&[b'a'; 39]), Thumbprints::default()),
            ("a digit more", base64url::encode(&[b'a'; 41]), Thumbprints::default()),
            ("no digits", base64url::encode(&[b'g'; 40]), Thumbprints::default()),
            ("signs", base64url::encode(&[b'+'; 64]), Thumbprints::default()),
            ("too long", base64url::encode(&[b'a'; 66]), Thumbprints::default()),
            ("much too long", "a".repeat(100_000), Thumbprints::default()),
            ("not ASCII", "\u{e9}".repeat(27), Thumbprints::default()),
            ("empty", String::new(), Thumbprints::default()),
        ] {
            assert_eq!(Thumbprints::named(Some(&x5t), None), expected, "{name}");
        }
        let other = Thumbprints::of_certificate(b"other");
        let other_digits = base64url::encode(&other.sha256.unwrap());
        for (name, x5t, x5t_s256, expected) in [
            ("both as they should be", Some(sha1), Some(sha256), own),
            ("both in hexadecimal", Some(hex1), Some(hex256), own),
            ("one alone", None, Some(upper256), strong),
            ("two of SHA-256", Some(hex256), Some(&*other_digits), Thumbprints { sha1: None, ..other }),
            ("one is nothing", Some(hex256), Some("?"), strong),
            ("SHA-1 in the wrong one", None, Some(hex1), Thumbprints::default()),
            ("none", None, None, Thumbprints::default()),
        ] {
            assert_eq!(Thumbprints::named(x5t, x5t_s256), expected, "{name}");
        }
    }

    #[test]
    fn both_dates_are_within_the_validity() {
        let validity = Validity { not_before: 10, not_after: 20 };
        for (second, expected) in [(9, false), (10, true), (20, true), (21, false)] {
            assert_eq!(validity.holds_at(second), expected, "{second}");
        }
    }
}
