//! Files of keys that change.

use std::fs;
use std::path::{Path, PathBuf};

use claimgate_core::KeyState;
use tempfile::TempDir;

use super::*;

/// A key set in a file, as an issuer would write it.
struct Written {
    folder: TempDir,
    idp: TestIssuer,
    gate: Authenticator,
}

impl Written {
    async fn begin(watch: bool) -> Self {
        let (folder, idp) = (tempfile::tempdir().unwrap(), support::issuer(Alg::ES256));
        let path = folder.path().join("jwks.json");
        fs::write(&path, idp.jwks()).unwrap();
        let rules = Issuer::new(idp.issuer()).audience(AUDIENCE).jwks_file(path);
        let gate = loaded(if watch { rules.watch_files() } else { rules }).await;
        Written { folder, idp, gate }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("jwks.json")
    }

    fn token(&self) -> String {
        self.idp.token().audience(AUDIENCE).mint()
    }

    fn accepts(&self, token: &str) -> bool {
        matches!(self.gate.authenticate_token(token, self.gate.now()), Decision::Decided(Ok(_)))
    }
}

/// As careful writers do: readers see the old file or the new one.
fn replace(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, path).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_changes_is_read_again_whole() {
    let written = Written::begin(true).await;
    let old = written.token();
    assert!(written.accepts(&old));
    written.idp.rotate();
    written.idp.retire("test-1");
    let new = written.token();
    replace(&written.path(), &written.idp.jwks());
    eventually(|| !written.accepts(&old)).await;
    assert!(written.accepts(&new), "and nobody had to ask");
    // In place, too.
    written.idp.rotate();
    let newer = written.token();
    fs::write(written.path(), written.idp.jwks()).unwrap();
    eventually(|| written.accepts(&newer)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_turns_bad_or_goes_leaves_its_keys_and_says_why() {
    let written = Written::begin(true).await;
    let text = written.token();
    let status = || written.gate.status().remove(0);
    for bad in ["{", "", r#"{"keys":[]}"#] {
        replace(&written.path(), bad);
        eventually(|| status().last_error().is_some()).await;
        assert!(written.accepts(&text));
        replace(&written.path(), &written.idp.jwks());
        eventually(|| status().last_error().is_none()).await;
    }
    fs::remove_file(written.path()).unwrap();
    eventually(|| status().last_error().is_some_and(|error| error.contains("jwks.json"))).await;
    assert!(written.accepts(&text));
    assert_eq!(status().state(), KeyState::Fresh);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_is_read_again_when_a_file_comes_or_goes() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|kid| SigningKey::generate(Alg::ES256, kid));
    let at = |key: &SigningKey| folder.path().join(key.kid()).with_extension("pem");
    fs::write(at(&first), first.public_key_pem()).unwrap();
    let idp = support::issuer(Alg::ES256);
    let rules = Issuer::new(idp.issuer()).audience(AUDIENCE).key_directory(folder.path()).watch_files();
    let gate = loaded(rules).await;
    let token = |key: &SigningKey| idp.token().audience(AUDIENCE).signed_by(key).mint();
    let accepts =
        |token: &str| matches!(gate.authenticate_token(token, gate.now()), Decision::Decided(Ok(_)));
    let (old, new) = (token(&first), token(&second));
    assert!(accepts(&old) && !accepts(&new));
    replace(&at(&second), &second.public_key_pem());
    eventually(|| accepts(&new)).await;
    assert!(accepts(&old));
    fs::remove_file(at(&first)).unwrap();
    eventually(|| !accepts(&old)).await;
    assert!(accepts(&new));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_is_turned_to_another_file_is_a_change() {
    use std::os::unix::fs::symlink;

    let (folder, idp) = (tempfile::tempdir().unwrap(), support::issuer(Alg::ES256));
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("v1")).unwrap();
    fs::write(at("v1").join("jwks.json"), idp.jwks()).unwrap();
    // The layout of mounted volumes: the file is a link through a link.
    symlink("v1", at("..data")).unwrap();
    symlink("..data/jwks.json", at("jwks.json")).unwrap();
    let rules = Issuer::new(idp.issuer()).audience(AUDIENCE).jwks_file(at("jwks.json")).watch_files();
    let gate = loaded(rules).await;
    idp.rotate();
    fs::create_dir(at("v2")).unwrap();
    fs::write(at("v2").join("jwks.json"), idp.jwks()).unwrap();
    symlink("v2", at("..new")).unwrap();
    fs::rename(at("..new"), at("..data")).unwrap();
    let text = idp.token().audience(AUDIENCE).mint();
    eventually(|| matches!(gate.authenticate_token(&text, gate.now()), Decision::Decided(Ok(_)))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_not_watched_is_read_at_the_start_and_at_a_reload() {
    let written = Written::begin(false).await;
    written.idp.rotate();
    replace(&written.path(), &written.idp.jwks());
    let text = written.token();
    assert_eq!(decided(&written.gate, &text), Err(UnknownKey));
    let rules = Issuer::new(written.idp.issuer()).audience(AUDIENCE).jwks_file(written.path());
    written.gate.reload(Authenticator::builder().issuer(rules)).unwrap();
    assert_eq!(decided(&written.gate, &text), Ok(()));
}
