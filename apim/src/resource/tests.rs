use super::*;
use crate::api::Api;

const PIZZA: &str = r#"
[[api]]
name = "PizzaShackAPI"
context = "/pizzashack/{version}"
version = "1.0.0"
publisher = "admin"
audiences = ["a", "b"]
auth_header = "X-Auth"
endpoints = ["production", "sandbox"]
subscription = false

[[api.resource]]
path = "/menu"
methods = ["GET", "HEAD"]
auth = "none"

[[api.resource]]
path = "/order"
methods = ["POST"]
scopes = ["order"]

[[api.resource]]
path = "/order/{orderId}"
methods = ["GET", "PUT"]
scopes = ["read", "write"]

[[api.resource]]
path = "/order/{orderId}.json"
methods = ["GET"]

[[api.resource]]
path = "/order/latest"
methods = ["GET"]
scopes = ["latest"]

[[api.resource]]
path = "/order/{orderId}/items/*"
methods = ["GET"]

[[api.resource]]
path = "/{kind}/latest/items"
methods = ["GET"]

[[api]]
name = "PizzaAPI"
context = "/pizza"
version = "2"
[[api.resource]]
path = "/*"
methods = ["GET"]

[[api]]
name = "Inner"
context = "/pizza/inner"
version = "2"
[[api.resource]]
path = "/"
methods = ["GET"]
[[api.resource]]
path = "/slash/"
methods = ["GET"]
"#;

#[track_caller]
fn table(text: &str) -> ResourceTable {
    ResourceTable::from_toml(text).unwrap_or_else(|error| panic!("{error}"))
}

/// One API at `/api` with these resources: path, auth, scopes in blanks.
fn api(resources: &[(&str, &str, &str)]) -> Result<ResourceTable, ConfigError> {
    let api =
        Arc::new(Api { name: "A".into(), context: "/api".into(), version: "1".into(), ..Api::default() });
    ResourceTable::from_resources(resources.iter().map(|(path, auth, scopes)| Resource {
        api: Arc::clone(&api),
        template: (*path).to_owned(),
        verb: "GET".to_owned(),
        auth: if *auth == "none" { AuthType::None } else { AuthType::Token },
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
    }))
}

fn found<'t>(table: &'t ResourceTable, method: &str, target: &str) -> Option<&'t str> {
    table.find(method, target).map(|resource| resource.template.as_str())
}

