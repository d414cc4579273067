use super::*;

#[test]
fn every_code_has_its_number_and_in_every_profile_its_status() {
    let expected = [
        (FaultCode::ApiQuota, 900_800, [429, 429, 429]),
        (FaultCode::ResourceQuota, 900_802, [429, 429, 429]),
        (FaultCode::ApplicationQuota, 900_803, [429, 429, 429]),
        (FaultCode::SubscriptionQuota, 900_804, [429, 429, 429]),
        (FaultCode::Blocked, 900_805, [403, 403, 403]),
        (FaultCode::SpikeArrest, 900_807, [429, 429, 429]),
        (FaultCode::Unclassified, 900_900, [503, 500, 500]),
        (FaultCode::Internal, 900_900, [500, 500, 500]),
        (FaultCode::InvalidCredentials, 900_901, [401, 401, 401]),
        (FaultCode::MissingCredentials, 900_902, [401, 401, 401]),
        (FaultCode::TokenExpired, 900_903, [401, 401, 401]),
        (FaultCode::TokenRevoked, 900_901, [401, 401, 401]),
        (FaultCode::NoResource, 900_906, [403, 403, 403]),
        (FaultCode::SubscriptionBlocked, 900_907, [403, 401, 401]),
        (FaultCode::NotSubscribed, 900_908, [403, 403, 403]),
        (FaultCode::SubscriptionInactive, 900_909, [403, 401, 401]),
        (FaultCode::InsufficientScope, 900_910, [403, 403, 403]),
        (FaultCode::WrongAudience, 900_914, [403, 403, 403]),
        (FaultCode::KeyTypeMismatch, 900_901, [403, 403, 403]),
        (FaultCode::MalformedRequest, 900_901, [400, 401, 401]),
    ];
    assert_eq!(expected.map(|(code, ..)| code), CODES);
    for (code, number, statuses) in expected {
        assert_eq!(code.number(), number, "{code:?}");
        for (profile, status) in PROFILES.into_iter().zip(statuses) {
            let answer = Fault::new(code).answer(profile, &with_token());
            assert_eq!((code.status(profile), answer.status), (status, status), "{code:?} {profile:?}");
            assert!(answer.body.contains(&number.to_string()), "{code:?} {profile:?}: {}", answer.body);
        }
    }
    // None is left out of the list.
    assert_eq!(CODES.map(|code| code as usize), std::array::from_fn(|index| index));
}

#[test]
fn descriptions_are_the_words_of_the_catalogue_and_its_advice() {
    let subscription = "User is NOT authorized to access the Resource. API Subscription validation failed.";
    let denied = "The access token does not allow you to access the requested resource";
    let denied_twice = format!("{denied}. {denied}");
    let quota = "You have exceeded your quota";
    let expected = [
        (FaultCode::ApiQuota, Profile::Version4, quota),
        (FaultCode::SpikeArrest, Profile::Version3, quota),
        (FaultCode::Blocked, Profile::Version4, "You have been blocked from accessing the resource"),
        (FaultCode::Unclassified, Profile::Version3, "Unclassified Authentication Failure"),
        (
            FaultCode::InvalidCredentials,
            Profile::Version4,
            "Invalid Credentials. Make sure you have provided the correct security credentials",
        ),
        (
            FaultCode::MalformedRequest,
            Profile::Strict,
            "Invalid Credentials. Make sure you have provided the correct security credentials",
        ),
        (
            FaultCode::MissingCredentials,
            Profile::Version4,
            "Invalid Credentials. Make sure your API invocation call has a header: \
             'X-Api-Auth : Bearer ACCESS_TOKEN' or 'X-Api-Auth : Basic ACCESS_TOKEN' or 'ApiKey : API_KEY'",
        ),
        (
            FaultCode::MissingCredentials,
            Profile::Version3,
            "Required OAuth credentials not provided. Make sure your API invocation call has a header: \
             'X-Api-Auth : Bearer ACCESS_TOKEN' or 'X-Api-Auth : Basic ACCESS_TOKEN' or 'apikey: API_KEY'",
        ),
        (
            FaultCode::MissingCredentials,
            Profile::Strict,
            "Required OAuth credentials not provided. Make sure your API invocation call has a header: \
             'X-Api-Auth : Bearer ACCESS_TOKEN'",
        ),
        (
            FaultCode::TokenExpired,
            Profile::Version3,
            "JWT token is expired. Renew the access token and try again",
        ),
        (
            FaultCode::TokenRevoked,
            Profile::Strict,
            "Invalid Credentials. Make sure you have provided the correct security credentials",
        ),
        (
            FaultCode::TokenRevoked,
            Profile::Version4,
            "Invalid JWT token. Make sure you have provided the correct security credentials",
        ),
        (
            FaultCode::TokenRevoked,
            Profile::Version3,
            "Invalid JWT token. Make sure you have provided the correct security credentials",
        ),
        (
            FaultCode::NoResource,
            Profile::Version4,
            "No matching resource found in the API for the given request. \
             Check the API documentation and add a proper REST resource path to the invocation URL",
        ),
        (FaultCode::SubscriptionBlocked, Profile::Version4, subscription),
        (FaultCode::SubscriptionInactive, Profile::Version3, subscription),
        (FaultCode::NotSubscribed, Profile::Version4, subscription),
        (FaultCode::NotSubscribed, Profile::Version3, "Resource forbidden "),
        (
            FaultCode::InsufficientScope,
            Profile::Version4,
            "User is NOT authorized to access the Resource: /order. Scope validation failed.",
        ),
        (FaultCode::InsufficientScope, Profile::Version3, "Scope validation failed"),
        (FaultCode::WrongAudience, Profile::Version4, &denied_twice),
    ];
    let asked = Asked {
        auth_header: "X-Api-Auth",
        resource: Some("/order"),
        has_credential: true,
        ..Asked::default()
    };
    for (code, profile, description) in expected {
        assert_eq!(Fault::new(code).told(profile, &asked), description, "{code:?} {profile:?}");
    }
}

