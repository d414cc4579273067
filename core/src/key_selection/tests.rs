use claimgate_testkit::{Alg, SigningKey};
use serde_json::{Value, json};

use super::*;
use crate::base64url;
use crate::certificate::{CertificateFacts, Validity};
use crate::key::{KeyName, PublicNumbers};
use crate::key_set::KeySet;

const DEMO_2019: &str = include_str!("../../../tests/data/wso2/seed000-demo-2019.pem");
/// The same key in two certificates, of which one renews the other.
const OLD: &str = include_str!("../../../tests/data/wso2/seed004-demo-2019b-expired.pem");
const RENEWED: &str = include_str!("../../../tests/data/wso2/seed004-demo-2022-renewed-same-key.pem");

fn jwk(alg: Alg, kid: &str) -> Value {
    SigningKey::generate(alg, kid).public_jwk()
}

fn unnamed(alg: Alg) -> Value {
    without(jwk(alg, ""), "kid")
}

fn without(mut jwk: Value, name: &str) -> Value {
    jwk.as_object_mut().unwrap().remove(name);
    jwk
}

fn set(keys: &[Value]) -> KeySet {
    KeySet::from_jwks(&json!({ "keys": keys }).to_string()).unwrap()
}

fn merged(sets: impl IntoIterator<Item = KeySet>) -> KeySet {
    let mut all = KeySet::default();
    sets.into_iter().for_each(|set| set.keys().iter().for_each(|key| all.add(key.clone())));
    all
}

/// How many keys are to be tried.
fn tried(set: &KeySet, kid: Option<&str>, algorithm: Algorithm) -> Result<usize, AuthErrorKind> {
    let hint = KeyHint { key_id: kid, ..KeyHint::default() };
    set.candidates(hint, algorithm, None).map(|candidates| candidates.iter().count())
}

/// The names of the keys to be tried.
fn names<'s>(set: &'s KeySet, hint: KeyHint<'_>) -> Result<Vec<Option<&'s str>>, AuthErrorKind> {
    let candidates = set.candidates(hint, Algorithm::ES256, None)?;
    Ok(candidates.iter().map(VerificationKey::key_id).collect())
}

#[test]
fn a_kid_picks_its_key() {
    let set = set(&[jwk(Alg::ES256, "a"), jwk(Alg::ES256, "b"), jwk(Alg::EdDSA, "c"), unnamed(Alg::ES256)]);
    for (kid, algorithm, expected) in [
        ("a", Algorithm::ES256, Ok(1)),
        ("b", Algorithm::ES256, Ok(1)),
        ("c", Algorithm::EdDSA, Ok(1)),
        ("c", Algorithm::ES256, Err(AuthErrorKind::KeyMismatch)),
        ("a", Algorithm::RS256, Err(AuthErrorKind::KeyMismatch)),
        ("d", Algorithm::ES256, Err(AuthErrorKind::UnknownKey)),
        ("A", Algorithm::ES256, Err(AuthErrorKind::UnknownKey)),
        ("a ", Algorithm::ES256, Err(AuthErrorKind::UnknownKey)),
        ("", Algorithm::ES256, Err(AuthErrorKind::UnknownKey)),
    ] {
        assert_eq!(tried(&set, Some(kid), algorithm), expected, "{kid} {algorithm}");
    }
    assert_eq!(names(&set, KeyHint { key_id: Some("b"), ..KeyHint::default() }), Ok(vec![Some("b")]));
}

#[test]
fn n073_without_kid_at_most_four_fitting_keys_are_tried() {
    let mut keys: Vec<_> = (0..4).map(|number| jwk(Alg::ES256, &number.to_string())).collect();
    keys.push(jwk(Alg::EdDSA, "ed"));
    for count in 0..4 {
        let expected = if count == 0 { Err(AuthErrorKind::UnknownKey) } else { Ok(count) };
        assert_eq!(tried(&set(&keys[..count]), None, Algorithm::ES256), expected);
    }
    assert_eq!(tried(&set(&keys), None, Algorithm::ES256), Ok(4), "a key that does not fit does not count");
    assert_eq!(tried(&set(&keys), None, Algorithm::EdDSA), Ok(1));
    assert_eq!(tried(&set(&keys), None, Algorithm::RS256), Err(AuthErrorKind::UnknownKey));
    keys.push(unnamed(Alg::ES256));
    assert_eq!(tried(&set(&keys), None, Algorithm::ES256), Err(AuthErrorKind::AmbiguousKey));
    assert_eq!(tried(&set(&keys), Some("0"), Algorithm::ES256), Ok(1), "who names the key is not concerned");
}