#[test]
fn finds_the_resource_that_a_request_is_for() {
    let table = table(PIZZA);
    for (method, target, expected) in [
        ("GET", "/pizzashack/1.0.0/menu", Some("/menu")),
        ("HEAD", "/pizzashack/1.0.0/menu", Some("/menu")),
        ("GET", "/pizzashack/1.0.0/menu?size=9", Some("/menu")),
        ("GET", "http://a.example:8243/pizzashack/1.0.0/menu", Some("/menu")),
        ("GET", "/pizzashack/1.0.0/menu/", Some("/menu")),
        ("GET", "/pizzashack/1%2E0.0/%6denu", Some("/menu")),
        ("POST", "/pizzashack/1.0.0/order", Some("/order")),
        ("GET", "/pizzashack/1.0.0/order/7", Some("/order/{orderId}")),
        ("GET", "/pizzashack/1.0.0/order/%37", Some("/order/{orderId}")),
        ("GET", "/pizzashack/1.0.0/order/a%20b", Some("/order/{orderId}")),
        ("PUT", "/pizzashack/1.0.0/order/7/", Some("/order/{orderId}")),
        ("GET", "/pizzashack/1.0.0/order/7.json", Some("/order/{orderId}.json")),
        ("GET", "/pizzashack/1.0.0/order/.json", Some("/order/{orderId}")),
        ("PUT", "/pizzashack/1.0.0/order/7.json", Some("/order/{orderId}")),
        ("GET", "/pizzashack/1.0.0/order/latest", Some("/order/latest")),
        ("PUT", "/pizzashack/1.0.0/order/latest", Some("/order/{orderId}")),
        ("GET", "/pizzashack/1.0.0/order/7/items", Some("/order/{orderId}/items/*")),
        ("GET", "/pizzashack/1.0.0/order/7/items/", Some("/order/{orderId}/items/*")),
        ("GET", "/pizzashack/1.0.0/order/7/items/1/2/3", Some("/order/{orderId}/items/*")),
        // The text `latest` leads nowhere here, so that the parameter beside it is tried.
        ("GET", "/pizzashack/1.0.0/order/latest/items/1", Some("/order/{orderId}/items/*")),
        ("GET", "/pizzashack/1.0.0/order/latest/items", Some("/order/{orderId}/items/*")),
        ("GET", "/pizzashack/1.0.0/drink/latest/items", Some("/{kind}/latest/items")),
        ("GET", "/pizza", Some("/*")),
        ("GET", "/pizza/", Some("/*")),
        ("GET", "/pizza/a/b", Some("/*")),
        ("GET", "/pizza/inner", Some("/")),
        ("GET", "/pizza/inner/", Some("/")),
        ("GET", "/pizza/inner/slash", Some("/slash/")),
        ("GET", "/pizza/inner/slash/", Some("/slash/")),
        ("GET", "/pizza/innermost", Some("/*")),
        // Nothing fits.
        ("GET", "/", None),
        ("GET", "/pizzashack", None),
        ("GET", "/pizzashack/1.0.0", None),
        ("GET", "/pizzashack/1.0.0/", None),
        ("GET", "/pizzashack/2.0.0/menu", None),
        ("GET", "/pizzashack/1.0.0/menu/today", None),
        ("GET", "/pizzashack/1.0.0menu", None),
        ("GET", "/pizzashack/1.0.0/order", None),
        ("GET", "/pizzashack/1.0.0/order/", None),
        ("GET", "/pizzashack/1.0.0/order/7/bill", None),
        ("GET", "/menu", None),
        ("GET", "/x/pizza", None),
        ("GET", "/pizzas", None),
        // A shorter context does not step in.
        ("GET", "/pizza/inner/other", None),
        ("POST", "/pizza/inner", None),
        // The method, letter by letter.
        ("POST", "/pizzashack/1.0.0/menu", None),
        ("HEAD", "/pizzashack/1.0.0/order/7", None),
        ("get", "/pizzashack/1.0.0/menu", None),
        ("Get", "/pizza", None),
        ("", "/pizza", None),
        ("GET ", "/pizza", None),
        ("OPTIONS", "/pizzashack/1.0.0/menu", None),
    ] {
        assert_eq!(found(&table, method, target), expected, "{method} {target}");
    }
}

#[test]
fn refuses_every_spelling_that_servers_differ_about() {
    let table = table(PIZZA);
    for target in [
        "/pizza//a",
        "//pizza/a",
        "/pizza/a//",
        "/pizza/./a",
        "/pizza/../pizza/a",
        "/pizza/a/..",
        "/pizza/%2e%2E/a",
        "/pizza/.%2e",
        "/pizza/a%2fb",
        "/pizza%2Fa",
        "/pizza/a\\b",
        "/pizza/a%5Cb",
        "/pizza/a;b=c",
        "/pizza;x/a",
        "/pizza/a%3bb",
        "/pizza/a%00",
        "/pizza/a\0",
        "/pizza/%",
        "/pizza/%4",
        "/pizza/%4g",
        "/pizza/%25",
        "/pizza/%252e",
        "/pizza/caf\u{e9}",
        "/pizza/%e9",
        "/pizza/%c0%af",
        "/pizza/a#b",
        "/pizza/a%23b",
        "/pizza/a%3fb",
        "/pizza/a b",
        "/pizza/{a}",
        "*",
        "",
        "pizza/a",
        "a.example:80",
        "ftp://a.example/pizza/a",
        "http://u@a.example/pizza/a",
        "/pizza/\u{ff0f}a",
        "/pizza/a\r\nb",
    ] {
        assert_eq!(found(&table, "GET", target), None, "{target:?}");
    }
    for target in ["/pizza/caf%C3%A9", "/pizza/...", "/pizza/a:b@c", "/pizza/%40", "/pizza/a?b=/../;%00"] {
        assert_eq!(found(&table, "GET", target), Some("/*"), "{target:?}");
    }
}

/// Resources, and what is found for requests.
type Scene =
    (&'static [(&'static str, &'static str, &'static str)], &'static [(&'static str, Option<&'static str>)]);

