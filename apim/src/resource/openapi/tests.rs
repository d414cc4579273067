use std::fmt::Write as _;

use super::*;

const YAML: &str = r##"
openapi: 3.0.1
info:
  title: PizzaShackAPI
  version: 1.0.0
x-wso2-basePath: /pizzashack/1.0.0
x-wso2-auth-header: AuthHeader
x-wso2-sandbox-endpoints: &endpoints
  urls: ["https://localhost:9443/am/sample/pizzashack/v1/api/"]
x-wso2-production-endpoints: *endpoints
security:
  - default: [everything]
paths:
  x-note: no path
  /menu:
    parameters:
      - $ref: "#/components/parameters/size"
    get:
      x-auth-type: None
      responses: {"200": {description: ok}}
  /order:
    post:
      x-auth-type: Application & Application User
      security:
        - default: [order, admin]
        - other: [order]
  /order/{orderId}:
    get:
      x-auth-type: "Application User"
      security: []
    put:
      x-scope: write, order
    delete:
      security:
        - default: []
      x-scope: remove
    head: {}
  /again:
    $ref: "#/components/pathItems/again"
  /menu2:
    $ref: "#/paths/~1menu"
components:
  pathItems:
    again: {patch: {x-auth-type: Any}}
  schemas:
    Node: {properties: {next: {$ref: "#/components/schemas/Node"}}}
"##;

fn read(text: &str) -> Result<ResourceTable, String> {
    ResourceTable::from_openapi(text, &OpenApiSettings::new()).map_err(|error| error.to_string())
}

/// A document with these paths, in JSON.
fn document(paths: &str) -> String {
    format!(
        r#"{{"openapi":"3.1.0","info":{{"title":"A","version":"1"}},"x-wso2-basePath":"/a","paths":{paths}}}"#
    )
}

#[test]
fn reads_paths_with_their_security() {
    let table = read(YAML).unwrap();
    for (method, path, auth, scopes) in [
        ("GET", "/menu", AuthType::None, &[][..]),
        ("POST", "/order", AuthType::Token, &["order", "admin"]),
        ("GET", "/order/1", AuthType::Token, &[]),
        ("PUT", "/order/1", AuthType::Token, &["write", "order"]),
        ("DELETE", "/order/1", AuthType::Token, &["remove"]),
        ("HEAD", "/order/1", AuthType::Token, &["everything"]),
        ("PATCH", "/again", AuthType::Token, &["everything"]),
        ("GET", "/menu2", AuthType::None, &[]),
    ] {
        let found = table.find(method, &format!("/pizzashack/1.0.0{path}")).unwrap();
        assert_eq!(
            (found.auth, found.scopes.iter().map(String::as_str).collect::<Vec<_>>().as_slice()),
            (auth, scopes),
            "{path}"
        );
    }
    assert_eq!(table.resources().count(), 8);
    assert!(table.find("HEAD", "/pizzashack/1.0.0/menu").is_none());
    let api = &table.resources().next().unwrap().api;
    assert_eq!((api.name.as_str(), api.version.as_str()), ("PizzaShackAPI", "1.0.0"));
    assert_eq!(api.auth_header.as_deref(), Some("AuthHeader"));
    assert!(api.has_production && api.has_sandbox && api.needs_subscription);
}