#[test]
fn n081_keys_of_one_kid_are_all_tried() {
    let mut keys = vec![jwk(Alg::ES256, "a"), jwk(Alg::EdDSA, "a"), jwk(Alg::ES256, "a")];
    assert_eq!(tried(&set(&keys), Some("a"), Algorithm::ES256), Ok(2));
    assert_eq!(tried(&set(&keys), Some("a"), Algorithm::EdDSA), Ok(1), "no algorithm takes another's key");
    assert_eq!(tried(&set(&keys), Some("a"), Algorithm::ES384), Err(AuthErrorKind::KeyMismatch));
    keys.extend((0..3).map(|_| jwk(Alg::ES256, "a")));
    assert_eq!(tried(&set(&keys), Some("a"), Algorithm::ES256), Err(AuthErrorKind::AmbiguousKey));
}

#[test]
fn a_certificate_without_kid_stands_for_any() {
    let pem: String = (0..4).map(|_| SigningKey::generate(Alg::ES256, "").public_key_pem()).collect();
    let any = KeySet::from_pem(&pem, None).unwrap();
    for kid in [None, Some("a"), Some("")] {
        assert_eq!(tried(&any, kid, Algorithm::ES256), Ok(4), "{kid:?}");
        assert_eq!(
            tried(&any, kid, Algorithm::EdDSA),
            Err(if kid.is_some() { AuthErrorKind::KeyMismatch } else { AuthErrorKind::UnknownKey })
        );
    }
    let named = KeySet::from_pem(&pem, Some("a")).unwrap();
    assert_eq!(tried(&named, Some("a"), Algorithm::ES256), Ok(4));
    assert_eq!(tried(&named, Some("b"), Algorithm::ES256), Err(AuthErrorKind::UnknownKey));
    let five = pem + &SigningKey::generate(Alg::ES256, "").public_key_pem();
    let five = KeySet::from_pem(&five, None).unwrap();
    assert_eq!(tried(&five, Some("a"), Algorithm::ES256), Err(AuthErrorKind::AmbiguousKey));
}

/// A JWK with these thumbprints of a certificate.
fn certified(kid: Option<&str>, sha1: Option<u8>, sha256: Option<u8>) -> Value {
    let mut jwk = kid.map_or_else(|| unnamed(Alg::ES256), |kid| jwk(Alg::ES256, kid));
    if let Some(byte) = sha1 {
        jwk["x5t"] = base64url::encode(&[byte; 20]).into();
    }
    if let Some(byte) = sha256 {
        jwk["x5t#S256"] = base64url::encode(&[byte; 32]).into();
    }
    jwk
}

#[test]
fn a_kid_comes_before_the_strong_thumbprint_and_that_before_the_weak() {
    let set = set(&[
        certified(Some("a"), Some(1), Some(1)),
        certified(Some("b"), Some(2), Some(2)),
        certified(Some("c"), Some(3), None),
        certified(None, None, Some(4)),
    ]);
    let hint = |key_id, sha1: Option<u8>, sha256: Option<u8>| KeyHint {
        key_id,
        thumbprints: Thumbprints { sha1: sha1.map(|byte| [byte; 20]), sha256: sha256.map(|byte| [byte; 32]) },
    };
    for (name, hint, expected) in [
        ("all agree", hint(Some("a"), Some(1), Some(1)), Ok(vec![Some("a")])),
        ("kid and others", hint(Some("a"), Some(3), Some(2)), Ok(vec![Some("a")])),
        ("kid unknown", hint(Some("x"), Some(3), Some(2)), Ok(vec![Some("b")])),
        ("kid unknown, weak only", hint(Some("x"), Some(3), None), Ok(vec![Some("c")])),
        ("kid and strong unknown", hint(Some("x"), Some(3), Some(9)), Ok(vec![Some("c")])),
        ("kid and both unknown", hint(Some("x"), Some(9), Some(9)), Err(AuthErrorKind::UnknownKey)),
        ("no kid", hint(None, Some(1), Some(2)), Ok(vec![Some("b")])),
        ("no kid, weak only", hint(None, Some(1), None), Ok(vec![Some("a")])),
        ("no kid, a key without one", hint(None, None, Some(4)), Ok(vec![None])),
        (
            "no kid, both unknown",
            hint(None, Some(9), Some(9)),
            Ok(vec![Some("a"), Some("b"), Some("c"), None]),
        ),
    ] {
        assert_eq!(names(&set, hint), expected, "{name}");
    }
    let other_algorithm = set.candidates(hint(None, None, Some(4)), Algorithm::RS256, None);
    assert_eq!(other_algorithm.err(), Some(AuthErrorKind::KeyMismatch));
}

