//! The example servers, started as a user starts them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, Instant};

use claimgate_testkit::tamper::unverified_header;
use claimgate_testkit::{Alg, ServedIssuer, TestIssuer};
use claimgate_tests::{Server, run};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::Command;

#[tokio::test]
async fn pizzashack_prints_curl_lines_that_return_the_printed_status() {
    let shack = Server::start("pizzashack", ["--port", "0"]).await.unwrap();
    let version = Command::new("curl").arg("--version").output().await;
    assert!(version.is_ok_and(|output| output.status.success()), "curl is missing: apt-get install curl");

    let lines = curl_lines(&shack);
    let statuses = lines.iter().map(|(status, _)| *status).collect::<Vec<_>>();
    assert_eq!(statuses, [200, 401, 401, 401, 403, 201, 200, 201]);
    let mut answers = Vec::new();
    for (status, line) in &lines {
        assert!(line.contains(shack.address()), "not the real port: {line}");
        answers.push(answer_of(line, *status).await);
    }

    // The right status for another reason would prove nothing.
    let has = |index: usize, text: &str| assert!(answers[index].contains(text), "{text}: {}", answers[index]);
    let menu: Value = serde_json::from_str(answers[0].lines().last().unwrap()).unwrap();
    assert_eq!(menu.as_array().unwrap().len(), 10);
    assert_eq!(menu[0]["name"], "BBQ Chicken Bacon");
    assert_eq!(menu[9]["price"], "10.99");
    has(1, "www-authenticate: Bearer realm=\"pizzashack\"\r\n");
    has(2, "error=\"invalid_token\"");
    has(3, "error=\"invalid_token\"");
    has(4, "error=\"insufficient_scope\", scope=\"order\"");
    has(5, "\"pizza\":\"Garden Fresh\"");
    has(7, "\"pizza\":\"Garden Fresh\"");
    for kind in ["Expired", "BadSignature", "InsufficientScope"] {
        shack.wait_for_log(&format!("kind={kind}")).await.unwrap();
    }
}

/// Real time has to pass here: it is the server's own clock that rotates.
#[tokio::test(flavor = "multi_thread")]
async fn pizzashack_fails_no_request_while_its_keys_rotate() {
    let shack = Server::start("pizzashack", ["--port", "0", "--rotate-every", "1s"]).await.unwrap();
    let token = shack.printed().iter().skip_while(|line| *line != "# a token").nth(1).unwrap().clone();
    let client = client();
    let (menu, fresh) = (shack.url("/pizzashack/1.0.0/menu"), shack.url("/token?scope=order"));

    let visitors = (0..4).map(|_| {
        let (client, menu, fresh, token) = (client.clone(), menu.clone(), fresh.clone(), token.clone());
        tokio::spawn(async move {
            let mut kids = BTreeSet::new();
            while kids.len() < 5 {
                let newest = client.get(&fresh).send().await.unwrap().text().await.unwrap();
                let newest = newest.trim();
                let kid = unverified_header(newest).unwrap()["kid"].as_str().unwrap().to_owned();
                assert_eq!(get(&client, &menu, newest).await.status(), 200, "fresh, of {kid}");
                assert_eq!(get(&client, &menu, &token).await.status(), 200, "the printed one, at {kid}");
                kids.insert(kid);
            }
        })
    });
    for visitor in visitors.collect::<Vec<_>>() {
        visitor.await.unwrap();
    }
    for number in 2..=5 {
        shack.wait_for_log(&format!("key test-{number} signs from now on")).await.unwrap();
    }
    assert_eq!(shack.logged("request refused"), 0);
}

#[tokio::test]
async fn pizzashack_tells_a_bad_start_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (arguments, named) in [
        (&["--port", &port][..], "choose another with --port"),
        (&["--prot", "0"], "'--prot'"),
        (&["--port", "65536"], "\"65536\""),
        (&["--rotate-every", "0"], "from 1s to 1day"),
        (&["margherita"], "\"margherita\""),
    ] {
        let output = run("pizzashack", arguments).await.unwrap();
        assert_refused_start(&output, "pizzashack", &[named]);
    }
}

