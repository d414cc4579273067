//! `cnf`: the key of the client that a token is bound to (RFC 7800).

use crate::certificate;
use crate::json::JsonValue;

/// What becomes of tokens that are bound to a key of the client, as `cnf` says (RFC 7800). A token without `cnf` is a bearer
/// token in every case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Confirmation {
    /// They are refused ([`UnprovenPossession`](crate::AuthErrorKind::UnprovenPossession)): to take them for bearer tokens
    /// would undo the binding. The default.
    #[default]
    Refuse,
    /// One that is bound to a certificate (`x5t#S256`; RFC 8705, section 3.1) is good in a request whose client has proved to
    /// own that certificate, as [`RequestView::peer_certificate`](crate::RequestView::peer_certificate) says. Each request is
    /// asked for it, also where the token is cached. Tokens that are bound in another way, or in another way too, are refused.
    ClientCertificate,
    /// They are taken for bearer tokens, whatever `cnf` says.
    ///
    /// # Security
    ///
    /// The issuer bound them so that a stolen one would be of no use. Here it is: whoever has such a token gets in.
    Ignore,
}

/// The SHA-256 of the certificate that a token with this `cnf` is bound to; none, where it is bound in any other way.
///
/// Members that are not understood "MUST be ignored" unless a specification says otherwise (RFC 7800, section 3.1). We do not: a
/// second one may be a second key, which nobody would have proved then.
pub(crate) fn bound_certificate(confirmation: JsonValue<'_>) -> Option<[u8; 32]> {
    let methods = confirmation.object()?;
    let mut members = methods.members();
    let (name, value) = members.next()?;
    let is_alone = members.next().is_none();
    if is_alone && name == "x5t#S256" { certificate::thumbprint(&value.as_str()?) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url;
    use crate::json::JsonObject;

    /// SHA-256 of the empty string (FIPS 180-4), as base64url and as what it stands for.
    const EMPTY: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

    fn bound(cnf: &str) -> Option<[u8; 32]> {
        let payload = JsonObject::parse(format!(r#"{{"cnf":{cnf}}}"#)).unwrap();
        bound_certificate(payload.get("cnf").unwrap())
    }

    #[test]
    fn reads_the_example_of_the_rfc() {
        // RFC 8705, section 3.1, figure 1.
        let found = bound(r#"{ "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" }"#);
        assert_eq!(found, None, "its last character has bits that stand for nothing");
        let canonical = bound(r#"{ "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg0" }"#);
        assert_eq!(canonical.map(|digest| digest[..4].to_vec()), Some(vec![0x6f, 0x07, 0x0a, 0xd1]));
    }

    #[test]
    fn only_a_certificate_alone_is_one() {
        assert_eq!(bound(&format!(r#"{{"x5t#S256":"{EMPTY}"}}"#)), certificate::sha256(b""));
        assert_eq!(
            bound(&format!(r#"{{"x5t\u0023S256":"\u0034{}"}}"#, &EMPTY[1..])),
            certificate::sha256(b"")
        );
        for (name, cnf) in [
            ("nothing", "{}".to_owned()),
            ("null", "null".to_owned()),
            ("a string", format!("\"{EMPTY}\"")),
            ("an array", format!(r#"[{{"x5t#S256":"{EMPTY}"}}]"#)),
            ("a number", "1".to_owned()),
            ("true", "true".to_owned()),
            ("another method", format!(r#"{{"jkt":"{EMPTY}"}}"#)),
            ("another method too", format!(r#"{{"x5t#S256":"{EMPTY}","jkt":"{EMPTY}"}}"#)),
            ("another method first", format!(r#"{{"kid":"1","x5t#S256":"{EMPTY}"}}"#)),
            ("another digest", format!(r#"{{"x5t":"{EMPTY}"}}"#)),
            ("another case", format!(r#"{{"X5T#s256":"{EMPTY}"}}"#)),
            ("no string", r#"{"x5t#S256":1}"#.to_owned()),
            ("null in it", r#"{"x5t#S256":null}"#.to_owned()),
            ("strings", format!(r#"{{"x5t#S256":["{EMPTY}"]}}"#)),
            ("empty", r#"{"x5t#S256":""}"#.to_owned()),
            ("padded", format!(r#"{{"x5t#S256":"{EMPTY}="}}"#)),
            ("of another alphabet", format!(r#"{{"x5t#S256":"{}"}}"#, EMPTY.replace('-', "+"))),
            ("with white space", format!(r#"{{"x5t#S256":" {EMPTY}"}}"#)),
            ("not canonical", format!(r#"{{"x5t#S256":"{}V"}}"#, &EMPTY[..42])),
            ("of 31 bytes", format!(r#"{{"x5t#S256":"{}"}}"#, "A".repeat(42))),
            ("of 33 bytes", format!(r#"{{"x5t#S256":"{}"}}"#, "A".repeat(44))),
            ("hexadecimal", format!(r#"{{"x5t#S256":"{}"}}"#, "e3".repeat(32))),
            // What may name a key proves no possession.
            ("hexadecimal in base64url", format!(r#"{{"x5t#S256":"{}"}}"#, base64url::encode(&[b'e'; 64]))),
        ] {
            assert_eq!(bound(&cnf), None, "{name}");
        }
    }
}
