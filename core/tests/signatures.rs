//! Signatures that nobody with the key has made, or not in this form.

mod support;

use aws_lc_rs::digest::{self, SHA256, SHA384, digest};
use claimgate_core::{AuthErrorKind, Authenticator};
use claimgate_testkit::{Alg, SigningKey, TestIssuer, base64url_decode, tamper};
use num_bigint::BigUint;
use proptest::prelude::*;
use serde_json::{Value, json};

use support::{decide, good, issuer, kind, raw_rsa::RsaKey, trust};

const BAD: Result<(), AuthErrorKind> = Err(AuthErrorKind::BadSignature);

fn parts(token: &str) -> (&str, Vec<u8>) {
    let (input, signature) = token.rsplit_once('.').unwrap();
    (input, base64url_decode(signature).unwrap())
}

fn number(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap()
}

/// Big-endian, filled up with zeros.
fn bytes(number: &BigUint, length: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    [vec![0; length.checked_sub(bytes.len()).unwrap()], bytes].concat()
}

struct Curve {
    alg: Alg,
    bytes: usize,
    order: BigUint,
}

/// The orders of SEC 2, sections 2.4.2, 2.5.1 and 2.6.1.
fn curves() -> [Curve; 3] {
    [
        (Alg::ES256, 32, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
        (
            Alg::ES384,
            48,
            "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        ),
        (
            Alg::ES512,
            66,
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
        ),
    ]
    .map(|(alg, bytes, order)| Curve { alg, bytes, order: number(order) })
}

/// SEQUENCE { INTEGER r, INTEGER s }.
fn der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let integer = |number: &[u8]| {
        let number = BigUint::from_bytes_be(number).to_bytes_be();
        let sign: &[u8] = if number[0] >= 0x80 { &[0] } else { &[] };
        [&[2, u8::try_from(sign.len() + number.len()).unwrap()], sign, &number].concat()
    };
    let content = [integer(r), integer(s)].concat();
    let length = u8::try_from(content.len()).unwrap();
    let head = if length < 0x80 { vec![0x30, length] } else { vec![0x30, 0x81, length] };
    [head, content].concat()
}

#[test]
fn n086_an_ecdsa_signature_in_der_is_refused() {
    for Curve { alg, .. } in curves() {
        let issuer = issuer(alg);
        let gate = trust(&issuer);
        let token = good(&issuer).mint();
        assert_eq!(kind(&gate, &token), Ok(()), "{alg}");
        let der = der(&parts(&token).1);
        assert_eq!(kind(&gate, &tamper::with_signature(&token, der)), BAD, "{alg}");
    }
}

#[test]
fn n087_an_ecdsa_signature_has_its_length() {
    for Curve { alg, bytes, .. } in curves() {
        let issuer = issuer(alg);
        let gate = trust(&issuer);
        let token = good(&issuer).mint();
        let (_, signature) = parts(&token);
        let (r, s) = signature.split_at(bytes);
        for (name, changed) in [
            ("empty", Vec::new()),
            ("one byte", vec![0]),
            ("one byte less", signature[..signature.len() - 1].to_vec()),
            ("one byte more", [&signature[..], &[0]].concat()),
            ("one byte before", [&[0], &signature[..]].concat()),
            ("r alone", r.to_vec()),
            ("both a byte longer", [&[0], r, &[0], s].concat()),
            ("twice", [&signature[..], &signature].concat()),
            ("a thousand bytes", vec![1; 1_000]),
        ] {
            assert_eq!(kind(&gate, &tamper::with_signature(&token, changed)), BAD, "{alg}: {name}");
        }
    }
}

#[test]
fn n088_psychic_signatures_are_refused() {
    for Curve { alg, bytes: length, order } in curves() {
        let issuer = issuer(alg);
        let gate = trust(&issuer);
        let token = good(&issuer).mint();
        let (_, signature) = parts(&token);
        let own = [&signature[..length], &signature[length..]].map(BigUint::from_bytes_be);
        let (zero, one) = (BigUint::ZERO, BigUint::from(1_u8));
        let largest = (&one << (length * 8)) - 1_u8;
        for (name, r, s) in [
            ("0, 0", &zero, &zero),
            ("0, s", &zero, &own[1]),
            ("r, 0", &own[0], &zero),
            ("1, 1", &one, &one),
            ("0, 1", &zero, &one),
            ("n, n", &order, &order),
            ("n, s", &order, &own[1]),
            ("r, n", &own[0], &order),
            ("n - 1, n - 1", &(&order - 1_u8), &(&order - 1_u8)),
            ("largest", &largest, &largest),
            ("exchanged", &own[1], &own[0]),
        ] {
            let changed = [bytes(r, length), bytes(s, length)].concat();
            assert_eq!(kind(&gate, &tamper::with_signature(&token, changed)), BAD, "{alg}: {name}");
        }
    }
}

/// Both are valid by FIPS 186-5, section 6.4.2, so nothing may take a signature for the identity of a token.
#[test]
fn n089_the_twin_of_an_ecdsa_signature_is_the_same_token() {
    let Curve { alg, bytes: length, order } = curves().into_iter().next().unwrap();
    let issuer = issuer(alg);
    let gate = trust(&issuer);
    let token = good(&issuer).mint();
    let (_, signature) = parts(&token);
    let s = BigUint::from_bytes_be(&signature[length..]);
    let twin = [&signature[..length], &bytes(&(order - s), length)].concat();
    let twin = tamper::with_signature(&token, twin);
    assert_ne!(token, twin);
    let [first, second] = [&token, &twin].map(|token| decide(&gate, token).unwrap());
    assert_eq!(first.raw_claims(), second.raw_claims());
}

/// `DigestInfo` of RFC 8017, section 9.2, note 1.
const SHA256_INFO: &[u8] = &[
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];

/// 00 01 FF … 00 and what follows, 256 bytes in all (RFC 8017, section 9.2).
fn padded(tail: &[u8]) -> Vec<u8> {
    [&[0, 1][..], &vec![0xff; 253 - tail.len()], &[0], tail].concat()
}

#[test]
fn n090_pkcs1_padding_is_compared_to_the_byte() {
    let key = RsaKey::generate();
    let issuer = issuer(Alg::ES256);
    let gate = key.trusted(Alg::RS256);
    let token = good(&issuer).raw_header(r#"{"alg":"RS256","kid":"raw"}"#).mint();
    let (input, _) = parts(&token);
    let hash = digest(&SHA256, input.as_bytes());
    let tail = [SHA256_INFO, hash.as_ref()].concat();
    let right = padded(&tail);
    let changed = |at: usize, byte: u8| {
        let mut message = right.clone();
        message[at] = byte;
        message
    };
    let without_null = [
        &[
            0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04,
            0x20,
        ][..],
        hash.as_ref(),
    ]
    .concat();
    let mut sha384_info = SHA256_INFO.to_vec();
    sha384_info[14] = 2;
    let mut long_length = tail.clone();
    long_length.splice(1..2, [0x81, 0x31]);
    let mut indefinite = tail.clone();
    indefinite[1] = 0x80;
    let mut null_with_content = tail.clone();
    null_with_content.splice(15..17, [0x05, 0x01, 0x00]);
    let end = right.len() - tail.len();
    let other = digest(&SHA256, b"another message");
    let cases: Vec<(&str, Vec<u8>, Result<(), AuthErrorKind>)> = vec![
        ("right", right.clone(), Ok(())),
        ("another message", padded(&[SHA256_INFO, other.as_ref()].concat()), BAD),
        ("block type 0", changed(1, 0), BAD),
        ("block type 2", changed(1, 2), BAD),
        ("first padding byte", changed(2, 0xfe), BAD),
        ("middle padding byte", changed(100, 0), BAD),
        ("last padding byte", changed(end - 2, 0x7f), BAD),
        ("no separator", changed(end - 1, 0xff), BAD),
        ("separator 1", changed(end - 1, 1), BAD),
        ("outer tag", changed(end, 0x31), BAD),
        ("outer length", changed(end + 1, 0x30), BAD),
        ("another digest's name", padded(&[&sha384_info, hash.as_ref()].concat()), BAD),
        ("length of the digest", changed(end + 18, 0x1f), BAD),
        ("no null", padded(&without_null), BAD),
        ("null with content", padded(&null_with_content), BAD),
        ("long form of a length", padded(&long_length), BAD),
        ("indefinite length", padded(&indefinite), BAD),
        ("no digest info", padded(hash.as_ref()), BAD),
        ("no padding", [&[0; 205][..], &tail].concat(), BAD),
        ("zeros for padding", [&[0, 1][..], &[0; 203], &tail].concat(), BAD),
        (
            // What forgers without the key use where the exponent is 3.
            "short padding, garbage behind",
            [&[0, 1][..], &[0xff; 8], &[0], &tail, &[0xa5; 256 - 11 - 51]].concat(),
            BAD,
        ),
        (
            "short padding, garbage before",
            [&[0, 1][..], &[0xff; 8], &[0], &[0xa5; 256 - 11 - 51], &tail].concat(),
            BAD,
        ),
        ("garbage inside", padded(&[SHA256_INFO, &[0; 8], hash.as_ref()].concat()), BAD),
        ("a digest cut short", padded(&[SHA256_INFO, &hash.as_ref()[..31]].concat()), BAD),
        ("nothing", vec![0; 256], BAD),
        ("one", [&[0; 255][..], &[1]].concat(), BAD),
        ("the PSS form", pss(&SHA256, input.as_bytes(), 32), BAD),
    ];
    for (name, message, expected) in cases {
        assert_eq!(message.len(), 256, "{name}");
        let token = tamper::with_signature(&token, key.raise(&message));
        assert_eq!(kind(&gate, &token), expected, "{name}");
    }
}

fn mgf1(algorithm: &'static digest::Algorithm, seed: &[u8], length: usize) -> Vec<u8> {
    let blocks = (0_u32..).map(|counter| digest(algorithm, &[seed, &counter.to_be_bytes()].concat()));
    let mut mask = Vec::new();
    for block in blocks {
        mask.extend_from_slice(block.as_ref());
        if mask.len() >= length {
            break;
        }
    }
    mask.truncate(length);
    mask
}

/// EMSA-PSS with a salt of so many bytes, for 2048 bits (RFC 8017, section 9.1.1).
fn pss(algorithm: &'static digest::Algorithm, message: &[u8], salt: usize) -> Vec<u8> {
    let salt = vec![0x5a; salt];
    let hash = digest(algorithm, message);
    let hash = digest(algorithm, &[&[0; 8], hash.as_ref(), &salt].concat());
    let length = 256 - hash.as_ref().len() - 1;
    let block = [&vec![0; length - salt.len() - 1][..], &[1], &salt].concat();
    let mask = mgf1(algorithm, hash.as_ref(), length);
    let mut masked: Vec<u8> = block.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    masked[0] &= 0x7f;
    [&masked, hash.as_ref(), &[0xbc]].concat()
}

/// "The size of the salt value is the same size as the hash function output" (RFC 7518, section 3.5).
#[test]
fn n091_a_pss_salt_is_as_long_as_the_digest() {
    let key = RsaKey::generate();
    let issuer = issuer(Alg::ES256);
    let gate = key.trusted(Alg::PS256);
    let token = good(&issuer).raw_header(r#"{"alg":"PS256","kid":"raw"}"#).mint();
    let input = parts(&token).0.as_bytes().to_vec();
    let signed = |message: &[u8]| kind(&gate, &tamper::with_signature(&token, key.raise(message)));
    for salt in [0, 1, 16, 20, 31, 33, 48, 64, 222] {
        assert_eq!(signed(&pss(&SHA256, &input, salt)), BAD, "{salt}");
    }
    let right = pss(&SHA256, &input, 32);
    assert_eq!(signed(&right), Ok(()));
    assert_eq!(signed(&pss(&SHA384, &input, 48)), BAD, "PS384");
    assert_eq!(signed(&pss(&SHA384, &input, 32)), BAD, "SHA-384 with a salt of SHA-256");
    for (name, at, byte) in
        [("trailer", 255, 0xcc), ("digest", 254, right[254] ^ 1), ("mask", 1, right[1] ^ 1)]
    {
        let mut changed = right.clone();
        changed[at] = byte;
        assert_eq!(signed(&changed), BAD, "{name}");
    }
}

#[test]
fn n092_an_rsa_signature_is_as_long_as_the_modulus_and_below_it() {
    for alg in [Alg::RS256, Alg::PS256] {
        let issuer = issuer(alg);
        let gate = trust(&issuer);
        let jwk = issuer.current_key().public_jwk();
        let n = BigUint::from_bytes_be(&base64url_decode(jwk["n"].as_str().unwrap()).unwrap());
        // Any message will do: one in a few has a signature whose sum with the modulus has as many bytes.
        let (token, sum) = (0..2_000)
            .find_map(|number| {
                let token = good(&issuer).claim("number", number).mint();
                let sum = BigUint::from_bytes_be(&parts(&token).1) + &n;
                (sum.bits() <= 2_048).then_some((token, sum))
            })
            .unwrap();
        let (_, signature) = parts(&token);
        assert_eq!(kind(&gate, &token), Ok(()), "{alg}");
        for (name, changed) in [
            ("not reduced", bytes(&sum, 256)),
            ("not reduced, a byte more", bytes(&(&sum + &n), 257)),
            ("a zero before it", [&[0], &signature[..]].concat()),
            ("a zero behind it", [&signature[..], &[0]].concat()),
            ("its first byte missing", signature[1..].to_vec()),
            ("its last byte missing", signature[..255].to_vec()),
            ("empty", Vec::new()),
            ("0", vec![0; 256]),
            ("1", bytes(&BigUint::from(1_u8), 256)),
            ("n - 1", bytes(&(&n - 1_u8), 256)),
            ("n", bytes(&n, 256)),
            ("all ones", vec![0xff; 256]),
            ("the longest that is read", vec![1; 1_024]),
        ] {
            assert_eq!(kind(&gate, &tamper::with_signature(&token, changed)), BAD, "{alg}: {name}");
        }
        let longer = tamper::with_signature(&token, vec![1; 1_025]);
        assert_eq!(kind(&gate, &longer), Err(AuthErrorKind::MalformedToken), "{alg}");
    }
}

#[test]
fn n092_an_rsa_signature_keeps_its_leading_zero() {
    let issuer = issuer(Alg::RS256);
    let gate = trust(&issuer);
    let (token, signature) = (0..10_000)
        .find_map(|number| {
            let token = good(&issuer).claim("number", number).mint();
            let signature = parts(&token).1;
            (signature[0] == 0).then_some((token, signature))
        })
        .unwrap();
    assert_eq!(kind(&gate, &token), Ok(()));
    assert_eq!(kind(&gate, &tamper::with_signature(&token, &signature[1..])), BAD);
}

#[test]
fn n093_an_eddsa_signature_has_its_length_and_a_reduced_s() {
    let issuer = issuer(Alg::EdDSA);
    let gate = trust(&issuer);
    let token = good(&issuer).mint();
    let (_, signature) = parts(&token);
    let (r, s) = signature.split_at(32);
    // The order of the base point (RFC 8032, section 5.1); S is little-endian.
    let order = number("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
    let plus = |times: u8| {
        let mut sum = (BigUint::from_bytes_le(s) + &order * times).to_bytes_le();
        sum.resize(32, 0);
        [r, &sum].concat()
    };
    let neutral = [&[1][..], &[0; 31]].concat();
    assert_eq!(plus(0), signature);
    assert_eq!(kind(&gate, &token), Ok(()));
    for (name, changed) in [
        ("S + L", plus(1)),
        ("S + 2 L", plus(2)),
        ("S = L", [r, &{ order.to_bytes_le() }].concat()),
        ("S = 0", [r, &[0; 32]].concat()),
        ("all zeros", vec![0; 64]),
        ("R neutral, S = 0", [&neutral[..], &[0; 32]].concat()),
        ("a high bit of S", [r, &s[..31], &[s[31] | 0x80]].concat()),
        ("exchanged", [s, r].concat()),
        ("63 bytes", signature[..63].to_vec()),
        ("65 bytes", [&signature[..], &[0]].concat()),
        ("R alone", r.to_vec()),
        ("empty", Vec::new()),
    ] {
        assert_eq!(kind(&gate, &tamper::with_signature(&token, changed)), BAD, "{name}");
    }
}

/// Every bit of the text, once for each family; what is no text any more cannot be said here.
#[test]
fn n094_no_bit_of_a_token_can_be_turned() {
    for alg in [Alg::ES256, Alg::EdDSA, Alg::RS256, Alg::PS256] {
        let issuer = issuer(alg);
        let gate = trust(&issuer);
        let token = good(&issuer).scope("read").mint();
        assert_eq!(kind(&gate, &token), Ok(()), "{alg}");
        for bit in 0..token.len() * 8 {
            let mut text = token.clone().into_bytes();
            text[bit / 8] ^= 1 << (bit % 8);
            let Ok(text) = String::from_utf8(text) else { continue };
            assert!(kind(&gate, &text).is_err(), "{alg}: bit {bit}");
        }
        let (_, signature) = parts(&token);
        for bit in 0..signature.len() * 8 {
            let mut changed = signature.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(kind(&gate, &tamper::with_signature(&token, changed)), BAD, "{alg}: bit {bit}");
        }
    }
}

struct Fixture {
    gate: Authenticator,
    token: String,
}

fn fixture() -> &'static Fixture {
    static FIXTURE: std::sync::OnceLock<Fixture> = std::sync::OnceLock::new();
    FIXTURE.get_or_init(|| {
        let issuer = issuer(Alg::ES256);
        Fixture { gate: trust(&issuer), token: good(&issuer).scope("read").mint() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn n094_no_piece_of_a_token_can_be_exchanged(
        from in any::<prop::sample::Index>(),
        length in 0_usize..8,
        piece in "[A-Za-z0-9_.=-]{0,8}",
    ) {
        let Fixture { gate, token } = fixture();
        let from = from.index(token.len());
        let to = (from + length).min(token.len());
        let changed = format!("{}{piece}{}", &token[..from], &token[to..]);
        prop_assert_eq!(kind(gate, &changed).is_ok(), changed == *token, "{}", changed);
    }

    #[test]
    fn n094_signed_bytes_of_any_kind_are_decided_without_a_panic(
        header in "\\PC{0,40}",
        payload in "\\PC{0,40}",
        signature in prop::collection::vec(any::<u8>(), 0..70),
    ) {
        let Fixture { gate, token } = fixture();
        let changed = tamper::with_payload(&tamper::with_header(token, header), payload);
        prop_assert!(kind(gate, &tamper::with_signature(&changed, signature)).is_err());
    }

    #[test]
    fn n094_any_text_is_decided_without_a_panic(text in "\\PC*") {
        prop_assert!(kind(&fixture().gate, &text).is_err());
    }
}

#[test]
fn n062_a_signature_of_another_algorithm_with_the_same_key_is_refused() {
    let key = RsaKey::generate();
    let issuer = issuer(Alg::ES256);
    let ps256 = good(&issuer).raw_header(r#"{"alg":"PS256","kid":"raw"}"#).mint();
    let signed = tamper::with_signature(&ps256, key.raise(&pss(&SHA256, parts(&ps256).0.as_bytes(), 32)));
    assert_eq!(kind(&key.trusted(Alg::PS256), &signed), Ok(()));
    assert_eq!(kind(&key.trusted(Alg::RS256), &signed), Err(AuthErrorKind::KeyMismatch), "bound by the JWK");
    // A JWK without `alg` checks the whole family, each by its own rules.
    let unbound = key.trusted_for_any_algorithm();
    assert_eq!(kind(&unbound, &signed), Ok(()));
    let rs256 = tamper::with_header(&signed, r#"{"alg":"RS256","kid":"raw"}"#);
    let message = pss(&SHA256, parts(&rs256).0.as_bytes(), 32);
    assert_eq!(kind(&unbound, &tamper::with_signature(&rs256, key.raise(&message))), BAD);
}

#[test]
fn signatures_agree_with_an_independent_implementation() {
    for alg in [Alg::RS384, Alg::PS512, Alg::ES384, Alg::EdDSA] {
        let issuer = issuer(alg);
        let token = good(&issuer).mint();
        let set: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&issuer.jwks()).unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(&set.keys[0]).unwrap();
        let mut rules = jsonwebtoken::Validation::new(alg.name().parse().unwrap());
        rules.validate_exp = false;
        rules.set_audience(&[support::AUDIENCE]);
        let theirs = jsonwebtoken::decode::<Value>(&token, &key, &rules).unwrap().claims;
        let ours = decide(&trust(&issuer), &token).unwrap();
        assert_eq!(*ours.claims::<Value>().unwrap(), theirs, "{alg}");
        let flipped = tamper::with_flipped_signature(&token);
        assert!(jsonwebtoken::decode::<Value>(&flipped, &key, &rules).is_err(), "{alg}");
        assert_eq!(kind(&trust(&issuer), &flipped), BAD, "{alg}");
    }
}

#[test]
fn every_algorithm_is_accepted_and_its_forgery_refused() {
    for alg in Alg::ALL {
        let key = SigningKey::generate(alg, "test-1");
        let issuer: TestIssuer = issuer(Alg::ES256);
        let token = good(&issuer).signed_by(&key).mint();
        let gate = support::gate(
            claimgate_core::Issuer::new(support::ISSUER)
                .audience(support::AUDIENCE)
                .jwks(json!({ "keys": [key.public_jwk()] }).to_string()),
        );
        assert_eq!(kind(&gate, &token), Ok(()), "{alg}");
        assert_eq!(kind(&gate, &tamper::with_flipped_signature(&token)), BAD, "{alg}");
        assert_eq!(kind(&gate, &tamper::with_claim(&token, "sub", "admin")), BAD, "{alg}");
        assert_eq!(kind(&gate, &tamper::with_signature(&token, [])), BAD, "{alg}");
    }
}
