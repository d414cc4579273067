//! Whole tokens against whole authenticators: what is let in, and what of everything else is said.

mod support;

use std::time::Duration;

use claimgate_core::{Algorithm, AuthErrorKind, Authenticator, Decision, Issuer, Refusal, RequestView};
use claimgate_testkit::{Alg, SigningKey, TestIssuer, base64url, tamper};
use serde_json::{Value, json};

use AuthErrorKind::{
    AlgorithmNotAllowed, AmbiguousKey, BadSignature, InvalidClaim, KeyMismatch, MalformedCredentials,
    MalformedToken, MissingClaim, TokenTooLarge, UnknownIssuer, UnknownKey, UnsupportedHeader,
};
use support::{AUDIENCE, ISSUER, NOW, decide, gate, good, issuer, kind, moment, trust};

type Kind = Result<(), AuthErrorKind>;

/// Signs each payload with a published key and decides about it.
fn payloads<'p>(cases: impl IntoIterator<Item = (&'static str, &'p str, Kind)>) {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for (name, payload, expected) in cases {
        let token = good(&issuer).raw_payload(payload).mint();
        assert_eq!(kind(&gate, &token), expected, "{name}");
    }
}

/// A good payload with one more member, as text.
fn with(member: &str) -> String {
    format!(r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","exp":{},{member}}}"#, NOW + 300)
}

/// Signs each header with a published key and decides about it.
fn headers<'h>(cases: impl IntoIterator<Item = (&'static str, &'h str, Kind)>) {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for (name, header, expected) in cases {
        let token = good(&issuer).raw_header(header).mint();
        assert_eq!(kind(&gate, &token), expected, "{name}");
    }
}

#[test]
fn n027_n028_n029_n030_a_token_has_three_parts() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    let token = good(&issuer).mint();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = input.split_once('.').unwrap();
    for (name, text, expected) in [
        ("good", token.clone(), Ok(())),
        ("empty", String::new(), Err(MalformedCredentials)),
        ("dot", ".".to_owned(), Err(MalformedToken)),
        ("dots", "..".to_owned(), Err(MalformedToken)),
        ("two parts", input.to_owned(), Err(MalformedToken)),
        ("two parts and a dot", format!("{input}."), Err(BadSignature)),
        ("one part", header.to_owned(), Err(MalformedToken)),
        ("a fourth, empty", format!("{token}."), Err(MalformedToken)),
        ("a fourth", format!("{token}.{signature}"), Err(MalformedToken)),
        ("a dot before", format!(".{token}"), Err(MalformedToken)),
        ("two dots before", format!("..{token}"), Err(MalformedToken)),
        ("two dots inside", format!("{header}..{payload}.{signature}"), Err(MalformedToken)),
        ("no header", format!(".{payload}.{signature}"), Err(MalformedToken)),
        ("no payload", format!("{header}..{signature}"), Err(MalformedToken)),
    ] {
        assert_eq!(kind(&gate, &text), expected, "{name}");
    }
}

#[test]
fn n020_n031_a_long_token_is_refused_by_its_length() {
    let issuer = issuer(Alg::ES256);
    let token = good(&issuer).mint();
    let limited = |bytes| {
        let rules = Issuer::new(ISSUER).audience(AUDIENCE).jwks(issuer.jwks());
        Authenticator::builder().max_token_bytes(bytes).issuer(rules).build().unwrap()
    };
    assert_eq!(kind(&limited(token.len()), &token), Ok(()));
    assert_eq!(kind(&limited(token.len() - 1), &token), Err(TokenTooLarge));
    let gate = trust(&issuer);
    assert_eq!(kind(&gate, &".".repeat(16_384)), Err(MalformedToken));
    assert_eq!(kind(&gate, &".".repeat(16_385)), Err(TokenTooLarge));
    assert_eq!(kind(&limited(usize::MAX), &".".repeat(1 << 20)), Err(MalformedToken));
}

