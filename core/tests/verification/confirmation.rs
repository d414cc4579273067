//! Tokens that are bound to a certificate of the client (RFC 8705, section 3): by every rule, on every way to an answer.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use claimgate_core::{Confirmation, TokenCache, VerifiedToken};

use super::*;
use AuthErrorKind::UnprovenPossession;
use support::Client;

const OWN: &[u8] = b"the certificate of the client";
const OTHER: &[u8] = b"the certificate of somebody else";
const CERTIFICATES: [Option<&[u8]>; 3] = [Some(OWN), Some(OTHER), None];
const CONFIRMATIONS: [Confirmation; 3] =
    [Confirmation::Refuse, Confirmation::ClientCertificate, Confirmation::Ignore];

/// What the `cnf` of a token comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    Nothing,
    Own,
    Another,
    /// No object that has each name once.
    Garbage,
}

impl Says {
    /// What is decided about a good token that says this.
    fn expected(self, confirmation: Confirmation, certificate: Option<&[u8]>) -> Kind {
        match (self, confirmation) {
            (Says::Garbage, _) => Err(MalformedToken),
            (Says::Nothing, _) | (_, Confirmation::Ignore) => Ok(()),
            (Says::Own, Confirmation::ClientCertificate) if certificate == Some(OWN) => Ok(()),
            (Says::Own | Says::Another, _) => Err(UnprovenPossession),
        }
    }
}

fn thumbprint(certificate: &[u8]) -> String {
    base64url(digest(&SHA256, certificate).as_ref())
}

