use serde_json::Value;

use super::*;

const HOSTILE: &str = "/o\"'<b>&amp;]]>\\\r\nSet-Cookie: x\u{0}\u{1b}\u{fffe}\u{e9}\t";

fn hostile() -> Asked<'static> {
    Asked {
        method: "POST",
        auth_header: HOSTILE,
        realm: Some(HOSTILE),
        resource: Some(HOSTILE),
        ..with_token()
    }
}

#[test]
fn no_header_can_be_split() {
    let scopes =
        [HOSTILE.to_owned(), "a b".to_owned(), String::new(), "order".to_owned(), "qu\"ote".to_owned()];
    let asked = Asked { scopes: &scopes, ..hostile() };
    for profile in PROFILES {
        for code in CODES {
            let fault = Fault::new(code).described(HOSTILE).next_access(NEXT);
            for (name, value) in fault.answer(profile, &asked).headers {
                assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{name}: {value:?}");
            }
        }
    }
    let answer = Fault::new(FaultCode::InsufficientScope).answer(Profile::Strict, &asked);
    assert_eq!(
        header(&answer, "www-authenticate"),
        Some(r#"Bearer realm="/o\"'<b>&amp;]]>\\Set-Cookie: x", error="insufficient_scope", scope="order""#)
    );
}

#[test]
fn json_reads_back_as_what_was_said() {
    for profile in [Profile::Strict, Profile::Version4] {
        let fault = Fault::new(FaultCode::InsufficientScope);
        let answer = fault.answer(profile, &hostile());
        let read: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(
            read["description"],
            format!("User is NOT authorized to access the Resource: {HOSTILE}. Scope validation failed.")
        );
        assert!(answer.body.bytes().all(|byte| byte >= b' '), "{:?}", answer.body);
    }
}

#[test]
fn xml_has_no_element_more_and_no_character_that_it_may_not_have() {
    let fault = Fault::new(FaultCode::ResourceQuota).described(HOSTILE);
    let told = "/o\"'&lt;b&gt;&amp;amp;]]&gt;\\&#13;\nSet-Cookie: x\u{fffd}\u{fffd}\u{fffd}\u{e9}\t";
    let xml = fault.answer(Profile::Version3, &hostile()).body;
    assert!(xml.contains(&format!("<amt:description>{told}</amt:description>")), "{xml:?}");
    let soap = fault.answer(Profile::Version4, &Asked { is_soap: true, ..hostile() }).body;
    assert!(soap.contains(&format!("<detail>{told}</detail>")), "{soap:?}");
}
