//! What must not be found anywhere but in the request: the token, its parts, and what it says.

use claimgate_testkit::base64url_decode;
use serde_json::Value;

use super::host::Request;
use super::world::{AUDIENCE, ISSUER, OTHER_ISSUER};

/// Everything in the credentials of a request that nobody may repeat.
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    pub(crate) fn of(request: &Request) -> Self {
        let mut secrets = Vec::new();
        let credentials = request.headers.iter().filter(|(name, _)| *name == "authorization");
        for (_, value) in credentials {
            let value = String::from_utf8_lossy(value);
            let words = value.split([' ', '\t', ',']);
            for word in words.filter(|word| !word.eq_ignore_ascii_case("Bearer")) {
                secrets.push(word.to_owned());
                secrets.extend(word.split('.').map(str::to_owned));
                for (at, part) in word.split('.').take(2).enumerate() {
                    if let Some(Ok(json)) = base64url_decode(part).map(|bytes| serde_json::from_slice(&bytes))
                    {
                        said(&json, at == 0, &mut secrets);
                    }
                }
            }
        }
        // What is configured may be told, and what is short is found by accident.
        let is_configured = |text: &str| [ISSUER, OTHER_ISSUER, AUDIENCE, "order"].contains(&text);
        secrets.retain(|text| text.len() >= 5 && !is_configured(text));
        Secrets(secrets)
    }

    /// The first secret that `text` holds.
    pub(crate) fn found_in(&self, text: &str) -> Option<&str> {
        self.0.iter().map(String::as_str).find(|secret| text.contains(secret))
    }
}

/// Collects the strings and numbers of a header or a payload. A `kid` may be logged, and the names of algorithms and
/// types are those of the specification.
fn said(json: &Value, is_header: bool, secrets: &mut Vec<String>) {
    match json {
        Value::String(text) => secrets.push(text.clone()),
        Value::Number(number) => secrets.push(number.to_string()),
        Value::Array(elements) => elements.iter().for_each(|element| said(element, is_header, secrets)),
        Value::Object(members) => {
            for (name, value) in members {
                if !(is_header && ["alg", "kid", "typ"].contains(&name.as_str())) {
                    said(value, is_header, secrets);
                }
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}
