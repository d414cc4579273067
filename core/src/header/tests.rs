use super::*;

fn parse(header: &str) -> Result<Algorithm, AuthErrorKind> {
    let header = Header::parse(&base64url::encode(header.as_bytes()));
    header.map(|header| header.algorithm).map_err(|error| error.kind())
}

#[test]
fn reads_headers_that_it_understands_whole() {
    use AuthErrorKind::{AlgorithmNotAllowed, MalformedToken, UnsupportedHeader};
    for (header, expected) in [
        (r#"{"alg":"RS256"}"#, Ok(Algorithm::RS256)),
        (r#"{"alg":"Ed25519","typ":"at+jwt","kid":"k"}"#, Ok(Algorithm::EdDSA)),
        (r#"{"\u0061lg":"ES256"}"#, Ok(Algorithm::ES256)),
        (r#"{"alg":"ES256","jku":"http://x","x5u":1,"jwk":{},"x5c":[],"x5t":"a"}"#, Ok(Algorithm::ES256)),
        ("{}", Err(AlgorithmNotAllowed)),
        (r#"{"alg":"none"}"#, Err(AlgorithmNotAllowed)),
        (r#"{"alg":"HS256"}"#, Err(AlgorithmNotAllowed)),
        (r#"{"alg":""}"#, Err(AlgorithmNotAllowed)),
        (r#"{"alg":1}"#, Err(MalformedToken)),
        (r#"{"alg":null}"#, Err(MalformedToken)),
        (r#"{"alg":["RS256"]}"#, Err(MalformedToken)),
        (r#"{"alg":"RS256","alg":"RS256"}"#, Err(MalformedToken)),
        (r#"{"alg":"RS256","\u0061lg":"none"}"#, Err(MalformedToken)),
        (r#"{"alg":"RS256","kid":1}"#, Err(MalformedToken)),
        (r#"{"alg":"RS256","kid":null}"#, Err(MalformedToken)),
        (r#"{"alg":"RS256","typ":["JWT"]}"#, Err(MalformedToken)),
        (r#"{"alg":"RS256","x5t":1}"#, Err(MalformedToken)),
        (r#"{"alg":"RS256","x5t#S256":null}"#, Err(MalformedToken)),
        (r#"{"alg":"RS256","x5t":"+/=","x5t#S256":""}"#, Ok(Algorithm::RS256)),
        (r#"{"alg":"RS256","crit":[]}"#, Err(UnsupportedHeader)),
        (r#"{"alg":"RS256","crit":["exp"],"exp":1}"#, Err(UnsupportedHeader)),
        (r#"{"alg":"RS256","crit":["b64"],"b64":false}"#, Err(UnsupportedHeader)),
        (r#"{"alg":"RS256","b64":false}"#, Err(UnsupportedHeader)),
        (r#"{"alg":"RS256","zip":"DEF"}"#, Err(UnsupportedHeader)),
        (r#"{"alg":"RS256","enc":"A128GCM"}"#, Err(UnsupportedHeader)),
        ("[]", Err(MalformedToken)),
        ("null", Err(MalformedToken)),
        (r#"{"alg":"RS256"} "#, Ok(Algorithm::RS256)),
        (r#"{"alg":"RS256"}x"#, Err(MalformedToken)),
    ] {
        assert_eq!(parse(header), expected, "{header}");
    }
}

#[test]
fn knows_headers_until_it_is_full_and_is_cleared() {
    let header = |number: usize| {
        let text = format!(r#"{{"alg":"ES256","kid":"{number}"}}"#);
        Arc::new(Header::parse(&base64url::encode(text.as_bytes())).unwrap())
    };
    let known = KnownHeaders::default();
    for number in 0..=MOST_KNOWN {
        known.add(&header(number));
        known.add(&header(number));
    }
    for number in 0..MOST_KNOWN {
        let found = known.find(&header(number).segment).unwrap();
        assert_eq!(found.key_id.as_deref(), Some(&*number.to_string()));
    }
    assert!(known.find(&header(MOST_KNOWN).segment).is_none());
    known.clear();
    known.add(&header(MOST_KNOWN));
    assert!(known.find(&header(0).segment).is_none());
    assert!(known.find(&header(MOST_KNOWN).segment).is_some());
}
