//! The WebSocket echo, spoken to byte by byte: a client library would hide what the handshake says.

use std::path::PathBuf;
use std::time::Duration;

use claimgate_testkit::{Alg, ServedIssuer, TestIssuer};
use claimgate_tests::{Server, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_token_among_the_protocols_opens_and_is_not_echoed() {
    let (issuer, server) = start("opens").await;
    let token = token(&issuer);
    let mut socket = Socket::open(&server, &[protocols(&token)]).await;
    assert_eq!(socket.status(), 101, "{}", socket.head);
    assert_eq!(socket.fields("sec-websocket-protocol"), ["bearer"]);
    // The value for the key of RFC 6455, section 1.3.
    assert_eq!(socket.fields("sec-websocket-accept"), ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]);
    assert!(!socket.head.contains(&token), "{}", socket.head);

    assert_eq!(socket.receive().await, (TEXT, b"hello test-subject".to_vec()));
    for text in ["pizza", "more pizza"] {
        socket.say(text).await;
        assert_eq!(socket.receive().await, (TEXT, text.as_bytes().to_vec()));
    }
    assert_eq!(server.logged(&token), 0);
}

#[tokio::test]
async fn a_token_in_the_header_opens_without_a_protocol() {
    let (issuer, server) = start("header").await;
    let mut socket = Socket::open(&server, &[authorization(&token(&issuer))]).await;
    assert_eq!(socket.status(), 101, "{}", socket.head);
    assert!(socket.fields("sec-websocket-protocol").is_empty(), "{}", socket.head);
    assert_eq!(socket.receive().await, (TEXT, b"hello test-subject".to_vec()));
}

#[tokio::test]
async fn handshakes_without_one_good_token_are_refused() {
    let (issuer, server) = start("refuses").await;
    let (good, expired) = (token(&issuer), issuer.issuer().token().audience("api").expired().mint());
    let twice = [authorization(&good), protocols(&good)];
    let invalid_token = r#"Bearer realm="echo", error="invalid_token""#;
    let invalid_request = r#"Bearer realm="echo", error="invalid_request""#;
    for (name, lines, status, challenge) in [
        ("no token", &[][..], 401, r#"Bearer realm="echo""#),
        ("another protocol", &["Sec-WebSocket-Protocol: chat".to_owned()], 401, r#"Bearer realm="echo""#),
        ("a marker alone", &["Sec-WebSocket-Protocol: bearer".to_owned()], 400, invalid_request),
        ("an expired token", &[protocols(&expired)], 401, invalid_token),
        ("no JWT", &[protocols("no-jwt")], 401, invalid_token),
        ("two tokens", &twice, 400, invalid_request),
    ] {
        let socket = Socket::open(&server, lines).await;
        assert_eq!(socket.status(), status, "{name}: {}", socket.head);
        assert_eq!(socket.fields("www-authenticate"), [challenge], "{name}");
        assert!(!socket.head.contains(&good) && !socket.head.contains(&expired), "{name}: {}", socket.head);
    }
    for kind in ["Expired", "MultipleCredentials"] {
        server.wait_for_log(&format!("kind={kind}")).await.unwrap();
    }
}

/// A token in its leeway opens, and its time is over at once; no test has to wait for it.
#[tokio::test]
async fn the_conversation_ends_with_the_token() {
    let (issuer, server) = start("ends").await;
    let expiring = issuer.issuer().token().audience("api").expires_in(Duration::ZERO).mint();
    let mut socket = Socket::open(&server, &[protocols(&expiring)]).await;
    assert_eq!(socket.status(), 101, "{}", socket.head);
    assert_eq!(socket.receive().await, (TEXT, b"hello test-subject".to_vec()));
    // 1008, policy violation (RFC 6455, section 7.4.1).
    assert_eq!(socket.receive().await, (CLOSE, b"\x03\xf0token expired".to_vec()));
}

#[tokio::test]
async fn the_page_is_open_and_connects_with_the_marker_of_the_service() {
    let (_issuer, server) = start("page").await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = client.get(server.url("/")).send().await.unwrap();
    assert_eq!((page.status().as_u16(), page.headers()["content-type"].to_str().unwrap()), (200, HTML));
    let page = page.text().await.unwrap();
    assert!(page.contains(r#"new WebSocket(url, ["bearer", "#) && page.contains("\"/echo\""), "{page}");
    assert_eq!(client.get(server.url("/health")).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn it_ends_with_success_while_a_conversation_is_open() {
    let (issuer, server) = start("stops").await;
    let mut socket = Socket::open(&server, &[protocols(&token(&issuer))]).await;
    socket.receive().await;
    let status = server.signal("TERM").await.unwrap();
    assert_eq!(status.code(), Some(0), "{status}");
}

#[tokio::test]
async fn a_start_without_a_configuration_is_told_in_one_line() {
    let output = run("websocket", ["--listen", "127.0.0.1:0"]).await.unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.starts_with("websocket: ") && stderr.contains("--config"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

/// A connection on which a handshake was sent and answered.
struct Socket {
    stream: TcpStream,
    head: String,
}

impl Socket {
    async fn open(server: &Server, lines: &[String]) -> Self {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        let fixed = format!(
            "GET /echo HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            server.address()
        );
        let lines = lines.iter().flat_map(|line| [line.as_str(), "\r\n"]).collect::<String>();
        stream.write_all(format!("{fixed}{lines}\r\n").as_bytes()).await.unwrap();
        let mut head = Vec::new();
        // One by one, as the first frame may follow at once.
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        Self { stream, head: String::from_utf8(head).unwrap() }
    }

    fn status(&self) -> u16 {
        self.head[9..12].parse().unwrap()
    }

    fn fields(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// A text frame. Clients must mask theirs; the mask of zeros leaves the text as it is.
    async fn say(&mut self, text: &str) {
        let length = u8::try_from(text.len()).ok().filter(|length| *length < 126).unwrap();
        let frame = [&[0x80 | TEXT, 0x80 | length, 0, 0, 0, 0], text.as_bytes()].concat();
        self.stream.write_all(&frame).await.unwrap();
    }

    /// The opcode and the payload of the next frame, which is short and whole.
    async fn receive(&mut self) -> (u8, Vec<u8>) {
        let (first, length) = (self.stream.read_u8().await.unwrap(), self.stream.read_u8().await.unwrap());
        assert!(first & 0x80 != 0 && length < 126, "{first:#x} {length:#x}");
        let mut payload = vec![0; usize::from(length)];
        self.stream.read_exact(&mut payload).await.unwrap();
        (first & 0x0f, payload)
    }
}

async fn start(name: &str) -> (ServedIssuer, Server) {
    let issuer = TestIssuer::serve_new(Alg::ES256).await.unwrap();
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("websocket-{name}.toml"));
    // Listens when the keys are there.
    let trusted = format!("issuer = {:?}\naudiences = [\"api\"]\nstart = \"fail\"", issuer.url());
    let text = format!("realm = \"echo\"\n[[issuer]]\n{trusted}\n");
    std::fs::write(&path, text).unwrap();
    let config = path.to_str().unwrap();
    let server = Server::start("websocket", ["--config", config, "--listen", "127.0.0.1:0"]).await.unwrap();
    (issuer, server)
}

fn token(issuer: &ServedIssuer) -> String {
    issuer.issuer().token().audience("api").mint()
}

/// As a browser sends `new WebSocket(url, ["bearer", token])`.
fn protocols(token: &str) -> String {
    format!("Sec-WebSocket-Protocol: bearer, {token}")
}

fn authorization(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const HTML: &str = "text/html; charset=utf-8";
