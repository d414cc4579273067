//! Certificates of a trust store: what tokens call them, what kind of store they are in, and their dates.

use std::time::Duration;

use claimgate_testkit::TestClock;
use claimgate_tower::apim::{Notice, Profile};
use claimgate_tower::{Authenticator, CertificateValidity, Issuer, KeySet, VerificationKey};
use serde_json::{Value, json};

use super::hosts::Both;
use super::keys::{Deployed, STRICT_AND_4, eventually, row_of_store, told};
use super::world::{C0, C4, ISSUER, NOW, World, sample};
use crate::conformance::Log;
use crate::key_stores::workshop::Workshop;

fn ours(workshop: &Workshop, key: &str, members: &Value) -> String {
    ours_at(workshop, key, members, NOW)
}

pub(super) fn ours_at(workshop: &Workshop, key: &str, members: &Value, at: i64) -> String {
    workshop.signed(key, members, &json!({ "iss": ISSUER, "sub": key, "iat": at, "exp": at + 300 }))
}

/// The trust store in this file, of whichever kind.
pub(super) fn store_at(workshop: &Workshop, file: &str, kind: &str) -> String {
    format!("file_name = {:?}\ntype = {kind:?}\npassword = {STORE_PASSWORD:?}", workshop.path(file))
}

pub(super) fn import(workshop: &Workshop, file: &str, kind: &str, alias: &str, certificate: &str) {
    workshop.keytool(&format!(
        "-importcert -noprompt -alias {alias} -file {certificate} -keystore {file} -storetype {kind} \
         -storepass {STORE_PASSWORD}"
    ));
}

/// As the original comes with.
pub(super) const STORE_PASSWORD: &str = "wso2carbon";

#[tokio::test]
async fn s15_a_thumbprint_names_the_certificate() {
    let workshop = Workshop::new();
    for name in ["own", "default"] {
        workshop.certified(name);
    }
    // One beside the default one, under a name that no token says.
    for (file, default) in [("both.jks", true), ("no-default.jks", false)] {
        import(&workshop, file, "JKS", "partner", "own.pem");
        if default {
            import(&workshop, file, "JKS", "gateway_certificate_alias", "default.pem");
        }
    }
    let (sha1, sha256) = (workshop.thumbprint("own", "sha1"), workshop.thumbprint("own", "sha256"));
    let unknown = workshop.thumbprint("default", "sha512");
    let unknown = &unknown[..27];
    for profile in STRICT_AND_4 {
        let missing = if profile == Profile::Strict { "401/900901" } else { "500/900900" };
        for (file, by_default, by_no_name) in
            [("both.jks", "200", "401/900901"), ("no-default.jks", missing, missing)]
        {
            let deployed = Deployed::new(profile, &row_of_store(ISSUER, &store_at(&workshop, file, "JKS")));
            for (name, key, members, expected) in [
                ("x5t", "own", json!({ "x5t": sha1 }), "200"),
                ("x5t#S256", "own", json!({ "x5t#S256": sha256 }), "200"),
                ("of another", "default", json!({ "x5t": sha1 }), "401/900901"),
                ("unknown, default", "default", json!({ "x5t": unknown }), by_default),
                ("unknown, another", "own", json!({ "x5t": unknown }), by_no_name),
                ("none, default", "default", json!({}), by_default),
            ] {
                let text = ours(&workshop, key, &members);
                assert_eq!(deployed.told(&text).await, expected, "{profile:?} {file} {name}");
            }
        }
    }
}

