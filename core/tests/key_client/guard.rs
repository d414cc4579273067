//! Discovery that names addresses where secrets are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;

use super::*;

async fn leads_to(served: &ServedIssuer, jwks_uri: &str, rules: Issuer) -> Result<(), AuthErrorKind> {
    let metadata = json!({ "issuer": served.issuer().issuer(), "jwks_uri": jwks_uri });
    served.set_discovery(Behaviour::body(metadata.to_string()));
    kind(&support::gate(rules), &token(served).mint()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f21_discovery_leads_to_no_metadata_service() {
    let served = served().await;
    for host in [
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::]",
        "[fd00:ec2::254]",
    ] {
        for scheme in ["http", "https"] {
            let jwks_uri = format!("{scheme}://{host}/latest/meta-data/");
            // Whoever dialled would wait for an answer longer than the test does.
            let rules = discovered(&served).guard_addresses().fetch_timeout(HOUR);
            assert_eq!(leads_to(&served, &jwks_uri, rules).await, Err(KeysUnavailable), "{jwks_uri}");
        }
    }
    let rules = discovered(&served).guard_addresses();
    assert_eq!(leads_to(&served, served.jwks_uri(), rules).await, Ok(()), "its own keys");
}

/// Spellings of this machine, where it can be seen whether somebody knocks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f21_no_connection_is_made_to_what_is_refused() {
    let served = served().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let knocks = Arc::new(AtomicUsize::new(0));
    let counted = knocks.clone();
    tokio::spawn(async move {
        // Each is counted, and closed at once.
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let places = ["0.0.0.0", "0", "0x0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"]
        .map(|host| format!("https://{host}:{port}/jwks"));
    for jwks_uri in &places {
        let rules = discovered(&served).guard_addresses().fetch_timeout(HOUR);
        assert_eq!(leads_to(&served, jwks_uri, rules).await, Err(KeysUnavailable), "{jwks_uri}");
        assert_eq!(knocks.load(Ordering::SeqCst), 0, "{jwks_uri}");
    }
    for jwks_uri in &places {
        let before = knocks.load(Ordering::SeqCst);
        assert_eq!(
            leads_to(&served, jwks_uri, discovered(&served)).await,
            Err(KeysUnavailable),
            "{jwks_uri}"
        );
        assert_ne!(knocks.load(Ordering::SeqCst), before, "{jwks_uri}: without the guard it is dialled");
    }
}

#[tokio::test]
async fn f21_a_guard_and_a_proxy_exclude_each_other() {
    let served = served().await;
    let rules = over(&served).guard_addresses().proxy("http://127.0.0.1:3128");
    let error = Authenticator::builder().issuer(rules).build().unwrap_err().to_string();
    assert!(error.contains(r#"proxy = "http://127.0.0.1:3128" and guard_addresses = true"#), "{error}");
}
