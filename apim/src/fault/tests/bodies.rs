use super::*;

fn body(fault: &Fault, profile: Profile, asked: &Asked<'_>) -> (String, String) {
    let answer = fault.answer(profile, asked);
    (header(&answer, "content-type").unwrap().to_owned(), answer.body)
}

fn expect(fault: &Fault, profile: Profile, asked: &Asked<'_>, content_type: &str, expected: &str) {
    let found = body(fault, profile, asked);
    assert_eq!((&*found.0, &*found.1), (content_type, expected), "{fault:?} {profile:?} {asked:?}");
}

/// As the documentation of version 3.0 shows it, with line breaks that no answer has.
const DOCUMENTED: &str = r#"
<ams:fault xmlns:ams="http://wso2.org/apimanager/security">
<ams:code>900900</ams:code>
<ams:message>Unclassified Authentication Failure</ams:message>
<ams:description>Unclassified Authentication Failure</ams:description>
</ams:fault>
"#;

#[test]
fn version_3_says_in_xml_that_a_certificate_is_missing() {
    let fault = Fault::new(FaultCode::Unclassified);
    expect(
        &fault,
        Profile::Version3,
        &with_token(),
        "application/xml",
        r#"<ams:fault xmlns:ams="http://wso2.org/apimanager/security"><ams:code>900900</ams:code><ams:message>Unclassified Authentication Failure</ams:message><ams:description>Unclassified Authentication Failure</ams:description></ams:fault>"#,
    );
    let documented: String = DOCUMENTED.lines().collect();
    assert_eq!(body(&fault, Profile::Version3, &with_token()).1, documented);
    assert_eq!(fault.answer(Profile::Version3, &with_token()).status, 500);
}

#[test]
fn version_3_keeps_the_quotes_of_a_description_as_they_are() {
    expect(
        &Fault::new(FaultCode::MissingCredentials),
        Profile::Version3,
        &Asked::default(),
        "application/xml",
        r#"<ams:fault xmlns:ams="http://wso2.org/apimanager/security"><ams:code>900902</ams:code><ams:message>Missing Credentials</ams:message><ams:description>Required OAuth credentials not provided. Make sure your API invocation call has a header: 'Authorization : Bearer ACCESS_TOKEN' or 'Authorization : Basic ACCESS_TOKEN' or 'apikey: API_KEY'</ams:description></ams:fault>"#,
    );
}

#[test]
fn version_3_throttles_in_a_namespace_of_its_own() {
    let fault = Fault::new(FaultCode::ApplicationQuota);
    expect(
        &fault,
        Profile::Version3,
        &with_token(),
        "application/xml",
        r#"<amt:fault xmlns:amt="http://wso2.org/apimanager/throttling"><amt:code>900803</amt:code><amt:message>Message throttled out</amt:message><amt:description>You have exceeded your quota</amt:description></amt:fault>"#,
    );
    expect(
        &fault.next_access(NEXT),
        Profile::Version3,
        &with_token(),
        "application/xml",
        r#"<amt:fault xmlns:amt="http://wso2.org/apimanager/throttling"><amt:code>900803</amt:code><amt:message>Message throttled out</amt:message><amt:description>You have exceeded your quota .You can access API after 2026-Nov-22 10:01:00+0000 UTC</amt:description><amt:nextAccessTime>2026-Nov-22 10:01:00+0000 UTC</amt:nextAccessTime></amt:fault>"#,
    );
}

#[test]
fn version_3_wraps_its_json_and_writes_the_code_as_a_number() {
    let asked = Asked { accept: Some("application/json"), ..with_token() };
    let of_key = Fault::of(
        &claimgate_core::AuthErrorKind::BadSignature.into(),
        Profile::Version3,
        KeyPlace::TrustStore,
    );
    expect(
        &of_key,
        Profile::Version3,
        &asked,
        "application/json",
        r#"{"fault":{"code":900901,"message":"Invalid Credentials","description":"Invalid JWT token. Signature verification failed.. Make sure you have provided the correct security credentials"}}"#,
    );
    expect(
        &Fault::new(FaultCode::ApiQuota).next_access(NEXT),
        Profile::Version3,
        &asked,
        "application/json",
        r#"{"fault":{"code":900800,"message":"Message throttled out","description":"You have exceeded your quota .You can access API after 2026-Nov-22 10:01:00+0000 UTC","nextAccessTime":"2026-Nov-22 10:01:00+0000 UTC"}}"#,
    );
}

