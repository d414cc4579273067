use super::*;

fn challenge(code: FaultCode, profile: Profile, asked: &Asked<'_>) -> Option<String> {
    let answer = Fault::new(code).answer(profile, asked);
    header(&answer, "www-authenticate").map(str::to_owned)
}

#[test]
fn the_compatible_profiles_challenge_with_401_alone_and_say_the_same_always() {
    let version_4 = r#"Internal API Key realm="WSO2 API Manager", Bearer realm="WSO2 API Manager", error="invalid_token", error_description="The provided token is invalid""#;
    let version_3 = r#"OAuth2 realm="WSO2 API Manager", error="invalid_token", error_description="The access token expired""#;
    for (profile, text) in [(Profile::Version4, version_4), (Profile::Version3, version_3)] {
        for code in CODES {
            for asked in [with_token(), Asked::default()] {
                let expected = (code.status(profile) == 401).then_some(text);
                assert_eq!(challenge(code, profile, &asked).as_deref(), expected, "{code:?} {profile:?}");
            }
        }
    }
}

#[test]
fn a_configured_realm_takes_the_place_of_the_original_one() {
    let asked = Asked { realm: Some("pizza"), ..with_token() };
    assert_eq!(
        challenge(FaultCode::InvalidCredentials, Profile::Version3, &asked).unwrap(),
        r#"OAuth2 realm="pizza", error="invalid_token", error_description="The access token expired""#
    );
    let version_4 = challenge(FaultCode::InvalidCredentials, Profile::Version4, &asked).unwrap();
    assert_eq!(version_4.matches(r#"realm="pizza""#).count(), 2);
}

#[test]
fn strict_challenges_are_those_of_rfc_6750_section_3() {
    let scopes = ["menu".to_owned(), "order".to_owned()];
    let good = Asked { scopes: &scopes, ..with_token() };
    let named = Asked { realm: Some("example"), ..good };
    let none = Asked { has_credential: false, ..good };
    let invalid = r#"Bearer error="invalid_token""#;
    for (code, asked, expected) in [
        (FaultCode::MissingCredentials, none, Some("Bearer")),
        (
            FaultCode::MissingCredentials,
            Asked { realm: Some("example"), ..none },
            Some(r#"Bearer realm="example""#),
        ),
        // Of another scheme: "or attempted using an unsupported authentication method".
        (FaultCode::MissingCredentials, good, Some("Bearer")),
        (FaultCode::InvalidCredentials, good, Some(invalid)),
        (FaultCode::InvalidCredentials, none, Some("Bearer")),
        (FaultCode::InvalidCredentials, named, Some(r#"Bearer realm="example", error="invalid_token""#)),
        (FaultCode::TokenExpired, good, Some(invalid)),
        (FaultCode::MalformedRequest, good, Some(r#"Bearer error="invalid_request""#)),
        (FaultCode::MalformedRequest, none, Some(r#"Bearer error="invalid_request""#)),
        (FaultCode::MalformedRequest, named, Some(r#"Bearer realm="example", error="invalid_request""#)),
        (
            FaultCode::InsufficientScope,
            named,
            Some(r#"Bearer realm="example", error="insufficient_scope", scope="menu order""#),
        ),
        (FaultCode::InsufficientScope, with_token(), Some(r#"Bearer error="insufficient_scope""#)),
        (FaultCode::Unclassified, good, None),
        (FaultCode::Internal, good, None),
        (FaultCode::ApplicationQuota, good, None),
        (FaultCode::Blocked, good, None),
        (FaultCode::NoResource, good, None),
        (FaultCode::SubscriptionBlocked, good, None),
        (FaultCode::NotSubscribed, good, None),
        (FaultCode::SubscriptionInactive, good, None),
        (FaultCode::WrongAudience, good, None),
        (FaultCode::KeyTypeMismatch, good, None),
    ] {
        assert_eq!(challenge(code, Profile::Strict, &asked).as_deref(), expected, "{code:?} {asked:?}");
    }
}