#[test]
fn advice_follows_other_words_too() {
    let revoked = Fault::new(FaultCode::InvalidCredentials).described("Invalid JWT token");
    assert_eq!(
        revoked.told(Profile::Version4, &with_token()),
        "Invalid JWT token. Make sure you have provided the correct security credentials"
    );
    let forbidden = Fault::new(FaultCode::NotSubscribed).described("Resource forbidden ");
    assert_eq!(forbidden.told(Profile::Version4, &with_token()), "Resource forbidden ");
}

#[test]
fn the_end_of_a_quota_is_told_in_the_header_and_the_description() {
    let fault = Fault::new(FaultCode::ApplicationQuota).next_access(NEXT);
    for profile in PROFILES {
        let answer = fault.answer(profile, &with_token());
        assert_eq!(header(&answer, "retry-after"), Some("Sun, 22 Nov 2026 10:01:00 GMT"), "{profile:?}");
        assert_eq!(
            fault.told(profile, &with_token()),
            "You have exceeded your quota .You can access API after 2026-Nov-22 10:01:00+0000 UTC"
        );
        let unknown = Fault::new(FaultCode::ApplicationQuota).answer(profile, &with_token());
        assert_eq!(header(&unknown, "retry-after"), None, "{profile:?}");
        assert!(!unknown.body.contains("nextAccessTime"), "{profile:?}");
    }
}

#[test]
fn a_dependency_that_is_missing_is_asked_for_again_in_the_strict_profile_alone() {
    for (milliseconds, seconds) in [(0, "1"), (1_000, "1"), (1_001, "2"), (60_000, "60")] {
        let fault = Fault::new(FaultCode::Unclassified).retry_after(Duration::from_millis(milliseconds));
        let strict = fault.answer(Profile::Strict, &with_token());
        assert_eq!((strict.status, header(&strict, "retry-after")), (503, Some(seconds)));
        for profile in [Profile::Version4, Profile::Version3] {
            let answer = fault.answer(profile, &with_token());
            assert_eq!((answer.status, header(&answer, "retry-after")), (500, None), "{profile:?}");
        }
    }
    let endless = Fault::new(FaultCode::Unclassified).retry_after(Duration::MAX);
    assert!(header(&endless.answer(Profile::Strict, &with_token()), "retry-after").is_some());
}

#[test]
fn a_log_gets_the_code_and_not_the_description() {
    let fault = Fault::new(FaultCode::InvalidCredentials).described("/secret/path");
    assert_eq!(fault.to_string(), "the credentials are not valid (900901)");
    for code in CODES {
        let shown = Fault::new(code).to_string();
        assert!(shown.starts_with(char::is_lowercase) && !shown.ends_with('.'), "{shown}");
        assert!(shown.ends_with(&format!("({})", code.number())), "{shown}");
    }
    let error: &dyn std::error::Error = &fault;
    assert!(error.source().is_none());
}
