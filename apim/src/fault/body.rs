//! The bodies of answers, in the forms that clients of the original read.

use serde::Serialize;

use crate::fault::{Asked, FaultCode};
use crate::profile::Profile;

/// What a body says.
pub(super) struct Told<'a> {
    pub(super) code: FaultCode,
    pub(super) description: &'a str,
    /// `nextAccessTime`.
    pub(super) next_access: Option<&'a str>,
}

const JSON: &str = "application/json";
const XML: &str = "application/xml";
const SOAP: &str = "text/xml; charset=utf-8";

/// The content type and the body of the answer to `asked`.
pub(super) fn body(told: &Told<'_>, profile: Profile, asked: &Asked<'_>) -> (&'static str, String) {
    let number = told.code.number().to_string();
    match profile {
        _ if asked.wants_soap() => (SOAP, soap(told)),
        _ if told.code == FaultCode::KeyTypeMismatch => {
            (JSON, json(&told.members(&*number, Some("Status report"))))
        }
        Profile::Strict | Profile::Version4 => (JSON, json(&told.members(&*number, None))),
        Profile::Version3 if asked.wants_json() => {
            (JSON, json(&Wrapped { fault: told.members(told.code.number(), None) }))
        }
        Profile::Version3 => (XML, xml(told)),
    }
}

/// The members in the order in which the original writes them.
#[derive(Serialize)]
struct Members<'a, N> {
    code: N,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    message: &'static str,
    description: &'a str,
    #[serde(rename = "nextAccessTime", skip_serializing_if = "Option::is_none")]
    next_access: Option<&'a str>,
}

#[derive(Serialize)]
struct Wrapped<'a> {
    fault: Members<'a, u32>,
}

impl<'a> Told<'a> {
    fn members<N>(&self, code: N, kind: Option<&'static str>) -> Members<'a, N> {
        let message = self.code.message();
        Members { code, kind, message, description: self.description, next_access: self.next_access }
    }
}

/// Strings and numbers alone are always written.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn xml(told: &Told<'_>) -> String {
    let (prefix, namespace) = if told.code.is_throttling() {
        ("amt", "http://wso2.org/apimanager/throttling")
    } else {
        ("ams", "http://wso2.org/apimanager/security")
    };
    let number = told.code.number().to_string();
    let elements = [
        ("code", Some(&*number)),
        ("message", Some(told.code.message())),
        ("description", Some(told.description)),
        ("nextAccessTime", told.next_access),
    ];
    let mut text = format!("<{prefix}:fault xmlns:{prefix}=\"{namespace}\">");
    for (name, value) in elements {
        if let Some(value) = value {
            text.extend(["<", prefix, ":", name, ">", &escaped(value), "</", prefix, ":", name, ">"]);
        }
    }
    text.extend(["</", prefix, ":fault>"]);
    text
}

/// A fault of SOAP 1.1, section 4.4.
fn soap(told: &Told<'_>) -> String {
    let message = told.code.message();
    let (code, reason, detail) = match told.code {
        throttling if throttling.is_throttling() => ("Server", message, told.description),
        FaultCode::KeyTypeMismatch => ("Client", message, told.description),
        _ => ("Client", "Authentication Failure", message),
    };
    format!(
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body><soapenv:Fault>\
         <faultcode>soapenv:{code}</faultcode><faultstring>{reason}</faultstring><detail>{}</detail>\
         </soapenv:Fault></soapenv:Body></soapenv:Envelope>",
        escaped(detail)
    )
}

/// The text of an element. Quotes stay: they mean nothing there, and the original does not escape them. What no document may
/// hold (XML 1.0, section 2.2) becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => value.push_str("&amp;"),
            '<' => value.push_str("&lt;"),
            '>' => value.push_str("&gt;"),
            // A reader would take it for a line feed (section 2.11).
            '\r' => value.push_str("&#13;"),
            '\t' | '\n' => value.push(character),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => value.push(char::REPLACEMENT_CHARACTER),
            _ => value.push(character),
        }
    }
    value
}