#[test]
fn a_thumbprint_tells_one_certificate_from_others_that_stand_for_any_kid() {
    let certificates = merged([DEMO_2019, OLD, RENEWED].map(|pem| KeySet::from_pem(pem, None).unwrap()));
    let renewed = certificates.keys()[2].certificate().thumbprints;
    assert_ne!(renewed, certificates.keys()[1].certificate().thumbprints);
    let count =
        |hint| certificates.candidates(hint, Algorithm::RS256, None).map(|found| found.iter().count());
    for kid in [None, Some("any")] {
        assert_eq!(count(KeyHint { key_id: kid, ..KeyHint::default() }), Ok(3), "{kid:?}");
        for thumbprints in [
            renewed,
            Thumbprints { sha1: None, ..renewed },
            Thumbprints { sha256: None, ..renewed },
            Thumbprints { sha256: Some([0; 32]), ..renewed },
        ] {
            assert_eq!(count(KeyHint { key_id: kid, thumbprints }), Ok(1), "{kid:?}");
        }
    }
}

/// The dates are those that `openssl x509 -dates` prints: 2019-10-23T07:30:43Z to 2022-01-25T07:30:43Z, and 2022-01-27 on.
#[test]
fn a_certificate_is_good_from_its_first_second_to_its_last() {
    let named = KeySet::from_pem(OLD, Some("a")).unwrap();
    let unnamed = KeySet::from_pem(OLD, None).unwrap();
    let dates = named.keys()[0].certificate().validity.unwrap();
    assert_eq!((dates.not_before, dates.not_after), (NOT_BEFORE, NOT_AFTER));
    for (second, expected) in [
        (dates.not_before - 1, Err(AuthErrorKind::KeyNotValid)),
        (dates.not_before, Ok(())),
        (dates.not_after, Ok(())),
        (dates.not_after + 1, Err(AuthErrorKind::KeyNotValid)),
    ] {
        for set in [&named, &unnamed] {
            for key_id in [Some("a"), None] {
                let hint = KeyHint { key_id, ..KeyHint::default() };
                let checked = set.candidates(hint, Algorithm::RS256, Some(second)).map(drop);
                assert_eq!(checked, expected, "{second} {key_id:?}");
                assert!(set.candidates(hint, Algorithm::RS256, None).is_ok(), "dates are not asked for");
            }
        }
    }
    let elsewhere =
        named.candidates(KeyHint { key_id: Some("b"), ..KeyHint::default() }, Algorithm::RS256, Some(0));
    assert_eq!(elsewhere.err(), Some(AuthErrorKind::UnknownKey), "who names another key is not told of this");
    let misfit = named.candidates(KeyHint::default(), Algorithm::ES256, Some(0));
    assert_eq!(misfit.err(), Some(AuthErrorKind::UnknownKey), "it would not fit anyway");
}

#[test]
fn of_the_keys_that_are_left_out_the_one_that_ends_last_is_told() {
    let named = |name: &str, pem: &str| KeySet::from_pem(pem, Some(name)).unwrap();
    let set = merged([named("a", OLD), named("a", RENEWED), named("b", DEMO_2019)]);
    let told = |key_id, algorithm, second| {
        let hint = KeyHint { key_id, ..KeyHint::default() };
        set.left_out(hint, algorithm, second).and_then(VerificationKey::not_after)
    };
    let [old, renewed, other] = [0, 1, 2].map(|at| set.keys()[at].not_after());
    for (name, key_id, algorithm, second, expected) in [
        ("both are over", Some("a"), Algorithm::RS256, i64::MAX, renewed),
        ("both are to come", Some("a"), Algorithm::RS256, 0, renewed),
        ("one is over", Some("a"), Algorithm::RS256, NOT_AFTER + 1_000_000, old),
        ("another name", Some("b"), Algorithm::RS256, i64::MAX, other),
        ("no name", None, Algorithm::RS256, i64::MAX, renewed),
        ("a name of none", Some("c"), Algorithm::RS256, i64::MAX, None),
        ("it would not fit anyway", Some("a"), Algorithm::ES256, i64::MAX, None),
    ] {
        assert_eq!(told(key_id, algorithm, second), expected, "{name}");
    }
}

