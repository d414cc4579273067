//! Where the token stands, and what of it reaches the service.

use claimgate_tower::apim::{ApiManagerBuilder, Profile};
use serde_json::json;

use super::hosts::Call;
use super::world::{MENU, PROFILES, World};

#[tokio::test]
async fn s01_reads_the_token_of_a_bearer_credential() {
    for profile in PROFILES {
        let world = World::new(profile);
        let token = world.token().mint();
        for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
            let call = Call::get(MENU).header("authorization", format!("{scheme} {token}"));
            let seen = call.to(|| world.manager(|builder| builder)).await;
            assert_eq!(seen.given("/subject"), "ann@carbon.super", "{profile:?} {scheme}");
            assert_eq!(seen.given("/context/end_user"), "ann@carbon.super");
        }
        let none = Call::get(MENU)
            .header("accept", "application/json")
            .to(|| world.manager(|builder| builder))
            .await;
        assert!(none.status == 401 && none.body.contains("900902"), "{none:?}");
        let basic = Call::get(MENU).header("authorization", "Basic dXNlcjpwYXNz");
        let basic = basic.to(|| world.manager(|builder| builder)).await;
        assert!(basic.status == 401 && basic.body.contains("900902"), "{basic:?}");
    }
}

#[tokio::test]
async fn s01_several_credentials_in_one_field_are_read_where_the_original_is_copied_only() {
    for profile in PROFILES {
        let world = World::new(profile);
        let token = world.token().mint();
        let call = Call::get(MENU).header("authorization", format!("Basic x, Bearer {token}"));
        let seen = call.to(|| world.manager(|builder| builder)).await;
        match profile {
            Profile::Strict => assert_eq!(seen.told(), "401/900902"),
            _ => assert_eq!(seen.given("/subject"), "ann@carbon.super"),
        }
        // The last of several counts, and a bad one is not passed over for a good one.
        let call = Call::get(MENU).header("authorization", format!("Bearer {token}, Bearer x.y.z"));
        let seen = call.to(|| world.manager(|builder| builder)).await;
        assert!(seen.service.is_none(), "{profile:?} {seen:?}");
    }
}

