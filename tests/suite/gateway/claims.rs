//! What a token has to say, and under which names services see it.

use claimgate_tower::Issuer;
use claimgate_tower::apim::{ClaimMapping, ClaimTransformer, IssuerRules, KeyPlace, Profile, TransformError};
use serde_json::{Map, Value, json};

use super::hosts::Call;
use super::world::{ISSUER, MENU, World};

#[tokio::test]
async fn s05_version_3_asks_for_its_six_attributes() {
    let world = World::new(Profile::Version3);
    let manager = || world.manager(|builder| builder);
    let complete = Call::get(MENU).bearer(&world.token().mint()).to(manager).await;
    assert_eq!(complete.status, 200);
    for name in ["sub", "application", "consumerKey", "iat", "exp"] {
        let token = world.token().without(name).mint();
        let seen = Call::get(MENU).bearer(&token).header("accept", "application/json").to(manager).await;
        assert_eq!(seen.status, 401, "{name}");
        assert!(seen.body.contains("900901"), "{name} {seen:?}");
    }
    for name in ["typ", "alg"] {
        let token = world.token().without_header(name).mint();
        let seen = Call::get(MENU).bearer(&token).header("accept", "application/json").to(manager).await;
        assert_eq!(seen.status, 401, "{name}");
        assert!(seen.body.contains("900901"), "{name} {seen:?}");
    }
}

#[tokio::test]
async fn s06_the_strict_profile_asks_for_those_of_later_versions() {
    let world = World::new(Profile::Strict);
    let manager = || world.manager(|builder| builder);
    for name in ["sub", "iat", "exp", "iss"] {
        let token = world.token().without(name).mint();
        assert_eq!(Call::get(MENU).bearer(&token).to(manager).await.told(), "401/900901", "{name}");
    }
    let token = world.token().without_header("alg").mint();
    assert_eq!(Call::get(MENU).bearer(&token).to(manager).await.told(), "401/900901");
    let token = world.token().without_header("typ").without("application").without("consumerKey").mint();
    assert_eq!(Call::get(MENU).bearer(&token).to(manager).await.status, 200);
}

#[tokio::test]
async fn s23_services_see_the_local_names() {
    for profile in [Profile::Strict, Profile::Version4] {
        let world = World::new(profile);
        let token =
            world.token().claim("email", "ann@example.com").claim("n", json!({"deep": [1, null]})).mint();
        let mapping = || {
            ClaimMapping::new()
                .rename("email", "http://wso2.org/claims/emailaddress")
                .rename("absent", "present")
        };
        let rules = || IssuerRules::new(KeyPlace::JwkSet).mapping(mapping());
        let seen = Call::get(MENU)
            .bearer(&token)
            .to(|| world.manager(|builder| builder.issuer(ISSUER, rules())))
            .await;
        let claims = seen.given("/context/claims");
        assert_eq!(claims["http://wso2.org/claims/emailaddress"], "ann@example.com");
        assert_eq!((claims.get("email"), claims.get("present")), (None, None));
        assert_eq!(claims["n"], json!({"deep": [1, null]}));
        assert_eq!(claims["sub"], "ann@carbon.super");
    }
}

/// Joins two claims.
#[derive(Debug)]
struct Joined(TransformError);

impl ClaimTransformer for Joined {
    fn transform(&self, claims: &mut Map<String, Value>) -> Result<(), TransformError> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let (given, family) = text("given").zip(text("family")).ok_or(self.0)?;
        claims.insert("name".to_owned(), format!("{given} {family}").into());
        Ok(())
    }
}

