//! What clients get to see, to the byte.

use claimgate_tower::apim::{IssuerRules, KeyPlace, Profile};

use super::hosts::Call;
use super::world::{ISSUER, MENU, World};

/// As the manual of version 3.0 has it, without the line breaks of the page.
const UNCLASSIFIED: &str = concat!(
    "<ams:fault xmlns:ams=\"http://wso2.org/apimanager/security\">",
    "<ams:code>900900</ams:code>",
    "<ams:message>Unclassified Authentication Failure</ams:message>",
    "<ams:description>Unclassified Authentication Failure</ams:description>",
    "</ams:fault>",
);

#[tokio::test]
async fn s36_version_3_tells_faults_in_xml() {
    let world = World::new(Profile::Version3);
    let missing_alias = world.token().kid("not-in-the-store").mint();
    let rules = || IssuerRules::new(KeyPlace::TrustStore);
    let manager = || world.manager(|builder| builder.issuer(ISSUER, rules()));
    let seen = Call::get(MENU).bearer(&missing_alias).to(manager).await;
    assert_eq!((seen.status, seen.body.as_str()), (500, UNCLASSIFIED));
    assert!(seen.header("content-type").unwrap().contains("xml"), "{seen:?}");
    assert_eq!(seen.header("www-authenticate"), None);
}

#[tokio::test]
async fn s37_faults_in_json() {
    let world = World::new(Profile::Version4);
    let seen =
        Call::get(MENU).bearer(&world.token().forged().mint()).to(|| world.manager(|builder| builder)).await;
    assert_eq!(
        seen.body,
        concat!(
            r#"{"code":"900901","message":"Invalid Credentials","#,
            r#""description":"Invalid Credentials. Make sure you have provided the correct security credentials"}"#
        )
    );
    assert_eq!(seen.header("content-type").map(|kind| kind.starts_with("application/json")), Some(true));

    let world = World::new(Profile::Version3);
    let call = Call::get(MENU).bearer(&world.token().forged().mint()).header("accept", "application/json");
    let seen = call.to(|| world.manager(|builder| builder)).await;
    assert!(
        seen.body.starts_with(r#"{"fault":{"code":900901,"message":"Invalid Credentials","description":""#),
        "{seen:?}"
    );
}

#[tokio::test]
async fn s37_no_answer_quotes_the_token() {
    for profile in super::world::PROFILES {
        let world = World::new(profile);
        let manager = || world.manager(|builder| builder);
        for token in [
            world.token().forged().mint(),
            world.token().expired().mint(),
            world.token().claim("sub", "<secret-\"subject\">").claim("aud", 1).mint(),
            "secret-subject.secret-subject.secret-subject".to_owned(),
        ] {
            for accept in ["application/json", "application/xml", "*/*"] {
                let seen = Call::post("/pizzashack/1.0.0/order")
                    .bearer(&token)
                    .header("accept", accept)
                    .to(manager)
                    .await;
                assert!(seen.service.is_none(), "{seen:?}");
                let text = format!("{:?} {}", seen.headers, seen.body);
                assert!(!text.contains("secret"), "{text}");
                for part in token.split('.').filter(|part| part.len() > 8) {
                    assert!(!text.contains(part), "{text}");
                }
            }
        }
    }
}

#[tokio::test]
async fn s38_challenges_stand_on_401_and_say_what_each_profile_says() {
    let forged = |world: &World| Call::get(MENU).bearer(&world.token().forged().mint());
    for (profile, bad, none) in [
        (Profile::Strict, r#"Bearer error="invalid_token""#, Some("Bearer")),
        (
            Profile::Version4,
            concat!(
                r#"Internal API Key realm="WSO2 API Manager", Bearer realm="WSO2 API Manager", "#,
                r#"error="invalid_token", error_description="The provided token is invalid""#
            ),
            None,
        ),
        (
            Profile::Version3,
            r#"OAuth2 realm="WSO2 API Manager", error="invalid_token", error_description="The access token expired""#,
            None,
        ),
    ] {
        let world = World::new(profile);
        let manager = || world.manager(|builder| builder);
        let seen = forged(&world).to(manager).await;
        let challenge = seen.header("www-authenticate").unwrap();
        assert!(challenge.starts_with(bad), "{profile:?} {challenge}");
        let without = Call::get(MENU).to(manager).await;
        let challenge = without.header("www-authenticate").unwrap();
        match none {
            Some(none) => assert_eq!(challenge, none),
            None => assert!(challenge.starts_with(bad), "{profile:?} {challenge}"),
        }
        let scope = Call::post("/pizzashack/1.0.0/order").bearer(&world.token().mint()).to(manager).await;
        assert_eq!(scope.status, 403);
        match profile {
            Profile::Strict => {
                let challenge = scope.header("www-authenticate").unwrap();
                assert!(challenge.contains(r#"error="insufficient_scope""#), "{challenge}");
                assert!(challenge.contains(r#"scope="order admin""#), "{challenge}");
            }
            _ => assert_eq!(scope.header("www-authenticate"), None),
        }
        let unmatched = Call::get("/nothing").bearer(&world.token().mint()).to(manager).await;
        assert_eq!((unmatched.status, unmatched.header("www-authenticate")), (403, None));
    }
}