#[tokio::test]
async fn api_manager_prints_curl_lines_that_return_the_printed_status_and_follows_its_file() {
    let gateway = Server::start("api-manager", ["--port", "0"]).await.unwrap();
    let lines = curl_lines(&gateway);
    let statuses = lines.iter().map(|(status, _)| *status).collect::<Vec<_>>();
    assert_eq!(statuses, [200, 401, 403, 200, 403, 403, 403, 200]);
    let mut answers = Vec::new();
    for (status, line) in &lines {
        answers.push(answer_of(line, *status).await);
    }
    let codes =
        [None, Some("900902"), Some("900910"), None, Some("900908"), Some("900908"), Some("900906"), None];
    for (answer, code) in answers.iter().zip(codes) {
        assert!(code.is_none_or(|code| answer.contains(code)), "{code:?} in {answer}");
    }
    let menu: Value = serde_json::from_str(answers[0].lines().last().unwrap()).unwrap();
    assert_eq!((&menu["user"], &menu["application"]), (&"ann".into(), &"PizzaApp".into()));
    assert_eq!(menu["claims"]["http://wso2.org/claims/emailaddress"], "ann@example.com");
    let over = gateway.printed().iter().find(|line| line.starts_with("for n in")).unwrap();
    assert!(answer_of(over, 429).await.contains("900803"));

    let file = gateway.printed().iter().find(|line| line.ends_with("deployment.toml")).unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    std::fs::write(file, format!("{text}\n[apim.oauth_config]\nenable_outbound_auth_header = true\n"))
        .unwrap();
    gateway.wait_for_log("deployment reloaded").await.unwrap();
    std::fs::write(file, "[[apim.jwt.issuer").unwrap();
    gateway.wait_for_log("configuration file not heeded").await.unwrap();
    answer_of(&lines[0].1, 200).await;
}

#[tokio::test]
async fn axum_api_starts_while_the_issuer_is_down_and_heals_by_itself() {
    starts_while_the_issuer_is_down_and_heals_by_itself("axum-api").await;
}

#[tokio::test]
async fn actix_api_starts_while_the_issuer_is_down_and_heals_by_itself() {
    starts_while_the_issuer_is_down_and_heals_by_itself("actix-api").await;
}

async fn starts_while_the_issuer_is_down_and_heals_by_itself(package: &str) {
    let issuer = TestIssuer::serve_new(Alg::ES256).await.unwrap();
    issuer.stop().await;
    let config = config(&format!("{package}-heals"), &trusting(&issuer));
    let api = Server::start(package, ["--config", &config, "--listen", "127.0.0.1:0"]).await.unwrap();
    let client = client();
    let mint = |scope: &str| issuer.issuer().token().audience("api").scope(scope).mint();
    let health = async || client.get(api.url("/health")).send().await.unwrap().status();
    let token = mint("read");

    let down = get(&client, &api.url("/hello"), &token).await;
    assert_eq!(down.status(), 503);
    let wait: u64 = down.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "Retry-After: {wait}");
    assert!(!down.headers().contains_key("www-authenticate"));
    assert_eq!(health().await, 200);

    issuer.start_again().await.unwrap();
    let healing = Instant::now();
    loop {
        assert_eq!(health().await, 200);
        match get(&client, &api.url("/hello"), &token).await.status() {
            StatusCode::OK => break,
            status => assert_eq!(status, 503),
        }
        assert!(healing.elapsed() < Duration::from_secs(20), "still 503 with the issuer up");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let hello = get(&client, &api.url("/hello"), &token).await.text().await.unwrap();
    let claims: Value = serde_json::from_str(&hello).unwrap();
    assert_eq!(claims["iss"], issuer.url());
    assert_eq!((&claims["sub"], &claims["scope"]), (&"test-subject".into(), &"read".into()));
    let refused = get(&client, &api.url("/admin"), &token).await;
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.headers()["www-authenticate"], "Bearer error=\"insufficient_scope\", scope=\"admin\"");
    assert_eq!(get(&client, &api.url("/admin"), &mint("read admin")).await.status(), 200);
    assert_eq!(client.get(api.url("/admin")).send().await.unwrap().status(), 401);
    assert_eq!(health().await, 200);
}