#[test]
fn what_asks_for_more_governs_where_servers_differ_about_case_and_escapes() {
    let scenes: [Scene; 6] = [
        // The text asks for more than the parameter: a server that ignores case serves the text.
        (
            &[("/admin:reset", "token", "admin"), ("/{page}", "none", "")],
            &[
                ("/api/admin:reset", Some("/admin:reset")),
                ("/api/admin%3Areset", Some("/admin:reset")),
                ("/api/admin%3areset", Some("/admin:reset")),
                ("/api/ADMIN:reset", Some("/admin:reset")),
                ("/api/%41dmin:reset", Some("/admin:reset")),
                ("/api/administrator", Some("/{page}")),
                ("/api/x%3Ay", Some("/{page}")),
            ],
        ),
        // The text asks for less: a server that minds case serves the parameter.
        (
            &[("/Public@a", "none", ""), ("/{page}", "token", "")],
            &[
                ("/api/Public@a", Some("/Public@a")),
                ("/api/public@a", Some("/{page}")),
                ("/api/PUBLIC@a", Some("/{page}")),
                ("/api/Public%40a", Some("/{page}")),
            ],
        ),
        // Neither asks for more than the other.
        (
            &[("/staff", "token", "staff"), ("/{page}", "token", "pages")],
            &[
                ("/api/staff", Some("/staff")),
                ("/api/Staff", None),
                ("/api/stafF/", None),
                ("/api/x", Some("/{page}")),
            ],
        ),
        // Fewer scopes to choose from are more to ask for.
        (
            &[("/staff", "token", "staff"), ("/{page}", "token", "staff pages")],
            &[("/api/staff", Some("/staff")), ("/api/Staff", Some("/staff"))],
        ),
        // A slash at the end.
        (
            &[
                ("/files", "none", ""),
                ("/files/*", "token", ""),
                ("/drop", "token", "drop"),
                ("/drop/*", "none", ""),
            ],
            &[
                ("/api/files", Some("/files")),
                ("/api/files/", Some("/files/*")),
                ("/api/files/a", Some("/files/*")),
                ("/api/drop", Some("/drop")),
                ("/api/drop/", Some("/drop")),
                ("/api/drop/a", Some("/drop/*")),
            ],
        ),
        // Nothing matches as it is: another reading opens nothing.
        (
            &[("/Menu", "none", ""), ("/a:b", "none", "")],
            &[
                ("/api/Menu", Some("/Menu")),
                ("/api/menu", None),
                ("/api/MENU", None),
                ("/API/Menu", None),
                ("/api/a:b", Some("/a:b")),
                ("/api/a%3Ab", None),
            ],
        ),
    ];
    for (resources, requests) in scenes {
        let table = api(resources).unwrap();
        for (target, expected) in requests {
            assert_eq!(found(&table, "GET", target), *expected, "{target} in {resources:?}");
        }
    }
}

#[test]
fn another_case_of_a_context_does_not_reach_a_wider_one() {
    let table = table(
        "[[api]]\nname = \"All\"\ncontext = \"/\"\nversion = \"1\"\n[[api.resource]]\npath = \"/*\"\nmethods = [\"GET\"]\nauth = \"none\"\n\
         [[api]]\nname = \"Staff\"\ncontext = \"/staff\"\nversion = \"1\"\n[[api.resource]]\npath = \"/*\"\nmethods = [\"GET\"]",
    );
    for (target, expected) in [
        ("/", Some("All")),
        ("/x", Some("All")),
        ("/staff/x", Some("Staff")),
        ("/Staff/x", None),
        ("/STAFF", None),
    ] {
        assert_eq!(table.find("GET", target).map(|found| found.api.name.as_str()), expected, "{target}");
    }
}

#[test]
fn the_most_specific_template_is_taken_whatever_the_order() {
    let mut resources = [
        ("/*", "none", ""),
        ("/{a}", "none", ""),
        ("/v{a}", "none", ""),
        ("/v{a}.json", "none", ""),
        ("/v1.json", "none", ""),
        ("/{a}/*", "none", ""),
        ("/{a}/{b}", "none", ""),
        ("/x/*", "none", ""),
    ];
    for _ in 0..resources.len() {
        resources.rotate_left(1);
        let table = api(&resources).unwrap();
        for (target, expected) in [
            ("/api/v1.json", "/v1.json"),
            ("/api/v2.json", "/v{a}.json"),
            ("/api/v2", "/v{a}"),
            ("/api/w", "/{a}"),
            ("/api/w/1", "/{a}/{b}"),
            ("/api/w/1/2", "/{a}/*"),
            ("/api/x/1", "/x/*"),
            ("/api/x", "/x/*"),
            ("/api", "/*"),
        ] {
            assert_eq!(found(&table, "GET", target), Some(expected), "{target}");
        }
    }
}

