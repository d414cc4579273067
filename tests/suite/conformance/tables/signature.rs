//! Signatures in every wrong form: N86 to N93.

use claimgate_testkit::{Alg, tamper};
use claimgate_tower::AuthErrorKind::{BadSignature, MalformedToken};

use super::rows;
use crate::conformance::case::Outcome::{Accepted, InvalidToken};
use crate::conformance::case::{Case, token};
use crate::conformance::world::{SUBJECT, World, trust_keys, with_signature};

pub(super) const CASES: &[Case] = &[
    token("n086 DER", |w| with_signature(&mint(w, Alg::ES256), |raw| der(&raw)), InvalidToken(BadSignature)),
    token(
        "n086 DER, P-384",
        |w| with_signature(&mint(w, Alg::ES384), |raw| der(&raw)),
        InvalidToken(BadSignature),
    ),
    token("n086 r and s", |w| mint(w, Alg::ES256), Accepted(SUBJECT)),
    token(
        "n087 no byte",
        |w| with_signature(&mint(w, Alg::ES256), |_| Vec::new()),
        InvalidToken(BadSignature),
    ),
    token(
        "n087 a byte less",
        |w| with_signature(&mint(w, Alg::ES256), |raw| raw[..63].into()),
        InvalidToken(BadSignature),
    ),
    token(
        "n087 a byte more",
        |w| with_signature(&mint(w, Alg::ES256), |raw| [raw, vec![0]].concat()),
        InvalidToken(BadSignature),
    ),
    token(
        "n087 a zero before",
        |w| with_signature(&mint(w, Alg::ES256), |raw| [vec![0], raw].concat()),
        InvalidToken(BadSignature),
    ),
    token(
        "n087 twice as long",
        |w| with_signature(&mint(w, Alg::ES256), |raw| widened(&raw)),
        InvalidToken(BadSignature),
    ),
    token(
        "n087 longer than any",
        |w| with_signature(&mint(w, Alg::ES256), |_| vec![1; 1_025]),
        InvalidToken(MalformedToken),
    ),
    token(
        "n088 r = s = 0",
        |w| with_signature(&mint(w, Alg::ES256), |_| vec![0; 64]),
        InvalidToken(BadSignature),
    ),
    token(
        "n088 r = 0",
        |w| with_signature(&mint(w, Alg::ES256), |raw| [&[0; 32], &raw[32..]].concat()),
        InvalidToken(BadSignature),
    ),
    token(
        "n088 s = 0",
        |w| with_signature(&mint(w, Alg::ES256), |raw| [&raw[..32], &[0; 32]].concat()),
        InvalidToken(BadSignature),
    ),
    token(
        "n088 r = s = n",
        |w| with_signature(&mint(w, Alg::ES256), |_| [ORDER, ORDER].concat()),
        InvalidToken(BadSignature),
    ),
    token(
        "n088 s = n",
        |w| with_signature(&mint(w, Alg::ES256), |raw| [&raw[..32], &ORDER].concat()),
        InvalidToken(BadSignature),
    ),
    token(
        "n089 the twin is as good",
        |w| with_signature(&mint(w, Alg::ES256), |raw| twin(&raw)),
        Accepted(SUBJECT),
    ),
    token(
        "n089 the twin of a forgery is as bad",
        |w| with_signature(&w.token().forged().mint(), |raw| twin(&raw)),
        InvalidToken(BadSignature),
    ),
    token(
        "n090 one bit",
        |w| tamper::with_flipped_signature(&mint(w, Alg::RS256)),
        InvalidToken(BadSignature),
    ),
    token(
        "n090 all ones",
        |w| with_signature(&mint(w, Alg::RS256), |raw| vec![0xff; raw.len()]),
        InvalidToken(BadSignature),
    ),
    token(
        "n090 zero",
        |w| with_signature(&mint(w, Alg::RS256), |raw| vec![0; raw.len()]),
        InvalidToken(BadSignature),
    ),
    token(
        "n090 another padding",
        |w| w.token().algorithm(Alg::PS256).header("alg", "RS256").kid(rs256_of_the_ps256_key(w)).mint(),
        InvalidToken(BadSignature),
    )
    .trusting(|w| {
        trust_keys(w.changed_keys(|key| {
            key.as_object_mut().unwrap().remove("alg");
        }))
    }),
    token(
        "n091 one bit",
        |w| tamper::with_flipped_signature(&mint(w, Alg::PS256)),
        InvalidToken(BadSignature),
    ),
    token("n091 as it was", |w| mint(w, Alg::PS256), Accepted(SUBJECT)),
    token(
        "n092 a zero before",
        |w| with_signature(&mint(w, Alg::RS256), |raw| [vec![0], raw].concat()),
        InvalidToken(BadSignature),
    ),
    token(
        "n092 a byte less",
        |w| with_signature(&mint(w, Alg::RS256), |raw| raw[1..].into()),
        InvalidToken(BadSignature),
    ),
    token(
        "n092 no byte",
        |w| with_signature(&mint(w, Alg::RS256), |_| Vec::new()),
        InvalidToken(BadSignature),
    ),
    token("n092 as it was", |w| mint(w, Alg::RS256), Accepted(SUBJECT)),
    token(
        "n093 a byte less",
        |w| with_signature(&mint(w, Alg::EdDSA), |raw| raw[..63].into()),
        InvalidToken(BadSignature),
    ),
    token(
        "n093 a byte more",
        |w| with_signature(&mint(w, Alg::EdDSA), |raw| [raw, vec![0]].concat()),
        InvalidToken(BadSignature),
    ),
    token(
        "n093 S and the order of the group",
        |w| with_signature(&mint(w, Alg::EdDSA), |raw| with_order_added(&raw)),
        InvalidToken(BadSignature),
    ),
    token("n093 as it was", |w| mint(w, Alg::EdDSA), Accepted(SUBJECT)),
];

