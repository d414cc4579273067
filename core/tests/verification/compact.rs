//! The text of a token.

use super::*;

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
