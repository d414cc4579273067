//! What the manuals tell to write.

use claimgate_core::TokenCache;

use super::*;

const ISSUERS_3_0: &str = include_str!("../../../tests/data/deployment/issuers-3.0.toml");
const ISSUERS_3_2: &str = include_str!("../../../tests/data/deployment/issuers-3.2.toml");
const SUBSCRIPTION: &str = include_str!("../../../tests/data/deployment/subscription-3.0.toml");
const TOKEN_GENERATOR: &str = include_str!("../../../tests/data/deployment/token-generator-3.0.toml");
const CLAIM_MAPPING: &str = include_str!("../../../tests/data/deployment/claim-mapping-3.2.toml");
const WHOLE: &str = include_str!("../../../tests/data/deployment/whole-4.x.toml");

#[test]
fn issuers_parse_in_dotted_and_in_table_form() {
    let (deployment, notices) = toml(ISSUERS_3_0);
    let issuers: Vec<_> =
        deployment.issuers.iter().map(|issuer| (&*issuer.name, issuer.jwks_url.as_deref())).collect();
    assert_eq!(
        issuers,
        [
            ("<issuer value of jwt>", Some("<jwks endpoint of oauth provider>")),
            ("https://localhost:9443/oauth2/token", Some("https://localhost:9443/oauth2/jwks")),
            ("wso2is", Some("https://localhost:9445/oauth2/jwks")),
        ]
    );
    assert_eq!(toml(ISSUERS_3_2).0, deployment);
    let dotted = ISSUERS_3_0.replace("[apim.jwt.issuer.jwks]\n", "").replace("    url = ", "    jwks.url = ");
    assert_eq!(toml(&dotted).0, deployment);
    assert_eq!(
        told(&notices),
        [
            r#"issuer "<issuer value of jwt>": its tokens are taken whatever their `aud`, unless the API names audiences"#,
            r#"issuer "https://localhost:9443/oauth2/token": its tokens are taken whatever their `aud`, unless the API names audiences"#,
            r#"issuer "wso2is": its tokens are taken whatever their `aud`, unless the API names audiences"#,
        ]
    );
}

#[test]
fn the_switch_of_subscriptions_is_read_in_both_spellings() {
    let (misspelt, notices) = toml(SUBSCRIPTION);
    assert!(misspelt.subscription_validation_via_km);
    assert_eq!(
        told(&notices),
        [
            r#""apim.jwt_authenitcation" is read as "apim.jwt_authentication""#,
            "no [[apim.jwt.issuer]]: no token will be good",
        ]
    );
    let right = SUBSCRIPTION.replace("authenitcation", "authentication");
    let (deployment, notices) = toml(&right);
    assert_eq!(deployment, misspelt);
    assert_eq!(notices, [Notice::NoIssuer]);
    let (both, notices) = toml(&format!("{right}{SUBSCRIPTION}"));
    assert_eq!((both, notices.len()), (misspelt, 2));
    let contradiction = format!("{}{SUBSCRIPTION}", right.replace("true", "false"));
    assert_eq!(
        Deployment::from_toml(&contradiction).unwrap_err().to_string(),
        "apim: jwt_authentication.subscription_validation_via_km = false and \
         jwt_authenitcation.subscription_validation_via_km = true: say one"
    );
    // On one line, as the text of the page has it, it is no TOML.
    let error = Deployment::from_toml("[apim.jwt_authenitcation] subscription_validation_via_km = true");
    assert!(error.unwrap_err().to_string().starts_with("line 1: "));
}

#[test]
fn a_java_class_needs_a_plug_in() {
    let (_, notices) = toml(TOKEN_GENERATOR);
    let class = "org.wso2.carbon.identity.oauth2.token.JWTTokenIssuer";
    let expected =
        Notice::NeedsPlugin { key: "oauth.extensions.token_generator".into(), class: class.into() };
    assert_eq!(notices[0], expected);
    assert_eq!(
        notices[0].to_string(),
        format!(
            "oauth.extensions.token_generator = {class:?}: a Java class, whose part a plug-in in Rust has to take"
        )
    );
}

#[test]
fn claims_are_mapped_as_the_manual_writes_it() {
    let (deployment, _) = toml(CLAIM_MAPPING);
    let expected = MappedClaim {
        remote: "<remote claim value>".to_owned(),
        local: "<local claim value to map>".to_owned(),
    };
    assert_eq!(deployment.issuers[0].claim_mapping, [expected]);
}