#[test]
fn reads_what_the_file_says_of_an_api() {
    let table = table(PIZZA);
    let order = table.find("PUT", "/pizzashack/1.0.0/order/7").unwrap();
    assert_eq!(order.verb, "PUT");
    assert_eq!(order.auth, AuthType::Token);
    assert_eq!(order.scopes, ["read", "write"]);
    assert_eq!(
        *order.api,
        Api {
            name: "PizzaShackAPI".to_owned(),
            context: "/pizzashack/1.0.0".to_owned(),
            version: "1.0.0".to_owned(),
            publisher: Some("admin".to_owned()),
            audiences: vec!["a".to_owned(), "b".to_owned()],
            auth_header: Some("X-Auth".to_owned()),
            has_production: true,
            has_sandbox: true,
            needs_subscription: false,
        }
    );
    let menu = table.find("GET", "/pizzashack/1.0.0/menu").unwrap();
    assert_eq!((menu.auth, menu.scopes.len()), (AuthType::None, 0));
    let pizza = table.find("GET", "/pizza").unwrap();
    assert_eq!(pizza.auth, AuthType::Token);
    assert!(pizza.api.needs_subscription && pizza.api.has_production && !pizza.api.has_sandbox);
    assert_eq!(table.resources().count(), 12);
}

#[test]
fn reads_the_documented_file() {
    let source = include_str!("../resource.rs");
    let lines = source.lines().map(str::trim).skip_while(|line| *line != "/// ```toml").skip(1);
    let example: String = lines
        .take_while(|line| *line != "/// ```")
        .map(|line| line.trim_start_matches("///").to_owned() + "\n")
        .collect();
    assert_eq!(found(&table(&example), "PUT", "/pizzashack/1.0.0/order/1"), Some("/order/{orderId}"));
}

#[track_caller]
fn problems(text: &str) -> Vec<String> {
    let error = ResourceTable::from_toml(text).unwrap_err();
    error.problems().iter().map(ToString::to_string).collect()
}

#[test]
fn tells_every_problem_at_once() {
    let text = r#"
        apis = 1
        [[api]]
        name = "A"
        context = "/a/../b"
        versoin = "1"
        endpoints = ["staging"]
        auth_header = "X Auth"
        [[api.resource]]
        path = "/x"
        methods = ["get"]
        [[api.resource]]
        path = "/y"
        auth = "nobody"
        scope = ["a"]
        [[api]]
        context = "/c"
        version = 1
        endpoints = []
        [[api.resource]]
        methods = []
        [[api]]
        name = "D"
        context = "/d"
        version = "1"
        [[api.resource]]
        path = "/a*"
        methods = ["GET"]
        [[api.resource]]
        path = "/b"
        methods = ["GET", "GET"]
        [[api.resource]]
        path = "/c"
        methods = ["GET"]
        auth = "none"
        scopes = ["a"]
        [[api.resource]]
        path = "/d"
        methods = ["GET"]
        scopes = ["a b"]
        [[api.resource]]
        path = "/d/"
        methods = ["GET"]
        [[api.resource]]
        path = "/e"
        methods = ["get"]
        [[api]]
        name = "E"
        context = "/D"
        version = "1"
        [[api.resource]]
        path = "/"
        methods = ["GET"]
        [[api]]
        name = "F"
        context = "/f"
        version = "1"
    "#;
    assert_eq!(
        problems(text),
        [
            r#"unknown key "apis", did you mean "api"?"#,
            r#"api "A": version is missing"#,
            r#"api "A": auth_header = "X Auth" is no name of a header field"#,
            r#"api "A": endpoints: "staging": expected "production" or "sandbox""#,
            r#"api "A": unknown key "versoin", did you mean "version"?"#,
            r#"api "A": resource "/y": methods is missing: name those that the resource has"#,
            r#"api "A": resource "/y": auth = "nobody": expected "token" or "none""#,
            r#"api "A": resource "/y": unknown key "scope", did you mean "scopes"?"#,
            "api number 2: name is missing",
            "api number 2: version = 1: expected a string",
            "api number 2: endpoints = []: without one, every token is refused",
            "api number 2: resource number 1: path is missing",
            "api number 2: resource number 1: methods is missing: name those that the resource has",
            r#"api "F": resource is missing: without one, every request is refused"#,
            r#"api "A": get "/x": context = "/a/../b": expected a path such as "/pizzashack/1.0.0""#,
            r#"api "D": GET "/a*": * stands alone at the end"#,
            r#"api "D": GET "/b": "/b" is for the same requests"#,
            r#"api "D": GET "/c": scopes = ["a"], but no token is looked at"#,
            r#"api "D": GET "/d": scopes: "a b" is empty or has blanks, no token could grant it"#,
            r#"api "D": get "/e": "get" is no method in upper case"#,
            r#"api "E": GET "/": the context "/D" differs from another only in case or escapes"#,
        ]
    );
    assert_eq!(problems(""), ["api is missing: without one, every request is refused"]);
    assert_eq!(problems("a = [1"), ["line 1: unclosed array, expected `]`"]);
}