/// `T0` has no `kid`, and `T4` one that the store does not know; both have hexadecimal digits in `x5t`, of SHA-1 and of SHA-256.
#[tokio::test]
async fn s15_the_samples_name_their_certificates_in_hexadecimal() {
    let workshop = Workshop::new();
    workshop.certified("default");
    for (file, certificate) in [
        ("t0.jks", Some("seed000-demo-2019.pem")),
        ("t4.jks", Some("seed004-demo-2019b-expired.pem")),
        ("default.jks", None),
    ] {
        import(&workshop, file, "JKS", "gateway_certificate_alias", "default.pem");
        if let Some(certificate) = certificate {
            let certificate = format!("{}/data/wso2/{certificate}", env!("CARGO_MANIFEST_DIR"));
            import(&workshop, file, "JKS", "partner", &certificate);
        }
    }
    for (token, name, at, file, expected) in [
        ("T0", "https://localhost:9443/oauth2/token", C0, "t0.jks", ["200", "200"]),
        ("T0", "https://localhost:9443/oauth2/token", C0, "default.jks", ["401/900901", "401/900901"]),
        ("T4", "https://localhost:9444/oauth2/token", C4, "t4.jks", ["200", "200"]),
        ("T4", "https://localhost:9444/oauth2/token", C4, "default.jks", ["401/900901", "500/900900"]),
    ] {
        for (profile, expected) in STRICT_AND_4.into_iter().zip(expected) {
            let mut deployed = Deployed::new(profile, &row_of_store(name, &store_at(&workshop, file, "JKS")));
            deployed.deployment = deployed.deployment.danger_allow_demo_keys();
            deployed.clock = TestClock::at(at.unsigned_abs());
            assert_eq!(deployed.told(&sample(token)).await, expected, "{profile:?} {token} {file}");
        }
    }
}

#[tokio::test]
async fn s16_a_certificate_is_the_same_from_every_kind_of_store() {
    let workshop = Workshop::new();
    workshop.certified("own");
    for (folder, file) in [("pem", "own.pem"), ("der", "own.der")] {
        std::fs::create_dir(workshop.path(folder)).unwrap();
        let name = format!("partner.{folder}");
        std::fs::copy(workshop.path(file), workshop.path(folder).join(name)).unwrap();
    }
    import(&workshop, "store.jks", "JKS", "partner", "own.pem");
    import(&workshop, "store.p12", "PKCS12", "partner", "own.pem");
    let folder = |name: &str| format!("file_name = {:?}\ntype = \"PEM\"", workshop.path(name));
    let stores = [
        folder("pem"),
        folder("der"),
        store_at(&workshop, "store.jks", "JKS"),
        store_at(&workshop, "store.p12", "PKCS12"),
    ];
    let text = ours(&workshop, "own", &json!({ "kid": "partner" }));
    let mut first = None;
    for store in &stores {
        for profile in STRICT_AND_4 {
            let deployed = Deployed::new(profile, &row_of_store(ISSUER, store));
            assert_eq!(deployed.told(&text).await, "200", "{profile:?} {store}");
            let keys = deployed.deployment.trust_store.as_ref().unwrap().keys().unwrap();
            let told = |key: &VerificationKey| (key.key_id().map(str::to_owned), key.thumbprint());
            let keys: Vec<_> = keys.keys().iter().map(told).collect();
            assert_eq!(keys[0].0.as_deref(), Some("partner"), "{store}");
            assert_eq!(first.get_or_insert_with(|| keys.clone()), &keys, "{store}");
        }
    }
    for store in &stores[2..] {
        let wrong = store.replace(STORE_PASSWORD, "wso2carbon2");
        let deployed = Deployed::new(Profile::Strict, &row_of_store(ISSUER, &wrong));
        let checked = deployed.deployment.check_keys(Profile::Strict).unwrap_err().to_string();
        let mut builder = Authenticator::builder();
        for issuer in deployed.deployment.trusted(Profile::Strict) {
            builder = builder.issuer(issuer);
        }
        let built = builder.build().unwrap_err().to_string();
        for error in [checked, built] {
            assert!(error.contains("the password is wrong, or the file was changed"), "{error}");
            assert!(error.contains("store.") && !error.contains("wso2carbon2"), "{error}");
        }
    }
}

/// In 2033, after the certificate of today.
pub(super) const AFTERWARDS: i64 = 2_000_000_000;

#[tokio::test]
async fn s18_the_dates_of_a_certificate_decide_only_where_they_are_looked_at() {
    let workshop = Workshop::new();
    workshop.certified("own");
    import(&workshop, "store.jks", "JKS", "partner", "own.pem");
    let text = ours_at(&workshop, "own", &json!({ "kid": "partner" }), AFTERWARDS);
    for profile in STRICT_AND_4 {
        let store = store_at(&workshop, "store.jks", "JKS");
        let mut deployed = Deployed::new(profile, &row_of_store(ISSUER, &store));
        deployed.clock = TestClock::at(AFTERWARDS.unsigned_abs());
        assert_eq!(deployed.told(&text).await, "200", "{profile:?}");
        let manager =
            || deployed.manager_with(|issuer| issuer.certificate_validity(CertificateValidity::Check));
        assert_eq!(told(&Both::new(manager(), manager()), &text).await, "401/900901", "{profile:?}");
    }
}