#[tokio::test]
async fn f40_both_apis_heed_their_file_when_it_changes() {
    for package in ["axum-api", "actix-api"] {
        let (first, second) = (
            TestIssuer::serve_new(Alg::ES256).await.unwrap(),
            TestIssuer::serve_new(Alg::ES256).await.unwrap(),
        );
        let path = config(&format!("{package}-reloads"), &trusting(&first));
        let api = Server::start(package, ["--config", &path, "--listen", "127.0.0.1:0"]).await.unwrap();
        let (client, hello) = (client(), api.url("/hello"));
        let token = second.issuer().token().audience("api").mint();
        assert_eq!(get(&client, &hello, &token).await.status(), 401, "{package}");
        std::fs::write(&path, "[[issuer]]\nissuer = 1\n").unwrap();
        api.wait_for_log("configuration file not heeded").await.unwrap();
        assert_eq!(get(&client, &hello, &token).await.status(), 401, "{package}");
        std::fs::write(&path, format!("{}{}", trusting(&first), trusting(&second))).unwrap();
        let heeded = async {
            while get(&client, &hello, &token).await.status() != 200 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), heeded).await.expect("the file is heeded");
    }
}

#[tokio::test]
async fn both_apis_give_the_same_answers() {
    let issuer = TestIssuer::serve_new(Alg::ES256).await.unwrap();
    let config = config("same", &format!("realm = \"pizza\"\n{}", trusting(&issuer)));
    let arguments = ["--config", &config, "--listen", "127.0.0.1:0"];
    let axum = Server::start("axum-api", arguments).await.unwrap();
    let actix = Server::start("actix-api", arguments).await.unwrap();
    let mint = |scope: &str| issuer.issuer().token().audience("api").scope(scope);
    let (reader, admin) = (mint("read").mint(), mint("admin").mint());
    let expired = mint("admin").expired().mint();
    for path in ["/health", "/hello", "/admin", "/nowhere"] {
        for token in ["", &reader, &admin, &expired, "no token"] {
            let mut answers = Vec::new();
            for api in [&axum, &actix] {
                let answer = get(&client(), &api.url(path), token).await;
                let headers = ["www-authenticate", "content-type", "content-length", "cache-control"];
                let headers = headers.map(|name| answer.headers().get(name).cloned());
                answers.push((answer.status(), headers, answer.text().await.unwrap()));
            }
            assert_eq!(answers[0], answers[1], "{path} with {token:?}");
        }
    }
}

#[tokio::test]
async fn axum_api_tells_a_bad_start_in_one_line() {
    tells_a_bad_start_in_one_line("axum-api").await;
}

#[tokio::test]
async fn actix_api_tells_a_bad_start_in_one_line() {
    tells_a_bad_start_in_one_line("actix-api").await;
}