#[test]
fn a_whole_file_gives_what_is_the_gateways_and_no_word_of_the_rest() {
    let (deployment, notices) = toml(WHOLE);
    let name = "https://localhost:9443/oauth2/token";
    let mapping =
        MappedClaim { remote: "email".to_owned(), local: "http://wso2.org/claims/emailaddress".to_owned() };
    let expected = Deployment {
        issuers: vec![JwtIssuer {
            consumer_key_claim: Some("cid".to_owned()),
            scopes_claim: Some("scp".to_owned()),
            claim_mapping: vec![mapping],
            disable_default_claim_mapping: true,
            ..JwtIssuer::named(name)
        }],
        oauth: OauthConfig {
            auth_header: "X-Api-Auth".to_owned(),
            enable_outbound_auth_header: true,
            certificate_bound: true,
        },
        trust_store: Some(TrustStore::file("client-truststore.jks").password("wso2carbon")),
        leeway: Duration::from_secs(60),
        enforce_type_header: true,
        backend_jwt: BackendJwtConfig {
            enable: true,
            encoding: Encoding::Base64Url,
            generator: Some("org.wso2.carbon.test.CustomTokenGenerator".to_owned()),
            excluded_claims: vec!["groups".to_owned()],
            ..BackendJwtConfig::default()
        },
        certificate_reload: Duration::from_secs(300),
        ..Deployment::default()
    };
    assert_eq!(deployment, expected);
    assert_eq!(
        told(&notices),
        [
            "apim.jwt.generator_impl = \"org.wso2.carbon.test.CustomTokenGenerator\": a Java class, whose part a \
             plug-in in Rust has to take",
            "apim.jwt.issuer.disable_default_claim_mapping has no effect: no claim is mapped by default",
            "issuer \"https://localhost:9443/oauth2/token\": its tokens are taken whatever their `aud`, unless the API names audiences",
        ]
    );
    assert!(!format!("{deployment:?}").contains("wso2carbon"), "the password is shown");
}

#[test]
fn the_cache_of_the_gateway_is_that_of_verified_tokens() {
    let minutes = |minutes: u64| TokenCache::new().time_to_live(Duration::from_secs(60 * minutes));
    for (table, expected) in [
        ("", minutes(15)),
        ("enable = true", minutes(15)),
        ("expiry_time = '5m'", minutes(5)),
        ("expiry_time = 60", minutes(1)),
        ("enable = false", TokenCache::disabled()),
        ("enable = false\nexpiry_time = 0", TokenCache::disabled()),
    ] {
        let (deployment, _) = toml(&format!("[apim.cache.gateway_token]\n{table}"));
        assert_eq!(deployment.verified_tokens(), expected, "{table}");
    }
    // Those of other parts of the original say nothing of it.
    let (deployment, _) =
        toml("[apim.cache.km_token]\nexpiry_time = 0\n[apim.cache.resource]\nenable = false");
    assert_eq!(deployment.verified_tokens(), minutes(15));
    for (value, told) in [("0", "0ns"), ("'999ms'", "999ms"), ("31536001", "31536001s")] {
        let error = Deployment::from_toml(&format!("[apim.cache.gateway_token]\nexpiry_time = {value}"));
        assert_eq!(
            error.unwrap_err().to_string(),
            format!(
                "apim.cache.gateway_token: expiry_time = {told}: from 1s to 365d; enable = false is for no cache"
            )
        );
    }
}

#[test]
fn an_empty_file_is_the_defaults_of_the_original() {
    let (deployment, notices) = toml("");
    assert_eq!((deployment, &*notices), (Deployment::default(), &[Notice::NoIssuer][..]));
}

