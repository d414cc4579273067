//! A configuration file that changes while its server runs.
#![cfg(feature = "config")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use claimgate_core::config::{Config, ConfigWatch};
use claimgate_core::{AuthErrorKind, Authenticator};
use claimgate_testkit::{Alg, TestIssuer};
use support::{AUDIENCE, decide};
use tempfile::TempDir;

/// A server's file, and what runs by it.
struct Server {
    folder: TempDir,
    idp: TestIssuer,
    gate: Authenticator,
    _watch: ConfigWatch,
}

impl Server {
    fn start() -> Self {
        let (folder, idp) = (tempfile::tempdir().unwrap(), support::issuer(Alg::EdDSA));
        let path = folder.path().join("claimgate.toml");
        fs::write(folder.path().join("jwks.json"), idp.jwks()).unwrap();
        fs::write(&path, file("")).unwrap();
        let gate = Config::load(&path).unwrap().into_builder().build().unwrap();
        let watch = Config::watch(&path, &gate).unwrap();
        Server { folder, idp, gate, _watch: watch }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("claimgate.toml")
    }

    fn write(&self, text: &str) {
        replace(&self.path(), text);
    }

    /// What becomes of a good token that has no `sub`.
    fn answer(&self) -> Result<(), AuthErrorKind> {
        let token = self.idp.token().at(support::NOW).audience(AUDIENCE).without("sub").mint();
        decide(&self.gate, &token).map(drop).map_err(|error| error.kind())
    }

    async fn comes_to(&self, answer: Result<(), AuthErrorKind>) {
        let wait = async {
            while self.answer() != answer {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
        assert!(waited.is_ok(), "{:?} instead of {answer:?}", self.answer());
    }
}

fn file(rules: &str) -> String {
    format!(
        "[[issuer]]\nissuer = {:?}\naudiences = [{AUDIENCE:?}]\njwks_file = \"jwks.json\"\n{rules}",
        support::ISSUER
    )
}

/// As careful writers do.
fn replace(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, path).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f40_a_file_that_changes_is_heeded_and_a_bad_one_changes_nothing() {
    let server = Server::start();
    assert_eq!(server.answer(), Ok(()));
    server.write(&file("required_claims = [\"sub\"]"));
    server.comes_to(Err(AuthErrorKind::MissingClaim)).await;
    for bad in ["", "[[issuer]", &file("leeway = \"1h\""), &file("unknown = 1")] {
        server.write(bad);
        // Nothing to wait for; the next good file shows that this one was looked at and passed over.
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert_eq!(server.answer(), Err(AuthErrorKind::MissingClaim), "{bad}");
    }
    fs::remove_file(server.path()).unwrap();
    server.write(&file(""));
    server.comes_to(Ok(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f40_a_watch_that_is_dropped_heeds_nothing_more() {
    let server = Server::start();
    let Server { folder, idp, gate, _watch: watch } = server;
    // The first look at the file is over then.
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(watch);
    replace(&folder.path().join("claimgate.toml"), &file("required_claims = [\"sub\"]"));
    tokio::time::sleep(Duration::from_millis(200)).await;
    let token = idp.token().at(support::NOW).audience(AUDIENCE).without("sub").mint();
    assert!(decide(&gate, &token).is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f40_what_is_added_in_code_is_added_again() {
    let (folder, filed, added) =
        (tempfile::tempdir().unwrap(), support::issuer(Alg::EdDSA), TestIssuer::new("https://added.test"));
    let path = folder.path().join("claimgate.toml");
    fs::write(folder.path().join("jwks.json"), filed.jwks()).unwrap();
    fs::write(&path, file("")).unwrap();
    let keys = added.jwks();
    let with_added = move |builder: claimgate_core::AuthenticatorBuilder| {
        let issuer = claimgate_core::Issuer::new("https://added.test").audience(AUDIENCE);
        builder.issuer(issuer.jwks(keys.clone()))
    };
    let gate = with_added(Config::load(&path).unwrap().into_builder()).build().unwrap();
    let _watch = Config::watch_with(&path, &gate, with_added).unwrap();
    replace(&path, &file("required_claims = [\"sub\"]"));
    let token = |idp: &TestIssuer| idp.token().at(support::NOW).audience(AUDIENCE).without("sub").mint();
    let heeded = async {
        while decide(&gate, &token(&filed)).is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), heeded).await.expect("the file is heeded");
    assert!(decide(&gate, &token(&added)).is_ok());
}