#[test]
fn keys_without_dates_never_expire_and_those_that_have_leave_room_for_others() {
    let bare = SigningKey::generate(Alg::RS256, "").public_key_pem();
    let set = merged([OLD, RENEWED, &bare].map(|pem| KeySet::from_pem(pem, None).unwrap()));
    let count = |second| {
        let found = set.candidates(KeyHint::default(), Algorithm::RS256, Some(second));
        found.map(|found| found.iter().count())
    };
    let [old, renewed] = [0, 1].map(|at| set.keys()[at].certificate().validity.unwrap());
    assert_eq!(
        set.keys()[0].thumbprint(),
        set.keys()[1].thumbprint(),
        "the renewed certificate has the key of the old"
    );
    for (second, expected) in [
        (old.not_before - 1, 1),
        (old.not_before, 2),
        (old.not_after, 2),
        (old.not_after + 1, 1),
        (renewed.not_before, 2),
        (i64::MAX, 1),
    ] {
        assert_eq!(count(second), Ok(expected), "{second}");
    }
}

#[test]
fn keys_that_are_not_valid_do_not_count_as_tried() {
    let key = |not_after| {
        let jwk = SigningKey::generate(Alg::EdDSA, "").public_jwk();
        let point = base64url::decode(jwk["x"].as_str().unwrap().as_bytes()).unwrap();
        let validity = Some(Validity { not_before: 0, not_after });
        let certificate = CertificateFacts { validity, ..CertificateFacts::default() };
        VerificationKey::prepare(&PublicNumbers::Ed25519 { point }, None, KeyName::Any, certificate).unwrap()
    };
    let mut set = KeySet::default();
    (0..MOST_TRIED).for_each(|_| set.add(key(10)));
    (0..MOST_TRIED).for_each(|_| set.add(key(20)));
    let count = |second| {
        let found = set.candidates(KeyHint::default(), Algorithm::EdDSA, second);
        found.map(|found| found.iter().count())
    };
    assert_eq!(count(None), Err(AuthErrorKind::AmbiguousKey));
    assert_eq!(count(Some(10)), Err(AuthErrorKind::AmbiguousKey));
    assert_eq!(count(Some(11)), Ok(MOST_TRIED));
    assert_eq!(count(Some(21)), Err(AuthErrorKind::KeyNotValid));
}

#[test]
fn a_lookup_does_not_walk_the_set() {
    let mut set = KeySet::default();
    let numbers = |point: &SigningKey| {
        let jwk = point.public_jwk();
        PublicNumbers::Ed25519 { point: base64url::decode(jwk["x"].as_str().unwrap().as_bytes()).unwrap() }
    };
    let numbers = numbers(&SigningKey::generate(Alg::EdDSA, ""));
    let prepare = |name| VerificationKey::prepare(&numbers, None, name, CertificateFacts::default()).unwrap();
    (0..1_000).for_each(|number: u32| set.add(prepare(KeyName::Exact(number.to_string().into()))));
    (0..1_000).for_each(|number: u32| set.add(prepare(KeyName::Alias(format!("Alias{number}").into()))));
    for (kid, expected) in
        [("7", Some(&[7][..])), ("alias7", Some(&[1_007])), ("ALIAS999", Some(&[1_999])), ("alias", None)]
    {
        let expected = expected.map_or(Meant::None, |places| Meant::These(places, &[]));
        assert_eq!(set.index().find(Some(kid), &Thumbprints::default()), expected, "{kid}");
    }
}

const NOT_BEFORE: i64 = 1_571_815_843;
const NOT_AFTER: i64 = 1_643_095_843;