/// Tokens by the members of their payload that are about the binding.
fn cases() -> Vec<(&'static str, String, Says)> {
    let own = thumbprint(OWN);
    let digest = digest(&SHA256, OWN);
    let digits: Vec<_> = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let hexadecimal = digits.concat();
    // Of the last of 43 characters two bits stand for nothing; they have to be 0.
    let stray = char::from(own.as_bytes()[42] + 1);
    let bound = |value: &str| format!(r#""cnf":{{"x5t#S256":{value}}}"#);
    vec![
        ("no cnf", r#""sub":"s""#.to_owned(), Says::Nothing),
        ("its certificate", bound(&format!("\"{own}\"")), Says::Own),
        ("with escapes", format!(r#""c\u006ef":{{"x5t\u0023S256":"{own}"}}"#), Says::Own),
        ("of nobody", bound(&format!("\"{}\"", thumbprint(b"nobody"))), Says::Another),
        ("of SHA-1", format!(r#""cnf":{{"x5t":"{own}"}}"#), Says::Another),
        ("a DPoP key", format!(r#""cnf":{{"jkt":"{own}"}}"#), Says::Another),
        ("a DPoP key too", format!(r#""cnf":{{"x5t#S256":"{own}","jkt":"{own}"}}"#), Says::Another),
        ("an unknown key first", format!(r#""cnf":{{"osc":{{}},"x5t#S256":"{own}"}}"#), Says::Another),
        ("nothing in it", r#""cnf":{}"#.to_owned(), Says::Another),
        ("null", r#""cnf":null"#.to_owned(), Says::Another),
        ("a string", format!(r#""cnf":"{own}""#), Says::Another),
        ("an array", format!(r#""cnf":[{{"x5t#S256":"{own}"}}]"#), Says::Another),
        ("false", r#""cnf":false"#.to_owned(), Says::Another),
        ("null as thumbprint", bound("null"), Says::Another),
        ("a number", bound("1"), Says::Another),
        ("thumbprints", bound(&format!("[\"{own}\"]")), Says::Another),
        ("the empty one", bound("\"\""), Says::Another),
        ("padded", bound(&format!("\"{own}=\"")), Says::Another),
        ("not canonical", bound(&format!("\"{}{stray}\"", &own[..42])), Says::Another),
        ("cut off", bound(&format!("\"{}\"", &own[..42])), Says::Another),
        ("hexadecimal", bound(&format!("\"{hexadecimal}\"")), Says::Another),
        ("cnf twice", format!(r#""cnf":{{"x5t#S256":"{own}"}},"cnf":{{}}"#), Says::Garbage),
        ("x5t#S256 twice", format!(r#""cnf":{{"x5t#S256":"{own}","x5t#S256":"{own}"}}"#), Says::Garbage),
    ]
}

/// The tokens of [`cases`], of `issuer`.
fn tokens(issuer: &TestIssuer) -> Vec<(&'static str, String, Says)> {
    let name = issuer.issuer();
    let payload = |member| format!(r#"{{"iss":"{name}","aud":"{AUDIENCE}","exp":{},{member}}}"#, NOW + 300);
    let token = |member| good(issuer).raw_payload(payload(member)).mint();
    cases().into_iter().map(|(name, member, says)| (name, token(member), says)).collect()
}

fn rules(issuer: &TestIssuer, confirmation: Confirmation) -> Issuer {
    Issuer::new(issuer.issuer()).audience(AUDIENCE).jwks(issuer.jwks()).confirmation(confirmation)
}

fn cached(rules: Issuer, cache: TokenCache) -> Authenticator {
    Authenticator::builder().issuer(rules).token_cache(cache).build().unwrap()
}

fn at_once(decision: Decision) -> Result<VerifiedToken, AuthErrorKind> {
    match decision {
        Decision::Decided(result) => result.map_err(|error| error.kind()),
        Decision::Pending(_) => panic!("nobody fetches keys here"),
    }
}

fn presented(
    gate: &Authenticator,
    token: &str,
    certificate: Option<&[u8]>,
) -> Result<VerifiedToken, AuthErrorKind> {
    at_once(gate.authenticate(&Client::new(token, certificate), moment(NOW)))
}

/// The claims that hits share, so that a hit shows.
fn claims(token: &VerifiedToken) -> Arc<Value> {
    token.claims().unwrap()
}

#[test]
fn n132_a_bound_token_is_good_with_its_certificate_whether_it_is_cached_or_not() {
    let issuer = issuer(Alg::EdDSA);
    for confirmation in CONFIRMATIONS {
        for (name, token, says) in tokens(&issuer) {
            for cache in [TokenCache::disabled(), TokenCache::new(), TokenCache::new().keep_token_text()] {
                for first in CERTIFICATES {
                    let gate = cached(rules(&issuer, confirmation), cache);
                    for certificate in [first].into_iter().chain(CERTIFICATES).chain(CERTIFICATES) {
                        let expected = says.expected(confirmation, certificate);
                        let found = presented(&gate, &token, certificate).map(drop);
                        assert_eq!(found, expected, "{name}, {confirmation:?}, {certificate:?}, {cache:?}");
                        let client = Client::new("of no use", certificate);
                        let taken_out = gate.authenticate_token_from(&token, &client, moment(NOW));
                        assert_eq!(
                            at_once(taken_out).map(drop),
                            expected,
                            "{name}, {confirmation:?}, taken out"
                        );
                        let expected = says.expected(confirmation, None);
                        assert_eq!(kind(&gate, &token), expected, "{name}, {confirmation:?}, alone");
                    }
                }
            }
        }
    }
}

#[test]
fn n132_a_thief_does_not_put_a_cached_token_out_for_its_owner() {
    let issuer = issuer(Alg::EdDSA);
    let gate = cached(rules(&issuer, Confirmation::ClientCertificate), TokenCache::new());
    let token = good(&issuer).claim("cnf", json!({ "x5t#S256": thumbprint(OWN) })).mint();
    let first = claims(&presented(&gate, &token, Some(OWN)).unwrap());
    for certificate in [Some(OTHER), None, Some(OWN), Some(b""), None] {
        let found = presented(&gate, &token, certificate);
        let expected = if certificate == Some(OWN) { Ok(()) } else { Err(UnprovenPossession) };
        assert_eq!(found.map(drop), expected);
        assert_eq!(kind(&gate, &token), Err(UnprovenPossession));
    }
    let last = claims(&presented(&gate, &token, Some(OWN)).unwrap());
    assert!(Arc::ptr_eq(&first, &last), "it was a hit");
}

#[test]
fn a_refusal_for_want_of_proof_names_the_issuer_and_the_key_whether_the_token_is_cached_or_not() {
    let issuer = issuer(Alg::EdDSA);
    let gate = cached(rules(&issuer, Confirmation::ClientCertificate), TokenCache::new());
    let token = good(&issuer).claim("cnf", json!({ "x5t#S256": thumbprint(OWN) })).mint();
    for _ in 0..2 {
        let client = Client::new(&token, Some(OTHER));
        let Decision::Decided(Err(error)) = gate.authenticate(&client, moment(NOW)) else { panic!("let in") };
        let key_id = error.key_id().map(ToString::to_string);
        assert_eq!((error.kind(), error.issuer()), (UnprovenPossession, Some(ISSUER)));
        assert_eq!(key_id.as_deref(), Some("test-1"));
        assert_eq!(Refusal::new(&error, None).status(), 401);
        assert!(presented(&gate, &token, Some(OWN)).is_ok());
    }
}

#[test]
fn only_a_bound_token_asks_for_the_certificate() {
    let issuer = issuer(Alg::EdDSA);
    let bound = good(&issuer).claim("cnf", json!({ "x5t#S256": thumbprint(OWN) })).mint();
    for confirmation in CONFIRMATIONS {
        let gate = cached(rules(&issuer, confirmation), TokenCache::new());
        for (token, asked) in [
            (&good(&issuer).mint(), 0),
            (&bound, usize::from(confirmation == Confirmation::ClientCertificate)),
        ] {
            for _ in 0..2 {
                let client = Client::new(token, Some(OWN));
                let _ = at_once(gate.authenticate(&client, moment(NOW)));
                assert_eq!(client.asked.get(), asked, "{confirmation:?}");
            }
        }
    }
}

#[test]
fn a_reload_that_changes_the_rule_looks_at_cached_tokens_anew() {
    let issuer = issuer(Alg::EdDSA);
    for cache in [TokenCache::disabled(), TokenCache::new()] {
        let gate = cached(rules(&issuer, Confirmation::Ignore), cache);
        let tokens = tokens(&issuer);
        for confirmation in [2, 1, 0, 1, 2, 0, 2, 1, 1].map(|at| CONFIRMATIONS[at]) {
            let builder = Authenticator::builder().issuer(rules(&issuer, confirmation)).token_cache(cache);
            gate.reload(builder).unwrap();
            for (name, token, says) in &tokens {
                for certificate in CERTIFICATES {
                    let expected = says.expected(confirmation, certificate);
                    let found = presented(&gate, token, certificate).map(drop);
                    assert_eq!(found, expected, "{name}, {confirmation:?}, {certificate:?}");
                }
            }
        }
    }
}

/// While a key or an issuer is asked about.
#[cfg(feature = "refresh")]
mod pending {
    use claimgate_core::{KeySet, KeySource, KeySourceFuture, LoadedKeys};
    use tokio::sync::Semaphore;

    use super::*;
    use AuthErrorKind::KeysUnavailable;
    use support::TestClock;

    /// Does nothing until it is opened.
    #[derive(Clone)]
    struct Vault {
        text: Arc<str>,
        open: Arc<Semaphore>,
    }

    impl Vault {
        fn closed(issuer: &TestIssuer) -> Self {
            Vault { text: issuer.jwks().into(), open: Arc::new(Semaphore::new(0)) }
        }

        fn open(&self) {
            self.open.add_permits(1);
        }
    }

    impl KeySource for Vault {
        fn load(&self) -> KeySourceFuture<'_> {
            Box::pin(async move {
                let _permit = self.open.acquire().await?;
                Ok(LoadedKeys::new(KeySet::from_jwks(&self.text)?))
            })
        }
    }

    type Asked = (&'static str, String, Option<&'static [u8]>, Kind, Decision);

    /// Presents every token with every certificate.
    fn ask(gate: &Authenticator, issuer: &TestIssuer, confirmation: Confirmation) -> Vec<Asked> {
        let mut asked = Vec::new();
        for (name, token, says) in tokens(issuer) {
            for certificate in CERTIFICATES {
                // The request is over before the answer is there.
                let client = Client::new(&token, certificate);
                let taken_out = gate.authenticate_token_from(&token, &client, gate.now());
                let decision = gate.authenticate(&client, gate.now());
                let expected = says.expected(confirmation, certificate);
                asked.push((name, token.clone(), certificate, expected, taken_out));
                asked.push((name, token.clone(), certificate, expected, decision));
            }
        }
        asked
    }

    async fn answer(decision: Decision) -> Kind {
        let result = match decision {
            Decision::Decided(result) => result,
            Decision::Pending(pending) => {
                let patience = Duration::from_secs(20);
                tokio::time::timeout(patience, pending).await.expect("nothing waits for ever")
            }
        };
        result.map(drop).map_err(|error| error.kind())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn n132_a_bound_token_that_waits_for_its_key_is_good_with_its_certificate() {
        let issuer = issuer(Alg::EdDSA);
        for confirmation in CONFIRMATIONS {
            let vault = Vault::closed(&issuer);
            let rules = Issuer::new(ISSUER).audience(AUDIENCE).key_source(vault.clone());
            let builder = Authenticator::builder().issuer(rules.confirmation(confirmation));
            let gate = builder.clock(TestClock::new()).build().unwrap();
            let asked = ask(&gate, &issuer, confirmation);
            vault.open();
            for (name, token, certificate, expected, decision) in asked {
                let context = format!("{name}, {confirmation:?}, {certificate:?}");
                // A token that no key would make good is worth no fetch, so it does not wait: there are no keys now.
                let is_worth = matches!(decision, Decision::Pending(_));
                assert_eq!(is_worth, expected.is_ok(), "{context}");
                let at_first = match expected {
                    Err(UnprovenPossession) => Err(KeysUnavailable),
                    _ => expected,
                };
                assert_eq!(answer(decision).await, at_first, "{context}");
                for _ in 0..2 {
                    let decision = gate.authenticate(&Client::new(&token, certificate), gate.now());
                    assert_eq!(answer(decision).await, expected, "{context}");
                }
            }
        }
    }

    #[cfg(feature = "jwks-client")]
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn n132_a_bound_token_whose_issuer_is_asked_about_is_good_with_its_certificate() {
        use claimgate_core::{DynamicIssuers, IssuerResolver, ResolveFuture};

        struct Tenants(Vault, Confirmation);

        impl IssuerResolver for Tenants {
            fn resolve<'a>(&'a self, issuer: &'a str) -> ResolveFuture<'a> {
                Box::pin(async move {
                    let _permit = self.0.open.acquire().await?;
                    let rules = Issuer::new(issuer).audience(AUDIENCE).jwks(&*self.0.text);
                    Ok(Some(rules.confirmation(self.1)))
                })
            }
        }

        let issuer = TestIssuer::with_algorithm("https://tenants.test/one", Alg::EdDSA);
        for confirmation in CONFIRMATIONS {
            let vault = Vault::closed(&issuer);
            let tenants = DynamicIssuers::new(Tenants(vault.clone(), confirmation));
            let builder = Authenticator::builder().dynamic_issuers(tenants.prefix("https://tenants.test/"));
            let gate = builder.clock(TestClock::new()).build().unwrap();
            let asked = ask(&gate, &issuer, confirmation);
            vault.open();
            for (name, token, certificate, expected, decision) in asked {
                let context = format!("{name}, {confirmation:?}, {certificate:?}");
                let is_waiting = matches!(decision, Decision::Pending(_));
                assert_eq!(is_waiting, expected != Err(MalformedToken), "{context}");
                assert_eq!(answer(decision).await, expected, "{context}");
                for _ in 0..2 {
                    let decision = gate.authenticate(&Client::new(&token, certificate), gate.now());
                    assert_eq!(answer(decision).await, expected, "{context}");
                }
            }
        }
    }
}