#[test]
fn settings_replace_what_the_document_says() {
    let settings = OpenApiSettings::new()
        .name("B")
        .context("/b/{version}")
        .version("2")
        .publisher("admin")
        .audiences(["c"])
        .without_subscription();
    let table = ResourceTable::from_openapi(&document(r#"{"/x":{"get":{}}}"#), &settings).unwrap();
    let api = &table.find("GET", "/b/2/x").unwrap().api;
    assert_eq!(
        (api.name.as_str(), api.version.as_str(), api.publisher.as_deref()),
        ("B", "2", Some("admin"))
    );
    assert_eq!(api.audiences, ["c"]);
    assert!(api.has_production && !api.has_sandbox && !api.needs_subscription);
    assert!(table.find("GET", "/a/x").is_none());
}

#[test]
fn refuses_what_could_be_meant_otherwise() {
    for (text, expected) in [
        (document("{}"), "paths: no operation"),
        (document(r#"{"/x":{"get":{"x-auth-type":"none"}}}"#), "x-auth-type = \"none\": expected"),
        (document(r#"{"/x":{"get":{"x-auth-type":false}}}"#), "invalid type: boolean"),
        (document(r#"{"/x":{"get":{}},"/x":{"get":{"x-auth-type":"None"}}}"#), "\"/x\" is there twice"),
        (document(r#"{"/x":{"get":{},"get":{"x-auth-type":"None"}}}"#), "duplicate field `get`"),
        (
            document(r#"{"/x":{"get":{"x-auth-type":"Any","x-auth-type":"None"}}}"#),
            "duplicate field `x-auth-type`",
        ),
        (document(r#"{"/x":{"get":{}},"/X":{"get":{}}}"#), "differs from it only in case"),
        (document(r#"{"/x/{a}":{"get":{}},"/x/{b}":{"get":{}}}"#), "is for the same requests"),
        (document(r#"{"/x;y":{"get":{}}}"#), "no request can have these characters"),
        (document(r#"{"/x":{"$ref":"other.yaml#/x"}}"#), "is no path item of this document"),
        (document(r##"{"/x":{"$ref":"#/paths/~1y"}}"##), "is no path item of this document"),
        (document(r##"{"/x":{"$ref":"#/paths/~1x/get"}}"##), "is no path item of this document"),
        (document(r##"{"/x":{"$ref":"#/paths/~1y","get":{}},"/y":{"put":{}}}"##), "and operations beside it"),
        (document(r##"{"/x":{"$ref":"#/paths/~1y"},"/y":{"$ref":"#/paths/~1x"}}"##), "leads on and on"),
        (document(r##"{"/x":{"$ref":"#/paths/~1x"}}"##), "leads on and on"),
        (r#"{"swagger":"2.0","info":{"title":"A","version":"1"}}"#.to_owned(), "missing field `openapi`"),
        (document(r#"{"/x":{"get":{}}}"#).replace("3.1.0", "2.0"), "only version 3 is"),
        (document(r#"{"/x":{"get":{}}}"#).replace("x-wso2-basePath", "x-path"), "no context is given"),
        ("openapi: 3.0.0\nopenapi: 3.0.0\n".to_owned(), "openapi"),
        (YAML.replace("/menu2:", "/menu:"), "/menu"),
        (YAML.replace("AuthHeader", "Auth Header"), "is no name of a header field"),
        ("openapi: [".to_owned(), ""),
        (String::new(), ""),
    ] {
        let error = read(&text).unwrap_err();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn a_chain_of_references_may_not_be_endless() {
    let chain = |length: usize| {
        let links = (0..length).map(|link| format!(r##""/{link}":{{"$ref":"#/paths/~1{}"}}"##, link + 1));
        document(&format!("{{{},\"/{length}\":{{\"get\":{{}}}}}}", links.collect::<Vec<_>>().join(",")))
    };
    assert_eq!(read(&chain(15)).unwrap().resources().count(), 16);
    assert!(read(&chain(16)).unwrap_err().contains("leads on and on"));
}

#[test]
fn neither_depth_nor_aliases_nor_size_exhaust_anything() {
    // Passed over without recursion.
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let text = document(r#"{"/x":{"get":{}}}"#).replacen('{', &format!("{{\"x-deep\":{deep},"), 1);
        assert_eq!(read(&text).unwrap().resources().count(), 1);
        assert!(read(&document(&deep)).is_err());
        assert!(read(&document(&format!("{{\"/x\":{deep}}}"))).is_err());
    }
    for deep in [
        format!("x-deep: {}", "[".repeat(100_000)),
        format!("x-deep: {}{}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("x-deep: {}", "{a: ".repeat(100_000)),
        format!("x-deep:\n {}1", "- ".repeat(100_000)),
        (0..3_000).fold("x-deep:\n".to_owned(), |text, depth| text + &" ".repeat(depth + 1) + "a:\n"),
    ] {
        let error = read(&format!("{deep}\n{YAML}")).unwrap_err();
        assert!(error.contains("recursion limit") || error.contains("Depth"), "{error}");
    }
    // A billion laughs: each of 9 levels is 10 times the one before.
    let mut bomb = "x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..=9 {
        let alias = format!("*a{}", level - 1);
        writeln!(bomb, "x-{level}: &a{level} [{}]", [alias.as_str(); 10].join(", ")).unwrap();
    }
    let error = read(&(bomb + YAML.trim_start())).unwrap_err();
    assert!(error.contains("alias replay limit exceeded"), "{error}");
    // The same where it is read and not passed over.
    let bomb = |length: usize| {
        "x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\nx-list: &s\n".to_owned()
            + &"  - default: *a0\n".repeat(length)
            + &YAML.replace("security: []", "security: *s")
    };
    let few = read(&bomb(10)).unwrap();
    assert_eq!(few.find("GET", "/pizzashack/1.0.0/order/1").unwrap().scopes, ["x"]);
    let error = read(&bomb(100_000)).unwrap_err();
    assert!(error.contains("alias replay limit exceeded"), "{error}");
    // One that contains itself.
    assert!(read(&format!("x-self: &self [*self]\n{YAML}")).is_err());
    let padded = |length: usize| YAML.to_owned() + &"#".repeat(length - YAML.len());
    assert!(read(&padded(crate::resource::MAX_DOCUMENT_BYTES)).is_ok());
    let error = read(&padded(crate::resource::MAX_DOCUMENT_BYTES + 1)).unwrap_err();
    assert_eq!(error, "10000001 bytes are more than the 10000000 that are read");
}