rows! {
    n086_ecdsa_in_asn1
    n087_ecdsa_of_another_length
    n088_ecdsa_out_of_range
    n089_ecdsa_has_a_twin
    n090_rsa_padding
    n091_rsa_pss
    n092_rsa_of_another_length
    n093_ed25519_of_another_form
}

fn mint(w: &World, alg: Alg) -> String {
    w.token().algorithm(alg).mint()
}

fn rs256_of_the_ps256_key(w: &World) -> String {
    let header = tamper::unverified_header(&mint(w, Alg::PS256)).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

/// `ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279, section 2.2.3).
fn der(raw: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let start = bytes.iter().take_while(|byte| **byte == 0).count();
        let mut number = bytes[start..].to_vec();
        if number[0] >= 0x80 {
            number.insert(0, 0);
        }
        [vec![2, u8::try_from(number.len()).unwrap()], number].concat()
    };
    let (r, s) = raw.split_at(raw.len() / 2);
    let numbers = [integer(r), integer(s)].concat();
    [vec![0x30, u8::try_from(numbers.len()).unwrap()], numbers].concat()
}

/// Both numbers with as many zeros before them.
fn widened(raw: &[u8]) -> Vec<u8> {
    let (r, s) = raw.split_at(raw.len() / 2);
    [&vec![0; r.len()], r, &vec![0; s.len()], s].concat()
}

/// (r, n - s), which is valid where (r, s) is.
fn twin(raw: &[u8]) -> Vec<u8> {
    let (r, s) = raw.split_at(32);
    let mut negated = [0; 32];
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i16::from(ORDER[at]) - i16::from(s[at]) - borrow;
        borrow = i16::from(difference < 0);
        negated[at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    [r, &negated].concat()
}

/// (R, S + L): the same equation, and "S in the range 0 <= s < L" (RFC 8032, section 5.1.7) refuses it.
fn with_order_added(raw: &[u8]) -> Vec<u8> {
    let mut sum = raw.to_vec();
    let mut carry = 0;
    for (at, byte) in ED25519_ORDER.iter().enumerate() {
        let total = u16::from(raw[32 + at]) + u16::from(*byte) + carry;
        sum[32 + at] = u8::try_from(total % 256).unwrap();
        carry = total / 256;
    }
    sum
}

/// The order of P-256 (FIPS 186-5 / SP 800-186, section 3.2.1.3), big-endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The order of the group of Ed25519 (RFC 8032, section 5.1), little-endian.
const ED25519_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
