use super::*;

#[test]
fn reads_members_by_what_their_names_mean() {
    let object = JsonObject::parse(r#"{"a":1, "\u0062" : "x\ny","c":[1,"2",{}],"d":{"e":null}}"#).unwrap();
    assert_eq!(object.get("a").unwrap().as_number(), Some("1"));
    assert_eq!(object.get("b").unwrap().as_str().as_deref(), Some("x\ny"));
    assert_eq!(object.get("c").unwrap().elements().unwrap().len(), 3);
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
    for count in [2, FEW - 1, FEW, FEW + 1, 3_000] {
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