/// "The request … includes … more than one method for including an access token, or is otherwise malformed" (RFC 6750, section 3.1).
#[tokio::test]
async fn s38_credentials_that_cannot_be_read_as_one_are_a_malformed_request() {
    for profile in PROFILES {
        let world = World::new(profile);
        let token = world.token().mint();
        let good = format!("Bearer {token}");
        for (name, lines) in [
            ("two tokens in two lines", vec![good.clone(), good.clone()]),
            ("two credentials in two lines", vec![good.clone(), "Basic x".to_owned()]),
            ("two tokens in one line", vec![format!("{good}, {good}")]),
            ("a token with a blank in it", vec![format!("{good} x")]),
            ("no token", vec!["Bearer ".to_owned()]),
            ("a scheme alone", vec!["Bearer".to_owned()]),
        ] {
            let mut call = Call::get(MENU).header("accept", "application/json");
            for line in lines {
                call = call.header("authorization", line);
            }
            let seen = call.to(|| world.manager(|builder| builder.realm("pizza"))).await;
            if profile == Profile::Strict {
                assert_eq!(seen.told(), "400/900901", "{name}");
                assert_eq!(
                    seen.header("www-authenticate"),
                    Some(r#"Bearer realm="pizza", error="invalid_request""#),
                    "{name}"
                );
            } else {
                // Of several the last counts, as with the original.
                assert_ne!(seen.status, 400, "{profile:?} {name}");
            }
        }
        // What is one credential, and no good one.
        let other = Call::get(MENU).bearer("<a>.<b>.<c>").to(|| world.manager(|builder| builder)).await;
        assert_eq!(other.status, 401, "{profile:?}");
    }
}

#[tokio::test]
async fn s02_the_field_can_be_another_for_all_and_for_one_api() {
    for profile in [Profile::Strict, Profile::Version4] {
        let world = World::new(profile);
        let token = world.token().mint();
        let manager = || world.manager(|builder| builder.auth_header("X-Api-Auth"));
        let there = Call::get(MENU).header("x-api-auth", format!("Bearer {token}")).to(manager).await;
        assert_eq!(there.given("/subject"), "ann@carbon.super");
        let elsewhere = Call::get(MENU).bearer(&token).to(manager).await;
        assert_eq!(elsewhere.told(), "401/900902");
        assert!(elsewhere.body.contains("X-Api-Auth"), "{elsewhere:?}");

        let mut own = World::new(profile);
        own.resources = own.resources.replacen(
            "publisher = \"admin\"",
            "publisher = \"admin\"\nauth_header = \"X-Pizza\"",
            1,
        );
        let token = own.token().mint();
        let there = Call::get(MENU).header("x-pizza", format!("Bearer {token}"));
        assert_eq!(there.to(|| own.manager(|builder| builder)).await.status, 200);
        assert_eq!(
            Call::get(MENU).bearer(&token).to(|| own.manager(|builder| builder)).await.told(),
            "401/900902"
        );
    }
}

#[tokio::test]
async fn s03_the_credential_does_not_reach_the_service_unless_it_is_wanted() {
    for profile in PROFILES {
        let world = World::new(profile);
        let token = world.token().mint();
        let value = format!("Bearer {token}");
        let call = Call::get(MENU).header("authorization", &value).header("accept", "*/*");
        let gone = call.to(|| world.manager(|builder| builder)).await;
        assert_eq!(gone.given("/headers"), &json!([["accept", "*/*"]]), "{profile:?}");
        let kept = call.to(|| world.manager(ApiManagerBuilder::keep_credential)).await;
        assert_eq!(kept.given("/headers"), &json!([["accept", "*/*"], ["authorization", value]]));
        if profile != Profile::Strict {
            let call = Call::get(MENU).header("authorization", format!("Basic x, {value}"));
            let others = call.to(|| world.manager(|builder| builder)).await;
            assert_eq!(others.given("/headers"), &json!([["authorization", "Basic x"]]));
            let kept = call.to(|| world.manager(ApiManagerBuilder::keep_credential)).await;
            assert_eq!(kept.given("/headers"), &json!([["authorization", format!("Basic x, {value}")]]));
            // Of two tokens, the one that was looked at goes on and no other.
            let call =
                Call::get(MENU).header("authorization", "Bearer x.y.z").header("authorization", &value);
            let kept = call.to(|| world.manager(ApiManagerBuilder::keep_credential)).await;
            assert_eq!(kept.given("/headers"), &json!([["authorization", value]]));
        }
    }
}

/// As [`AuthType::None`](claimgate_tower::apim::AuthType::None) and `Api::auth_header` say: a service must not trust these.
#[tokio::test]
async fn s03_a_credential_that_nobody_looks_at_reaches_the_service_as_it_is() {
    for profile in PROFILES {
        let mut world = World::new(profile);
        let forged = format!("Bearer {}", world.token().forged().mint());
        let open = Call::get("/pizzashack/1.0.0/health").header("authorization", &forged);
        let seen = open.to(|| world.manager(|builder| builder)).await;
        assert_eq!(seen.given("/headers"), &json!([["authorization", forged]]), "{profile:?}");
        assert_eq!(seen.given("/subject"), &json!(null));
        assert_eq!(seen.given("/context/end_user"), "anonymous");

        let own_field = "publisher = \"admin\"\nauth_header = \"X-Pizza\"";
        world.resources = world.resources.replacen("publisher = \"admin\"", own_field, 1);
        let good = format!("Bearer {}", world.token().mint());
        let call = Call::get(MENU).header("authorization", &forged).header("x-pizza", good);
        let seen = call.to(|| world.manager(|builder| builder)).await;
        assert_eq!(seen.given("/headers"), &json!([["authorization", forged]]), "{profile:?}");
        assert_eq!(seen.given("/subject"), "ann@carbon.super");
    }
}

#[tokio::test]
async fn s04_only_signed_tokens_of_three_parts_are_good() {
    let world = World::new(Profile::Version4);
    let good = world.token().mint();
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    let unsigned = |alg: &str| {
        let header = claimgate_testkit::base64url(json!({"typ": "JWT", "alg": alg}).to_string());
        [format!("{header}.{payload}."), format!("{header}.{payload}.{signature}")]
    };
    let mut bad = vec![
        format!("{header}.{payload}"),
        format!("{good}.{signature}"),
        format!("{header}.{payload}.{signature}.x.y"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}.{signature}="),
        format!("{header}.{payload}.+/{signature}"),
        world.token().forged().mint(),
    ];
    bad.extend(["none", "NONE", "nOnE"].into_iter().flat_map(unsigned));
    for token in bad {
        for profile in [Profile::Strict, Profile::Version4] {
            let world = World { profile, issuer: world.issuer.clone(), ..World::new(profile) };
            let seen = Call::get(MENU).bearer(&token).to(|| world.manager(|builder| builder)).await;
            assert_eq!(seen.told(), "401/900901", "{profile:?} {token}");
        }
    }
}

#[tokio::test]
async fn s14_only_asymmetric_algorithms_are_good() {
    use claimgate_testkit::{Alg, TestIssuer};
    for profile in [Profile::Strict, Profile::Version4] {
        for alg in [Alg::RS256, Alg::RS384, Alg::RS512, Alg::PS256, Alg::ES256, Alg::EdDSA] {
            let issuer = TestIssuer::with_algorithm(super::world::ISSUER, alg);
            let world = World { issuer, ..World::new(profile) };
            let seen =
                Call::get(MENU).bearer(&world.token().mint()).to(|| world.manager(|builder| builder)).await;
            assert_eq!(seen.status, 200, "{profile:?} {alg}");
        }
        let world = World::new(profile);
        for secret in
            [world.issuer.jwks().into_bytes(), world.issuer.current_key().public_key_pem().into_bytes()]
        {
            let token = world.token().signed_with_secret(secret).mint();
            let seen = Call::get(MENU).bearer(&token).to(|| world.manager(|builder| builder)).await;
            assert_eq!(seen.told(), "401/900901");
        }
    }
}