/// `notAfter` of a certificate, as the log has it and in seconds.
pub(super) fn end_of(workshop: &Workshop, certificate: &str) -> (String, u64) {
    let line = workshop.openssl(&format!("x509 -in {certificate}.pem -noout -enddate -dateopt iso_8601"));
    let line = String::from_utf8(line).unwrap();
    let date = line.trim().strip_prefix("notAfter=").unwrap().replace(' ', "T");
    let pem = std::fs::read_to_string(workshop.path(certificate).with_extension("pem")).unwrap();
    let second = KeySet::from_pem(&pem, None).unwrap().keys()[0].not_after().unwrap();
    (date, second.unsigned_abs())
}

#[tokio::test]
async fn s18_the_file_says_that_dates_count_and_the_log_whose_they_are() {
    let workshop = Workshop::new();
    workshop.certified("own");
    import(&workshop, "store.jks", "JKS", "Partner", "own.pem");
    import(&workshop, "default.jks", "JKS", "gateway_certificate_alias", "own.pem");
    std::fs::create_dir(workshop.path("folder")).unwrap();
    std::fs::copy(workshop.path("own.pem"), workshop.path("folder/partner.pem")).unwrap();
    let folder = format!("file_name = {:?}\ntype = \"PEM\"", workshop.path("folder"));
    let named = ours_at(&workshop, "own", &json!({ "kid": "partner" }), AFTERWARDS);
    let unnamed = ours_at(&workshop, "own", &json!({}), AFTERWARDS);
    let (date, _) = end_of(&workshop, "own");
    for (store, text, alias) in [
        (store_at(&workshop, "store.jks", "JKS"), &named, "partner"),
        (store_at(&workshop, "default.jks", "JKS"), &unnamed, "gateway_certificate_alias"),
        (folder, &named, "partner"),
    ] {
        for profile in STRICT_AND_4 {
            for (enforce, expected) in [("false", "200"), ("true", "401/900901")] {
                let text_of_store = format!("{store}\nenforce_certificate_validity = {enforce}");
                let mut deployed = Deployed::new(profile, &row_of_store(ISSUER, &text_of_store));
                assert!(!deployed.notices.iter().any(|notice| matches!(notice, Notice::UnknownKey { .. })));
                deployed.clock = TestClock::at(AFTERWARDS.unsigned_abs());
                let log = Log::begin();
                assert_eq!(deployed.told(text).await, expected, "{profile:?} {alias}");
                let log = log.take();
                let is_told = |line: &&str| {
                    line.contains("request refused")
                        && line.contains("kind=KeyNotValid")
                        && line.contains(&format!(" key={alias} "))
                        && line.ends_with(&format!(" not_after={date}"))
                };
                // One for each host.
                let lines = if enforce == "true" { 2 } else { 0 };
                assert_eq!(log.lines().filter(is_told).count(), lines, "{log}");
            }
        }
    }
}

#[tokio::test]
async fn s18_the_end_of_a_certificate_is_told_ahead() {
    const DAYS: u64 = 86_400;
    let workshop = Workshop::new();
    workshop.certified("own");
    import(&workshop, "store.jks", "JKS", "partner", "own.pem");
    let (date, end) = end_of(&workshop, "own");
    for profile in STRICT_AND_4 {
        for (enforce, before, expected) in
            [("true", 10 * DAYS + 1, 0), ("true", 10 * DAYS, 1), ("false", 10 * DAYS, 0)]
        {
            let text = format!(
                "{}\nenforce_certificate_validity = {enforce}\ncertificate_warning = \"10d\"\n\
                 [apim.certificate_reloader]\nperiod = \"1s\"",
                store_at(&workshop, "store.jks", "JKS")
            );
            let mut deployed = Deployed::new(profile, &row_of_store(ISSUER, &text));
            deployed.clock = TestClock::at(end - before);
            let log = Log::begin();
            let told = || {
                let log = log.take();
                let is_told = |line: &&str| {
                    line.contains("WARN")
                        && line.contains("certificates of keys end soon")
                        && line.contains(&format!(" issuer={ISSUER:?} ending=1 key=partner not_after={date}"))
                };
                let warnings = log.lines().filter(|line| line.contains("certificates of keys")).count();
                assert_eq!(log.lines().filter(is_told).count(), warnings, "{log}");
                warnings
            };
            let manager = deployed.manager();
            assert_eq!(told(), expected, "{profile:?} {enforce} {before}: start");

            let mut builder = Authenticator::builder();
            for issuer in deployed.deployment.trusted(profile) {
                builder = builder.issuer(issuer);
            }
            manager.authenticator().reload(builder).unwrap();
            assert_eq!(told(), expected, "{profile:?} {enforce} {before}: reload");

            // The same keys are read again.
            manager.authenticator().refresh_now(ISSUER).unwrap().await.unwrap();
            assert_eq!(told(), 0, "{profile:?} {enforce} {before}: refresh");

            deployed.clock.advance(Duration::from_secs(DAYS));
            let mut warnings = 0;
            if enforce == "true" {
                eventually(|| {
                    warnings += told();
                    warnings > 0
                })
                .await;
            }
            manager.authenticator().refresh_now(ISSUER).unwrap().await.unwrap();
            warnings += told();
            assert_eq!(warnings, usize::from(enforce == "true"), "{profile:?} {before}: a day later");
        }
    }
}

