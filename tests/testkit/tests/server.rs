//! The server and each of its faults, met by a client that speaks HTTP by hand and so sees what is on the wire.

use std::io::ErrorKind;
use std::time::Duration;

use claimgate_testkit::{Alg, Behaviour, Route, ServedIssuer, TestIssuer};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

async fn served() -> ServedIssuer {
    TestIssuer::serve_new(Alg::ES256).await.unwrap()
}

async fn send(served: &ServedIssuer, path: &str) -> TcpStream {
    send_with(served, path, "x-mark: here").await
}

async fn send_with(served: &ServedIssuer, path: &str, field: &str) -> TcpStream {
    let host = served.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{field}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Head in lower case and body, read to the end.
async fn read(mut stream: TcpStream) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (String::from_utf8_lossy(&bytes[..end]).to_lowercase(), bytes[end + 4..].to_vec())
}

async fn get(served: &ServedIssuer, path: &str) -> (String, Vec<u8>) {
    read(send(served, path).await).await
}

async fn get_json(served: &ServedIssuer, path: &str) -> Value {
    let (head, body) = get(served, path).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    serde_json::from_slice(&body).unwrap()
}

/// A hang cannot be waited out; so long is long enough to tell it from an answer on loopback.
async fn hangs(stream: &mut TcpStream) -> bool {
    timeout(Duration::from_millis(100), stream.read_u8()).await.is_err()
}

fn unchunk(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return whole;
        }
        whole.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = &body[end + 2 + size + 2..];
    }
}

#[tokio::test]
async fn serves_keys_and_metadata_and_counts_requests() {
    let served = served().await;
    assert_eq!(served.jwks_uri(), format!("{}/jwks", served.url()));
    assert_eq!(get_json(&served, "/jwks").await["keys"][0]["kid"], "test-1");
    for path in [OPENID, OAUTH] {
        let metadata = get_json(&served, path).await;
        assert_eq!(metadata["issuer"], served.url());
        assert_eq!(metadata["jwks_uri"], served.jwks_uri());
    }
    assert_eq!((served.jwks_requests(), served.discovery_requests()), (1, 2));
    assert!(served.last_headers(Route::Jwks).contains(&("x-mark".to_owned(), "here".to_owned())));
    assert!(get(&served, "/elsewhere").await.0.starts_with("http/1.1 404"));

    served.issuer().rotate();
    assert_eq!(get_json(&served, "/jwks").await["keys"][1]["kid"], "test-2");
}

#[tokio::test]
async fn keeps_the_name_it_was_given() {
    let served = TestIssuer::new("https://issuer.test").serve().await.unwrap();
    let metadata = get_json(&served, OPENID).await;
    assert_eq!(metadata["issuer"], "https://issuer.test");
    assert_eq!(metadata["jwks_uri"], served.jwks_uri());
}

/// OIDC Discovery, 4 appends to the issuer; RFC 8414, 3.1 inserts before its path. Both drop a last slash.
#[tokio::test]
async fn metadata_of_an_issuer_with_a_path_is_where_each_specification_puts_it() {
    let rows = [
        (
            "/tenant",
            "/tenant/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server/tenant",
        ),
        ("/", OPENID, OAUTH),
    ];
    for (path, openid, oauth) in rows {
        let served = TestIssuer::serve_new_at(Alg::ES256, path).await.unwrap();
        for place in [openid, oauth] {
            assert_eq!(get_json(&served, place).await["issuer"], format!("{}{path}", served.url()));
        }
    }
    let served = TestIssuer::serve_new_at(Alg::ES256, "/tenant").await.unwrap();
    assert!(get(&served, OPENID).await.0.starts_with("http/1.1 404"));
}

#[tokio::test]
async fn answers_as_told() {
    let served = served().await;
    let retry = Behaviour::Status(429, vec![("Retry-After".to_owned(), "7".to_owned())]);
    let bare = Behaviour::Body(b"<html>".to_vec(), None);
    let rows: [(&str, Behaviour, &[&str], Option<&str>); 6] = [
        ("status", Behaviour::status(503), &["http/1.1 503"], Some("")),
        ("status with headers", retry, &["http/1.1 429", "retry-after: 7"], Some("")),
        ("body", Behaviour::body("{}"), &["http/1.1 200", "content-type: application/json"], Some("{}")),
        ("bare body", bare, &["http/1.1 200"], Some("<html>")),
        (
            "redirect",
            Behaviour::Redirect("http://127.0.0.2/".into()),
            &["http/1.1 302", "location: http://127.0.0.2/"],
            None,
        ),
        ("headers", Behaviour::headers([("ETag", "\"v1\"")]), &["http/1.1 200", "etag: \"v1\""], None),
    ];
    for (name, behaviour, heads, expected) in rows {
        served.set_jwks(behaviour);
        let (head, body) = get(&served, "/jwks").await;
        for part in heads {
            assert!(head.contains(part), "{name}: {head}");
        }
        assert_eq!(
            head.contains("content-type"),
            !["bare body", "status", "status with headers", "redirect"].contains(&name),
            "{name}"
        );
        if let Some(expected) = expected {
            assert_eq!(String::from_utf8(body).unwrap(), expected, "{name}");
        }
    }
}

