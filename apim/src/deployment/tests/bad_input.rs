//! What is wrong with a configuration, in the words that operators get.

use proptest::prelude::*;

use super::*;

fn error(text: &str) -> String {
    Deployment::from_toml(text).map(drop).unwrap_err().to_string()
}

#[test]
fn every_mistake_quotes_key_and_value() {
    for (text, expected) in [
        ("[apim.jwt]\nenable = 'yes'", r#"apim.jwt: enable = "yes": expected true or false"#),
        ("[apim.jwt]\nenable = 1", "apim.jwt: enable = 1: expected true or false"),
        ("[apim.jwt]\nheader = 1", "apim.jwt: header = 1: expected a string"),
        (
            "[apim.jwt]\nheader = 'X JWT'",
            r#"apim.jwt: header = "X JWT": expected the name of a header field"#,
        ),
        (
            "[apim.oauth_config]\nauth_header = ''",
            r#"apim.oauth_config: auth_header = "": expected the name of a header field"#,
        ),
        (
            "[apim.jwt]\nencoding = 'base32'",
            r#"apim.jwt: encoding = "base32": expected "base64" or "base64url""#,
        ),
        (
            "[apim.jwt]\nsigning_algorithm = 'SHA1withRSA'",
            r#"apim.jwt: signing_algorithm = "SHA1withRSA": expected "SHA256withRSA" or "NONE""#,
        ),
        (
            "[apim.jwt]\nexpiry_time = '15 parsecs'",
            r#"apim.jwt: expiry_time = "15 parsecs": expected a duration such as "15m", or a number of seconds"#,
        ),
        (
            "[apim.jwt]\nexpiry_time = -1",
            r#"apim.jwt: expiry_time = -1: expected a duration such as "15m", or a number of seconds"#,
        ),
        (
            "[apim.jwt.gateway_generator]\nexcluded_claims = 'a'",
            r#"apim.jwt.gateway_generator: excluded_claims = "a": expected a list of strings"#,
        ),
        ("[apim]\njwt = true", "apim: jwt = true: expected a table"),
        ("apim = 1", "apim = 1: expected a table"),
        ("[oauth]\ntimestamp_skew = '301s'", "oauth: timestamp_skew = 301s: from 0s to 5m"),
        ("[apim.certificate_reloader]\nperiod = 0", "apim.certificate_reloader: period = 0ns: at least 1s"),
        ("[truststore]\npassword = 'secret'", "truststore: file_name is missing"),
        (
            "[truststore]\nfile_name = 'a'\ntype = 'BCFKS'",
            r#"truststore: type = "BCFKS": expected "JKS", "PKCS12", or "PEM" for a directory"#,
        ),
        ("[truststore]\nfile_name = 'a'\npassword = 12345", "truststore: password: expected a string"),
        (
            "[truststore]\nfile_name = 'a'\npassword = '$secret{store}'",
            "truststore: password: no vault is read here, and `$env{NAME}` is an environment variable",
        ),
        (
            "[truststore]\nfile_name = '${carbon.home}/a.jks'",
            r#"truststore: file_name = "${carbon.home}/a.jks": ${ is not resolved here"#,
        ),
        (
            "[truststore]\nfile_name = 'a'\ntype = 'pem'\npassword = 'secret'",
            "truststore: password: a directory has none",
        ),
        (
            "[truststore]\nfile_name = 'a'\nenforce_certificate_validity = 'yes'",
            r#"truststore: enforce_certificate_validity = "yes": expected true or false"#,
        ),
        (
            "[truststore]\nfile_name = 'a'\ncertificate_warning = 'a month'",
            r#"truststore: certificate_warning = "a month": expected a duration such as "15m", or a number of seconds"#,
        ),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn every_mistake_about_issuers_names_the_issuer() {
    const ISSUER: &str = "[[apim.jwt.issuer]]\nname = 'a'\njwks.url = 'https://a.example'\n";
    let issuer = |more: &str| format!("{ISSUER}{more}");
    for (text, expected) in [
        (
            "[apim.jwt.issuer]\nname = 'a'".to_owned(),
            "apim.jwt: issuer = a table: expected one or more tables in double brackets",
        ),
        (
            "[[apim.jwt.issuer]]\njwks.url = 'https://a.example'".to_owned(),
            "apim.jwt.issuer number 1: name is missing: it is what tokens have in `iss`",
        ),
        ("[[apim.jwt.issuer]]\nname = 5".to_owned(), "apim.jwt.issuer number 1: name = 5: expected a string"),
        ("[[apim.jwt.issuer]]\nname = ''".to_owned(), r#"apim.jwt.issuer "": name = "": it is empty"#),
        (
            "[[apim.jwt.issuer]]\nname = 'a'".to_owned(),
            r#"apim.jwt.issuer "a": it has neither jwks.url nor is there a [truststore] with its keys"#,
        ),
        (
            "[[apim.jwt.issuer]]\nname = 'a'\njwks.url = ''".to_owned(),
            r#"apim.jwt.issuer "a": jwks: url = "": it is empty; apim.jwt.issuer "a": it has neither jwks.url nor is there a [truststore] with its keys"#,
        ),
        (
            "[[apim.jwt.issuer]]\nname = 'a'\njwks = 'https://a.example'".to_owned(),
            r#"apim.jwt.issuer "a": jwks = "https://a.example": expected a table; apim.jwt.issuer "a": it has neither jwks.url nor is there a [truststore] with its keys"#,
        ),
        (
            "[[apim.jwt.issuer]]\nname = 'a'\njwks_url = 'https://a.example'\n[truststore]\nfile_name = 'a'"
                .to_owned(),
            r#"apim.jwt.issuer "a": jwks_url: the original writes jwks.url"#,
        ),
        (
            "[[apim.jwt.issuer]]\nname = 'a'\njwks.uri = 'https://a.example'\n[truststore]\nfile_name = 'a'"
                .to_owned(),
            r#"apim.jwt.issuer "a": jwks: url is missing"#,
        ),
        (issuer(ISSUER), r#"apim.jwt.issuer: name = "a": there is another of this name"#),
        (
            issuer("[[apim.jwt.issuer.claim_mapping]]\nremote_claim = 'a'"),
            r#"apim.jwt.issuer "a": claim_mapping number 1: local_claim is missing"#,
        ),
        (
            issuer(
                "claim_mapping = [{ remote_claim = 'a', local_claim = 'x' }, { remote_claim = 'b', local_claim = 'x' }]",
            ),
            r#"apim.jwt.issuer "a": claim_mapping number 2: local_claim = "x": another claim is mapped to it"#,
        ),
        (
            issuer(
                "claim_mapping = [{ remote_claim = 'a', local_claim = 'x' }, { remote_claim = 'a', local_claim = 'y' }]",
            ),
            r#"apim.jwt.issuer "a": claim_mapping number 2: remote_claim = "a": it is mapped already"#,
        ),
    ] {
        assert_eq!(error(&text), expected, "{text}");
    }
}

#[test]
fn both_edges_of_the_numbers() {
    assert_eq!(toml("[oauth]\ntimestamp_skew = '0m'").0.leeway, Duration::ZERO);
    assert_eq!(toml("[oauth]\ntimestamp_skew = '5m'").0.leeway, Duration::from_secs(300));
    assert_eq!(toml("[oauth]\ntimestamp_skew = 30").0.leeway, Duration::from_secs(30));
    let period = toml("[apim.certificate_reloader]\nperiod = '1'").0.certificate_reload;
    assert_eq!(period, Duration::from_secs(1));
    let store = |more: &str| toml(&format!("[truststore]\nfile_name = 'a'\n{more}")).0;
    for (more, days) in [("", 30), ("certificate_warning = '0d'", 0), ("certificate_warning = 86400", 1)] {
        assert_eq!(store(more).certificate_warning, Duration::from_secs(days * 86_400), "{more}");
    }
    for (more, expected) in [
        ("", CertificateValidity::Ignore),
        ("enforce_certificate_validity = false", CertificateValidity::Ignore),
        ("enforce_certificate_validity = true", CertificateValidity::Check),
    ] {
        assert_eq!(store(more).certificate_validity, expected, "{more}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let error =
        Deployment::from_toml("[apim.jwt]\nenable = 1\nencoding = 2\n[truststore]\ntype = 3").unwrap_err();
    assert_eq!(error.problems().len(), 4, "{error}");
}

#[test]
fn broken_toml_names_the_line() {
    for (text, line) in [
        ("[apim.jwt\nenable = true", "line 1: "),
        ("[apim.jwt]\nenable = true\nenable = false", "line 3: "),
        ("\n\n[apim.jwt]\nenable = tru", "line 4: "),
        ("[apim.jwt]\n[apim.jwt]", "line 2: "),
    ] {
        assert!(error(text).starts_with(line), "{text}: {}", error(text));
    }
}

#[test]
fn what_is_too_long_is_not_read() {
    let comment = format!("#{}", "x".repeat(MOST_BYTES - 1));
    assert_eq!(toml(&comment).0, Deployment::default());
    assert_eq!(error(&format!("{comment}x")), "1048577 bytes: more than the 1048576 that are read");
    let long = "[apim.jwt]\n".to_owned() + &"a = 1\n".repeat(10 << 17);
    assert!(error(&long).ends_with("bytes: more than the 1048576 that are read"));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deployment.toml");
    std::fs::write(&path, long).unwrap();
    assert!(Deployment::from_file(&path).unwrap_err().to_string().ends_with("that are read"));
}

#[test]
fn a_value_of_a_megabyte_is_not_repeated() {
    let text = format!("[apim.jwt]\nencoding = '{}'", "x".repeat(1_000_000));
    assert!(error(&text).len() < 400);
    let text = format!("[apim.jwt]\n{} = 1", "x".repeat(1_000_000));
    assert!(toml(&text).1.iter().all(|notice| notice.to_string().len() < 900));
}

#[test]
fn nesting_ends_in_an_error() {
    for text in [
        format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("a = {}{}", "{a=".repeat(100_000), "}".repeat(100_000)),
    ] {
        assert!(error(&text).starts_with("line 1: "), "{}", error(&text));
    }
    // Whether it is read or refused, it ends.
    let _ = Deployment::from_toml(&format!("{}a = 1", "a.".repeat(100_000)));
    let _ = Deployment::from_toml(&format!("[{}a]", "a.".repeat(100_000)));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,300}") {
        let _ = Deployment::from_toml(&text);
    }

    #[test]
    fn no_mixture_of_its_own_words_makes_it_panic(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        let _ = Deployment::from_toml(&words.concat());
    }
}

const WORDS: &[&str] = &[
    "[[apim.jwt.issuer]]\n",
    "[apim.jwt]\n",
    "[truststore]\n",
    "[oauth]\n",
    "[apim.cache.gateway_token]\n",
    "name",
    "jwks",
    ".url",
    "timestamp_skew",
    "type",
    "file_name",
    " = ",
    "'a'",
    "'5m'",
    "true",
    "1",
    "-1",
    "1.5",
    "{",
    "}",
    "[",
    "]",
    "\n",
    "claim_mapping",
    "remote_claim",
    "\"",
    "'",
    "#",
    ",",
    "é",
    "\u{0}",
];

#[test]
fn a_warning_of_dates_that_do_not_count_is_told() {
    let store = "[truststore]\nfile_name = 'a'\ncertificate_warning = '7d'\n";
    let notices = |more: &str| Deployment::from_toml(&format!("{store}{more}")).unwrap().1;
    let is_told = |notice: &Notice| matches!(notice, Notice::NoEffect { key, .. } if key == "truststore.certificate_warning");
    assert!(notices("").iter().any(is_told), "{:?}", notices(""));
    assert!(!notices("enforce_certificate_validity = true").iter().any(is_told));
}