#[tokio::test]
async fn s18_of_keys_that_are_put_in_place_the_first_to_end_is_told() {
    let workshop = Workshop::new();
    workshop.certified("first");
    workshop.certified("second");
    workshop.openssl("req -x509 -new -key second.key -subj /CN=second -days 40 -out second.pem");
    import(&workshop, "start.jks", "JKS", "first", "first.pem");
    std::fs::copy(workshop.path("start.jks"), workshop.path("both.jks")).unwrap();
    import(&workshop, "both.jks", "JKS", "second", "second.pem");
    let (date, end) = end_of(&workshop, "first");
    std::fs::copy(workshop.path("start.jks"), workshop.path("store.jks")).unwrap();
    let text = format!("{}\nenforce_certificate_validity = true", store_at(&workshop, "store.jks", "JKS"));
    let mut deployed = Deployed::new(Profile::Version4, &row_of_store(ISSUER, &text));
    deployed.clock = TestClock::at(end + 1);
    let log = Log::begin();
    let manager = deployed.manager();
    let seen = std::cell::RefCell::new(String::new());
    let is_told = |count: usize| {
        seen.borrow_mut().push_str(&log.take());
        let line = format!(" ending={count} key=first not_after={date}");
        seen.borrow().lines().filter(|told| told.ends_with(&line)).count() == 1
    };
    assert!(is_told(1), "{}", seen.borrow());
    std::fs::copy(workshop.path("both.jks"), workshop.path("beside")).unwrap();
    std::fs::rename(workshop.path("beside"), workshop.path("store.jks")).unwrap();
    eventually(|| is_told(2)).await;
    assert!(is_told(1), "it was said once: {}", seen.borrow());
    drop(manager);
}

/// They are put in place at the start and at a reload, and nobody reads them again.
#[tokio::test]
async fn s18_keys_of_the_configuration_are_told_at_the_start_and_at_a_reload() {
    let workshop = Workshop::new();
    workshop.certified("own");
    let (date, end) = end_of(&workshop, "own");
    let world = World::new(Profile::Version4);
    let ahead = end - NOW.unsigned_abs();
    for (validity, ahead, expected) in [
        (CertificateValidity::Check, ahead, 1),
        (CertificateValidity::Check, ahead - 1, 0),
        (CertificateValidity::Ignore, ahead, 0),
    ] {
        let issuer = || {
            Issuer::new(ISSUER)
                .any_audience()
                .certificates([workshop.path("own.pem")])
                .certificate_validity(validity)
                .certificate_warning(Duration::from_secs(ahead))
        };
        let log = Log::begin();
        let told = || {
            let is_told = format!(
                "certificates of keys end soon or have ended issuer={ISSUER:?} ending=1 not_after={date}"
            );
            log.take().lines().filter(|line| line.ends_with(&is_told)).count()
        };
        let builder = || Authenticator::builder().issuer(issuer()).clock(world.clock.clone());
        let gate = builder().build().unwrap();
        assert_eq!(told(), expected, "{validity:?} {ahead}: start");
        gate.reload(builder()).unwrap();
        assert_eq!(told(), expected, "{validity:?} {ahead}: reload");
    }
}