async fn tells_a_bad_start_in_one_line(package: &str) {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let issuer = TestIssuer::serve_new(Alg::ES256).await.unwrap();
    let good = config(&format!("{package}-good"), &trusting(&issuer));
    let bad = config(
        &format!("{package}-bad"),
        r#"
        lisen = "127.0.0.1:0"
        [[issuer]]
        issuer = "https://idp.example.com"
        algorithms = ["HS256"]
        leeway = "1h"
        "#,
    );
    let no_toml = config(&format!("{package}-no-toml"), "[[issuer]\nissuer = 1\n");
    for (arguments, named) in [
        (&["--listen", "127.0.0.1:0"][..], &["--config"][..]),
        (&["--colour"], &["'--colour'"]),
        (&["--config", "/nowhere/claimgate.toml"], &["/nowhere/claimgate.toml"]),
        (&["--config", &bad], &["\"lisen\"", "\"listen\"", "; ", "audiences", "HS256", "leeway"]),
        (&["--config", &no_toml], &["line 1"]),
        (&["--config", &good], &["--listen"]),
        (&["--config", &good, "--listen", &taken], &[&taken, "in use"]),
        (&["--config", &good, "--listen", "here"], &["here"]),
    ] {
        let output = run(package, arguments).await.unwrap();
        assert_refused_start(&output, package, named);
    }
}

#[tokio::test]
async fn the_apis_listen_where_the_file_says() {
    let issuer = TestIssuer::serve_new(Alg::ES256).await.unwrap();
    let config = config("listens", &format!("listen = \"127.0.0.1:0\"\n{}", trusting(&issuer)));
    for package in ["axum-api", "actix-api"] {
        let api = Server::start(package, ["--config", &config]).await.unwrap();
        assert_eq!(client().get(api.url("/health")).send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn all_end_with_success_when_told_to() {
    let issuer = TestIssuer::serve_new(Alg::ES256).await.unwrap();
    let config = config("ends", &trusting(&issuer));
    for signal in ["INT", "TERM"] {
        for (package, arguments) in [
            ("pizzashack", &["--port", "0"][..]),
            ("api-manager", &["--port", "0"]),
            ("axum-api", &["--config", &config, "--listen", "127.0.0.1:0"]),
            ("actix-api", &["--config", &config, "--listen", "127.0.0.1:0"]),
        ] {
            let server = Server::start(package, arguments).await.unwrap();
            // An idle connection that the client keeps open does not hold up the end.
            let client = client();
            client.get(server.url("/")).send().await.unwrap();
            let status = server.signal(signal).await.unwrap();
            assert_eq!(status.code(), Some(0), "{package} after {signal}: {status}");
        }
    }
}

#[tokio::test]
async fn all_explain_their_flags() {
    for (package, flags) in [
        ("pizzashack", ["--port", "--rotate-every"]),
        ("axum-api", ["--config", "--listen"]),
        ("actix-api", ["--config", "--listen"]),
    ] {
        let output = run(package, ["--help"]).await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{package}");
        assert!(flags.iter().all(|flag| text.contains(flag)), "{package}: {text}");
    }
}

/// Each curl line with the status that the line above it tells.
fn curl_lines(server: &Server) -> Vec<(u16, String)> {
    let lines = server.printed().windows(2).filter(|pair| pair[1].starts_with("curl "));
    lines.map(|pair| (pair[0][2..5].parse().unwrap(), pair[1].clone())).collect()
}

/// Runs a line as it was printed and gives what `curl -i` shows.
async fn answer_of(line: &str, status: u16) -> String {
    let output = Command::new("sh").args(["-c", line]).env("no_proxy", "127.0.0.1").output().await.unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    let answer = String::from_utf8(output.stdout).unwrap();
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status} expected from {line}: {answer}");
    answer
}

fn assert_refused_start(output: &Output, package: &str, named: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with(&format!("{package}: ")), "{stderr}");
    assert!(named.iter().all(|text| stderr.contains(text)), "{named:?} in {stderr}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn trusting(issuer: &ServedIssuer) -> String {
    format!("[[issuer]]\nissuer = {:?}\naudiences = [\"api\"]\nrefresh_cooldown = \"1s\"\n", issuer.url())
}

/// Writes a configuration file, in a folder of cargo's for just that.
fn config(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("example-{name}.toml"));
    std::fs::write(&path, text).unwrap();
    path.into_os_string().into_string().unwrap()
}

async fn get(client: &Client, url: &str, token: &str) -> Response {
    client.get(url).bearer_auth(token).send().await.unwrap()
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}
