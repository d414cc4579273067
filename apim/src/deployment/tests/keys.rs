//! Issuers as core trusts them, with the sample tokens of the product and stores that hold their certificates.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Instant;

use claimgate_core::{AuthErrorKind, AuthenticatorBuilder, Clock, Decision, Issuer, Moment};
use claimgate_testkit::{Alg, SigningKey, TestIssuer};
use serde_json::Value;

use super::*;

/// The time at which `T0` is good, in its issuer's clock, and that of `T4`.
const C0: u64 = 1_571_912_000;
const C4: u64 = 1_602_582_000;

/// C0, for tokens that are made here.
const ISSUED: i64 = 1_571_912_000;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/deployment").join(name)
}

fn token(name: &str) -> String {
    let tokens: Value =
        serde_json::from_str(include_str!("../../../../tests/data/wso2/tokens.json")).unwrap();
    tokens[name]["token"].as_str().unwrap().to_owned()
}

fn with_store(issuer: &str, file: &str) -> Deployment {
    let text = format!(
        "[[apim.jwt.issuer]]\nname = {issuer:?}\n[truststore]\nfile_name = {:?}\npassword = 'wso2carbon'",
        data(file)
    );
    toml(&text).0
}

/// One that reads its keys at `second`.
fn authenticator(
    deployment: &Deployment,
    profile: Profile,
    second: u64,
) -> Result<Authenticator, ConfigError> {
    let builder = Authenticator::builder().clock(Stopped(second));
    deployment.trusted(profile).into_iter().fold(builder, AuthenticatorBuilder::issuer).build()
}

#[derive(Debug)]
struct Stopped(u64);

impl Clock for Stopped {
    fn now(&self) -> Moment {
        at(self.0)
    }
}

fn at(second: u64) -> Moment {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    Moment::new(Duration::from_secs(second), *START)
}

/// What becomes of `token`, waiting for fetches where there are any.
async fn outcome(gate: &Authenticator, token: &str, second: u64) -> Result<(), AuthErrorKind> {
    let decided = match gate.authenticate_token(token, at(second)) {
        Decision::Decided(decided) => decided,
        Decision::Pending(pending) => pending.await,
    };
    decided.map(drop).map_err(|error| error.kind())
}

const I0: &str = "https://localhost:9443/oauth2/token";
const I4: &str = "https://localhost:9444/oauth2/token";

#[tokio::test]
async fn the_gateway_alias_checks_tokens_without_a_kid() {
    for file in ["default.jks", "default.p12"] {
        for profile in [Profile::Strict, Profile::Version4, Profile::Version3] {
            let gate = authenticator(&with_store(I0, file), profile, C0).unwrap();
            assert_eq!(outcome(&gate, &token("T0"), C0).await, Ok(()), "{file} {profile:?}");
        }
    }
    // The same certificate under another name, which the token names by `x5t`; and another, under another name too.
    for (file, expected) in [("foo.jks", Ok(())), ("kid.jks", Err(AuthErrorKind::UnknownKey))] {
        let gate = authenticator(&with_store(I0, file), Profile::Strict, C0).unwrap();
        assert_eq!(outcome(&gate, &token("T0"), C0).await, expected, "{file}");
    }
}

#[tokio::test]
async fn an_alias_is_a_kid_and_the_gateway_alias_no_substitute() {
    // `keytool` has folded the alias to lower case.
    let gate = authenticator(&with_store(I4, "kid.jks"), Profile::Strict, C4).unwrap();
    assert_eq!(outcome(&gate, &token("T4"), C4).await, Ok(()));
    let gate = authenticator(&with_store(I4, "default.jks"), Profile::Strict, C4).unwrap();
    assert_eq!(outcome(&gate, &token("T4"), C4).await, Err(AuthErrorKind::UnknownKey));
}

#[tokio::test]
async fn an_issuer_is_trusted_by_its_exact_name() {
    let gate = authenticator(&with_store(I0, "kid.jks"), Profile::Strict, C4).unwrap();
    assert_eq!(outcome(&gate, &token("T4"), C4).await, Err(AuthErrorKind::UnknownIssuer));
}

