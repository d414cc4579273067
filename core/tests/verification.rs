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

/// Decides about texts made of the three parts of a good token.
fn rearranged<const N: usize>(cases: impl FnOnce(&str, &str, &str) -> [(&'static str, String, Kind); N]) {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    let token = good(&issuer).mint();
    assert_eq!(kind(&gate, &token), Ok(()));
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    for (name, text, expected) in cases(header, payload, signature) {
        assert_eq!(kind(&gate, &text), expected, "{name}");
    }
}

#[test]
fn n027_nothing_but_dots_is_no_token() {
    rearranged(|_, _, _| {
        [
            ("empty", String::new(), Err(MalformedCredentials)),
            ("dot", ".".to_owned(), Err(MalformedToken)),
            ("dots", "..".to_owned(), Err(MalformedToken)),
        ]
    });
}

#[test]
fn n028_a_token_has_no_fewer_than_three_parts() {
    rearranged(|header, payload, signature| {
        [
            ("one part", header.to_owned(), Err(MalformedToken)),
            ("two parts", format!("{header}.{payload}"), Err(MalformedToken)),
            ("two parts and a dot", format!("{header}.{payload}."), Err(BadSignature)),
            ("no header", format!(".{payload}.{signature}"), Err(MalformedToken)),
            ("no payload", format!("{header}..{signature}"), Err(MalformedToken)),
        ]
    });
}

#[test]
fn n029_a_token_has_no_more_than_three_parts() {
    rearranged(|header, payload, signature| {
        let token = format!("{header}.{payload}.{signature}");
        [
            ("a fourth, empty", format!("{token}."), Err(MalformedToken)),
            ("a fourth", format!("{token}.{signature}"), Err(MalformedToken)),
            ("two dots inside", format!("{header}..{payload}.{signature}"), Err(MalformedToken)),
        ]
    });
}

#[test]
fn n030_dots_before_a_token_are_parts_of_it() {
    rearranged(|header, payload, signature| {
        let token = format!("{header}.{payload}.{signature}");
        [
            ("one", format!(".{token}"), Err(MalformedToken)),
            ("two", format!("..{token}"), Err(MalformedToken)),
        ]
    });
}

#[test]
fn n020_a_long_token_is_refused_by_its_length() {
    let issuer = issuer(Alg::ES256);
    let token = good(&issuer).mint();
    assert_eq!(kind(&limited(&issuer, token.len()), &token), Ok(()));
    assert_eq!(kind(&limited(&issuer, token.len() - 1), &token), Err(TokenTooLarge));
}

#[test]
fn n031_many_dots_cost_nothing() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    assert_eq!(kind(&gate, &".".repeat(16_384)), Err(MalformedToken));
    assert_eq!(kind(&gate, &".".repeat(16_385)), Err(TokenTooLarge));
    assert_eq!(kind(&limited(&issuer, usize::MAX), &".".repeat(1 << 20)), Err(MalformedToken));
}

/// Takes tokens of so many bytes.
fn limited(issuer: &TestIssuer, bytes: usize) -> Authenticator {
    let rules = Issuer::new(ISSUER).audience(AUDIENCE).jwks(issuer.jwks());
    Authenticator::builder().max_token_bytes(bytes).issuer(rules).build().unwrap()
}

#[test]
fn n032_five_parts_are_no_signed_token() {
    let gate = trust(&issuer(Alg::ES256));
    for (header, expected) in [
        (r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#, UnsupportedHeader),
        (r#"{"alg":"ES256","kid":"test-1"}"#, MalformedToken),
    ] {
        let header = base64url(header);
        assert_eq!(kind(&gate, &format!("{header}.a2V5.aXY.dGV4dA.dGFn")), Err(expected));
    }
}

#[test]
fn n033_an_encrypted_token_is_not_opened() {
    headers([
        ("to a key", r#"{"alg":"RSA-OAEP","enc":"A256GCM","cty":"JWT"}"#, Err(UnsupportedHeader)),
        ("direct", r#"{"alg":"dir","enc":"A256GCM","cty":"JWT"}"#, Err(UnsupportedHeader)),
        ("beside a signature", r#"{"alg":"ES256","kid":"test-1","enc":"A256GCM"}"#, Err(UnsupportedHeader)),
        ("neither", r#"{"alg":"ES256","kid":"test-1"}"#, Ok(())),
    ]);
}

#[test]
fn n034_no_key_is_derived_from_a_password() {
    headers([
        (
            "many rounds",
            r#"{"alg":"PBES2-HS256+A128KW","p2c":2147483648,"p2s":"AA"}"#,
            Err(AlgorithmNotAllowed),
        ),
        ("of a good algorithm", r#"{"alg":"ES256","kid":"test-1","p2c":2147483648}"#, Ok(())),
    ]);
}

#[test]
fn n035_nothing_is_inflated() {
    headers([
        ("DEF", r#"{"alg":"ES256","kid":"test-1","zip":"DEF"}"#, Err(UnsupportedHeader)),
        ("null", r#"{"alg":"ES256","kid":"test-1","zip":null}"#, Err(UnsupportedHeader)),
    ]);
}

#[test]
fn n036_json_serializations_are_refused() {
    rearranged(|header, payload, signature| {
        let flattened = json!({ "protected": header, "payload": payload, "signature": signature });
        let signatures = json!([{ "protected": header, "signature": signature }]);
        let general = json!({ "payload": payload, "signatures": signatures });
        [
            ("flattened", flattened.to_string(), Err(MalformedToken)),
            ("flattened, encoded", base64url(flattened.to_string()), Err(MalformedToken)),
            ("general", general.to_string(), Err(MalformedToken)),
            ("general, encoded", base64url(general.to_string()), Err(MalformedToken)),
        ]
    });
}

#[test]
fn n037_a_text_that_is_both_serializations_is_refused() {
    rearranged(|header, payload, signature| {
        let rest = format!(r#""protected":"{header}","payload":"{payload}","signature":"{signature}""#);
        [
            ("with spaces", format!(r#"{{"  {header}.{payload}.":"",{rest}}}"#), Err(MalformedToken)),
            ("without", format!(r#"{{"{header}.{payload}.{signature}":"",{rest}}}"#), Err(MalformedToken)),
        ]
    });
}

/// Decides about a token whose payload, then whose signature is replaced by what `change` makes of it.
fn reencoded(expected: AuthErrorKind, change: impl Fn(&str) -> String) {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    // 64 bytes of signature leave spare bits in their last character, and this payload is padded to leave some too.
    let token = (0..3)
        .map(|spaces| good(&issuer).raw_payload(with(&format!("\"a\":{}1", " ".repeat(spaces)))).mint())
        .find(|token| token.split('.').nth(1).unwrap().len() % 4 != 0)
        .unwrap();
    assert_eq!(kind(&gate, &token), Ok(()));
    let parts: Vec<&str> = token.split('.').collect();
    for at in [1, 2] {
        let changed = change(parts[at]);
        let mut parts = parts.clone();
        parts[at] = &changed;
        assert_eq!(kind(&gate, &parts.join(".")), Err(expected), "{at}");
    }
}

#[test]
fn n038_padding_is_refused() {
    reencoded(MalformedToken, |part| format!("{part}="));
    reencoded(MalformedToken, |part| format!("{part}=="));
}

#[test]
fn n039_the_standard_alphabet_is_refused() {
    reencoded(MalformedToken, |part| format!("+/{}", &part[2..]));
}

#[test]
fn n040_spare_bits_are_zero() {
    reencoded(MalformedToken, |part| {
        let (rest, last) = part.split_at(part.len() - 1);
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let next = alphabet.find(last).unwrap() ^ 1;
        format!("{rest}{}", &alphabet[next..=next])
    });
    // No number of bytes has this length.
    reencoded(MalformedToken, |part| format!("{part}AAA")[..=part.len() / 4 * 4].to_owned());
}

#[test]
fn n041_white_space_inside_is_refused() {
    reencoded(MalformedToken, |part| format!("{part}\n"));
    reencoded(MalformedToken, |part| format!("\r\n{part}"));
    reencoded(MalformedCredentials, |part| format!("{} {}", &part[..4], &part[4..]));
}

/// Decides about a token with these bytes for a payload, signed.
fn payload_bytes(bytes: impl AsRef<[u8]>) -> Kind {
    let issuer = issuer(Alg::ES256);
    kind(&trust(&issuer), &good(&issuer).raw_payload(bytes.as_ref()).mint())
}

#[test]
fn n042_a_payload_is_utf8() {
    let good = with("\"a\":1");
    assert_eq!(payload_bytes(&good), Ok(()));
    assert_eq!(payload_bytes(with("\"a\":\"\u{e9}\u{1f355}\"")), Ok(()));
    for bad in [&b"\xff"[..], b"\xc0\x80", b"\xed\xa0\x80", b"\xe9", b"\0"] {
        let payload = [&b"{\"a\":\""[..], bad, b"\",", &good.as_bytes()[1..]].concat();
        assert_eq!(payload_bytes(payload), Err(MalformedToken), "{bad:?}");
    }
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(payload_bytes(utf16), Err(MalformedToken));
}

#[test]
fn n043_a_byte_order_mark_is_refused() {
    assert_eq!(payload_bytes(format!("\u{feff}{}", with("\"a\":1"))), Err(MalformedToken));
    headers([("header", "\u{feff}{\"alg\":\"ES256\",\"kid\":\"test-1\"}", Err(MalformedToken))]);
}

#[test]
fn n044_a_header_is_an_object() {
    headers([
        ("object", r#" {"alg":"ES256","kid":"test-1"} "#, Ok(())),
        ("array", "[]", Err(MalformedToken)),
        ("array of it", r#"[{"alg":"ES256","kid":"test-1"}]"#, Err(MalformedToken)),
        ("string", "\"ES256\"", Err(MalformedToken)),
        ("null", "null", Err(MalformedToken)),
        ("nothing", "", Err(MalformedToken)),
    ]);
}

#[test]
fn n045_a_payload_is_an_object() {
    let good = with("\"a\":1");
    assert_eq!(payload_bytes(format!(" {good}\n")), Ok(()));
    for bad in
        [&format!("[{good}]"), &json!(good).to_string(), "null", "1", "true", "", &format!("{good}{{}}")]
    {
        assert_eq!(payload_bytes(bad), Err(MalformedToken), "{bad}");
    }
}

#[test]
fn n046_a_header_has_each_member_once() {
    headers([
        ("once", r#"{"alg":"ES256","kid":"test-1"}"#, Ok(())),
        ("alg twice", r#"{"alg":"ES256","alg":"none","kid":"test-1"}"#, Err(MalformedToken)),
        ("alg twice, equal", r#"{"alg":"ES256","alg":"ES256","kid":"test-1"}"#, Err(MalformedToken)),
        ("an unknown one twice", r#"{"alg":"ES256","kid":"test-1","x":1,"x":1}"#, Err(MalformedToken)),
        ("one deep inside twice", r#"{"alg":"ES256","kid":"test-1","x":{"y":1,"y":1}}"#, Err(MalformedToken)),
    ]);
}

#[test]
fn n051_a_name_is_what_it_means_however_it_is_written() {
    headers([
        ("escaped", r#"{"\u0061lg":"ES256","k\u0069d":"test-1"}"#, Ok(())),
        ("none, escaped", r#"{"\u0061lg":"n\u006fne","kid":"test-1"}"#, Err(AlgorithmNotAllowed)),
        ("twice, once escaped", r#"{"alg":"ES256","\u0061lg":"none","kid":"test-1"}"#, Err(MalformedToken)),
    ]);
    payloads([
        ("nbf, escaped and a string", with(r#""n\u0062f":"1""#).as_str(), Err(InvalidClaim)),
        ("iss twice, once escaped", &with(r#""\u0069ss":"https://evil.test""#), Err(MalformedToken)),
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
fn n048_deep_nesting_is_refused() {
    let nested = |open: &str, depth: usize, close: &str| {
        with(&format!("\"a\":{}1{}", open.repeat(depth), close.repeat(depth)))
    };
    payloads([
        ("a fair depth", nested("[", 100, "]").as_str(), Ok(())),
        ("arrays", &nested("[", 5_000, "]"), Err(MalformedToken)),
        ("objects", &nested("{\"a\":", 1_500, "}"), Err(MalformedToken)),
        ("arrays without end", &with(&format!("\"a\":{}", "[".repeat(5_000))), Err(MalformedToken)),
    ]);
}

#[test]
fn n049_a_wide_object_is_refused_by_its_size() {
    let wide =
        |count| with(&(0..count).map(|number| format!("\"{number}\":0")).collect::<Vec<_>>().join(","));
    payloads([
        ("a thousand members", wide(1_000).as_str(), Ok(())),
        ("100 000", &wide(100_000), Err(TokenTooLarge)),
    ]);
}

#[test]
fn n050_numbers_are_numbers() {
    payloads([
        ("a large one", with("\"a\":1e300").as_str(), Ok(())),
        ("beyond every float", &with("\"a\":1e400"), Err(MalformedToken)),
        ("4 000 digits", &with(&format!("\"a\":{}", "9".repeat(4_000))), Err(MalformedToken)),
        ("not a number", &with("\"a\":NaN"), Err(MalformedToken)),
        ("infinity", &with("\"a\":-Infinity"), Err(MalformedToken)),
    ]);
}

#[test]
fn n053_an_unsigned_token_is_refused() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    assert_eq!(kind(&gate, &good(&issuer).unsigned().mint()), Err(AlgorithmNotAllowed));
    let emptied = tamper::with_signature(&good(&issuer).mint(), []);
    assert_eq!(kind(&gate, &emptied), Err(BadSignature));
}

#[test]
fn n054_none_is_no_algorithm_in_any_case() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for name in ["none", "None", "NONE", "nOnE", "none ", "non\u{435}"] {
        let unsigned = good(&issuer).unsigned().header("alg", name).mint();
        assert_eq!(kind(&gate, &unsigned), Err(AlgorithmNotAllowed), "{name}");
    }
}

#[test]
fn n055_none_is_refused_with_a_good_signature_too() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for name in ["none", "None"] {
        let signed = good(&issuer).header("alg", name).mint();
        assert_eq!(kind(&gate, &signed), Err(AlgorithmNotAllowed), "{name}");
    }
    assert_eq!(kind(&gate, &good(&issuer).mint()), Ok(()));
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

/// Whatever of a public key an attacker takes for the secret of an HMAC, under HS256 and under the key's own algorithm.
fn confused(secrets: impl Fn(&SigningKey, &TestIssuer) -> Vec<Vec<u8>>) {
    for alg in [Alg::RS256, Alg::ES256, Alg::EdDSA] {
        let issuer = issuer(alg);
        let key = issuer.current_key();
        let mut unbound = key.public_jwk();
        unbound.as_object_mut().unwrap().remove("alg");
        let rules = || Issuer::new(ISSUER).audience(AUDIENCE);
        let gates = [
            ("JWK", trust(&issuer)),
            ("JWK without alg", gate(rules().jwks(json!({ "keys": [unbound] }).to_string()))),
            ("PEM", gate(rules().pem(key.public_key_pem()))),
        ];
        for (from, gate) in &gates {
            assert_eq!(kind(gate, &good(&issuer).mint()), Ok(()), "{alg} key from {from}");
            for secret in secrets(&key, &issuer) {
                let hs256 = good(&issuer).signed_with_secret(secret.clone()).mint();
                assert_eq!(kind(gate, &hs256), Err(AlgorithmNotAllowed), "{alg} key from {from}");
                let disguised = good(&issuer).header("alg", alg.name()).signed_with_secret(secret).mint();
                assert_eq!(kind(gate, &disguised), Err(BadSignature), "{alg} key from {from}");
            }
        }
    }
}

fn spki(key: &SigningKey) -> Vec<u8> {
    pem::parse(key.public_key_pem()).unwrap().into_contents()
}

#[test]
fn n057_the_pem_of_a_key_is_no_secret() {
    confused(|key, _| {
        let pem = key.public_key_pem();
        vec![pem.trim_end().into(), pem.replace('\n', "\r\n").into(), pem.into(), Vec::new()]
    });
}

#[test]
fn n058_the_der_of_a_key_is_no_secret() {
    confused(|key, _| {
        let spki = spki(key);
        // The key itself ends the structure: 32 bytes of Ed25519, 65 of P-256, PKCS#1 of RSA from byte 24 on.
        let tail = |length: usize| spki[spki.len().saturating_sub(length)..].to_vec();
        vec![tail(32), tail(65), tail(spki.len() - 24), spki.clone()]
    });
}

#[test]
fn n059_the_jwk_of_a_key_is_no_secret() {
    confused(|key, issuer| vec![key.public_jwk().to_string().into(), issuer.jwks().into()]);
}

#[test]
fn n060_the_numbers_of_a_key_are_no_secret() {
    confused(|key, _| {
        let jwk = key.public_jwk();
        let number = jwk.get("n").or(jwk.get("x")).unwrap().as_str().unwrap().to_owned();
        let base64 = key.public_key_pem().lines().filter(|line| !line.starts_with('-')).collect::<String>();
        vec![claimgate_testkit::base64url_decode(&number).unwrap(), number.into(), base64.into()]
    });
}

#[test]
fn n063_a_key_that_names_no_algorithm_takes_none_of_the_symmetric_ones() {
    let issuer = issuer(Alg::RS256);
    let mut jwk = issuer.current_key().public_jwk();
    jwk.as_object_mut().unwrap().remove("alg");
    let gate = gate(Issuer::new(ISSUER).audience(AUDIENCE).jwks(json!({ "keys": [jwk] }).to_string()));
    assert_eq!(kind(&gate, &good(&issuer).mint()), Ok(()));
    for name in ["HS256", "HS384", "HS512"] {
        let token = good(&issuer).signed_with_secret("").header("alg", name).mint();
        assert_eq!(kind(&gate, &token), Err(AlgorithmNotAllowed), "{name}");
    }
}

#[test]
fn n062_the_algorithm_is_that_of_the_key_and_of_the_configuration() {
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
fn n066_keys_that_are_left_out_verify_nothing() {
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
fn n074_a_kid_is_a_string() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for kid in [json!(1), json!([]), json!(null), json!({}), json!(true), json!(["test-1"])] {
        assert_eq!(
            kind(&gate, &good(&issuer).header("kid", kid.clone()).mint()),
            Err(MalformedToken),
            "{kid}"
        );
    }
}

#[test]
fn n075_a_kid_is_a_name_and_nothing_more() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for kid in ["", "TEST-1", "test-1 ", "../../dev/null", "' OR 1=1 --", "http://127.0.0.1:1/key", "test-*"]
    {
        assert_eq!(kind(&gate, &good(&issuer).kid(kid).mint()), Err(UnknownKey), "{kid}");
    }
}

#[test]
fn n076_a_kid_is_logged_short_and_plain() {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for kid in ["test-1\0", "a\r\nINFO let in\u{1b}[0m", "\u{202e}1-tset", &"x".repeat(8_000)] {
        let error = decide(&gate, &good(&issuer).kid(kid).mint()).unwrap_err();
        assert_eq!(error.kind(), UnknownKey, "{kid:?}");
        let logged = error.key_id().unwrap().to_string();
        assert!(logged.len() <= 64 && logged.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{logged:?}");
    }
    let larger = limited(&issuer, 2 << 20);
    assert_eq!(kind(&larger, &good(&issuer).kid("x".repeat(1 << 20)).mint()), Err(UnknownKey));
}

/// A header member that brings a key neither lets its owner in nor keeps others out.
fn ignored(members: &[(&str, Value)], own: &SigningKey) {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for (name, value) in members {
        let attacker = good(&issuer).signed_by(own).header(name, value.clone()).mint();
        assert_eq!(kind(&gate, &attacker), Err(BadSignature), "{name}");
        let honest = good(&issuer).header(name, value.clone()).mint();
        assert_eq!(kind(&gate, &honest), Ok(()), "{name}");
    }
}

#[test]
fn n078_a_token_cannot_say_where_its_key_is() {
    let url = json!("http://127.0.0.1:1/keys");
    ignored(&[("jku", url.clone()), ("x5u", url)], &SigningKey::generate(Alg::ES256, "test-1"));
}

#[test]
fn n079_a_token_cannot_bring_its_key() {
    let own = SigningKey::generate(Alg::ES256, "test-1");
    ignored(&[("jwk", own.public_jwk())], &own);
}

#[test]
fn n080_a_token_cannot_bring_its_certificate() {
    let members = [("x5c", json!(["MIIB"])), ("x5t", json!("AAAA")), ("x5t#S256", json!("AAAA"))];
    ignored(&members, &SigningKey::generate(Alg::ES256, "test-1"));
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
fn n082_what_must_be_understood_is_not() {
    headers([
        ("unknown", r#"{"alg":"ES256","kid":"test-1","crit":["foo"],"foo":1}"#, Err(UnsupportedHeader)),
        ("escaped", r#"{"alg":"ES256","kid":"test-1","cr\u0069t":["foo"],"foo":1}"#, Err(UnsupportedHeader)),
        ("the same, not critical", r#"{"alg":"ES256","kid":"test-1","foo":1}"#, Ok(())),
    ]);
}

#[test]
fn n083_a_crit_that_no_header_may_have_is_refused() {
    headers([
        ("empty", r#"{"alg":"ES256","kid":"test-1","crit":[]}"#, Err(UnsupportedHeader)),
        ("no array", r#"{"alg":"ES256","kid":"test-1","crit":"exp"}"#, Err(UnsupportedHeader)),
        ("null", r#"{"alg":"ES256","kid":"test-1","crit":null}"#, Err(UnsupportedHeader)),
        ("a registered name", r#"{"alg":"ES256","kid":"test-1","crit":["alg"]}"#, Err(UnsupportedHeader)),
    ]);
}

#[test]
fn n084_an_unencoded_payload_is_refused() {
    headers([(
        "b64",
        r#"{"alg":"ES256","kid":"test-1","b64":false,"crit":["b64"]}"#,
        Err(UnsupportedHeader),
    )]);
}

#[test]
fn n085_b64_is_refused_without_crit_too() {
    headers([
        ("false", r#"{"alg":"ES256","kid":"test-1","b64":false}"#, Err(UnsupportedHeader)),
        ("true", r#"{"alg":"ES256","kid":"test-1","b64":true}"#, Err(UnsupportedHeader)),
    ]);
}

/// Decides about tokens with these issuers.
fn issued_by<const N: usize>(cases: [(Value, Kind); N]) {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for (iss, expected) in cases {
        assert_eq!(kind(&gate, &good(&issuer).claim("iss", iss.clone()).mint()), expected, "{iss}");
    }
}

#[test]
fn n106_iss_is_there() {
    let issuer = issuer(Alg::ES256);
    assert_eq!(kind(&trust(&issuer), &good(&issuer).without("iss").mint()), Err(MissingClaim));
    issued_by([(json!(ISSUER), Ok(())), (json!(null), Err(InvalidClaim)), (json!(""), Err(UnknownIssuer))]);
}

#[test]
fn n107_iss_is_one_string() {
    issued_by([
        (json!([ISSUER]), Err(InvalidClaim)),
        (json!(["https://evil.test", ISSUER]), Err(InvalidClaim)),
        (json!({ "iss": ISSUER }), Err(InvalidClaim)),
        (json!(1), Err(InvalidClaim)),
    ]);
}

#[test]
fn n108_iss_is_compared_to_the_byte() {
    issued_by([
        (json!("https://issuer.test/"), Err(UnknownIssuer)),
        (json!("https://issuer.test.evil"), Err(UnknownIssuer)),
        (json!("https://issuer.tes"), Err(UnknownIssuer)),
        (json!("https://ISSUER.test"), Err(UnknownIssuer)),
        (json!("http://issuer.test"), Err(UnknownIssuer)),
        (json!(" https://issuer.test"), Err(UnknownIssuer)),
        (json!("https://issuer.test\0"), Err(UnknownIssuer)),
    ]);
    let escaped = format!(r#"{{"iss":"https:\/\/issuer.t\u0065st","aud":"{AUDIENCE}","exp":{}}}"#, NOW + 300);
    payloads([("the same string, written otherwise", escaped.as_str(), Ok(()))]);
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