/// RFC 9110, 13.1.2: the condition is false for `*` and for a list with the tag in it, compared weakly.
#[tokio::test]
async fn answers_304_to_whoever_has_the_document() {
    let served = served().await;
    served.set_jwks(Behaviour::Conditional);
    let tag = |head: &str| head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    // The head is read in lower case, so the tag is taken from a raw answer.
    let raw = async |served: &ServedIssuer| {
        let mut text = String::new();
        send(served, "/jwks").await.read_to_string(&mut text).await.unwrap();
        tag(&text)
    };
    let known = raw(&served).await;
    for (name, condition, status) in [
        ("none", "x-mark: here".to_owned(), 200),
        ("the tag", format!("if-none-match: {known}"), 304),
        ("the tag as weak", format!("if-none-match: W/{known}"), 304),
        ("in a list", format!("If-None-Match: \"other\", {known}"), 304),
        ("in a second line", format!("if-none-match: \"other\"\r\nif-none-match: {known}"), 304),
        ("any", "if-none-match: *".to_owned(), 304),
        ("another", "if-none-match: \"other\"".to_owned(), 200),
        ("without quotes", format!("if-none-match: {}", known.trim_matches('"')), 200),
    ] {
        let (head, body) = read(send_with(&served, "/jwks", &condition).await).await;
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{name}: {head}");
        assert_eq!(tag(&head), known.to_lowercase(), "{name}");
        assert_eq!(body.is_empty(), status == 304, "{name}");
    }
    served.issuer().rotate();
    let (head, body) = read(send_with(&served, "/jwks", &format!("if-none-match: {known}")).await).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_ne!(raw(&served).await, known);
    assert_eq!(String::from_utf8(body).unwrap(), served.issuer().jwks());
}

#[tokio::test]
async fn routes_misbehave_apart() {
    let served = served().await;
    served.set_discovery(Behaviour::body(json!({ "issuer": "https://other.test" }).to_string()));
    assert_eq!(get_json(&served, OPENID).await["issuer"], "https://other.test");
    assert_eq!(get_json(&served, OAUTH).await["issuer"], "https://other.test");
    assert!(get_json(&served, "/jwks").await["keys"].is_array());
    served.set(Route::OpenIdConfiguration, Behaviour::status(404));
    served.set(Route::OAuthAuthorizationServer, Behaviour::Normal);
    assert!(get(&served, OPENID).await.0.starts_with("http/1.1 404"));
    assert_eq!(get_json(&served, OAUTH).await["issuer"], served.url());
}

#[tokio::test]
async fn hangs_before_and_after_the_headers() {
    let served = served().await;
    served.set_jwks(Behaviour::Hang);
    let mut stream = send(&served, "/jwks").await;
    served.wait_for_jwks_requests(1).await;
    assert!(hangs(&mut stream).await);

    served.set_jwks(Behaviour::HangAfterHeaders);
    let mut stream = send(&served, "/jwks").await;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let length = served.issuer().jwks().len();
    assert!(String::from_utf8(head).unwrap().contains(&format!("content-length: {length}")));
    assert!(hangs(&mut stream).await);
}

#[tokio::test]
async fn trickles_the_document_byte_by_byte() {
    let served = served().await;
    served.set_jwks(Behaviour::Trickle(Duration::from_millis(1)));
    let (head, body) = get(&served, "/jwks").await;
    assert!(head.contains("transfer-encoding: chunked"));
    let document = served.issuer().jwks();
    assert_eq!(body.len(), document.len() * "1\r\nx\r\n".len() + "0\r\n\r\n".len());
    assert_eq!(unchunk(&body), document.as_bytes());
}