#[test]
fn version_3_finds_no_json_among_several_types() {
    let fault = Fault::new(FaultCode::InvalidCredentials);
    for (accept, content_type) in [
        (Some("application/json"), "application/json"),
        (Some("application/json, text/plain"), "application/xml"),
        (Some("application/json;q=1"), "application/xml"),
        (Some("application/jsonp"), "application/xml"),
        (Some("*/*"), "application/xml"),
        (Some(""), "application/xml"),
        (None, "application/xml"),
    ] {
        let asked = Asked { accept, ..with_token() };
        assert_eq!(body(&fault, Profile::Version3, &asked).0, content_type, "{accept:?}");
        assert_eq!(body(&fault, Profile::Version4, &asked).0, "application/json", "{accept:?}");
    }
}

#[test]
fn version_4_and_strict_write_the_code_as_a_string() {
    for profile in [Profile::Version4, Profile::Strict] {
        expect(
            &Fault::new(FaultCode::InvalidCredentials),
            profile,
            &with_token(),
            "application/json",
            r#"{"code":"900901","message":"Invalid Credentials","description":"Invalid Credentials. Make sure you have provided the correct security credentials"}"#,
        );
        expect(
            &Fault::new(FaultCode::SubscriptionQuota).next_access(NEXT),
            profile,
            &with_token(),
            "application/json",
            r#"{"code":"900804","message":"Message throttled out","description":"You have exceeded your quota .You can access API after 2026-Nov-22 10:01:00+0000 UTC","nextAccessTime":"2026-Nov-22 10:01:00+0000 UTC"}"#,
        );
    }
}

#[test]
fn a_key_of_the_wrong_type_is_a_runtime_error_in_every_profile() {
    let sandbox = r#"{"code":"900901","type":"Status report","message":"Runtime Error","description":"Sandbox key offered to the API with no sandbox endpoint"}"#;
    let production = r#"{"code":"900901","type":"Status report","message":"Runtime Error","description":"Production key offered to the API with no production endpoint"}"#;
    for profile in PROFILES {
        for (key_type, expected) in [(KeyType::Sandbox, sandbox), (KeyType::Production, production)] {
            let fault = Fault::key_type_mismatch(key_type);
            expect(&fault, profile, &with_token(), "application/json", expected);
            assert_eq!(fault.answer(profile, &with_token()).status, 403);
        }
    }
}

#[test]
fn soap_is_answered_in_soap() {
    let asked = Asked { method: "POST", is_soap: true, ..with_token() };
    for profile in PROFILES {
        expect(
            &Fault::new(FaultCode::InvalidCredentials),
            profile,
            &asked,
            "text/xml; charset=utf-8",
            r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><soapenv:Fault><faultcode>soapenv:Client</faultcode><faultstring>Authentication Failure</faultstring><detail>Invalid Credentials</detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"#,
        );
        expect(
            &Fault::new(FaultCode::ApiQuota),
            profile,
            &asked,
            "text/xml; charset=utf-8",
            r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><soapenv:Fault><faultcode>soapenv:Server</faultcode><faultstring>Message throttled out</faultstring><detail>You have exceeded your quota</detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"#,
        );
    }
}

#[test]
fn soap_is_what_says_so_and_has_a_message() {
    let fault = Fault::new(FaultCode::InvalidCredentials);
    for (method, content_type, is_soap, answered) in [
        ("POST", Some("application/soap+xml; charset=utf-8"), false, "text/xml; charset=utf-8"),
        ("POST", Some("Application/SOAP+XML"), false, "text/xml; charset=utf-8"),
        ("POST", Some("text/xml"), true, "text/xml; charset=utf-8"),
        ("POST", Some("text/xml"), false, "application/json"),
        ("POST", Some("application/json"), false, "application/json"),
        ("GET", Some("application/soap+xml"), true, "application/json"),
        ("DELETE", None, true, "application/json"),
    ] {
        let asked = Asked { method, content_type, is_soap, ..with_token() };
        let found = body(&fault, Profile::Version4, &asked).0;
        assert_eq!(found, answered, "{method} {content_type:?} {is_soap}");
    }
}