#[tokio::test]
async fn s24_a_transformer_is_for_one_issuer() {
    for (profile, kind, expected) in [
        (Profile::Strict, TransformError::Token, "401/900901"),
        (Profile::Version4, TransformError::Token, "401/900901"),
        (Profile::Strict, TransformError::Failed, "503/900900"),
        (Profile::Version4, TransformError::Failed, "500/900900"),
    ] {
        let world = World::new(profile);
        let rules =
            || IssuerRules::new(KeyPlace::JwkSet).mapping(ClaimMapping::new().transformer(Joined(kind)));
        let own = || world.manager(|builder| builder.issuer(ISSUER, rules()));
        let others = || world.manager(|builder| builder.issuer("https://other.example.com", rules()));
        let whole = world.token().claim("given", "Ann").claim("family", "Lee").mint();
        let seen = Call::get(MENU).bearer(&whole).to(own).await;
        assert_eq!(seen.given("/context/claims/name"), "Ann Lee");
        assert_eq!(seen.given("/context/claims/given"), "Ann");
        let seen = Call::get(MENU).bearer(&whole).to(others).await;
        assert_eq!(seen.given("/context/claims/name"), &json!(null));
        let lacking = world.token().claim("given", "Ann").mint();
        assert_eq!(Call::get(MENU).bearer(&lacking).to(own).await.told(), expected, "{profile:?} {kind:?}");
        assert_eq!(Call::get(MENU).bearer(&lacking).to(others).await.status, 200);
    }
}

#[tokio::test]
async fn s25_the_scopes_are_where_the_issuer_has_them() {
    use claimgate_testkit::{Alg, TestIssuer};
    use claimgate_tower::apim::{ApiManager, Deployment, ResourceTable};
    use claimgate_tower::{Authenticator, AuthenticatorBuilder};

    for profile in [Profile::Strict, Profile::Version4] {
        for (rows, expected) in [
            ("scopes_claim = \"scp\"", "200"),
            ("[[apim.jwt.issuer.claim_mapping]]\nremote_claim = \"scp\"\nlocal_claim = \"scope\"", "200"),
            ("", "403/900910"),
        ] {
            // The algorithm of the original.
            let issuer = TestIssuer::with_algorithm(ISSUER, Alg::RS256);
            let world = World { issuer, ..World::new(profile) };
            let key = world.issuer.current_key();
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(format!("{}.pem", key.kid())), key.public_key_pem()).unwrap();
            let text = format!(
                "[[apim.jwt.issuer]]\nname = \"{ISSUER}\"\n{rows}\n[truststore]\nfile_name = {:?}\ntype = \"PEM\"\n",
                folder.path()
            );
            let (deployment, _) = Deployment::from_toml(&text).unwrap();
            let manager = || {
                let trusted = deployment.trusted(profile);
                let builder = Authenticator::builder().clock(world.clock.clone());
                let authenticator = trusted.into_iter().fold(builder, AuthenticatorBuilder::issuer);
                let resources = ResourceTable::from_toml(&world.resources).unwrap();
                let manager = ApiManager::builder(authenticator.build().unwrap(), resources).profile(profile);
                manager.deployment(&deployment).build().unwrap()
            };
            let token = world.token().without("scope").claim("scp", json!(["order"])).mint();
            let seen = Call::post("/pizzashack/1.0.0/order").bearer(&token).to(manager).await;
            assert_eq!(seen.told(), expected, "{profile:?} {rows}");
        }
    }
}

#[tokio::test]
async fn s57_refresh_tokens_are_no_access_tokens_and_a_type_can_be_asked_for() {
    for profile in [Profile::Strict, Profile::Version4] {
        let world = World::new(profile);
        let manager = || world.manager(|builder| builder);
        let refresh = world.token().claim("token_type", "refresh_token").mint();
        assert_eq!(Call::get(MENU).bearer(&refresh).to(manager).await.told(), "401/900901");
        let access = world.token().claim("token_type", "access_token").mint();
        assert_eq!(Call::get(MENU).bearer(&access).to(manager).await.status, 200);

        let enforced = || {
            let authenticator = world.trust(|issuer: Issuer| issuer.token_types(["at+jwt"]));
            world.manager_of(authenticator, |builder| builder)
        };
        for (typ, expected) in
            [("at+jwt", "200"), ("application/at+jwt", "200"), ("JWT", "401/900901"), ("jwt", "401/900901")]
        {
            let token = world.token().header("typ", typ).mint();
            assert_eq!(Call::get(MENU).bearer(&token).to(enforced).await.told(), expected, "{typ}");
        }
    }
}