#[test]
fn unknown_keys_of_known_tables_name_the_nearest() {
    let unknown = |text: &str| {
        let (_, notices) = toml(text);
        let notices = notices.into_iter().filter(|notice| matches!(notice, Notice::UnknownKey { .. }));
        told(&notices.collect::<Vec<_>>()).join("; ")
    };
    for (text, expected) in [
        (
            "[apim.jwt]\nclaim_dialct = 'x'",
            r#"unknown key "apim.jwt.claim_dialct", did you mean "apim.jwt.claim_dialect"?"#,
        ),
        (
            "[apim.oauth_config]\nauth_headr = 'x'",
            r#"unknown key "apim.oauth_config.auth_headr", did you mean "apim.oauth_config.auth_header"?"#,
        ),
        ("[apim.oauth_config]\nsomething_else = 'x'", r#"unknown key "apim.oauth_config.something_else""#),
        (
            "[[apim.jwt.issuer]]\nname = 'a'\njwks.url = 'b'\nscope_claim = 'c'",
            r#"unknown key "apim.jwt.issuer.scope_claim", did you mean "apim.jwt.issuer.scopes_claim"?"#,
        ),
        (
            "[[apim.jwt.issuer]]\nname = 'a'\njwks.url = 'b'\njwks.uri = 'c'",
            r#"unknown key "apim.jwt.issuer.jwks.uri", did you mean "apim.jwt.issuer.jwks.url"?"#,
        ),
        (
            "[apim.jwt.gateway_generator]\nimp = 'x'",
            r#"unknown key "apim.jwt.gateway_generator.imp", did you mean "apim.jwt.gateway_generator.impl"?"#,
        ),
        ("[apim.oauth_confg]\nx = 1", r#"unknown key "apim.oauth_confg", did you mean "apim.oauth_config"?"#),
        (
            "[apim.jwt_authetication]\nx = 1",
            r#"unknown key "apim.jwt_authetication", did you mean "apim.jwt_authentication"?"#,
        ),
        ("[truststor]\nx = 1", r#"unknown key "truststor", did you mean "truststore"?"#),
        // Other parts of the original have them.
        ("[server]\nhostname = 'x'\n[database.apim_db]\ntype = 'h2'", ""),
        ("[apim.analytics]\nenable = true\n[apim.idp]\nserver_url = 'x'\n[apim.ai]\nenable = true", ""),
        ("[oauth.endpoints]\nx = 1\n[oauth.oidc]\nx = 1", ""),
        ("[keystore.tls]\nanything = 1", ""),
        ("[apim.key_manager]\nservice_url = 'x'", ""),
    ] {
        assert_eq!(unknown(text), expected, "{text}");
    }
}

#[test]
fn keys_without_effect_say_so() {
    let (_, notices) =
        toml("[apim.http_client]\nmax_total = 1\n[apim.oauth_config]\nset_jwt_as_opaque_token = true");
    assert_eq!(
        told(&notices),
        [
            "apim.http_client has no effect: keys are fetched with limits of our own",
            "apim.oauth_config.set_jwt_as_opaque_token has no effect: the original does not read it either",
            "no [[apim.jwt.issuer]]: no token will be good",
        ]
    );
}

#[test]
fn the_scopes_are_where_the_issuer_has_them() {
    let issuer = |scopes_claim: Option<&str>, mapping: &[(&str, &str)]| {
        let mapping = mapping
            .iter()
            .map(|(remote, local)| MappedClaim { remote: (*remote).to_owned(), local: (*local).to_owned() });
        let scopes_claim = scopes_claim.map(str::to_owned);
        let issuer = JwtIssuer { scopes_claim, claim_mapping: mapping.collect(), ..JwtIssuer::named("a") };
        issuer.scopes_claim().to_owned()
    };
    assert_eq!(issuer(None, &[]), "scope");
    assert_eq!(issuer(None, &[("email", "mail")]), "scope");
    assert_eq!(issuer(None, &[("scp", "scope")]), "scp");
    assert_eq!(issuer(Some("roles"), &[("scp", "scope")]), "roles");
}

#[test]
fn relative_paths_start_at_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deployment.toml");
    std::fs::write(&path, "[truststore]\nfile_name = 'store.jks'\npassword = '$env{STORE_PASSWORD}'")
        .unwrap();
    let (deployment, _) = Deployment::from_file(&path).unwrap();
    let store = TrustStore::file(directory.path().join("store.jks")).password_env("STORE_PASSWORD");
    assert_eq!(deployment.trust_store, Some(store));
    let missing = Deployment::from_file(directory.path().join("none.toml")).unwrap_err().to_string();
    assert!(missing.contains("none.toml\" cannot be read: "), "{missing}");
}

#[test]
fn issuers_that_share_the_trust_store_are_told() {
    let row = |name: &str| format!("[[apim.jwt.issuer]]\nname = {name:?}\n");
    let published = |name: &str| format!("{}jwks.url = \"https://keys.example\"\n", row(name));
    let store = "[truststore]\nfile_name = \"own.jks\"\n";
    for (name, text, issuers) in [
        ("one", row("a") + store, &[][..]),
        ("one, and one with a JWK Set", row("a") + &published("b") + store, &[]),
        ("two", row("a") + &row("b") + store, &["a", "b"]),
        ("two of three", row("a") + &published("b") + &row("c") + store, &["a", "c"]),
        ("two with JWK Sets", published("a") + &published("b") + store, &[]),
        ("no store", published("a") + &published("b"), &[]),
    ] {
        let told = toml(&text).1.into_iter().filter_map(|notice| match notice {
            Notice::SharedTrustStore { issuers } => Some(issuers),
            _ => None,
        });
        assert_eq!(told.flatten().collect::<Vec<_>>(), issuers, "{name}");
    }
    let notice = Notice::SharedTrustStore { issuers: vec!["a".to_owned(), "b\n".to_owned()] };
    assert_eq!(
        notice.to_string(),
        r#"issuers "a", "b\n": they have no JWK Set, so every key of the trust store verifies the tokens of each of them"#
    );
}
