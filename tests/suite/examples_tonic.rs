//! tonic-service and its client, started as a user starts them.

use std::path::PathBuf;
use std::process::Output;

use claimgate_testkit::{Alg, ServedIssuer, TestIssuer};
use claimgate_tests::{Server, executable, run};
use tokio::net::TcpListener;
use tokio::process::Command;

#[tokio::test]
async fn the_client_shows_what_each_call_gets() {
    let shack = Shack::start("calls").await;
    let (reads, orders, expired) = (shack.token("menu"), shack.token("menu order"), shack.expired());
    for (name, token, call, exit_code, shown) in [
        (
            "menu",
            Some(&reads),
            &["menu"][..],
            0,
            "24.99 BBQ Chicken Bacon\n18.99 Garden Fresh\n10.99 Tuscan Six Cheese\n",
        ),
        (
            "menu without a token",
            None,
            &["menu"],
            1,
            "16 Unauthenticated: Unauthorized\nwww-authenticate: Bearer realm=\"pizza\"\n",
        ),
        (
            "menu with an expired token",
            Some(&expired),
            &["menu"],
            1,
            "16 Unauthenticated: Unauthorized\n\
             www-authenticate: Bearer realm=\"pizza\", error=\"invalid_token\"\n",
        ),
        (
            "order without the scope",
            Some(&reads),
            &["order"],
            1,
            "7 PermissionDenied: Forbidden\n\
             www-authenticate: Bearer realm=\"pizza\", error=\"insufficient_scope\", scope=\"order\"\n",
        ),
        ("order", Some(&orders), &["order", "Tuscan Six Cheese"], 0, "Tuscan Six Cheese for test-subject\n"),
        (
            "order of what there is not",
            Some(&orders),
            &["order", "Hawaii"],
            1,
            "5 NotFound: no such pizza on the menu\n",
        ),
    ] {
        let output = shack.call(token, call).await;
        assert_eq!(seen(&output), (Some(exit_code), shown.to_owned()), "{name}");
    }
    for kind in ["Expired", "InsufficientScope"] {
        shack.server.wait_for_log(&format!("kind={kind}")).await.unwrap();
    }
    for token in [reads, orders, expired] {
        assert_eq!(shack.server.logged(&token), 0);
    }
}

#[tokio::test]
async fn a_call_with_a_new_key_waits_for_the_key() {
    let shack = Shack::start("rotates").await;
    assert_eq!(shack.call(Some(&shack.token("menu")), &["menu"]).await.status.code(), Some(0));
    let fetched = shack.issuer.jwks_requests();

    shack.issuer.issuer().rotate();
    let first = shack.call(Some(&shack.token("menu")), &["menu"]).await;
    assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
    assert_eq!(shack.issuer.jwks_requests(), fetched + 1);
}

#[tokio::test]
async fn calls_without_keys_are_unavailable() {
    let issuer = TestIssuer::serve_new(Alg::ES256).await.unwrap();
    issuer.stop().await;
    let shack = Shack::trusting(issuer, "down", "serve").await;
    let (exit_code, shown) = seen(&shack.call(Some(&shack.token("menu")), &["menu"]).await);
    assert_eq!((exit_code, &*shown), (Some(1), "14 Unavailable: Service Unavailable\n"));
}

#[tokio::test]
async fn a_bad_start_is_told_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let issuer = TestIssuer::serve_new(Alg::ES256).await.unwrap();
    let config = config("bad-start", &issuer, "serve");
    for (arguments, named) in [
        (&["--listen", "127.0.0.1:0"][..], "--config"),
        (&["--config", &config], "--listen"),
        (&["--config", &config, "--listen", &taken], "in use"),
    ] {
        let output = run("tonic-service", arguments).await.unwrap();
        assert_told("tonic-service", &output, named);
    }
    let client = client().await;
    for (arguments, named) in [
        (&["menu"][..], "--server"),
        (&["--server", "http://127.0.0.1:1"], "menu or order"),
        (&["--server", "http://127.0.0.1:1", "--tokn", "menu"], "'--tokn'"),
    ] {
        assert_told("client", &Command::new(&client).args(arguments).output().await.unwrap(), named);
    }
}

#[tokio::test]
async fn it_ends_with_success_when_told_to() {
    for signal in ["INT", "TERM"] {
        let shack = Shack::start(signal).await;
        shack.call(Some(&shack.token("menu")), &["menu"]).await;
        let status = shack.server.signal(signal).await.unwrap();
        assert_eq!(status.code(), Some(0), "after {signal}: {status}");
    }
}

struct Shack {
    issuer: ServedIssuer,
    server: Server,
    client: PathBuf,
}

impl Shack {
    async fn start(name: &str) -> Self {
        let issuer = TestIssuer::serve_new(Alg::ES256).await.unwrap();
        // Listens when the keys are there.
        Self::trusting(issuer, name, "fail").await
    }

    async fn trusting(issuer: ServedIssuer, name: &str, start: &str) -> Self {
        let config = config(name, &issuer, start);
        let arguments = ["--config", &config, "--listen", "127.0.0.1:0"];
        let server = Server::start("tonic-service", arguments).await.unwrap();
        Self { issuer, server, client: client().await }
    }

    fn token(&self, scope: &str) -> String {
        self.issuer.issuer().token().audience("api").scope(scope).mint()
    }

    fn expired(&self) -> String {
        self.issuer.issuer().token().audience("api").expired().mint()
    }

    async fn call(&self, token: Option<&String>, call: &[&str]) -> Output {
        let mut command = Command::new(&self.client);
        command.args(["--server", &self.server.url("")]);
        if let Some(token) = token {
            command.args(["--token", token]);
        }
        command.args(call).output().await.unwrap()
    }
}

/// Built with the service, as the second binary of its package.
async fn client() -> PathBuf {
    let service = executable("tonic-service").await.unwrap();
    service.with_file_name("client").with_extension(std::env::consts::EXE_EXTENSION)
}

/// The exit code, and the one stream that was written to: replies go to stdout and refusals to stderr.
fn seen(output: &Output) -> (Option<i32>, String) {
    let (shown, silent) = if output.status.success() {
        (&output.stdout, &output.stderr)
    } else {
        (&output.stderr, &output.stdout)
    };
    assert_eq!(String::from_utf8_lossy(silent), "");
    (output.status.code(), String::from_utf8_lossy(shown).into_owned())
}

fn assert_told(program: &str, output: &Output, named: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.starts_with(&format!("{program}: ")) && stderr.lines().count() == 1, "{stderr}");
    assert!(stderr.contains(named), "{named} in {stderr}");
}

/// Writes a configuration file, in a folder of cargo's for just that.
fn config(name: &str, issuer: &ServedIssuer, start: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("tonic-service-{name}.toml"));
    let issuer = issuer.url();
    let text = format!(
        "realm = \"pizza\"\n[[issuer]]\nissuer = {issuer:?}\naudiences = [\"api\"]\nstart = {start:?}\n"
    );
    std::fs::write(&path, text).unwrap();
    path.into_os_string().into_string().unwrap()
}
