use std::time::Duration;

use super::*;
use crate::algorithm::Algorithm;
use crate::token_cache::TokenCache;

const JWKS: &str =
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

fn parse(text: &str) -> Result<Config, Vec<String>> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("keys.json"), JWKS).unwrap();
    Config::parse(text, directory.path())
        .map_err(|error| error.problems().iter().map(ToString::to_string).collect())
}

#[test]
fn reads_the_documented_file() {
    // The example in the documentation of this module, read from there.
    let source = include_str!("../config.rs");
    let lines = source.lines().skip_while(|line| *line != "//! ```toml").skip(1);
    let example: String = lines
        .take_while(|line| *line != "//! ```")
        .map(|line| line.trim_start_matches("//!").to_owned() + "\n")
        .collect();
    // A private CA and a client's certificate are files of the operator's.
    let example =
        example.replace("ca_file", "# ca_file").replace("client_identity_file", "# client_identity_file");
    let config = parse(&example).unwrap();
    assert_eq!(config.listen(), Some("127.0.0.1:8080"));
    let issuer = &config.builder.issuers()[0];
    assert_eq!(issuer.name, "https://idp.example.com");
    assert_eq!(issuer.certificate_warning, Duration::from_secs(30 * 86_400));
    assert_eq!(issuer.algorithms, [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA]);
    assert_eq!(issuer.claim_values, [("client_id".to_owned(), vec!["web".to_owned(), "cli".to_owned()])]);
}

#[test]
fn relative_paths_start_at_the_file() {
    let text = "[[issuer]]\nissuer = \"a\"\naudiences = [\"api\"]\njwks_file = \"keys.json\"";
    assert!(parse(text).is_ok());
}

#[test]
fn reads_when_the_end_of_certificates_is_told() {
    let issuer = |more: &str| {
        let text =
            format!("[[issuer]]\nissuer = \"a\"\naudiences = [\"api\"]\njwks_file = \"keys.json\"\n{more}");
        parse(&text).map(|config| config.builder.issuers()[0].certificate_warning)
    };
    assert_eq!(issuer("certificate_warning = \"36h\""), Ok(Duration::from_secs(129_600)));
    assert_eq!(issuer(""), Ok(Duration::from_secs(2_592_000)));
    let problems = issuer("certificate_warning = 30").unwrap_err();
    assert!(
        problems[0].ends_with("certificate_warning = 30: expected a duration such as \"30s\""),
        "{problems:?}"
    );
}

#[cfg(feature = "jwks-client")]
#[test]
fn reads_how_keys_are_fetched() {
    let issuer = |more: &str| {
        parse(&format!("[[issuer]]\nissuer = \"https://a.example\"\naudiences = [\"api\"]\n{more}"))
    };
    let config = issuer("proxy = \"http://proxy.example:3128\"\nguard_addresses = false").unwrap();
    let fetch = &config.builder.issuers()[0].fetch;
    assert_eq!(fetch.proxy, Some("http://proxy.example:3128".into()));
    assert!(!fetch.guard);
    assert!(issuer("guard_addresses = true").unwrap().builder.issuers()[0].fetch.guard);
    for (more, expected) in [
        (
            "proxy = \"http://user:secret@proxy.example\"\nguard_addresses = true",
            r#"proxy = "http://…@proxy.example" and guard_addresses = true: a proxy looks names up itself"#,
        ),
        ("proxy = \"proxy.example:3128\"", r#"proxy "proxy.example:3128" is not an http or https URL"#),
        ("client_identity_file = \"missing.pem\"", "client_identity_file \""),
        ("client_identity_file = \"missing.pem\"", "missing.pem\" cannot be read"),
        (
            "jwks_uri = \"https://169.254.169.254/jwks\"\nguard_addresses = true",
            "169.254.169.254 is link-local, and guard_addresses refuses it",
        ),
    ] {
        let problems = issuer(more).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains(expected), "{expected}\nin\n{problems:?}");
    }
}

