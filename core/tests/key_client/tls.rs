//! Keys over TLS: whom the client trusts, and who it says it is.

use super::authority::{Authority, Clients};
use super::*;

/// Keys of `served` from a TLS server at `url`.
fn behind(served: &ServedIssuer, url: &str) -> Issuer {
    over(served).jwks_uri(format!("{url}/jwks"))
}

async fn gets_keys(served: &ServedIssuer, rules: Issuer) -> Result<(), AuthErrorKind> {
    kind(&support::gate(rules), &token(served).mint()).await
}

/// Why the rules make no authenticator.
fn problem(rules: Issuer) -> String {
    Authenticator::builder().issuer(rules).build().unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_authority_is_enough_where_the_system_knows_none() {
    let nowhere = OsStr::new("nowhere-at-all");
    let environment = [("SSL_CERT_FILE", nowhere), ("SSL_CERT_DIR", nowhere)];
    if !is_alone("tls::a_private_authority_is_enough_where_the_system_knows_none", &environment) {
        return;
    }
    let (served, authority) = (served().await, Authority::new());
    let url = authority.front(&served, "127.0.0.1", Clients::Anybody).await;
    let rules = behind(&served, &url);
    assert!(problem(rules.clone()).contains("No CA certificates"), "{}", problem(rules));
    let rules = behind(&served, &url).ca_file(authority.ca_file());
    assert_eq!(gets_keys(&served, rules).await, Ok(()));
    assert_eq!(gets_keys(&served, over(&served)).await, Ok(()), "plain http to loopback needs none");
    assert_eq!(gets_keys(&served, discovered(&served)).await, Ok(()), "nor does discovery over it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_authority_stands_beside_those_of_the_system() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("system.pem");
    let environment = [("SSL_CERT_FILE", path.as_os_str()), ("SSL_CERT_DIR", OsStr::new("nowhere-at-all"))];
    if !is_alone("tls::a_private_authority_stands_beside_those_of_the_system", &environment) {
        return;
    }
    let (served, system, private) = (served().await, Authority::new(), Authority::new());
    std::fs::write(std::env::var_os("SSL_CERT_FILE").unwrap(), system.pem()).unwrap();
    for (name, authority, without) in
        [("of the system", &system, Ok(())), ("private", &private, Err(KeysUnavailable))]
    {
        let url = authority.front(&served, "127.0.0.1", Clients::Anybody).await;
        let rules = behind(&served, &url);
        assert_eq!(gets_keys(&served, rules.clone()).await, without, "{name}");
        assert_eq!(
            gets_keys(&served, rules.ca_file(private.ca_file())).await,
            Ok(()),
            "{name}, with ca_file"
        );

        // Metadata over plain loopback may lead to https.
        let metadata = json!({ "issuer": served.issuer().issuer(), "jwks_uri": format!("{url}/jwks") });
        served.set_discovery(Behaviour::body(metadata.to_string()));
        let rules = discovered(&served);
        assert_eq!(gets_keys(&served, rules.clone()).await, without, "{name}, discovered");
        assert_eq!(gets_keys(&served, rules.ca_file(private.ca_file())).await, Ok(()), "{name}, discovered");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_known_by_its_name() {
    let (served, authority) = (served().await, Authority::new());
    let url = authority.front(&served, "keys.test", Clients::Anybody).await;
    let rules = behind(&served, &url).ca_file(authority.ca_file());
    assert_eq!(gets_keys(&served, rules).await, Err(KeysUnavailable));
    assert_eq!(served.jwks_requests(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_asks_for_a_certificate_is_shown_one() {
    let (served, authority, other) = (served().await, Authority::new(), Authority::new());
    let url = authority.front(&served, "127.0.0.1", Clients::Of(&authority)).await;
    let rules = || behind(&served, &url).ca_file(authority.ca_file());
    assert_eq!(gets_keys(&served, rules()).await, Err(KeysUnavailable), "no certificate");
    let foreign = rules().client_identity(other.identity_file());
    assert_eq!(gets_keys(&served, foreign).await, Err(KeysUnavailable), "of an authority it does not know");
    assert_eq!(served.jwks_requests(), 0);
    let good = rules().client_identity(authority.identity_file());
    assert_eq!(gets_keys(&served, good).await, Ok(()));

    // Nobody is troubled by a certificate that he did not ask for.
    let url = authority.front(&served, "127.0.0.1", Clients::Anybody).await;
    let rules = behind(&served, &url).ca_file(authority.ca_file());
    assert_eq!(gets_keys(&served, rules.client_identity(authority.identity_file())).await, Ok(()));
}

#[tokio::test]
async fn files_that_are_not_what_they_should_be_are_told() {
    let (served, authority) = (served().await, Authority::new());
    let rules = || behind(&served, "https://127.0.0.1:1").ca_file(authority.ca_file());
    let whole = std::fs::read_to_string(authority.identity_file()).unwrap();
    let (certificate, key) = whole.split_at(whole.find("-----BEGIN PRIVATE KEY").unwrap());
    let other = std::fs::read_to_string(Authority::new().identity_file()).unwrap();
    let foreign_key = &other[other.find("-----BEGIN PRIVATE KEY").unwrap()..];
    for (name, text) in [
        ("empty.pem", ""),
        ("no-key.pem", certificate),
        ("no-certificate.pem", key),
        ("cut.pem", &whole[..whole.len() - 60]),
        ("text.pem", "secret"),
    ] {
        let path = authority.file(name, text);
        let problem = problem(rules().client_identity(&path));
        assert!(problem.contains(&format!("client_identity_file {path:?} is not")), "{name}: {problem}");
        assert!(!problem.contains("secret"), "{problem}");
    }
    let path = authority.file("pair.pem", &format!("{certificate}{foreign_key}"));
    let problem_of_pair = problem(rules().client_identity(&path));
    assert!(problem_of_pair.contains("the key client cannot be set up"), "{problem_of_pair}");
    for missing in [rules().client_identity("missing.pem"), rules().ca_file("missing.pem")] {
        assert!(problem(missing).contains("_file \"missing.pem\" cannot be read"));
    }
    let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let broken = rules().ca_file(authority.file("broken.pem", broken));
    assert!(problem(broken).contains("the key client cannot be set up"));
}

/// The file has the same name, and whoever puts another authority into it has a reason.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f40_a_reload_trusts_the_authority_that_is_in_the_file_now() {
    let (served, old, new) = (served().await, Authority::new(), Authority::new());
    let url = old.front(&served, "127.0.0.1", Clients::Anybody).await;
    let rules = || behind(&served, &url).ca_file(old.ca_file());
    let gate = loaded(rules()).await;
    let reload = |rules| gate.reload(Authenticator::builder().issuer(rules)).unwrap();
    reload(rules());
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()), "nothing has changed");
    assert_eq!(served.jwks_requests(), 1);
    let file = old.file("ca.pem", &new.pem());
    reload(behind(&served, &url).ca_file(file));
    assert_eq!(kind(&gate, &token(&served).mint()).await, Err(KeysUnavailable), "nor do the old keys serve");
    assert_eq!(served.jwks_requests(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f40_keys_that_came_by_looser_rules_do_not_serve_under_stricter_ones() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    served.stop().await;
    let reload = |rules| gate.reload(Authenticator::builder().issuer(rules)).unwrap();
    reload(over(&served).refresh_interval(HOUR));
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()), "as strict");
    reload(over(&served).guard_addresses());
    assert_eq!(kind(&gate, &token(&served).mint()).await, Err(KeysUnavailable), "stricter");
}
