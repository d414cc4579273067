//! Header lines as a client writes them, through the server of each host. What HTTP itself forbids never reaches the gate.

use std::net::SocketAddr;

use claimgate_tower::AuthErrorKind::{
    Expired, MalformedCredentials, MalformedToken, MultipleCredentials, TokenTooLarge,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::HOSTS;
use super::case::Outcome::{self, Accepted, InvalidRequest, InvalidToken, Unauthenticated};
use super::case::{Case, token};
use super::host::Reply;
use super::run::check_head;
use super::world::{SUBJECT, World};

const GOOD: Case = token("wire a good token", |w| w.token().mint(), Accepted(SUBJECT));

/// Field lines, with `TOKEN` for a good token and `EXPIRED` for one that was.
const LINES: &[(&str, &[u8], Outcome)] = &[
    ("no field", b"", Unauthenticated),
    ("another scheme", b"Authorization: Basic eDp5\r\n", Unauthenticated),
    ("a good token", b"Authorization: Bearer TOKEN\r\n", Accepted(SUBJECT)),
    ("an expired token", b"Authorization: Bearer EXPIRED\r\n", InvalidToken(Expired)),
    ("lower case", b"authorization: bearer TOKEN\r\n", Accepted(SUBJECT)),
    ("upper case", b"AUTHORIZATION: BEARER TOKEN\r\n", Accepted(SUBJECT)),
    ("no space before the value", b"Authorization:Bearer TOKEN\r\n", Accepted(SUBJECT)),
    ("white space around the value", b"Authorization: \t Bearer TOKEN \t \r\n", Accepted(SUBJECT)),
    ("the scheme alone", b"Authorization: Bearer\r\n", InvalidRequest(MalformedCredentials)),
    ("the scheme and spaces", b"Authorization: Bearer   \r\n", InvalidRequest(MalformedCredentials)),
    ("an empty field", b"Authorization:\r\n", Unauthenticated),
    ("several spaces", b"Authorization: Bearer   TOKEN\r\n", Accepted(SUBJECT)),
    ("a tab", b"Authorization: Bearer\tTOKEN\r\n", InvalidRequest(MalformedCredentials)),
    ("a word after", b"Authorization: Bearer TOKEN x\r\n", InvalidRequest(MalformedCredentials)),
    ("a comma", b"Authorization: Bearer TOKEN, Bearer TOKEN\r\n", InvalidRequest(MalformedCredentials)),
    (
        "two lines, in two cases",
        b"Authorization: Bearer TOKEN\r\nauthorization: Bearer TOKEN\r\n",
        InvalidRequest(MultipleCredentials),
    ),
    (
        "two lines, the second empty",
        b"Authorization: Bearer TOKEN\r\nX-Other: 1\r\nAuthorization:\r\n",
        InvalidRequest(MultipleCredentials),
    ),
    ("bytes beyond ASCII", b"Authorization: Bearer \x80\xfe\xff\r\n", InvalidToken(MalformedToken)),
    ("a byte beyond ASCII in the scheme", b"Authorization: B\xe9arer TOKEN\r\n", Unauthenticated),
    ("another name", b"Proxy-Authorization: Bearer TOKEN\r\n", Unauthenticated),
    ("a name with an underscore", b"X_Authorization: Bearer TOKEN\r\n", Unauthenticated),
];

/// Field lines that are not HTTP: the server says 400 itself.
const NO_HTTP: &[(&str, &[u8])] = &[
    ("a line feed in the token", b"Authorization: Bearer TOK\nEN\r\n"),
    ("a folded line", b"Authorization: Bearer\r\n TOKEN\r\n"),
    ("a zero byte", b"Authorization: Bearer TOKEN\0\r\n"),
    ("a carriage return", b"Authorization: Bearer TOK\rEN\r\n"),
    ("a space before the colon", b"Authorization : Bearer TOKEN\r\n"),
];

#[tokio::test]
async fn field_lines_mean_the_same_behind_every_server() {
    let world = World::new();
    for host in HOSTS.iter().filter(|host| host.speaks_http1()) {
        let setup = GOOD.setup(&world);
        let address = host.serve(&setup).await;
        for (name, lines, outcome) in LINES {
            let reply = get(address, &filled(&world, lines)).await;
            if let Err(problem) = check_head(&reply, *outcome, None) {
                panic!("{}: {name}: {problem}", host.name());
            }
            let called = matches!(outcome, Accepted(_));
            assert_eq!(setup.ledger.take().len(), usize::from(called), "{}: {name}", host.name());
        }
        let long = format!("Authorization: Bearer {}\r\n", "a".repeat(16_385));
        let reply = get(address, long.as_bytes()).await;
        check_head(&reply, InvalidToken(TokenTooLarge), None).unwrap();
    }
}

#[tokio::test]
async fn n041_white_space_that_http_forbids_does_not_pass_the_server() {
    let world = World::new();
    for host in HOSTS.iter().filter(|host| host.speaks_http1()) {
        let setup = GOOD.setup(&world);
        let address = host.serve(&setup).await;
        for (name, lines) in NO_HTTP {
            let reply = get(address, &filled(&world, lines)).await;
            assert_eq!(reply.status, 400, "{}: {name}", host.name());
            assert_eq!(setup.ledger.take().len(), 0, "{}: {name}", host.name());
        }
    }
}

/// A refusal leaves the body of its request unread, and the next request on the connection must not be read out of it.
#[tokio::test]
async fn n017_a_refused_body_is_not_taken_for_a_request() {
    let world = World::new();
    for host in HOSTS.iter().filter(|host| host.speaks_http1()) {
        let setup = GOOD.setup(&world);
        let address = host.serve(&setup).await;
        let smuggled =
            format!("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\r\n", world.token().mint());
        let first =
            format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{smuggled}", smuggled.len());
        let text = exchange(
            address,
            [first.as_bytes(), b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"].concat(),
        )
        .await;
        let statuses = text.matches("HTTP/1.1 ").count();
        assert!((1..=2).contains(&statuses), "{}: {text}", host.name());
        assert_eq!(text.matches("HTTP/1.1 401").count(), statuses, "{}: {text}", host.name());
        assert_eq!(setup.ledger.take().len(), 0, "{}", host.name());
    }
}

fn filled(world: &World, lines: &[u8]) -> Vec<u8> {
    // The lines that are no UTF-8 hold no token.
    let Ok(text) = str::from_utf8(lines) else { return lines.to_vec() };
    let expired = world.token().expired().mint();
    text.replace("TOKEN", &world.token().mint()).replace("EXPIRED", &expired).into()
}

async fn get(address: SocketAddr, lines: &[u8]) -> Reply {
    let request = [b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n", lines, b"\r\n"].concat();
    reply(&exchange(address, request).await)
}

/// Writes and reads until the server closes.
async fn exchange(address: SocketAddr, request: Vec<u8>) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&request).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

fn reply(text: &str) -> Reply {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.trim().to_owned())
    });
    Reply::new(status, headers, body.into(), None)
}