#[tokio::test]
async fn the_leeway_of_the_file_counts_and_is_none_by_default() {
    const EXP: u64 = 1_571_915_441;
    let deployment = with_store(I0, "default.jks");
    let gate = authenticator(&deployment, Profile::Strict, EXP).unwrap();
    assert_eq!(outcome(&gate, &token("T0"), EXP - 1).await, Ok(()));
    assert_eq!(outcome(&gate, &token("T0"), EXP).await, Err(AuthErrorKind::Expired));
    let gate =
        authenticator(&Deployment { leeway: Duration::from_secs(60), ..deployment }, Profile::Strict, EXP)
            .unwrap();
    assert_eq!(outcome(&gate, &token("T0"), EXP + 59).await, Ok(()));
    assert_eq!(outcome(&gate, &token("T0"), EXP + 60).await, Err(AuthErrorKind::Expired));
}

#[tokio::test]
async fn a_type_of_token_can_be_enforced() {
    let deployment = Deployment { enforce_type_header: true, ..with_store(I0, "default.jks") };
    let gate = authenticator(&deployment, Profile::Version4, C0).unwrap();
    assert_eq!(outcome(&gate, &token("T0"), C0).await, Err(AuthErrorKind::WrongType));
}

/// With the keys of `issuer` in a directory.
fn with_directory(issuer: &TestIssuer, keys: &[&SigningKey]) -> (tempfile::TempDir, Deployment) {
    let directory = tempfile::tempdir().unwrap();
    for key in keys {
        std::fs::write(directory.path().join(format!("{}.pem", key.kid())), key.public_key_pem()).unwrap();
    }
    let trust_store = Some(TrustStore::directory(directory.path()));
    let issuers = vec![JwtIssuer::named(issuer.issuer())];
    (directory, Deployment { issuers, trust_store, ..Deployment::default() })
}

#[tokio::test]
async fn a_directory_of_public_keys_is_a_trust_store() {
    let issuer = TestIssuer::with_algorithm("https://a.example", Alg::RS256);
    let mint = |issuer: &TestIssuer| issuer.token().subject("u").at(ISSUED).mint();
    let other = SigningKey::generate(Alg::RS256, "other");
    let (_directory, deployment) = with_directory(&issuer, &[&issuer.current_key(), &other]);
    assert_eq!(deployment.check_keys(Profile::Strict), Ok(Vec::new()));
    let gate = authenticator(&deployment, Profile::Strict, C0).unwrap();
    assert_eq!(outcome(&gate, &mint(&issuer), C0).await, Ok(()));
    let stranger = TestIssuer::with_algorithm("https://a.example", Alg::RS256);
    assert_eq!(outcome(&gate, &mint(&stranger), C0).await, Err(AuthErrorKind::BadSignature));
}

#[tokio::test]
async fn the_profile_decides_about_algorithms_and_claims() {
    for (alg, profile, expected) in [
        (Alg::ES256, Profile::Strict, Ok(())),
        (Alg::ES256, Profile::Version4, Err(AuthErrorKind::AlgorithmNotAllowed)),
        (Alg::RS256, Profile::Version4, Ok(())),
        (Alg::RS256, Profile::Version3, Err(AuthErrorKind::MissingClaim)),
    ] {
        let issuer = TestIssuer::with_algorithm("https://a.example", alg);
        let (_directory, deployment) = with_directory(&issuer, &[&issuer.current_key()]);
        let gate = authenticator(&deployment, profile, C0).unwrap();
        let token = issuer.token().subject("u").at(ISSUED).header("typ", "JWT").mint();
        assert_eq!(outcome(&gate, &token, C0).await, expected, "{alg:?} {profile:?}");
    }
    let issuer = TestIssuer::with_algorithm("https://a.example", Alg::RS256);
    let (_directory, deployment) = with_directory(&issuer, &[&issuer.current_key()]);
    let without_subject = issuer.token().without("sub").at(ISSUED).mint();
    for (profile, expected) in
        [(Profile::Strict, Err(AuthErrorKind::MissingClaim)), (Profile::Version4, Ok(()))]
    {
        let gate = authenticator(&deployment, profile, C0).unwrap();
        assert_eq!(outcome(&gate, &without_subject, C0).await, expected, "{profile:?}");
    }
}