#[test]
fn two_resources_are_never_for_the_same_requests() {
    for (one, other, expected) in [
        ("/a/{b}", "/a/{c}", Some("is for the same requests")),
        ("/a", "/a/", Some("is for the same requests")),
        ("/%61", "/a", Some("is for the same requests")),
        ("/a/*", "/a/*", Some("is for the same requests")),
        ("/{x}.json", "/{y}.json", Some("is for the same requests")),
        ("/a", "/A", Some("differs from it only in case or escapes")),
        ("/a:b", "/a%3ab", Some("differs from it only in case or escapes")),
        ("/{x}.json", "/{x}.JSON", Some("differs from it only in case or escapes")),
        ("/", "/*", None),
        ("/a", "/a/*", None),
        ("/a/{b}", "/a/b", None),
    ] {
        let error = api(&[(one, "token", ""), (other, "token", "")]).err().map(|error| error.to_string());
        assert_eq!(error.is_some(), expected.is_some(), "{one} and {other}: {error:?}");
        assert!(error.unwrap_or_default().ends_with(expected.unwrap_or_default()), "{one} and {other}");
    }
}

#[test]
fn tables_are_joined_unless_they_are_for_the_same_requests() {
    let one = || api(&[("/a", "none", ""), ("/b/{c}", "token", "")]).unwrap();
    let joined = one().and(api(&[("/b", "token", "b")]).unwrap()).unwrap();
    assert_eq!(found(&joined, "GET", "/api/a"), Some("/a"));
    assert_eq!(found(&joined, "GET", "/api/b"), Some("/b"));
    assert_eq!(found(&joined, "GET", "/api/b/1"), Some("/b/{c}"));
    let error = one().and(api(&[("/b/{d}", "token", "b")]).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "api \"A\": GET \"/b/{d}\": \"/b/{c}\" is for the same requests");
    assert_eq!(one().and(ResourceTable::default()).unwrap().resources().count(), 2);
}

#[test]
fn an_empty_table_finds_nothing() {
    assert!(ResourceTable::default().find("GET", "/").is_none());
}

#[test]
fn documents_that_are_too_large_or_too_deep_are_refused() {
    let padded = |length: usize| PIZZA.to_owned() + &"#".repeat(length - PIZZA.len());
    assert!(ResourceTable::from_toml(&padded(MAX_DOCUMENT_BYTES)).is_ok());
    let error = ResourceTable::from_toml(&padded(MAX_DOCUMENT_BYTES + 1)).unwrap_err();
    assert_eq!(error.to_string(), "10000001 bytes are more than the 10000000 that are read");
    for text in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("a = {}", "{a = ".repeat(100_000)),
        format!("{}a = 1", "a.".repeat(100_000)),
        format!("[{}a]", "a.".repeat(100_000)),
    ] {
        assert!(ResourceTable::from_toml(&text).is_err());
    }
}
