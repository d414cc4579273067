use claimgate_core::{AuthError, AuthErrorKind};

use super::*;

/// What every profile says of a kind, with keys from a JWK Set.
const EXPECTED: [(AuthErrorKind, [(u32, u16); 3]); 30] = {
    const MISSING: [(u32, u16); 3] = [(900_902, 401); 3];
    const INVALID: [(u32, u16); 3] = [(900_901, 401); 3];
    const MALFORMED: [(u32, u16); 3] = [(900_901, 400), (900_901, 401), (900_901, 401)];
    const UNAVAILABLE: [(u32, u16); 3] = [(900_900, 503), (900_900, 500), (900_900, 500)];
    [
        (AuthErrorKind::MissingCredentials, MISSING),
        (AuthErrorKind::MalformedCredentials, MALFORMED),
        (AuthErrorKind::MultipleCredentials, MALFORMED),
        (AuthErrorKind::TokenTooLarge, INVALID),
        (AuthErrorKind::MalformedToken, INVALID),
        (AuthErrorKind::AlgorithmNotAllowed, INVALID),
        (AuthErrorKind::UnsupportedHeader, INVALID),
        (AuthErrorKind::WrongType, INVALID),
        (AuthErrorKind::UnknownIssuer, INVALID),
        (AuthErrorKind::UnknownKey, INVALID),
        (AuthErrorKind::KeyMismatch, INVALID),
        (AuthErrorKind::KeyNotValid, INVALID),
        (AuthErrorKind::RevokedKey, INVALID),
        (AuthErrorKind::AmbiguousKey, INVALID),
        (AuthErrorKind::BadSignature, INVALID),
        (AuthErrorKind::MissingClaim, INVALID),
        (AuthErrorKind::InvalidClaim, INVALID),
        (AuthErrorKind::ClaimMismatch, INVALID),
        (AuthErrorKind::Expired, [(900_903, 401), (900_901, 401), (900_903, 401)]),
        (AuthErrorKind::NotYetValid, INVALID),
        (AuthErrorKind::IssuedInFuture, INVALID),
        (AuthErrorKind::LifetimeTooLong, INVALID),
        (AuthErrorKind::WrongAudience, [(900_901, 401), (900_914, 403), (900_914, 403)]),
        (AuthErrorKind::UnprovenPossession, INVALID),
        (AuthErrorKind::ClaimsShape, INVALID),
        (AuthErrorKind::InsufficientScope, [(900_910, 403); 3]),
        (AuthErrorKind::AccessDenied, [(900_914, 403); 3]),
        (AuthErrorKind::IssuerUnavailable, UNAVAILABLE),
        (AuthErrorKind::KeysUnavailable, UNAVAILABLE),
        (AuthErrorKind::MissingLayer, [(900_900, 500); 3]),
    ]
};

#[test]
fn every_kind_of_the_core_has_a_code() {
    for (kind, told) in EXPECTED {
        for (profile, (number, status)) in PROFILES.into_iter().zip(told) {
            let fault = Fault::of(&kind.into(), profile, KeyPlace::JwkSet);
            let found = (fault.code().number(), fault.answer(profile, &with_token()).status);
            assert_eq!(found, (number, status), "{kind:?} {profile:?}");
        }
    }
    // None is left out of the list.
    assert_eq!(EXPECTED.map(|(kind, _)| kind as usize), std::array::from_fn(|index| index));
}

#[test]
fn only_an_unknown_key_depends_on_where_keys_come_from() {
    for (kind, _) in EXPECTED {
        for profile in PROFILES {
            let [of_set, of_store] =
                [KeyPlace::JwkSet, KeyPlace::TrustStore].map(|place| Fault::of(&kind.into(), profile, place));
            if kind == AuthErrorKind::UnknownKey && profile != Profile::Strict {
                assert_eq!(of_store, Fault::new(FaultCode::Unclassified), "{profile:?}");
            } else {
                assert_eq!(of_store, of_set, "{kind:?} {profile:?}");
            }
        }
    }
}

/// What a rule of the application denies is 900914 here, and that has no challenge.
#[test]
fn the_strict_profile_answers_as_the_core_does() {
    use claimgate_core::Refusal;
    let kinds = EXPECTED.into_iter().map(|(kind, _)| kind);
    for kind in kinds.filter(|kind| *kind != AuthErrorKind::AccessDenied) {
        let asked = Asked {
            realm: Some("a \"b\" \\c"),
            has_credential: kind != AuthErrorKind::MissingCredentials,
            ..Asked::default()
        };
        let refusal = Refusal::new(&kind.into(), asked.realm);
        let of_core = |name| refusal.headers().find(|(own, _)| *own == name).map(|(_, value)| value);
        let answer =
            Fault::of(&kind.into(), Profile::Strict, KeyPlace::JwkSet).answer(Profile::Strict, &asked);
        assert_eq!(answer.status, refusal.status(), "{kind:?}");
        for name in ["www-authenticate", "retry-after"] {
            assert_eq!(header(&answer, name), of_core(name), "{kind:?} {name}");
        }
    }
}

#[test]
fn no_token_can_cause_a_fault_of_the_server_in_the_strict_profile() {
    let of_others =
        [AuthErrorKind::IssuerUnavailable, AuthErrorKind::KeysUnavailable, AuthErrorKind::MissingLayer];
    for (kind, _) in EXPECTED {
        let fault = Fault::of(&kind.into(), Profile::Strict, KeyPlace::TrustStore);
        let status = fault.code().status(Profile::Strict);
        assert_eq!(status >= 500, of_others.contains(&kind), "{kind:?}");
    }
}

#[test]
fn a_bad_signature_is_told_apart_in_version_3_alone() {
    let error = AuthError::new(AuthErrorKind::BadSignature);
    let told = |profile| Fault::of(&error, profile, KeyPlace::JwkSet).told(profile, &with_token());
    let advice = "Make sure you have provided the correct security credentials";
    assert_eq!(
        told(Profile::Version3),
        format!("Invalid JWT token. Signature verification failed.. {advice}")
    );
    assert_eq!(told(Profile::Version4), format!("Invalid Credentials. {advice}"));
    assert_eq!(told(Profile::Strict), format!("Invalid Credentials. {advice}"));
}
