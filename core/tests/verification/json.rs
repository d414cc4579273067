//! The JSON in its parts.

use super::*;

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