#[tokio::test]
async fn sends_more_than_anybody_wants_and_starts_it_as_valid_json() {
    const SIZE: usize = 3_000_000;
    let served = served().await;
    served.set_jwks(Behaviour::Huge(SIZE as u64));
    let (head, body) = get(&served, "/jwks").await;
    assert!(!head.contains("content-length"));
    let body = unchunk(&body);
    assert_eq!(body.len(), SIZE);
    assert!(serde_json::from_slice::<Value>(&body[..100_000]).is_ok());

    served.set_jwks(Behaviour::HugeDeclared(SIZE as u64));
    let (head, body) = get(&served, "/jwks").await;
    assert!(head.contains(&format!("content-length: {SIZE}")));
    assert_eq!(body.len(), SIZE);
}

#[tokio::test]
async fn declares_a_size_that_no_memory_could_hold() {
    let served = served().await;
    served.set_jwks(Behaviour::HugeDeclared(u64::MAX / 2));
    let mut start = vec![0; 1_000_000];
    send(&served, "/jwks").await.read_exact(&mut start).await.unwrap();
    assert!(String::from_utf8_lossy(&start).contains(&format!("content-length: {}", u64::MAX / 2)));
}

#[tokio::test]
async fn resets_the_connection() {
    let served = served().await;
    served.set_jwks(Behaviour::Close);
    let mut stream = send(&served, "/jwks").await;
    assert_eq!(stream.read_u8().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(served.jwks_requests(), 1);
}

#[tokio::test]
async fn holds_requests_until_release_and_answers_with_what_they_found() {
    let served = served().await;
    served.set_jwks(Behaviour::Sequence(vec![Behaviour::Hold, Behaviour::Normal]));
    let mut held = send(&served, "/jwks").await;
    served.wait_for_jwks_requests(1).await;
    served.issuer().rotate();
    assert_eq!(get_json(&served, "/jwks").await["keys"].as_array().unwrap().len(), 2);
    assert!(hangs(&mut held).await);
    served.release();
    let late: Value = serde_json::from_slice(&read(held).await.1).unwrap();
    assert_eq!(late["keys"].as_array().unwrap().len(), 1, "a late answer is an old one");
}

#[tokio::test(flavor = "multi_thread")]
async fn releases_hundreds_at_once_and_holds_the_next() {
    let served = served().await;
    served.set_jwks(Behaviour::Hold);
    let mut held = Vec::new();
    for _ in 0..200 {
        held.push(send(&served, "/jwks").await);
    }
    served.wait_for_jwks_requests(200).await;
    served.release();
    for stream in held {
        assert!(read(stream).await.0.starts_with("http/1.1 200"));
    }
    assert!(hangs(&mut send(&served, "/jwks").await).await);
}

#[tokio::test]
async fn a_sequence_runs_once_and_its_last_step_stays() {
    let served = served().await;
    let nested = Behaviour::Sequence(vec![Behaviour::status(501), Behaviour::status(502)]);
    served.set_jwks(Behaviour::Sequence(vec![Behaviour::status(500), nested]));
    for expected in ["500", "501", "502", "502"] {
        let head = get(&served, "/jwks").await.0;
        assert!(head.starts_with(&format!("http/1.1 {expected}")), "{head}");
    }
    served.set_jwks(Behaviour::Sequence(Vec::new()));
    get_json(&served, "/jwks").await;
}

#[tokio::test]
async fn an_outage_refuses_clients_and_ends_on_the_same_port() {
    let served = served().await;
    let host = served.url().strip_prefix("http://").unwrap().to_owned();
    served.set_jwks(Behaviour::Hang);
    let mut open = send(&served, "/jwks").await;
    served.wait_for_jwks_requests(1).await;
    for _ in 0..2 {
        served.stop().await;
        served.stop().await;
        assert!(open.read(&mut [0; 1]).await.map_or(true, |read| read == 0), "open connections end");
        for _ in 0..3 {
            assert_eq!(TcpStream::connect(&host).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        }
        served.start_again().await.unwrap();
        served.start_again().await.unwrap();
        served.set_jwks(Behaviour::Normal);
        get_json(&served, "/jwks").await;
    }
    assert_eq!(served.jwks_requests(), 3);
}

#[tokio::test]
async fn leaves_no_task_behind() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let served = served().await;
    served.set_jwks(Behaviour::Hang);
    let mut open = send(&served, "/jwks").await;
    served.wait_for_jwks_requests(1).await;
    assert_eq!(tasks(), before + 2);
    drop(served);
    assert!(open.read(&mut [0; 1]).await.map_or(true, |read| read == 0));
    while tasks() > before {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
#[should_panic(expected = "HTTP cannot say this")]
async fn refuses_a_behaviour_that_is_no_http() {
    served().await.set_jwks(Behaviour::headers([("not a name", "x")]));
}