#[tokio::test]
async fn a_profile_asks_the_same_of_an_issuer_of_a_file_and_of_one_of_code() {
    let issuer = TestIssuer::with_algorithm("https://a.example", Alg::RS256);
    let (_directory, deployment) = with_directory(&issuer, &[&issuer.current_key()]);
    let complete = || {
        let token = issuer.token().subject("u").at(ISSUED).header("typ", "JWT");
        token.claim("application", serde_json::json!({})).claim("consumerKey", "k")
    };
    let early = || complete().claim("nbf", ISSUED + 100);
    let missing = Err(AuthErrorKind::MissingClaim);
    for (name, token, [strict, version_4, version_3]) in [
        ("complete", complete(), [Ok(()); 3]),
        ("sub", complete().without("sub"), [missing, Ok(()), missing]),
        ("iat", complete().without("iat"), [missing, Ok(()), missing]),
        ("exp", complete().without("exp"), [missing; 3]),
        ("application", complete().without("application"), [Ok(()), Ok(()), missing]),
        ("consumerKey", complete().without("consumerKey"), [Ok(()), Ok(()), missing]),
        ("nbf", early(), [Err(AuthErrorKind::NotYetValid), Ok(()), Ok(())]),
        ("typ", complete().header("typ", "at+jwt"), [Ok(()), Ok(()), Err(AuthErrorKind::WrongType)]),
    ] {
        let text = token.mint();
        for (profile, expected) in
            [(Profile::Strict, strict), (Profile::Version4, version_4), (Profile::Version3, version_3)]
        {
            let of_file = authenticator(&deployment, profile, C0).unwrap();
            let of_code = Issuer::new(issuer.issuer()).any_audience().jwks(issuer.jwks());
            let of_code = Authenticator::builder()
                .clock(Stopped(C0))
                .issuer(profile.applied_to(of_code))
                .build()
                .unwrap();
            for gate in [of_file, of_code] {
                assert_eq!(outcome(&gate, &text, C0).await, expected, "{name} {profile:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_claim_of_the_client_is_the_one_that_the_file_names() {
    let issuer = TestIssuer::with_algorithm("https://a.example", Alg::RS256);
    let (_directory, mut deployment) = with_directory(&issuer, &[&issuer.current_key()]);
    deployment.issuers[0].consumer_key_claim = Some("cid".to_owned());
    let token = || {
        let token = issuer.token().subject("u").at(ISSUED).header("typ", "JWT");
        token.claim("application", serde_json::json!({}))
    };
    let gate = authenticator(&deployment, Profile::Version3, C0).unwrap();
    for (claim, expected) in [("cid", Ok(())), ("consumerKey", Err(AuthErrorKind::MissingClaim))] {
        assert_eq!(outcome(&gate, &token().claim(claim, "k").mint(), C0).await, expected, "{claim}");
    }
}

#[tokio::test]
async fn an_issuer_without_keys_trusts_nothing() {
    // The file cannot say it; code can.
    let deployment = Deployment { issuers: vec![JwtIssuer::named(I0)], ..Deployment::default() };
    let error = authenticator(&deployment, Profile::Strict, C0).unwrap_err().to_string();
    assert!(error.contains("no usable key"), "{error}");
}

#[test]
fn a_store_that_cannot_be_opened_is_named() {
    let store = data("default.jks");
    for (store, expected) in [
        (
            TrustStore::file(&store).password("wrong"),
            "default.jks\": the password is wrong, or the file was changed",
        ),
        (TrustStore::file(&store), "default.jks\": it is sealed with a password, and none is given"),
        (TrustStore::file(data("default.p12")).password("wrong"), "default.p12\": the password is wrong"),
        (TrustStore::file(data("none.jks")).password("wso2carbon"), "none.jks\": cannot be read: "),
        (TrustStore::file(data("README.md")).password("wso2carbon"), "README.md\": neither a Java key store"),
        (TrustStore::directory(data("none")), "none\": cannot be read: "),
        (TrustStore::directory(data("")), "no file in it ends in .pem"),
    ] {
        let issuers = vec![JwtIssuer::named(I0)];
        let deployment = Deployment { issuers, trust_store: Some(store), ..Deployment::default() };
        let error = deployment.check_keys(Profile::Strict).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn stores_of_both_formats_hold_the_same_keys() {
    let keys = |file: &str| TrustStore::file(data(file)).password("wso2carbon").keys().unwrap();
    let facts = |file: &str| {
        let keys = keys(file);
        let facts = keys.keys().iter().map(|key| (key.key_id().map(str::to_owned), key.thumbprint()));
        facts.collect::<Vec<_>>()
    };
    assert_eq!(facts("default.jks"), facts("default.p12"));
    assert_eq!(facts("default.jks")[0].0.as_deref(), Some("gateway_certificate_alias"));
}

#[test]
fn a_demo_key_is_refused_unless_it_is_allowed_or_the_profile_is_compatible() {
    let deployment = with_store(I0, "default.jks");
    let expected = format!(
        "keystore {:?}: alias \"gateway_certificate_alias\": the key of the demo certificate f4fa3052, whose private key is \
         public: whoever has it makes good tokens",
        data("default.jks")
    );
    assert_eq!(deployment.check_keys(Profile::Strict).unwrap_err().to_string(), expected);
    for profile in [Profile::Version4, Profile::Version3] {
        assert_eq!(told(&deployment.check_keys(profile).unwrap()), [&*expected]);
    }
    let allowed = deployment.danger_allow_demo_keys();
    assert_eq!(told(&allowed.check_keys(Profile::Strict).unwrap()), [&*expected]);
    assert_eq!(with_store(I0, "own.jks").check_keys(Profile::Strict), Ok(Vec::new()));
    assert_eq!(Deployment::default().check_keys(Profile::Strict), Ok(Vec::new()));
}

#[tokio::test]
async fn a_demo_key_that_is_found_in_use_is_taken_out_of_it() {
    let deployment = with_store(I0, "default.jks");
    for (deployment, profile, expected) in [
        (deployment.clone(), Profile::Strict, Err(AuthErrorKind::RevokedKey)),
        (deployment.clone(), Profile::Version4, Ok(())),
        (deployment.danger_allow_demo_keys(), Profile::Strict, Ok(())),
    ] {
        let gate = authenticator(&deployment, profile, C0).unwrap();
        deployment.distrust_demo_keys(profile, &gate);
        assert_eq!(outcome(&gate, &token("T0"), C0).await, expected, "{profile:?}");
    }
}

#[cfg(feature = "jwks-client")]
#[tokio::test]
async fn beside_a_jwk_set_a_token_without_a_kid_needs_the_gateway_alias() {
    let served = TestIssuer::serve_new(Alg::RS256).await.unwrap();
    let issuer = served.issuer();
    let url = served.jwks_uri();
    let with_kid = issuer.token().subject("u").at(ISSUED).mint();
    let without_kid = issuer.token().subject("u").without_header("kid").at(ISSUED).mint();
    let row = |name: &str| format!("[[apim.jwt.issuer]]\nname = {name:?}\njwks.url = {url:?}\n");
    let store = |file: &str| format!("[truststore]\nfile_name = {:?}\npassword = 'wso2carbon'", data(file));
    let folder = format!("[truststore]\nfile_name = {:?}\ntype = 'PEM'", data(""));
    let (unknown, bad) = (Err(AuthErrorKind::UnknownKey), Err(AuthErrorKind::BadSignature));
    for (name, store, needs_kid, unnamed, sample) in [
        ("no store", String::new(), false, unknown, bad),
        ("a directory", folder, true, unknown, bad),
        ("with the alias", store("default.jks"), false, bad, Ok(())),
        ("without", store("foo.jks"), false, unknown, unknown),
    ] {
        let (deployment, notices) = toml(&(row(issuer.issuer()) + &store));
        let needed = Notice::KeyIdNeeded { issuer: issuer.issuer().to_owned() };
        assert_eq!(notices.contains(&needed), needs_kid, "{name}: {notices:?}");
        let gate = authenticator(&deployment, Profile::Strict, C0).unwrap();
        assert_eq!(outcome(&gate, &with_kid, C0).await, Ok(()), "{name}");
        assert_eq!(outcome(&gate, &without_kid, C0).await, unnamed, "{name}");
        // `T0` names its certificate by `x5t`, which does not count here: no key of the JWK Set came in it.
        let gate = authenticator(&toml(&(row(I0) + &store)).0, Profile::Strict, C0).unwrap();
        gate.refresh_now(I0).unwrap().await.unwrap();
        assert_eq!(outcome(&gate, &token("T0"), C0).await, sample, "{name}");
    }
}
