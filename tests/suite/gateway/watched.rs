//! A `deployment.toml` that changes while the gateway runs by it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use claimgate_testkit::{Alg, Behaviour, ServedIssuer, SigningKey, TestClock, TestIssuer};
use claimgate_tower::apim::{
    ApiManager, ApiManagerBuilder, ClaimMapping, ConfigWatch, Deployment, IssuerRules, KeyPlace, Profile,
    ResourceTable,
};
use claimgate_tower::{AuthenticatorBuilder, Issuer};
use serde_json::json;
use tempfile::TempDir;

use super::hosts::{Both, Call};
use super::keys::{STRICT_AND_4, row, row_of_store, served, token, told};
use super::world::{ISSUER, MENU, NOW, PIZZASHACK};

/// A gateway that runs by a file.
struct Watched {
    folder: TempDir,
    profile: Profile,
    manager: ApiManager,
    both: Both,
    _watch: ConfigWatch,
}

impl Watched {
    fn start(profile: Profile, text: &str) -> Self {
        Self::start_with(profile, text, |builder| builder)
    }

    fn start_with(
        profile: Profile,
        text: &str,
        change: impl FnOnce(ApiManagerBuilder) -> ApiManagerBuilder,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deployment.toml");
        fs::write(&path, text).unwrap();
        let (deployment, _) = Deployment::from_file(&path).unwrap();
        let clock = TestClock::at(NOW.unsigned_abs());
        let resources = ResourceTable::from_toml(PIZZASHACK).unwrap();
        let builder = deployment.manager_with(profile, resources, move |builder| {
            builder.clock(clock.clone()).runtime(tokio::runtime::Handle::current())
        });
        let manager = change(builder.unwrap()).build().unwrap();
        let watch = Deployment::watch(&path, &manager).unwrap();
        let both = Both::new(manager.clone(), manager.clone());
        Watched { folder, profile, manager, both, _watch: watch }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("deployment.toml")
    }

    fn write(&self, text: &str) {
        replace(&self.path(), text);
    }

    async fn told(&self, token: &str) -> String {
        told(&self.both, token).await
    }

    /// Waits until a request with `token` is answered so.
    async fn comes_to(&self, token: &str, expected: &str) {
        let call = Call::get(MENU).bearer(token);
        let wait = async {
            while self.both.send_at_once(&call).await.iter().any(|seen| seen.told() != expected) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
        assert!(waited.is_ok(), "{:?}: {} instead of {expected}", self.profile, self.told(token).await);
    }

    async fn claims(&self, token: &str) -> serde_json::Value {
        self.both.send(&Call::get(MENU).bearer(token)).await.given("/context/claims").clone()
    }
}

/// As careful writers do: readers see the old file or the new one.
fn replace(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, path).unwrap();
}

fn mapped(served: &ServedIssuer, local: &str) -> String {
    let mapping = "[[apim.jwt.issuer.claim_mapping]]\nremote_claim = \"email\"\nlocal_claim = ";
    format!("{}{mapping}{local:?}\n", row(served))
}

