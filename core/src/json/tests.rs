use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::names::FEW;
use super::*;

#[test]
fn reads_members_by_what_their_names_mean() {
    let object = JsonObject::parse(r#"{"a":1, "\u0062" : "x\ny","c":[1,"2",{}],"d":{"e":null}}"#).unwrap();
    assert_eq!(object.get("a").unwrap().as_number(), Some("1"));
    assert_eq!(object.get("b").unwrap().as_str().as_deref(), Some("x\ny"));
    assert_eq!(object.get("c").unwrap().elements().unwrap().count(), 3);
    assert_eq!(object.get("d").unwrap().object().unwrap().get("e").unwrap().text(), "null");
    assert!(object.get("e").is_none());
    assert!(object.get("a").unwrap().as_str().is_none());
    assert_eq!(object.members().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
}

#[test]
fn refuses_what_two_readers_could_read_differently() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    let digits = format!("{{\"a\":{}}}", "9".repeat(4_000));
    for (name, text) in [
        ("empty", ""),
        ("array", "[]"),
        ("string", "\"a\""),
        ("null", "null"),
        ("trailing data", "{} {}"),
        ("trailing comma", r#"{"a":1,}"#),
        ("byte order mark", "\u{feff}{}"),
        ("duplicate", r#"{"a":1,"a":1}"#),
        ("duplicate through an escape", r#"{"a":1,"\u0061":1}"#),
        ("duplicate deeper", r#"{"a":{"b":1,"b":2}}"#),
        ("duplicate in an array", r#"{"a":[{"b":1,"b":2}]}"#),
        ("number out of range", r#"{"a":1e400}"#),
        ("number that serde_json finds out of range", r#"{"a":1.7976931348623158e308}"#),
        ("lone surrogate", r#"{"a":"\ud800"}"#),
        ("lone surrogate in a name", r#"{"\ud800":1}"#),
        ("control character", "{\"a\":\"\u{1}\"}"),
        ("leading zero", r#"{"a":01}"#),
        ("not a number", r#"{"a":NaN}"#),
        ("too deep", &deep),
        ("too many digits", &digits),
    ] {
        assert!(JsonObject::parse(text).is_err(), "{name}");
    }
}

#[test]
fn finds_a_duplicate_among_many_names() {
    for count in [2, FEW - 1, FEW, FEW + 1, FEW + 2, 3_000] {
        let names = (0..count).map(|i| format!("\"n{i}\":0")).collect::<Vec<_>>().join(",");
        assert!(JsonObject::parse(format!("{{{names}}}")).is_ok(), "{count}");
        for again in [0, count / 2, count - 1] {
            assert!(JsonObject::parse(format!("{{{names},\"n{again}\":0}}")).is_err(), "{again} of {count}");
            assert!(
                JsonObject::parse(format!("{{\"x\":{{{names},\"n{again}\":0}}}}")).is_err(),
                "nested, {again} of {count}"
            );
        }
    }
}

#[test]
fn finds_the_empty_name_and_names_with_escapes_among_any_number() {
    for more in [0, 5, 40] {
        let more = (0..more).map(|number| format!(",\"n{number}\":0")).collect::<Vec<_>>().concat();
        let object = JsonObject::parse(format!(r#"{{"":1,"\u0061\n":2,"b":3{more}}}"#)).unwrap();
        let plain = JsonObject::parse(format!(r#"{{"":1,"b":3{more}}}"#)).unwrap();
        for (name, value) in [("", Some("1")), ("b", Some("3")), ("c", None)] {
            assert_eq!(object.get(name).map(JsonValue::text), value, "{name:?}");
            assert_eq!(plain.get(name).map(JsonValue::text), value, "{name:?}");
        }
        assert_eq!(object.get("a\n").map(JsonValue::text), Some("2"));
        assert!(object.get("\\u0061\\n").is_none());
    }
}

#[test]
fn is_as_deep_as_what_reads_the_claims_later() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    for depth in [1, 100, 125, 126, 127, 128] {
        assert_eq!(JsonObject::parse(nested(depth)).is_ok(), reference::accepts(&nested(depth)), "{depth}");
    }
}

#[test]
fn finds_the_end_of_strings_of_any_length_and_content() {
    for length in 0..40 {
        for (stop, is_good) in [("\\n", true), ("é", true), ("\\q", false), ("\n", false), ("\u{7f}", true)]
        {
            for place in 0..=length {
                let inside = format!("{}{stop}{}", "x".repeat(place), "y".repeat(length - place));
                let text = format!(r#"{{"a":"{inside}","b":["{inside}"]}}"#);
                assert_eq!(JsonObject::parse(text.as_str()).is_ok(), is_good, "{text:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Bricks of JSON in any order: some are objects, most are nearly.
    #[test]
    fn accepts_what_the_reference_accepts(bricks in vec(select(BRICKS.to_vec()), 0..14)) {
        let text = bricks.concat();
        for text in [text.clone(), format!("{{\"a\":{text}}}"), format!("{{{text}}}")] {
            assert_eq!(JsonObject::parse(text.as_str()).is_ok(), reference::accepts(&text), "{text}");
        }
    }

    /// Objects of everyday tokens, with a byte of them changed or left out.
    #[test]
    fn accepts_what_the_reference_accepts_of_damaged_claims(at in 0..EVERYDAY.len(), byte in 0..128_u8, cut in any::<bool>()) {
        let mut bytes = EVERYDAY.as_bytes().to_vec();
        if cut { bytes.remove(at); } else { bytes[at] = byte; }
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(JsonObject::parse(text.as_str()).is_ok(), reference::accepts(&text), "{text}");
    }
}

const BRICKS: [&str; 32] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    " ",
    "\n",
    "\"a\"",
    "\"b\":",
    "\"\\u0061\":",
    "\"a\":1",
    "\"c\":[{}]",
    "-",
    "0",
    "12",
    ".5",
    "e9",
    "E+400",
    "1e308",
    "true",
    "false",
    "null",
    "nul",
    "\"é\"",
    "\\ud83d",
    "\\ude00",
    "\u{1}",
    "{}",
    "{\"d\":{\"e\":\"\\ud83d\\ude00\"}}",
];

const EVERYDAY: &str = r#"{"iss":"https://idp.test","sub":"a\"b","aud":["x","y"],"exp":1571915441,"iat":1.5e3,"n":-0.25,
 "scope":"read write","o":{"roles":["a","b"],"t":true,"f":false,"z":null,"\u0061":"\u00e9"},"e":[],"deep":[[{"a":[{}]}]]}"#;
