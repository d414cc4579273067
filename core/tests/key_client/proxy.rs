//! Keys through a proxy: the one that is configured, and no other.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::authority::{Authority, Clients};
use super::*;

/// A proxy on loopback that notes what it is asked for, and leads to one place whatever that is.
struct NotingProxy {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl NotingProxy {
    async fn to(place: &str) -> Self {
        let place = place.split_once("://").unwrap().1.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let noted = requests.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass_on(client, place.clone(), noted.clone()));
            }
        });
        NotingProxy { url, requests }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn pass_on(mut client: TcpStream, place: String, noted: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = client.read_u8().await else { return };
        head.push(byte);
    }
    let text = String::from_utf8(head).unwrap();
    noted.lock().unwrap().push(text.clone());
    let mut server = TcpStream::connect(place).await.unwrap();
    if text.starts_with("CONNECT ") {
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    } else {
        server.write_all(text.as_bytes()).await.unwrap();
    }
    _ = copy_bidirectional(&mut client, &mut server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_come_through_the_proxy_that_is_configured() {
    let served = served().await;
    let proxy = NotingProxy::to(served.url()).await;
    // A name that only the proxy can make something of.
    let rules = over(&served).jwks_uri("http://keys.test/jwks").danger_allow_insecure_http();
    let gate = loaded(rules.proxy(proxy.url.replace("http://", "http://user:secret@"))).await;
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
    let requests = proxy.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("GET http://keys.test/jwks HTTP/1.1\r\n"), "{requests:?}");
    // `user:secret` as RFC 7617, section 2 writes it.
    assert!(requests[0].contains("Basic dXNlcjpzZWNyZXQ="), "{requests:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_proxy_sees_nothing_of_what_is_https() {
    let (served, authority) = (served().await, Authority::new());
    let front = authority.front(&served, "keys.test", Clients::Anybody).await;
    let proxy = NotingProxy::to(&front).await;
    let rules = over(&served).jwks_uri("https://keys.test/jwks").ca_file(authority.ca_file());
    let gate = loaded(rules.proxy(&proxy.url)).await;
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
    let requests = proxy.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("CONNECT keys.test:443 HTTP/1.1\r\n"), "{requests:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_environment_names_no_proxy() {
    let served = served().await;
    let proxy = NotingProxy::to(served.url()).await;
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let mut environment = names.map(|name| (name, OsStr::new(&proxy.url))).to_vec();
    environment.extend([("NO_PROXY", OsStr::new("")), ("no_proxy", OsStr::new(""))]);
    if !is_alone("proxy::the_environment_names_no_proxy", &environment) {
        // The proxy of this process was heard of in the other, by the client that is built to listen.
        let requests = proxy.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        assert!(requests[0].contains("/heeds-the-environment"), "{requests:?}");
        return;
    }
    let gate = loaded(over(&served)).await;
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
    let gate = loaded(discovered(&served)).await;
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
    let heeding = claimgate_core::reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    let url = format!("{}/heeds-the-environment", served.url());
    assert_eq!(patiently(heeding.get(url).send()).await.unwrap().status().as_u16(), 404);
}

#[tokio::test]
async fn plain_http_to_loopback_goes_through_no_proxy_elsewhere() {
    let served = served().await;
    let rules = over(&served).proxy("http://user:secret@proxy.test:3128");
    let error = Authenticator::builder().issuer(rules).build().unwrap_err().to_string();
    assert!(error.contains(r#"since proxy "http://…@proxy.test:3128" is not loopback"#), "{error}");
}