#[test]
fn tells_every_problem_at_once_and_quotes_it() {
    let problems = parse(
        r#"
        lissten = "127.0.0.1:8080"
        realm = "a\nb"
        [cache]
        enabled = true
        capacity = 0
        max_bytes = "32 MiB"
        keep_text = true
        [token]
        sources = ["header", { cookies = "jwt" }]
        [[issuer]]
        issuer = "https://a.example"
        jwks_uri = "http://a.example/jwks"
        algorithms = ["RS256", "HS256", "none"]
        leeway = "6m"
        refresh_interval = 10
        refresh_burst = 11
        [[issuer]]
        issuer = "https://a.example"
        audiences = ["api"]
        any_audience = true
        jwks_file = "missing.json"
        keystore = { path = "store.p12", password = 123456, pasword_env = "A", default_alias = 1 }
        certificate_validity = "strict"
        [[issuer]]
        audiences = []
        jwks_file = "missing.json"
        claim_mapping = []
        zzz = 1
        "#,
    )
    .unwrap_err();
    for expected in [
        r#"unknown key "lissten", did you mean "listen"?"#,
        r#"realm = "a\nb": printable ASCII only"#,
        "cache: capacity = 0: nothing would be kept; enabled = false says so",
        r#"cache: max_bytes = "32 MiB": expected a whole number"#,
        r#"cache: unknown key "keep_text""#,
        r#"issuer "https://a.example": audiences is missing: name your service, or say any_audience = true"#,
        r#"issuer "https://a.example": jwks_uri "http://a.example/jwks": https only, except from loopback"#,
        r#"issuer "https://a.example": algorithms: "HS256" is symmetric: whoever can check such a token can make one"#,
        r#"issuer "https://a.example": algorithms: "none" is not the name of an asymmetric signature algorithm"#,
        r#"issuer "https://a.example": leeway = 360s: from 0s to 5m"#,
        r#"issuer "https://a.example": refresh_interval = 10: expected a duration such as "30s""#,
        r#"issuer "https://a.example": refresh_burst = 11: from 1 to 10"#,
        r#"issuer "https://a.example": two issuers of one name"#,
        r#"issuer "https://a.example": audiences = ["api"] and any_audience = true: say one"#,
        r#"issuer "https://a.example": jwks_file and keystore: say one source of keys"#,
        r#"issuer "https://a.example": keystore: password: expected a string"#,
        r#"issuer "https://a.example": keystore: unknown key "pasword_env", did you mean "password_env"?"#,
        r#"issuer "https://a.example": keystore: default_alias = 1: expected a string"#,
        r#"issuer "https://a.example": certificate_validity = "strict": expected "ignore" or "check""#,
        "issuer number 3: issuer is missing",
        "issuer number 3: claim_mapping: not built yet, it comes with claim mapping",
        r#"issuer number 3: unknown key "zzz""#,
    ] {
        assert!(
            problems.iter().any(|problem| problem == expected),
            "{expected}\nin\n{}",
            problems.join("\n")
        );
    }
    assert!(!problems.iter().any(|problem| problem.contains("123456")));
    assert!(problems.iter().any(|problem| problem.contains("missing.json\" cannot be read")));
    assert!(problems.iter().any(|problem| problem.contains("audiences = []: name at least one")));
}

#[test]
fn the_time_to_live_of_kept_tokens_is_a_duration() {
    let parse = |value: &str| {
        let issuer = "[[issuer]]\nissuer = \"a\"\naudiences = [\"api\"]\njwks_file = \"keys.json\"";
        parse(&format!("[cache]\ntime_to_live = {value}\n{issuer}"))
    };
    let read = parse("\"15m\"").unwrap().builder.cache;
    assert_eq!(read, TokenCache::new().time_to_live(Duration::from_secs(900)));
    for (value, expected) in [
        ("\"0s\"", "cache: time_to_live = 0ns: from 1s to 365d"),
        ("\"2y\"", "cache: time_to_live = 63115200s: from 1s to 365d"),
        ("900", "cache: time_to_live = 900: expected a duration such as \"30s\""),
    ] {
        assert_eq!(parse(value).unwrap_err(), [expected]);
    }
}

#[test]
fn a_key_store_says_where_it_is_and_one_way_to_its_password() {
    for (store, expected) in [
        ("{}", "keystore: path is missing"),
        (
            r#"{ path = "a", password = "b", password_env = "C" }"#,
            "keystore: password and password_env: say one",
        ),
        (
            r#"{ path = "a", password_env = "C", password_file = "d" }"#,
            "keystore: password_env and password_file: say one",
        ),
        (r#""store.p12""#, r#"keystore = "store.p12": expected a table"#),
    ] {
        let text = format!("[[issuer]]\nissuer = \"a\"\naudiences = [\"api\"]\nkeystore = {store}");
        let problems = parse(&text).unwrap_err();
        assert!(problems.iter().any(|problem| problem.ends_with(expected)), "{expected}\nin\n{problems:?}");
    }
}

#[test]
fn every_source_of_keys_starts_at_the_file() {
    for (source, expected) in [
        (r#"keystore = { path = "a.p12" }"#, "/a.p12\": cannot be read"),
        (r#"key_directory = "a""#, "/a\": cannot be read"),
        (r#"certificates = "a.der""#, "/a.der\": cannot be read"),
        (r#"keystore = { path = "keys.json", password_file = "a.txt" }"#, "/a.txt\" cannot be read"),
    ] {
        let text = format!("[[issuer]]\nissuer = \"a\"\naudiences = [\"api\"]\n{source}");
        let problems = parse(&text).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        let (before, _) = problems[0].split_once(expected).expect(&problems[0]);
        let path = before.rsplit('"').next().unwrap();
        assert!(path.starts_with(std::env::temp_dir().to_str().unwrap()), "{}", problems[0]);
    }
}

#[test]
fn n070_symmetric_algorithms_cannot_be_configured() {
    for name in ["HS256", "HS384", "HS512", "none", "RSA-OAEP", ""] {
        let text = format!(
            "[[issuer]]\nissuer = \"a\"\naudiences = [\"api\"]\njwks_file = \"keys.json\"\nalgorithms = [{name:?}]"
        );
        let problems = parse(&text).unwrap_err();
        assert!(problems.iter().any(|problem| problem.contains(&format!("{name:?}"))), "{problems:?}");
    }
}

#[test]
fn a_syntax_error_names_its_line() {
    let problems = parse("listen = \"a\"\nrealm = = 1").unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("line 2: "), "{problems:?}");
}
