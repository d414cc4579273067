//! Three parts in canonical base64url and nothing else: N27 to N41.

use claimgate_testkit::base64url;
use claimgate_tower::AuthErrorKind::{
    AlgorithmNotAllowed, MalformedCredentials, MalformedToken, TokenTooLarge, UnsupportedHeader,
};
use claimgate_tower::{Authenticator, AuthenticatorBuilder};

use super::rows;
use crate::conformance::case::Outcome::{Accepted, InvalidRequest, InvalidToken};
use crate::conformance::case::{Case, token};
use crate::conformance::world::{SUBJECT, World, with_part};

pub(super) const CASES: &[Case] = &[
    token("n027 one dot", |_| ".".to_owned(), InvalidToken(MalformedToken)),
    token("n027 two dots", |_| "..".to_owned(), InvalidToken(MalformedToken)),
    token(
        "n027 an empty header",
        |w| with_part(&good(w), 0, |_| String::new()),
        InvalidToken(MalformedToken),
    ),
    token(
        "n027 an empty payload",
        |w| with_part(&good(w), 1, |_| String::new()),
        InvalidToken(MalformedToken),
    ),
    token("n028 one part", |_| base64url(b"{}"), InvalidToken(MalformedToken)),
    token("n028 two parts", |w| unsigned_parts(w).join("."), InvalidToken(MalformedToken)),
    token("n029 a fourth part", |w| good(w) + ".c2ln", InvalidToken(MalformedToken)),
    token("n029 an empty fourth part", |w| good(w) + ".", InvalidToken(MalformedToken)),
    token(
        "n029 an empty part in the middle",
        |w| good(w).replacen('.', "..", 1),
        InvalidToken(MalformedToken),
    ),
    token("n030 a dot before", |w| format!(".{}", good(w)), InvalidToken(MalformedToken)),
    token("n030 two dots before", |w| format!("..{}", good(w)), InvalidToken(MalformedToken)),
    token("n031 dots within the limit", |_| ".".repeat(16_384), InvalidToken(MalformedToken)),
    token("n031 a million dots", |_| ".".repeat(1_000_000), InvalidToken(TokenTooLarge)),
    token("n031 a million dots and no limit", |_| ".".repeat(1_000_000), InvalidToken(MalformedToken))
        .gate(without_limit),
    token(
        "n032 a JWE",
        |_| jwe(r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#),
        InvalidToken(UnsupportedHeader),
    ),
    token("n032 five parts, signed", |w| format!("{}.a.b", good(w)), InvalidToken(MalformedToken)),
    token(
        "n033 a JWE around a JWT",
        |_| jwe(r#"{"alg":"dir","enc":"A256GCM","cty":"JWT"}"#),
        InvalidToken(UnsupportedHeader),
    ),
    token(
        "n033 a JWE header over three parts",
        |w| w.token().header("enc", "A256GCM").mint(),
        InvalidToken(UnsupportedHeader),
    ),
    token("n034 a JWE with two thousand million rounds", |_| jwe(PBES2), InvalidToken(UnsupportedHeader)),
    token("n034 the same over three parts", |w| w.raw_header(PBES2), InvalidToken(UnsupportedHeader)),
    token(
        "n034 the same without enc",
        |w| w.token().header("alg", "PBES2-HS256+A128KW").header("p2c", 1u32 << 31).mint(),
        InvalidToken(AlgorithmNotAllowed),
    ),
    token(
        "n035 a compressed JWS",
        |w| w.token().header("zip", "DEF").mint(),
        InvalidToken(UnsupportedHeader),
    ),
    token(
        "n035 a compressed JWE",
        |_| jwe(r#"{"alg":"dir","enc":"A256GCM","zip":"DEF"}"#),
        InvalidToken(UnsupportedHeader),
    ),
    token("n036 flattened", |w| json(w, false), InvalidToken(MalformedToken)),
    token("n036 general", |w| json(w, true), InvalidToken(MalformedToken)),
    token("n036 flattened, as one part", |w| base64url(json(w, false)), InvalidToken(MalformedToken)),
    token("n037 compact and JSON at once", polyglot, InvalidToken(MalformedToken)),
    token(
        "n038 the header",
        |w| with_part(&good(w), 0, |part| format!("{part}=")),
        InvalidToken(MalformedToken),
    ),
    token(
        "n038 the payload",
        |w| with_part(&good(w), 1, |part| format!("{part}=")),
        InvalidToken(MalformedToken),
    ),
    token("n038 the signature", |w| format!("{}=", good(w)), InvalidToken(MalformedToken)),
    token(
        "n038 the signature, as RFC 4648 pads it",
        |w| format!("{}==", good(w)),
        InvalidToken(MalformedToken),
    ),
    token("n039 the header", |w| standard(w, 0), InvalidToken(MalformedToken)),
    token("n039 the payload", |w| standard(w, 1), InvalidToken(MalformedToken)),
    token("n039 the signature", |w| standard(w, 2), InvalidToken(MalformedToken)),
    token("n040 the header", |w| next_last(w, 0), InvalidToken(MalformedToken)),
    token("n040 the payload", |w| next_last(w, 1), InvalidToken(MalformedToken)),
    token("n040 the signature", |w| next_last(w, 2), InvalidToken(MalformedToken)),
    token(
        "n041 a space before the payload",
        |w| good(w).replacen('.', ". ", 1),
        InvalidRequest(MalformedCredentials),
    ),
    token(
        "n041 a tab before the payload",
        |w| good(w).replacen('.', ".\t", 1),
        InvalidRequest(MalformedCredentials),
    ),
    token("n041 an escaped line feed", |w| good(w).replacen('.', ".%0A", 1), InvalidToken(MalformedToken)),
    token("n041 none", good, Accepted(SUBJECT)),
];

rows! {
    n027_empty_parts
    n028_too_few_parts
    n029_too_many_parts
    n030_leading_dots
    n031_nothing_but_dots
    n032_encrypted_tokens
    n033_encrypted_tokens_around_others
    n034_tokens_that_ask_for_work
    n035_compressed_tokens
    n036_json_serialization
    n037_polyglots
    n038_padding
    n039_the_other_alphabet
    n040_bits_that_mean_nothing
    n041_white_space
}

const PBES2: &str = r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483648,"p2s":"c2FsdA"}"#;

pub(super) fn without_limit(w: &World) -> AuthenticatorBuilder {
    Authenticator::builder().issuer(w.trust()).max_token_bytes(1 << 24)
}

fn good(w: &World) -> String {
    w.token().mint()
}

fn unsigned_parts(w: &World) -> [String; 2] {
    let token = good(w);
    let mut parts = token.split('.').map(str::to_owned);
    [parts.next().unwrap(), parts.next().unwrap()]
}

fn jwe(header: &str) -> String {
    let noise = ["key", "vector", "ciphertext", "tag"].map(base64url);
    format!("{}.{}", base64url(header), noise.join("."))
}

fn json(w: &World, general: bool) -> String {
    let token = good(w);
    let parts: Vec<_> = token.split('.').collect();
    let signature = format!(r#""protected":"{}","signature":"{}""#, parts[0], parts[2]);
    if general {
        format!(r#"{{"payload":"{}","signatures":[{{{signature}}}]}}"#, parts[1])
    } else {
        format!(r#"{{"payload":"{}",{signature}}}"#, parts[1])
    }
}

/// One text that a reader of the compact form and a reader of JSON take apart differently (CVE-2022-39227).
fn polyglot(w: &World) -> String {
    let token = good(w);
    let parts: Vec<_> = token.split('.').collect();
    let forged = base64url(r#"{"sub":"admin"}"#);
    format!(
        r#"{{"  {}.{forged}.":"","protected":"{}","payload":"{}","signature":"{}"}}"#,
        parts[0], parts[0], parts[1], parts[2]
    )
}

/// A part in the alphabet of RFC 4648, section 4, where the two alphabets differ.
fn standard(w: &World, at: usize) -> String {
    let token = w.token_whose_part(at, |part| part.contains(['-', '_']));
    with_part(&token, at, |part| part.replace('-', "+").replace('_', "/"))
}

/// A part whose last character is the next one of the alphabet: a lenient reader takes both for the same bytes.
fn next_last(w: &World, at: usize) -> String {
    let token = w.token_whose_part(at, |part| part.len() % 4 != 0);
    with_part(&token, at, |part| {
        let (rest, last) = part.split_at(part.len() - 1);
        let value = ALPHABET.find(last).unwrap();
        assert_eq!(value % 4, 0, "the unused bits of a good token are zero");
        format!("{rest}{}", &ALPHABET[value + 1..=value + 1])
    })
}

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