#[test]
fn n032_n033_n034_n035_a_jwe_and_its_headers_are_refused() {
    let gate = trust(&issuer(Alg::ES256));
    let part = |text: &str| base64url(text);
    let header = part(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#);
    assert_eq!(kind(&gate, &format!("{header}.a2V5.aXY.dGV4dA.dGFn")), Err(UnsupportedHeader));
    let header = part(r#"{"alg":"ES256","kid":"test-1"}"#);
    assert_eq!(kind(&gate, &format!("{header}.a2V5.aXY.dGV4dA.dGFn")), Err(MalformedToken));
    headers([
        ("JWE in three parts", r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#, Err(UnsupportedHeader)),
        ("direct", r#"{"alg":"dir","enc":"A256GCM","cty":"JWT"}"#, Err(UnsupportedHeader)),
        (
            "many rounds",
            r#"{"alg":"PBES2-HS256+A128KW","p2c":2147483648,"p2s":"AA"}"#,
            Err(AlgorithmNotAllowed),
        ),
        ("many rounds of a good one", r#"{"alg":"ES256","kid":"test-1","p2c":2147483648}"#, Ok(())),
        ("compressed", r#"{"alg":"ES256","kid":"test-1","zip":"DEF"}"#, Err(UnsupportedHeader)),
    ]);
}

#[test]
fn n036_n037_json_serializations_are_refused() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    let token = good(&issuer).mint();
    let parts: Vec<&str> = token.split('.').collect();
    let flattened = json!({ "protected": parts[0], "payload": parts[1], "signature": parts[2] }).to_string();
    let general =
        json!({ "payload": parts[1], "signatures": [{ "protected": parts[0], "signature": parts[2] }] })
            .to_string();
    let polyglot = format!(
        r#"{{"  {}.{}.":"","protected":"{}","payload":"{}","signature":"{}"}}"#,
        parts[0], parts[1], parts[0], parts[1], parts[2]
    );
    for text in [flattened, general, polyglot] {
        assert!(matches!(kind(&gate, &text), Err(MalformedToken | MalformedCredentials)), "{text}");
        assert_eq!(kind(&gate, &base64url(&text)), Err(MalformedToken));
    }
}

#[test]
fn n038_n039_n040_n041_each_part_is_canonical_base64url() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    // 64 bytes of signature leave two spare bits, and this payload is padded to leave some too.
    let token = (0..3)
        .map(|spaces| good(&issuer).raw_payload(with(&format!("\"a\":{}1", " ".repeat(spaces)))).mint())
        .find(|token| token.split('.').nth(1).unwrap().len() % 4 != 0)
        .unwrap();
    assert_eq!(kind(&gate, &token), Ok(()));
    let parts: Vec<&str> = token.split('.').collect();
    let last_up = |part: &str| {
        let (rest, last) = part.split_at(part.len() - 1);
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let next = alphabet.find(last).unwrap() ^ 1;
        format!("{rest}{}", &alphabet[next..=next])
    };
    for at in [1, 2] {
        for (name, part, expected) in [
            ("padded", format!("{}=", parts[at]), MalformedToken),
            ("padded twice", format!("{}==", parts[at]), MalformedToken),
            ("spare bits", last_up(parts[at]), MalformedToken),
            ("standard alphabet", format!("+/{}", &parts[at][2..]), MalformedToken),
            (
                "a length that none has",
                format!("{}AAA", parts[at])[..=parts[at].len() / 4 * 4].into(),
                MalformedToken,
            ),
            ("a line break", format!("{}\n", parts[at]), MalformedToken),
            ("a space", format!("{} ", parts[at]), MalformedCredentials),
        ] {
            let mut changed = parts.clone();
            changed[at] = &part;
            assert_eq!(kind(&gate, &changed.join(".")), Err(expected), "{at}: {name}");
        }
    }
}

#[test]
fn n042_n043_n044_n045_header_and_payload_are_objects_in_utf8() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    let good_payload = with("\"a\":1");
    for (name, payload, expected) in [
        ("good", good_payload.as_bytes().to_vec(), Ok(())),
        ("a control character", with("\"a\":\"?\"").replace('?', "\u{0}").into_bytes(), Err(MalformedToken)),
        (
            "a byte that UTF-8 never has",
            [&b"{\"a\":\"\xff\","[..], &good_payload.as_bytes()[1..]].concat(),
            Err(MalformedToken),
        ),
        (
            "overlong",
            [&b"{\"a\":\"\xc0\x80\","[..], &good_payload.as_bytes()[1..]].concat(),
            Err(MalformedToken),
        ),
        ("byte order mark", [b"\xef\xbb\xbf", good_payload.as_bytes()].concat(), Err(MalformedToken)),
        ("UTF-16", good_payload.encode_utf16().flat_map(u16::to_le_bytes).collect(), Err(MalformedToken)),
        ("an array of it", format!("[{good_payload}]").into_bytes(), Err(MalformedToken)),
        ("a string of it", json!(good_payload).to_string().into_bytes(), Err(MalformedToken)),
        ("null", b"null".to_vec(), Err(MalformedToken)),
        ("a number", b"1".to_vec(), Err(MalformedToken)),
        ("nothing", Vec::new(), Err(MalformedToken)),
        ("two objects", format!("{good_payload}{{}}").into_bytes(), Err(MalformedToken)),
        ("white space around", format!(" {good_payload}\n").into_bytes(), Ok(())),
    ] {
        let token = good(&issuer).raw_payload(payload).mint();
        assert_eq!(kind(&gate, &token), expected, "{name}");
    }
    headers([
        ("array", "[]", Err(MalformedToken)),
        ("string", "\"ES256\"", Err(MalformedToken)),
        ("null", "null", Err(MalformedToken)),
        ("byte order mark", "\u{feff}{\"alg\":\"ES256\",\"kid\":\"test-1\"}", Err(MalformedToken)),
    ]);
}

#[test]
fn n046_n051_a_header_has_each_member_once_by_what_its_name_means() {
    headers([
        ("once", r#"{"alg":"ES256","kid":"test-1"}"#, Ok(())),
        ("escaped", r#"{"\u0061lg":"ES256","k\u0069d":"test-1"}"#, Ok(())),
        ("alg twice", r#"{"alg":"ES256","alg":"none","kid":"test-1"}"#, Err(MalformedToken)),
        ("alg twice, equal", r#"{"alg":"ES256","alg":"ES256","kid":"test-1"}"#, Err(MalformedToken)),
        (
            "alg twice, once escaped",
            r#"{"alg":"ES256","\u0061lg":"none","kid":"test-1"}"#,
            Err(MalformedToken),
        ),
        ("an unknown one twice", r#"{"alg":"ES256","kid":"test-1","x":1,"x":1}"#, Err(MalformedToken)),
        ("one deep inside twice", r#"{"alg":"ES256","kid":"test-1","x":{"y":1,"y":1}}"#, Err(MalformedToken)),
    ]);
}

#[test]
fn n047_a_payload_has_each_claim_once() {
    payloads([
        ("once", with("\"sub\":\"a\"").as_str(), Ok(())),
        ("sub", &with(r#""sub":"a","sub":"b""#), Err(MalformedToken)),
        ("exp", &with(&format!("\"exp\":{}", NOW + 300)), Err(MalformedToken)),
        ("iss, escaped", &with(r#""\u0069ss":"https://evil.test""#), Err(MalformedToken)),
        ("a nested one", &with(r#""a":[{"b":1,"b":2}]"#), Err(MalformedToken)),
    ]);
}

#[test]
fn n048_n049_n050_json_bombs_are_refused() {
    let deep = with(&format!("\"a\":{}{}", "[".repeat(5_000), "]".repeat(5_000)));
    let deep_objects = with(&format!("\"a\":{}1{}", "{\"a\":".repeat(1_500), "}".repeat(1_500)));
    let fair = with(&format!("\"a\":{}{}", "[".repeat(100), "]".repeat(100)));
    let wide = with(&(0..100_000).map(|number| format!("\"{number}\":0")).collect::<Vec<_>>().join(","));
    let digits = with(&format!("\"a\":{}", "9".repeat(4_000)));
    payloads([
        ("a fair depth", fair.as_str(), Ok(())),
        ("arrays", &deep, Err(MalformedToken)),
        ("objects", &deep_objects, Err(MalformedToken)),
        ("a hundred thousand members", &wide, Err(TokenTooLarge)),
        ("1e400", &with("\"a\":1e400"), Err(MalformedToken)),
        ("4 000 digits", &digits, Err(MalformedToken)),
        ("not a number", &with("\"a\":NaN"), Err(MalformedToken)),
    ]);
}

#[test]
fn n053_n054_n055_none_is_no_algorithm() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    assert_eq!(kind(&gate, &good(&issuer).unsigned().mint()), Err(AlgorithmNotAllowed));
    for name in ["none", "None", "NONE", "nOnE", "none ", "non\u{435}"] {
        let signed = good(&issuer).header("alg", name).mint();
        assert_eq!(kind(&gate, &signed), Err(AlgorithmNotAllowed), "{name}, with its signature");
        let unsigned = tamper::with_signature(&signed, []);
        assert_eq!(kind(&gate, &unsigned), Err(AlgorithmNotAllowed), "{name}, without");
    }
    let emptied = tamper::with_signature(&good(&issuer).mint(), []);
    assert_eq!(kind(&gate, &emptied), Err(BadSignature));
}

#[test]
fn n056_an_algorithm_is_there_and_a_string() {
    headers([
        ("absent", r#"{"kid":"test-1"}"#, Err(AlgorithmNotAllowed)),
        ("empty", r#"{"alg":"","kid":"test-1"}"#, Err(AlgorithmNotAllowed)),
        ("unknown", r#"{"alg":"ES256K","kid":"test-1"}"#, Err(AlgorithmNotAllowed)),
        ("of another case", r#"{"alg":"es256","kid":"test-1"}"#, Err(AlgorithmNotAllowed)),
        ("a number", r#"{"alg":1,"kid":"test-1"}"#, Err(MalformedToken)),
        ("null", r#"{"alg":null,"kid":"test-1"}"#, Err(MalformedToken)),
        ("an array", r#"{"alg":["ES256"],"kid":"test-1"}"#, Err(MalformedToken)),
    ]);
}

/// Whatever of a public key an attacker takes for the secret of an HMAC.
#[test]
fn n057_n058_n059_n060_n063_a_public_key_is_no_secret() {
    for alg in [Alg::RS256, Alg::ES256, Alg::EdDSA] {
        let issuer = issuer(alg);
        let key = issuer.current_key();
        let jwk = key.public_jwk();
        let mut unbound = jwk.clone();
        unbound.as_object_mut().unwrap().remove("alg");
        let pem = key.public_key_pem();
        let der = pem::parse(&pem).unwrap().into_contents();
        let number = jwk.get("n").or(jwk.get("x")).unwrap().as_str().unwrap().to_owned();
        let gates = [
            ("JWK", trust(&issuer)),
            (
                "JWK without alg",
                gate(Issuer::new(ISSUER).audience(AUDIENCE).jwks(json!({ "keys": [unbound] }).to_string())),
            ),
            ("PEM", gate(Issuer::new(ISSUER).audience(AUDIENCE).pem(&pem))),
        ];
        for (name, secret) in [
            ("PEM", pem.clone().into_bytes()),
            ("PEM without its last line break", pem.trim_end().to_owned().into_bytes()),
            ("SubjectPublicKeyInfo", der.clone()),
            ("the key in it", der[der.len().saturating_sub(65)..].to_vec()),
            ("JWK", jwk.to_string().into_bytes()),
            ("JWK Set", issuer.jwks().into_bytes()),
            (
                "base64 of DER",
                pem.lines().filter(|line| !line.starts_with('-')).collect::<String>().into_bytes(),
            ),
            ("its number as text", number.clone().into_bytes()),
            ("its number", claimgate_testkit::base64url_decode(&number).unwrap()),
            ("nothing", Vec::new()),
        ] {
            let hs256 = good(&issuer).signed_with_secret(secret.clone()).mint();
            let disguised = good(&issuer).header("alg", alg.name()).signed_with_secret(secret).mint();
            for (from, gate) in &gates {
                assert_eq!(kind(gate, &hs256), Err(AlgorithmNotAllowed), "{alg} key from {from}: {name}");
                assert_eq!(
                    kind(gate, &disguised),
                    Err(BadSignature),
                    "{alg} key from {from}: {name}, disguised"
                );
            }
        }
        assert_eq!(kind(&gates[2].1, &good(&issuer).mint()), Ok(()));
    }
}

#[test]
fn n062_n064_n065_the_algorithm_is_that_of_the_key_and_of_the_configuration() {
    let issuer = issuer(Alg::RS256);
    let gate = trust(&issuer);
    for (name, expected) in [
        ("RS256", Ok(())),
        ("PS256", Err(KeyMismatch)),
        ("RS384", Err(KeyMismatch)),
        ("ES256", Err(KeyMismatch)),
        ("EdDSA", Err(KeyMismatch)),
        ("HS256", Err(AlgorithmNotAllowed)),
    ] {
        assert_eq!(kind(&gate, &good(&issuer).header("alg", name).mint()), expected, "{name}");
    }
    let ec = support::issuer(Alg::ES384);
    assert_eq!(
        kind(&trust(&ec), &good(&ec).header("alg", "ES256").mint()),
        Err(KeyMismatch),
        "another curve"
    );
    let allowed = |algorithms: &[Algorithm]| {
        let rules = Issuer::new(ISSUER).audience(AUDIENCE).jwks(issuer.jwks());
        support::gate(rules.algorithms(algorithms.iter().copied()))
    };
    let token = good(&issuer).mint();
    assert_eq!(kind(&allowed(&[Algorithm::RS256, Algorithm::ES256]), &token), Ok(()));
    assert_eq!(kind(&allowed(&[Algorithm::PS256, Algorithm::ES256]), &token), Err(AlgorithmNotAllowed));
}

#[test]
fn eddsa_and_ed25519_are_two_names_of_one_algorithm() {
    let issuer = issuer(Alg::EdDSA);
    for jwk_name in ["EdDSA", "Ed25519"] {
        let jwks = issuer.jwks().replace("\"alg\":\"EdDSA\"", &format!("\"alg\":\"{jwk_name}\""));
        let gate = gate(Issuer::new(ISSUER).audience(AUDIENCE).jwks(jwks).algorithms([Algorithm::EdDSA]));
        for name in ["EdDSA", "Ed25519"] {
            assert_eq!(kind(&gate, &good(&issuer).header("alg", name).mint()), Ok(()), "{jwk_name} {name}");
        }
        assert_eq!(kind(&gate, &good(&issuer).header("alg", "Ed448").mint()), Err(AlgorithmNotAllowed));
    }
}

#[test]
fn n061_n066_n067_n068_keys_that_are_left_out_verify_nothing() {
    let issuer = issuer(Alg::ES256);
    let token = good(&issuer).mint();
    let jwk = issuer.current_key().public_jwk();
    let other = SigningKey::generate(Alg::ES256, "other").public_jwk();
    for (name, changed) in [
        ("use", json!({ "use": "enc" })),
        ("key_ops", json!({ "key_ops": ["encrypt"] })),
        ("alg", json!({ "alg": "ES384" })),
        ("y", json!({ "y": other["y"] })),
        ("kty", json!({ "kty": "oct", "k": "AA" })),
    ] {
        let mut jwk = jwk.clone();
        jwk.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        let jwks = json!({ "keys": [jwk, other] }).to_string();
        let gate = gate(Issuer::new(ISSUER).audience(AUDIENCE).jwks(jwks));
        assert_eq!(kind(&gate, &token), Err(UnknownKey), "{name}");
    }
}

#[test]
fn n069_the_public_part_of_a_private_key_verifies() {
    let issuer = issuer(Alg::ES256);
    let mut jwk = issuer.current_key().public_jwk();
    jwk["d"] = json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE");
    let gate = gate(Issuer::new(ISSUER).audience(AUDIENCE).jwks(json!({ "keys": [jwk] }).to_string()));
    assert_eq!(kind(&gate, &good(&issuer).mint()), Ok(()));
}

#[test]
fn n073_without_kid_few_keys_are_tried_and_many_are_refused() {
    let issuer = issuer(Alg::ES256);
    let token = good(&issuer).without_header("kid").mint();
    for count in 1..=5 {
        let expected = if count <= 4 { Ok(()) } else { Err(AmbiguousKey) };
        assert_eq!(kind(&trust(&issuer), &token), expected, "{count} keys");
        let stranger = good(&issuer).forged().without_header("kid").mint();
        let expected = if count <= 4 { Err(BadSignature) } else { Err(AmbiguousKey) };
        assert_eq!(kind(&trust(&issuer), &stranger), expected, "{count} keys, none of them");
        issuer.add_key(SigningKey::generate(Alg::ES256, format!("more-{count}")));
    }
    assert_eq!(kind(&trust(&issuer), &good(&issuer).mint()), Ok(()), "who names the key is not concerned");
}

#[test]
fn n074_n075_n076_a_kid_is_a_name_and_nothing_more() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for kid in [json!(1), json!([]), json!(null), json!({}), json!(true), json!(["test-1"])] {
        assert_eq!(
            kind(&gate, &good(&issuer).header("kid", kid.clone()).mint()),
            Err(MalformedToken),
            "{kid}"
        );
    }
    let long = "x".repeat(8_000);
    for kid in [
        "",
        "TEST-1",
        "test-1\0",
        "test-1 ",
        "../../dev/null",
        "' OR 1=1 --",
        "http://127.0.0.1:1/key",
        "a\r\nINFO let in\u{1b}[0m",
        &long,
    ] {
        let error = decide(&gate, &good(&issuer).kid(kid).mint()).unwrap_err();
        assert_eq!(error.kind(), UnknownKey, "{kid:?}");
        let logged = error.key_id().unwrap().to_string();
        assert!(logged.len() <= 64 && logged.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{logged:?}");
    }
}

#[test]
fn n078_n079_n080_a_token_cannot_bring_its_key() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    let own = SigningKey::generate(Alg::ES256, "test-1");
    let own_jwk = own.public_jwk();
    for (name, value) in [
        ("jku", json!("http://127.0.0.1:1/jwks")),
        ("x5u", json!("http://127.0.0.1:1/chain.pem")),
        ("jwk", own_jwk),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
    ] {
        let attacker = good(&issuer).signed_by(&own).header(name, value.clone()).mint();
        assert_eq!(kind(&gate, &attacker), Err(BadSignature), "{name}");
        let honest = good(&issuer).header(name, value).mint();
        assert_eq!(kind(&gate, &honest), Ok(()), "{name} has no effect");
    }
}

#[test]
fn n081_both_keys_of_one_kid_are_tried() {
    let issuer = issuer(Alg::ES256);
    let first = good(&issuer).mint();
    issuer.add_key(SigningKey::generate(Alg::EdDSA, "test-1"));
    issuer.add_key(SigningKey::generate(Alg::ES256, "test-1"));
    issuer.sign_with("test-1");
    let second = good(&issuer).mint();
    let gate = trust(&issuer);
    assert_eq!(kind(&gate, &first), Ok(()));
    assert_eq!(kind(&gate, &second), Ok(()));
    assert_eq!(kind(&gate, &good(&issuer).forged().mint()), Err(BadSignature));
}

#[test]
fn n082_n083_n084_n085_what_must_be_understood_is_not() {
    headers([
        ("unknown", r#"{"alg":"ES256","kid":"test-1","crit":["foo"],"foo":1}"#, Err(UnsupportedHeader)),
        ("empty", r#"{"alg":"ES256","kid":"test-1","crit":[]}"#, Err(UnsupportedHeader)),
        ("no array", r#"{"alg":"ES256","kid":"test-1","crit":"exp"}"#, Err(UnsupportedHeader)),
        ("null", r#"{"alg":"ES256","kid":"test-1","crit":null}"#, Err(UnsupportedHeader)),
        ("a registered name", r#"{"alg":"ES256","kid":"test-1","crit":["alg"]}"#, Err(UnsupportedHeader)),
        ("escaped", r#"{"alg":"ES256","kid":"test-1","cr\u0069t":["foo"],"foo":1}"#, Err(UnsupportedHeader)),
        ("b64", r#"{"alg":"ES256","kid":"test-1","b64":false,"crit":["b64"]}"#, Err(UnsupportedHeader)),
        ("b64 without crit", r#"{"alg":"ES256","kid":"test-1","b64":false}"#, Err(UnsupportedHeader)),
        ("b64 true", r#"{"alg":"ES256","kid":"test-1","b64":true}"#, Err(UnsupportedHeader)),
    ]);
}

#[test]
fn n106_n107_n108_iss_is_one_string_to_the_byte() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    assert_eq!(kind(&gate, &good(&issuer).without("iss").mint()), Err(MissingClaim));
    for (iss, expected) in [
        (json!(ISSUER), Ok(())),
        (json!(null), Err(InvalidClaim)),
        (json!(1), Err(InvalidClaim)),
        (json!([ISSUER]), Err(InvalidClaim)),
        (json!(["https://evil.test", ISSUER]), Err(InvalidClaim)),
        (json!({ "iss": ISSUER }), Err(InvalidClaim)),
        (json!(""), Err(UnknownIssuer)),
        (json!("https://issuer.test/"), Err(UnknownIssuer)),
        (json!("https://issuer.test.evil"), Err(UnknownIssuer)),
        (json!("https://issuer.tes"), Err(UnknownIssuer)),
        (json!("https://ISSUER.test"), Err(UnknownIssuer)),
        (json!("http://issuer.test"), Err(UnknownIssuer)),
        (json!(" https://issuer.test"), Err(UnknownIssuer)),
        (json!("https://issuer.test\0"), Err(UnknownIssuer)),
    ] {
        assert_eq!(kind(&gate, &good(&issuer).claim("iss", iss.clone()).mint()), expected, "{iss}");
    }
    let escaped = format!(r#"{{"iss":"https:\/\/issuer.t\u0065st","aud":"{AUDIENCE}","exp":{}}}"#, NOW + 300);
    assert_eq!(
        kind(&gate, &good(&issuer).raw_payload(escaped).mint()),
        Ok(()),
        "the same string, written otherwise"
    );
}

#[test]
fn n109_a_key_is_good_for_its_own_issuer_only() {
    let [first, second] = ["https://one.test", "https://two.test"].map(TestIssuer::new);
    let rules = |issuer: &TestIssuer| Issuer::new(issuer.issuer()).audience(AUDIENCE).jwks(issuer.jwks());
    let gate = Authenticator::builder().issuer(rules(&first)).issuer(rules(&second)).build().unwrap();
    assert_eq!(first.current_key().kid(), second.current_key().kid());
    for issuer in [&first, &second] {
        assert_eq!(kind(&gate, &good(issuer).mint()), Ok(()));
        assert_eq!(kind(&gate, &good(issuer).without_header("kid").mint()), Ok(()));
    }
    for (issuer, key) in [(&first, second.current_key()), (&second, first.current_key())] {
        assert_eq!(kind(&gate, &good(issuer).signed_by(&key).mint()), Err(BadSignature));
        assert_eq!(
            kind(&gate, &good(issuer).signed_by(&key).without_header("kid").mint()),
            Err(BadSignature)
        );
    }
}

#[test]
fn n114_an_id_token_is_no_access_token_where_access_tokens_say_so() {
    let issuer = issuer(Alg::ES256);
    let id_token = good(&issuer).header("typ", "JWT").claim("nonce", "n").mint();
    let strict = Issuer::new(ISSUER).audience(AUDIENCE).jwks(issuer.jwks()).token_types(["at+jwt"]);
    assert_eq!(kind(&gate(strict.clone()), &id_token), Err(AuthErrorKind::WrongType));
    assert_eq!(kind(&gate(strict), &good(&issuer).mint()), Ok(()));
}

#[test]
fn n141_a_leeway_without_bound_is_a_configuration_error() {
    let issuer = issuer(Alg::ES256);
    let build = |leeway| {
        let rules = Issuer::new(ISSUER).audience(AUDIENCE).jwks(issuer.jwks()).leeway(leeway);
        Authenticator::builder().issuer(rules).build()
    };
    assert!(build(Duration::from_secs(300)).is_ok());
    for leeway in [Duration::from_secs(301), Duration::from_nanos(300_000_000_001), Duration::MAX] {
        let error = build(leeway).unwrap_err().to_string();
        assert!(error.contains("leeway") && error.contains("0s to 5m"), "{error}");
    }
}

#[test]
fn n144_an_issuer_without_a_usable_key_is_not_built() {
    let build = |jwks: &str| {
        Authenticator::builder().issuer(Issuer::new(ISSUER).audience(AUDIENCE).jwks(jwks)).build()
    };
    for jwks in ["", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"AA"}]}"#] {
        assert!(build(jwks).is_err(), "{jwks}");
    }
    assert!(build(&issuer(Alg::ES256).jwks()).is_ok());
}

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
fn n145_n146_no_refusal_tells_what_the_token_says() {
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
        let refusal = Refusal::new(&error, gate.realm());
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