#[tokio::test(flavor = "multi_thread")]
async fn s55_the_issuers_of_a_file_that_changes_take_over() {
    for profile in STRICT_AND_4 {
        let (first, second) = (served().await, served().await);
        let watched = Watched::start(profile, &row(&first));
        let (one, another) = (token(first.issuer()).mint(), token(second.issuer()).mint());
        assert_eq!(watched.told(&one).await, "200");
        assert_eq!(watched.told(&another).await, "401/900901");

        watched.write(&(row(&first) + &row(&second)));
        watched.comes_to(&another, "200").await;
        assert_eq!(watched.told(&one).await, "200", "{profile:?}");

        watched.write(&row(&second));
        watched.comes_to(&one, "401/900901").await;
        assert_eq!(watched.told(&another).await, "200", "{profile:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s55_a_request_that_waits_for_a_key_goes_on_under_what_it_met() {
    for profile in STRICT_AND_4 {
        let (first, second) = (served().await, served().await);
        let watched = Watched::start(profile, &row(&first));
        let of = |served: &ServedIssuer| token(served.issuer()).mint();
        assert_eq!(watched.told(&of(&first)).await, "200");
        first.set_jwks(Behaviour::Hold);
        first.issuer().rotate();
        let call = Call::get(MENU).bearer(&of(&first));
        let waiting = watched.both.send_at_once(&call);
        let meanwhile = async {
            first.wait_for_jwks_requests(2).await;
            watched.write(&row(&second));
            watched.comes_to(&of(&second), "200").await;
            first.release();
        };
        let (seen, ()) = tokio::join!(waiting, meanwhile);
        for seen in seen {
            assert_eq!(seen.told(), "200", "{profile:?}: the issuer is gone, the request was there before");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s55_another_mapping_counts_for_tokens_that_are_known_already() {
    for profile in STRICT_AND_4 {
        let (served, marker) = (served().await, served().await);
        let watched = Watched::start(profile, &mapped(&served, "before"));
        let text = token(served.issuer()).claim("email", "ann@example.com").mint();
        assert_eq!(watched.claims(&text).await["before"], "ann@example.com");

        watched.write(&(mapped(&served, "after") + &row(&marker)));
        watched.comes_to(&token(marker.issuer()).mint(), "200").await;
        // The issuer is trusted a moment before the mappings of others change.
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(watched.claims(&text).await["after"], "ann@example.com", "{profile:?}");
        assert_eq!(watched.claims(&text).await["before"], json!(null), "{profile:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s55_a_file_that_is_wrong_changes_nothing() {
    for profile in STRICT_AND_4 {
        let (first, second) = (served().await, served().await);
        let watched = Watched::start(profile, &row(&first));
        let (one, another) = (token(first.issuer()).mint(), token(second.issuer()).mint());
        let header = format!("{}[apim.oauth_config]\nauth_header = \"X-Auth\"\n", row(&second));
        let via_store =
            format!("{}[apim.jwt_authentication]\nsubscription_validation_via_km = true\n", row(&second));
        let store = row_of_store(ISSUER, "file_name = \"gone.jks\"\npassword = \"wso2carbon\"");
        let twice = row(&second) + &row(&second);
        for (bad, named) in [
            ("[[apim.jwt.issuer]", "line 1"),
            (twice.as_str(), "there is another of this name"),
            (&header, "auth_header = \"X-Auth\""),
            (&via_store, "subscription_validation_via_km = true"),
            (&store, "gone.jks"),
        ] {
            // What the watch would tell in the log.
            let reload = || watched.manager.reload(&Deployment::from_toml(bad)?.0);
            let error = reload().unwrap_err().to_string();
            assert!(error.contains(named), "{bad}: {error}");
            assert_eq!(watched.told(&one).await, "200", "{profile:?} {bad}");
            assert_eq!(watched.told(&another).await, "401/900901", "{profile:?} {bad}");
        }
        watched.write(&twice);
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(watched.told(&one).await, "200", "{profile:?}");
        fs::remove_file(watched.path()).unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(watched.told(&one).await, "200", "{profile:?}: a file that is gone");
        watched.write(&row(&second));
        watched.comes_to(&another, "200").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s55_another_trust_store_takes_over() {
    for profile in STRICT_AND_4 {
        let issuer = TestIssuer::with_algorithm(ISSUER, Alg::RS256);
        let old = issuer.current_key();
        issuer.rotate();
        let new = issuer.current_key();
        let folder = |key: &SigningKey| {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(format!("{}.pem", key.kid())), key.public_key_pem()).unwrap();
            let store = format!("file_name = {:?}\ntype = \"PEM\"", folder.path());
            (folder, row_of_store(ISSUER, &store))
        };
        let ((_before, before), (_after, after)) = (folder(&old), folder(&new));
        let watched = Watched::start(profile, &before);
        let of = |key| token(&issuer).signed_by(key).mint();
        assert_eq!(watched.told(&of(&old)).await, "200");
        watched.write(&after);
        watched.comes_to(&of(&new), "200").await;
        assert_ne!(watched.told(&of(&old)).await, "200", "{profile:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s55_what_is_said_in_code_counts_whatever_a_file_says() {
    for profile in STRICT_AND_4 {
        let (served, marker) = (served().await, served().await);
        let own = IssuerRules::new(KeyPlace::JwkSet).mapping(ClaimMapping::new().rename("email", "in-code"));
        let name = served.issuer().issuer().to_owned();
        let file = mapped(&served, "in-file") + "[apim.oauth_config]\nenable_outbound_auth_header = false\n";
        let watched = Watched::start_with(profile, &file, |builder| {
            builder.issuer(name, own).keep_credential().assertion_header("X-Own")
        });
        let text = token(served.issuer()).claim("email", "ann@example.com").mint();
        for write in [false, true] {
            if write {
                watched.write(&(mapped(&served, "in-another") + &row(&marker)));
                watched.comes_to(&token(marker.issuer()).mint(), "200").await;
            }
            let seen = watched.both.send(&Call::get(MENU).bearer(&text).header("x-own", "forged")).await;
            assert_eq!(seen.given("/context/claims/in-code"), "ann@example.com", "{profile:?} {write}");
            let headers = seen.given("/headers").to_string();
            assert!(headers.contains("Bearer") && !headers.contains("forged"), "{headers}");
        }
    }
}

/// An issuer that is in the file and in code at once.
#[tokio::test(flavor = "multi_thread")]
async fn s55_a_reload_that_fails_changes_how_no_token_is_read() {
    for profile in STRICT_AND_4 {
        let served = served().await;
        let own = TestIssuer::with_algorithm("https://own.example.com", Alg::RS256);
        let clock = TestClock::at(NOW.unsigned_abs());
        let in_code = Issuer::new(own.issuer()).any_audience().jwks(own.jwks());
        let in_code = profile.applied_to(in_code);
        let (deployment, _) = Deployment::from_toml(&row(&served)).unwrap();
        let resources = ResourceTable::from_toml(PIZZASHACK).unwrap();
        let adjust =
            move |builder: AuthenticatorBuilder| builder.clock(clock.clone()).issuer(in_code.clone());
        let manager = deployment.manager_with(profile, resources, adjust).unwrap().build().unwrap();
        let both = Both::new(manager.clone(), manager.clone());
        let text = token(&own).header("typ", "JWT").claim("azp", "nobody").claim("nick", "privileged").mint();
        let call = Call::get(MENU).bearer(&text);
        let client = async || both.send(&call).await.given("/context/consumer_key").clone();
        assert_eq!(client().await, "nobody", "{profile:?}");
        let twice = "[[apim.jwt.issuer]]\nname = \"https://own.example.com\"\nconsumer_key_claim = \"nick\"\n\
                     jwks.url = \"https://own.example.com/jwks\"\n";
        let twice = Deployment::from_toml(&(row(&served) + twice)).unwrap().0;
        let error = manager.reload(&twice).unwrap_err().to_string();
        assert!(error.contains("two issuers of one name"), "{error}");
        assert_eq!(client().await, "nobody", "{profile:?}: after the error");
        // What is done in code is done again.
        let another = Deployment::from_toml(&mapped(&served, "local")).unwrap().0;
        manager.reload(&another).unwrap();
        assert_eq!(client().await, "nobody", "{profile:?}: after a reload");
    }
}

#[tokio::test]
async fn s55_what_cannot_go_on_as_it_was_is_told() {
    let text = "[[apim.jwt.issuer]]\nname = \"https://own.example.com\"\njwks.url = \"https://own.example.com/jwks\"\n";
    let (deployment, _) = Deployment::from_toml(text).unwrap();
    let resources = || ResourceTable::from_toml(PIZZASHACK).unwrap();
    let builder = deployment.manager(Profile::Version4, resources()).unwrap();
    let error = builder.profile(Profile::Strict).build().unwrap_err().to_string();
    assert!(error.contains("profile = Strict: its issuers are trusted by Version4"), "{error}");

    let other =
        Deployment::from_toml("[[apim.jwt.issuer]]\nname = \"a\"\njwks.url = \"https://a.example.com\"\n")
            .unwrap()
            .0;
    let builder = deployment.manager(Profile::Strict, resources()).unwrap().deployment(&other);
    let error = builder.build().unwrap_err().to_string();
    assert_eq!(error, "the deployment is another than the one whose issuers are trusted");

    let authenticator = deployment.authenticator(Profile::Strict).build().unwrap();
    let given = ApiManager::builder(authenticator, resources()).deployment(&deployment).build().unwrap();
    let watch = Deployment::watch("deployment.toml", &given);
    for error in [given.reload(&deployment).unwrap_err(), watch.unwrap_err()] {
        assert!(error.to_string().contains("let Deployment::manager make it"), "{error}");
    }
}

#[tokio::test]
async fn s31_rules_in_code_leave_the_rest_to_the_file() {
    for profile in STRICT_AND_4 {
        let served = served().await;
        let file = row(&served)
            + "consumer_key_claim = \"cid\"\n[[apim.jwt.issuer.claim_mapping]]\n\
                                   remote_claim = \"email\"\nlocal_claim = \"mail\"\n";
        let (deployment, _) = Deployment::from_toml(&file).unwrap();
        let resources = ResourceTable::from_toml(PIZZASHACK).unwrap();
        let clock = TestClock::at(NOW.unsigned_abs());
        let builder =
            deployment.manager_with(profile, resources, move |builder| builder.clock(clock.clone()));
        let rules = IssuerRules::new(KeyPlace::JwkSet);
        let manager = builder.unwrap().issuer(served.issuer().issuer(), rules).build().unwrap();
        let text = token(served.issuer()).claim("cid", "own").claim("azp", "other").claim("email", "a@b.c");
        let call = Call::get(MENU).bearer(&text.mint());
        let seen = Both::new(manager.clone(), manager).send(&call).await;
        assert_eq!(seen.given("/context/consumer_key"), "own", "{profile:?}");
        assert_eq!(seen.given("/context/claims/mail"), "a@b.c", "{profile:?}");
    }
}
