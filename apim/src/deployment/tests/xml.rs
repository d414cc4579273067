//! `api-manager.xml`.

use proptest::prelude::*;

use super::*;

const XML: &str = include_str!("../../../tests/data/deployment/api-manager-2.x.xml");
const TOML: &str = include_str!("../../../tests/data/deployment/api-manager-2.x.toml");

fn xml(text: &str) -> (Deployment, Vec<Notice>) {
    Deployment::from_xml(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn error(text: &str) -> String {
    Deployment::from_xml(text).map(drop).unwrap_err().to_string()
}

fn jwt(elements: &str) -> String {
    format!("<APIManager>\n<JWTConfiguration>{elements}</JWTConfiguration></APIManager>")
}

#[test]
fn both_formats_say_the_same() {
    let (deployment, notices) = xml(XML);
    assert_eq!(deployment, toml(TOML).0);
    assert_eq!(told(&notices), [""; 0]);
    assert!(deployment.backend_jwt.enable && !deployment.token_cache.enabled);
}

#[test]
fn the_order_of_elements_does_not_count() {
    let mut lines: Vec<_> = XML.lines().collect();
    let jwt = lines.iter().position(|line| line.contains("<JWTConfiguration>")).unwrap();
    let end = lines.iter().position(|line| line.contains("</JWTConfiguration>")).unwrap();
    lines[jwt + 1..end].reverse();
    // The tables in another order too.
    let (moved, rest): (Vec<_>, Vec<_>) =
        lines.iter().enumerate().partition(|(at, _)| (jwt..=end).contains(at));
    let (last, rest) = rest.split_last().unwrap();
    let text: Vec<_> = rest.iter().chain(&moved).chain([last]).map(|(_, line)| **line).collect();
    let text = text.join("\n");
    assert_ne!(text, XML.trim_end());
    assert_eq!(xml(&text).0, xml(XML).0);
}

#[test]
fn nothing_said_is_the_defaults() {
    assert_eq!(xml("<APIManager/>"), (Deployment::default(), Vec::new()));
    assert_eq!(xml(&jwt("")), (Deployment::default(), Vec::new()));
}

#[test]
fn the_snippets_of_the_manual_are_read() {
    let snippet = "<JWTConfiguration> .... <JWTGeneratorImpl>org.wso2.carbon.test.CustomTokenGenerator</JWTGeneratorImpl> \
                   .... </JWTConfiguration>";
    let class = "org.wso2.carbon.test.CustomTokenGenerator".to_owned();
    let (deployment, notices) = xml(snippet);
    assert_eq!(deployment.backend_jwt.generator.as_ref(), Some(&class));
    assert_eq!(notices, [Notice::NeedsPlugin { key: "JWTConfiguration/JWTGeneratorImpl".to_owned(), class }]);
    let url_safe = snippet.replace(
        "org.wso2.carbon.test.CustomTokenGenerator",
        "org.wso2.carbon.apimgt.keymgt.token.URLSafeJWTGenerator",
    );
    for snippet in [url_safe.clone(), url_safe.replace("JWTGeneratorImpl", "TokenGeneratorImpl")] {
        let (deployment, notices) = xml(&snippet);
        assert_eq!((deployment.backend_jwt.encoding, &*notices), (Encoding::Base64Url, &[][..]), "{snippet}");
    }
    let cache = "<CacheConfigurations> ... <!-- JWT claims Cache expiry in seconds --> \
                 <JWTClaimCacheExpiry>60</JWTClaimCacheExpiry> ... </CacheConfigurations>";
    assert_eq!(xml(cache).0.claim_cache.expiry, Duration::from_secs(60));
    let validator = "<APIKeyValidator> ... <JWTExpiryTime>60</JWTExpiryTime> ... </APIKeyValidator>";
    assert_eq!(xml(validator).0.backend_jwt.expiry, Duration::from_secs(60));
}

#[test]
fn unknown_elements_of_the_jwt_are_told_and_others_are_not() {
    let (_, notices) =
        xml(&jwt("<EnableJWTGeneratoin>true</EnableJWTGeneratoin><Other><JWTHeader>x y</JWTHeader></Other>"));
    assert_eq!(
        told(&notices),
        [
            "unknown key \"JWTConfiguration/EnableJWTGeneratoin\", did you mean \"JWTConfiguration/EnableJWTGeneration\"?",
            "unknown key \"JWTConfiguration/Other\"",
        ]
    );
    let (deployment, notices) =
        xml("<APIManager><Other><JWTHeader>x</JWTHeader><Strange/></Other></APIManager>");
    assert_eq!((deployment, &*notices), (Deployment::default(), &[][..]));
}

#[test]
fn entities_of_xml_itself_and_cdata_are_text() {
    let text = jwt("<ConsumerDialectURI>a&amp;b&#x41;<![CDATA[<c>]]><!-- d --></ConsumerDialectURI>");
    assert_eq!(xml(&text).0.backend_jwt.claim_dialect, "a&bA<c>");
}

#[test]
fn every_mistake_quotes_element_and_value() {
    for (text, expected) in [
        (
            jwt("<EnableJWTGeneration>yes</EnableJWTGeneration>"),
            r#"JWTConfiguration: EnableJWTGeneration = "yes": expected true or false"#,
        ),
        (jwt("<EnableX5C/>"), r#"JWTConfiguration: EnableX5C = "": expected true or false"#),
        (
            jwt("<SignatureAlgorithm>SHA1</SignatureAlgorithm>"),
            r#"JWTConfiguration: SignatureAlgorithm = "SHA1": expected "SHA256withRSA" or "NONE""#,
        ),
        (
            jwt("<JWTHeader>a b</JWTHeader>"),
            r#"JWTConfiguration: JWTHeader = "a b": expected the name of a header field"#,
        ),
        (
            jwt("<JWTHeader>a</JWTHeader><JWTHeader>b</JWTHeader>"),
            "JWTConfiguration: JWTHeader is there 2 times",
        ),
        (
            jwt("<JWTGeneratorImpl>a.B</JWTGeneratorImpl><TokenGeneratorImpl>a.C</TokenGeneratorImpl>"),
            r#"JWTConfiguration: JWTGeneratorImpl = "a.B" and TokenGeneratorImpl = "a.C": say one"#,
        ),
        (
            "<A><APIKeyValidator><JWTExpiryTime>-1</JWTExpiryTime></APIKeyValidator></A>".to_owned(),
            r#"APIKeyValidator: JWTExpiryTime = "-1": expected a duration such as "15m", or a number of seconds"#,
        ),
        (
            "<!DOCTYPE a [<!ENTITY b \"c\">]>\n<A>&b;</A>".to_owned(),
            "line 1: a document type (<!DOCTYPE) is not read",
        ),
        ("<A>\n&b;</A>".to_owned(), "line 2: an entity that is none of XML's own"),
        ("<A>\n".to_owned(), "line 2: the file ends within an element"),
        (String::new(), "no XML element in it"),
        ("[apim.jwt]".to_owned(), "line 1: text outside of all elements"),
        ("<A/>\n<B>".to_owned(), "line 2: a second element outside of all others"),
    ] {
        assert_eq!(error(&text), expected, "{text}");
    }
    for text in ["<A>\n</B>", "<A>\n<", "<A>\n</", "</A>", "<A>\n<b c='"] {
        assert!(error(text).starts_with("line "), "{text}: {}", error(text));
    }
}

#[test]
fn entity_bombs_end_at_the_document_type() {
    let mut bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY a0 \"x\">".to_owned();
    for at in 1..30 {
        bomb.extend(["<!ENTITY a", &at.to_string(), " \"", &format!("&a{};", at - 1).repeat(10), "\">"]);
    }
    bomb += "]>\n<APIManager><JWTConfiguration><JWTHeader>&a29;</JWTHeader></JWTConfiguration></APIManager>";
    assert_eq!(error(&bomb), "line 2: a document type (<!DOCTYPE) is not read");
}

#[test]
fn size_and_depth_have_limits() {
    let long = format!("<A>{}</A>", " ".repeat(10 << 20));
    assert_eq!(error(&long), "10485767 bytes: more than the 1048576 that are read");
    assert_eq!(error(&"<a>".repeat(100_000)), "line 1: elements in more than 64 others");
    let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    assert_eq!(xml(&nested(64)).0, Deployment::default());
    assert_eq!(error(&nested(65)), "line 1: elements in more than 64 others");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,300}") {
        let _ = Deployment::from_xml(&text);
    }

    #[test]
    fn no_mixture_of_its_own_words_makes_it_panic(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        let _ = Deployment::from_xml(&words.concat());
    }
}

const WORDS: &[&str] = &[
    "<JWTConfiguration>",
    "</JWTConfiguration>",
    "<JWTHeader>",
    "</JWTHeader>",
    "<JWTHeader/>",
    "<EnableX5C>true</EnableX5C>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "&amp;",
    "&#0;",
    "&#x110000;",
    "&x;",
    "<?xml",
    "?>",
    "<!DOCTYPE",
    "<",
    ">",
    "é",
    "\n",
    "x",
];
