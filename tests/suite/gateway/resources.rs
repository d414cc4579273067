//! Which resource a request is for, and what that asks of a token.

use claimgate_tower::apim::Profile;
use serde_json::json;

use super::hosts::Call;
use super::world::{MENU, World};

#[tokio::test]
async fn s22_an_api_can_ask_for_an_audience() {
    for profile in [Profile::Strict, Profile::Version4] {
        for (audiences, of_token, expected) in [
            (r#"["a", "b"]"#, json!("b"), "200"),
            (r#"["a", "b"]"#, json!(["x", "a"]), "200"),
            (r#"["a", "b"]"#, json!(["x"]), "403/900914"),
            (r#"["a", "b"]"#, json!([]), "403/900914"),
            (r#"["a", "b"]"#, json!("ab"), "403/900914"),
            (r#"["a", "b"]"#, json!(null), "403/900914"),
            ("[]", json!("x"), "200"),
            (r#"["all"]"#, json!("x"), "200"),
        ] {
            let mut world = World::new(profile);
            let audience = format!("publisher = \"admin\"\naudiences = {audiences}");
            world.resources = world.resources.replacen("publisher = \"admin\"", &audience, 1);
            let token = match &of_token {
                serde_json::Value::Null => world.token().without("aud"),
                audience => world.token().claim("aud", audience.clone()),
            };
            let seen = Call::get(MENU).bearer(&token.mint()).to(|| world.manager(|builder| builder)).await;
            assert_eq!(seen.told(), expected, "{profile:?} {audiences} {of_token}");
        }
    }
}

#[tokio::test]
async fn s26_any_of_the_scopes_is_enough() {
    for profile in [Profile::Strict, Profile::Version4] {
        for (scope, expected) in [
            (json!("order"), "200"),
            (json!("admin other"), "200"),
            (json!(["other", "order"]), "200"),
            (json!("ORDER"), "403/900910"),
            (json!("orders"), "403/900910"),
            (json!(""), "403/900910"),
            (json!("other"), "403/900910"),
        ] {
            let world = World::new(profile);
            let token = world.token().claim("scope", scope.clone()).mint();
            let manager = || world.manager(|builder| builder);
            let seen = Call::post("/pizzashack/1.0.0/order").bearer(&token).to(manager).await;
            assert_eq!(seen.told(), expected, "{profile:?} {scope}");
            let open = Call::get(MENU).bearer(&token).to(manager).await;
            assert_eq!(open.status, 200, "a resource without scopes asks for none");
        }
    }
}

#[tokio::test]
async fn s27_a_token_without_scopes_has_the_default_one() {
    for profile in [Profile::Strict, Profile::Version4] {
        let world = World::new(profile);
        let token = world.token().without("scope").mint();
        let seen = Call::get(MENU).bearer(&token).to(|| world.manager(|builder| builder)).await;
        assert_eq!(seen.given("/scopes"), &json!(["default"]));
        for (scopes, expected) in [(r#"["default"]"#, "200"), (r#"["read"]"#, "403/900910")] {
            let mut world = World { issuer: world.issuer.clone(), ..World::new(profile) };
            world.resources = world.resources.replace(r#"["order", "admin"]"#, scopes);
            let seen = Call::post("/pizzashack/1.0.0/order").bearer(&token);
            assert_eq!(seen.to(|| world.manager(|builder| builder)).await.told(), expected, "{scopes}");
        }
    }
}

#[tokio::test]
async fn s59_a_resource_can_be_for_everybody() {
    for profile in super::world::PROFILES {
        let world = World::new(profile);
        for authorization in [None, Some("Bearer not.a.token"), Some("Basic x")] {
            let mut call = Call::get("/pizzashack/1.0.0/health")
                .header("x-jwt-assertion", "forged")
                .header("X_JWT-Assertion", "forged");
            if let Some(authorization) = authorization {
                call = call.header("authorization", authorization);
            }
            let seen = call.to(|| world.manager(|builder| builder)).await;
            assert_eq!(seen.given("/context/end_user"), "anonymous", "{profile:?}");
            assert_eq!(seen.given("/context/application/tier"), "Unauthenticated");
            assert_eq!(seen.given("/subject"), &json!(null));
            let expected: Vec<_> =
                authorization.iter().map(|value| json!(["authorization", value])).collect();
            assert_eq!(
                seen.given("/headers"),
                &json!(expected),
                "what the client says in the gateway's name is gone"
            );
        }
    }
}

#[tokio::test]
async fn s60_what_fits_no_resource_is_refused() {
    for profile in [Profile::Strict, Profile::Version4] {
        let world = World::new(profile);
        let token = world.token().mint();
        for call in [
            Call::get("/"),
            Call::get("/pizzashack/1.0.0/menus"),
            Call::post(MENU),
            Call::get("/pizzashack/1.0.0/order"),
            Call::get("/pizza/1.0.0/menu"),
            Call::get("/pizzashack/1.0.0/health/../../2.0.0/x"),
            Call::get("/pizzashack/1.0.0/%2e%2e/admin"),
        ] {
            for call in [call.clone(), call.bearer(&token)] {
                let seen = call.to(|| world.manager(|builder| builder)).await;
                assert_eq!(seen.told(), "403/900906", "{profile:?} {call:?}");
            }
        }
    }
}
