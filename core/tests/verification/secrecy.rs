//! What is told, and to whom.

use super::*;

struct Bearer(String);

impl RequestView for Bearer {
    fn method(&self) -> &'static str {
        "GET"
    }

    fn target(&self) -> &'static str {
        "/"
    }

    fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        [("authorization", self.0.as_bytes())].into_iter()
    }
}

/// Every refusal of a token whose every part is a secret, looked through for any of them.
#[test]
fn n145_no_refusal_tells_what_the_token_says() {
    let issuer = issuer(Alg::ES256);
    let rules = Issuer::new(ISSUER)
        .audience(AUDIENCE)
        .jwks(issuer.jwks())
        .claim("tenant", ["configured"])
        .required_claims(["sub"]);
    let gate = Authenticator::builder().realm("r").issuer(rules).build().unwrap();
    let base = || good(&issuer).claim("tenant", "configured").subject("secret-subject");
    let secret = "secret\"\r\nX-Injected: 1";
    let tokens = [
        base().claim("iss", secret).mint(),
        base().claim("aud", secret).mint(),
        base().claim("tenant", secret).mint(),
        base().claim("sub", json!([secret])).mint(),
        base().claim("scope", json!({ secret: 1 })).mint(),
        base().claim("exp", secret).mint(),
        base().claim("cnf", json!({ "jkt": secret })).mint(),
        base().header("typ", secret).mint(),
        base().header("alg", secret).mint(),
        base().header("crit", json!([secret])).mint(),
        base().expired().mint(),
        base().not_before(NOW + 999).mint(),
        base().forged().mint(),
        base().without("exp").mint(),
        tamper::with_payload(&base().mint(), secret),
        tamper::with_signature(&base().mint(), secret),
    ];
    for token in tokens {
        let Decision::Decided(decided) = gate.authenticate(&Bearer(format!("Bearer {token}")), moment(NOW))
        else {
            panic!("nobody fetches keys here")
        };
        let error = decided.unwrap_err();
        let refusal = Refusal::new(&error, gate.realm().as_deref());
        let told = format!("{error} {error:?} {refusal:?} {gate:?}").to_lowercase();
        assert!(!told.contains("secret") && !told.contains("injected"), "{told}");
        for part in token.split('.').filter(|part| part.len() > 8) {
            assert!(!told.contains(&part.to_lowercase()), "{told}");
        }
        assert_eq!(refusal.status(), 401, "{error}");
        let headers: Vec<_> = refusal.headers().collect();
        assert_eq!(headers, [("www-authenticate", r#"Bearer realm="r", error="invalid_token""#)]);
    }
}

#[test]
fn n146_a_challenge_is_the_same_whatever_the_token_says() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for text in ["\"", "\\", "\r\nSet-Cookie: a=b", "\", error=\"x", "\u{e9}\u{0}"] {
        for token in [good(&issuer).kid(text).mint(), good(&issuer).claim("iss", text).mint()] {
            let refusal = Refusal::new(&decide(&gate, &token).unwrap_err(), None);
            let headers: Vec<_> = refusal.headers().collect();
            assert_eq!(headers, [("www-authenticate", r#"Bearer error="invalid_token""#)], "{text:?}");
        }
    }
}

#[test]
fn n145_debug_of_what_is_configured_shows_no_key() {
    let issuer = issuer(Alg::ES256);
    let key = issuer.current_key();
    let x = key.public_jwk()["x"].as_str().unwrap().to_owned();
    let pem = key.public_key_pem();
    for rules in [
        Issuer::new(ISSUER).any_audience().jwks(issuer.jwks()),
        Issuer::new(ISSUER).any_audience().pem(&pem),
        Issuer::new(ISSUER).any_audience().pem_with_key_id(&pem, "1"),
    ] {
        let builder = Authenticator::builder().issuer(rules.clone());
        for debug in [format!("{rules:?}"), format!("{builder:?}"), format!("{:?}", builder.build().unwrap())]
        {
            assert!(debug.contains(ISSUER), "{debug}");
            assert!(!debug.contains(&x) && !debug.contains("BEGIN"), "{debug}");
        }
    }
}

#[test]
fn verified_tokens_cross_threads() {
    fn crosses<T: Clone + Send + Sync + 'static>(_: &T) {}
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    let token = decide(&gate, &good(&issuer).claim("n", 1).mint()).unwrap();
    crosses(&gate);
    crosses(&token);
    assert_eq!(token.claims::<Value>().unwrap()["n"], 1);
}
