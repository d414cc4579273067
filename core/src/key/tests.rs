use super::*;

/// An odd number of exactly so many bits. Nobody knows its factors, and import does not ask for them.
pub(crate) fn modulus(bits: usize) -> Vec<u8> {
    let mut number = vec![0xa5; bits.div_ceil(8)];
    number[0] = 0xff >> (number.len() * 8 - bits);
    *number.last_mut().unwrap() |= 1;
    number
}

fn rsa(modulus: Vec<u8>, exponent: &[u8]) -> PublicNumbers {
    PublicNumbers::Rsa { modulus, exponent: exponent.to_vec() }
}

fn prepare(numbers: &PublicNumbers) -> Result<VerificationKey, &'static str> {
    VerificationKey::prepare(numbers, None, KeyName::Unnamed, CertificateFacts::default())
        .map_err(|reason| reason.0)
}

fn decoded(text: &str) -> Vec<u8> {
    base64url::decode(text.as_bytes()).unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// RFC 7517, appendix A.1.
fn p256() -> (Vec<u8>, Vec<u8>) {
    (
        decoded("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"),
        decoded("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"),
    )
}

#[test]
fn n067_an_rsa_modulus_is_odd_and_has_2048_to_8192_bits() {
    const SIZE: Result<(), &str> = Err("an RSA modulus has 2048 to 8192 bits");
    let even = |bits| {
        let mut number = modulus(bits);
        *number.last_mut().unwrap() &= 0xfe;
        number
    };
    let padded = |zeros, bits| [vec![0; zeros], modulus(bits)].concat();
    for (name, modulus, expected) in [
        ("empty", Vec::new(), SIZE),
        ("zero", vec![0; 256], SIZE),
        ("1024 bits", modulus(1024), SIZE),
        ("2047 bits", modulus(2047), SIZE),
        ("2047 bits, in 257 bytes", padded(1, 2047), SIZE),
        ("2048 bits", modulus(2048), Ok(())),
        ("2048 bits after a sign byte", padded(1, 2048), Ok(())),
        ("2049 bits", modulus(2049), Ok(())),
        ("8192 bits", modulus(8192), Ok(())),
        ("8192 bits after a sign byte", padded(1, 8192), Ok(())),
        ("8193 bits", modulus(8193), SIZE),
        ("a megabyte", modulus(8 << 20), SIZE),
        ("2048 bits, even", even(2048), Err("an RSA modulus is odd")),
        ("8192 bits, even", even(8192), Err("an RSA modulus is odd")),
    ] {
        assert_eq!(prepare(&rsa(modulus, &[1, 0, 1])).map(drop), expected, "{name}");
    }
}

#[test]
fn n067_an_rsa_exponent_is_odd_at_least_3_and_at_most_33_bits() {
    const REFUSED: Result<(), &str> = Err("an RSA exponent is odd, at least 3 and at most 33 bits");
    for (name, exponent, expected) in [
        ("none", &[][..], REFUSED),
        ("0", &[0], REFUSED),
        ("1", &[1], REFUSED),
        ("1 with zeros before it", &[0, 0, 1], REFUSED),
        ("2", &[2], REFUSED),
        ("3", &[3], Ok(())),
        ("4", &[4], REFUSED),
        ("65536", &[1, 0, 0], REFUSED),
        ("65537", &[1, 0, 1], Ok(())),
        ("65537 with a zero before it", &[0, 1, 0, 1], Ok(())),
        ("32 bits", &[0xff; 4], Ok(())),
        ("33 bits", &[1, 0xff, 0xff, 0xff, 0xff], Ok(())),
        ("34 bits", &[2, 0, 0, 0, 1], REFUSED),
        ("as long as the modulus", &[0xa5; 256], REFUSED),
    ] {
        assert_eq!(prepare(&rsa(modulus(2048), exponent)).map(drop), expected, "{name}");
    }
}

#[test]
fn n068_an_ec_key_is_a_point_of_its_curve() {
    const LENGTH: Result<(), &str> = Err("a coordinate does not have the length of its curve");
    const OFF: Result<(), &str> = Err("the point is not on its curve");
    let (x, y) = p256();
    let mut other = y.clone();
    other[31] ^= 1;
    let beyond = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    let longer = |number: &[u8]| [&[0], number].concat();
    for (name, curve, x, y, expected) in [
        ("the key of the RFC", Curve::P256, x.clone(), y.clone(), Ok(())),
        ("y of another point", Curve::P256, x.clone(), other, OFF),
        ("exchanged", Curve::P256, y.clone(), x.clone(), OFF),
        ("infinity as zeros", Curve::P256, vec![0; 32], vec![0; 32], OFF),
        ("x is the prime of the field", Curve::P256, beyond.clone(), y.clone(), OFF),
        ("y is the prime of the field", Curve::P256, x.clone(), beyond, OFF),
        ("all ones", Curve::P256, vec![0xff; 32], vec![0xff; 32], OFF),
        ("nothing", Curve::P256, Vec::new(), Vec::new(), LENGTH),
        ("x too short", Curve::P256, x[1..].to_vec(), y.clone(), LENGTH),
        ("y too short", Curve::P256, x.clone(), y[..31].to_vec(), LENGTH),
        ("x with a zero before it", Curve::P256, longer(&x), y.clone(), LENGTH),
        ("y with a zero before it", Curve::P256, x.clone(), longer(&y), LENGTH),
        ("one byte moved over", Curve::P256, x[..31].to_vec(), longer(&y), LENGTH),
        ("of a smaller curve", Curve::P384, x.clone(), y.clone(), LENGTH),
        ("filled up for a larger curve", Curve::P384, vec![0; 48], [vec![0; 16], y.clone()].concat(), OFF),
        ("infinity of P-521", Curve::P521, vec![0; 66], vec![0; 66], OFF),
        ("65 bytes of P-521", Curve::P521, vec![1; 65], vec![1; 65], LENGTH),
    ] {
        let numbers = PublicNumbers::Ec { curve, x, y };
        assert_eq!(prepare(&numbers).map(drop), expected, "{name}");
    }
}

#[test]
fn n068_an_ed25519_key_is_a_point_of_large_order() {
    const OFF: Result<(), &str> = Err("the point is not on its curve");
    const SMALL: Result<(), &str> = Err("the point has a small order");
    const LENGTH: Result<(), &str> = Err("an Ed25519 key has 32 bytes");
    // RFC 8037, appendix A.2.
    let good = decoded("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    let off = |y: u8| [vec![y], vec![0; 31]].concat();
    for (name, point, expected) in [
        ("the key of the RFC", good.clone(), Ok(())),
        ("y = 2", off(2), OFF),
        ("y = 7", off(7), OFF),
        ("empty", Vec::new(), LENGTH),
        ("31 bytes", good[..31].to_vec(), LENGTH),
        ("33 bytes", [&good[..], &[0]].concat(), LENGTH),
        ("the neutral element", off(1), SMALL),
        ("order 2", hex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), SMALL),
        ("order 4", off(0), SMALL),
        (
            "order 4, the other",
            hex("0000000000000000000000000000000000000000000000000000000000000080"),
            SMALL,
        ),
        ("order 8, 1", hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), SMALL),
        ("order 8, 2", hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"), SMALL),
        ("order 8, 3", hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), SMALL),
        ("order 8, 4", hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"), SMALL),
    ] {
        assert_eq!(prepare(&PublicNumbers::Ed25519 { point }).map(drop), expected, "{name}");
    }
}

#[test]
fn n068_an_ed25519_key_is_written_in_one_way() {
    // y + p for a small y: the same points under other bytes, the small ones among them.
    for point in [
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0100000000000000000000000000000000000000000000000000000000000080",
    ] {
        assert!(prepare(&PublicNumbers::Ed25519 { point: hex(point) }).is_err(), "{point}");
    }
}

#[test]
fn a_key_is_bound_to_its_family_or_to_the_one_algorithm_it_names() {
    use Algorithm::{ES256, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    let (x, y) = p256();
    let ec = PublicNumbers::Ec { curve: Curve::P256, x, y };
    let rsa = rsa(modulus(2048), &[1, 0, 1]);
    let algorithms = |numbers: &PublicNumbers, only| {
        let key = VerificationKey::prepare(numbers, only, KeyName::Unnamed, CertificateFacts::default());
        key.map(|key| key.algorithms().collect::<Vec<_>>()).map_err(|reason| reason.0)
    };
    assert_eq!(algorithms(&rsa, None), Ok(vec![RS256, RS384, RS512, PS256, PS384, PS512]));
    assert_eq!(algorithms(&rsa, Some(PS384)), Ok(vec![PS384]));
    assert_eq!(algorithms(&ec, None), Ok(vec![ES256]));
    for (numbers, algorithm) in [(&rsa, ES256), (&rsa, EdDSA), (&ec, RS256), (&ec, Algorithm::ES384)] {
        assert_eq!(algorithms(numbers, Some(algorithm)), Err("alg does not fit the type of the key"));
    }
}

#[test]
fn a_key_checks_no_signature_of_an_algorithm_that_it_is_not_bound_to() {
    let key = claimgate_testkit::SigningKey::generate(claimgate_testkit::Alg::ES256, "1");
    let jwk = key.public_jwk();
    let coordinate = |name: &str| decoded(jwk[name].as_str().unwrap());
    let numbers = PublicNumbers::Ec { curve: Curve::P256, x: coordinate("x"), y: coordinate("y") };
    let verifier = prepare(&numbers).unwrap();
    let signature = key.sign(b"message");
    for algorithm in Algorithm::ALL {
        let is_good = verifier.verify(algorithm, b"message", &signature);
        assert_eq!(is_good, algorithm == Algorithm::ES256, "{algorithm}");
        assert_eq!(verifier.fits(algorithm), algorithm == Algorithm::ES256, "{algorithm}");
    }
}

/// RFC 7638, section 3.1.
const RFC_7638: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

#[test]
fn thumbprints_are_those_of_the_rfcs() {
    let modulus = decoded(RFC_7638);
    let padded = [&[0, 0], &modulus[..]].concat();
    let ed25519 = decoded("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    for (name, numbers, expected) in [
        ("RFC 7638, section 3.1", rsa(modulus, &[1, 0, 1]), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        (
            "the same with leading zeros",
            rsa(padded, &[0, 1, 0, 1]),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        ),
        (
            "RFC 8037, appendix A.3",
            PublicNumbers::Ed25519 { point: ed25519 },
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        ),
    ] {
        assert_eq!(base64url::encode(&prepare(&numbers).unwrap().thumbprint()), expected, "{name}");
    }
}

#[test]
fn n145_debug_shows_the_name_and_not_the_key() {
    let numbers = rsa(decoded(RFC_7638), &[1, 0, 1]);
    let key = VerificationKey::prepare(
        &numbers,
        Some(Algorithm::RS256),
        KeyName::Exact("2011-04-29".into()),
        CertificateFacts::default(),
    );
    let debug = format!("{:?}", key.unwrap());
    assert_eq!(debug, "VerificationKey { key_id: Some(2011-04-29), algorithms: [RS256], .. }");
}
