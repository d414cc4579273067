//! What somebody between the issuer and the service can do to a token: read it, and change it without the key.
//!
//! Each function takes a compact token and gives another; a part that is missing counts as empty.

use serde_json::Value;

use crate::{base64url, base64url_decode};

/// The header, read without any check; none when it is not base64url of JSON.
pub fn unverified_header(token: &str) -> Option<Value> {
    json(parts(token).0)
}

/// The payload, read without any check; none when it is not base64url of JSON.
pub fn unverified_payload(token: &str) -> Option<Value> {
    json(parts(token).1)
}

/// The token with another header and the signature it had.
pub fn with_header(token: &str, bytes: impl AsRef<[u8]>) -> String {
    let (_, payload, signature) = parts(token);
    format!("{}.{payload}.{signature}", base64url(bytes))
}

/// The token with another payload and the signature it had.
pub fn with_payload(token: &str, bytes: impl AsRef<[u8]>) -> String {
    let (header, _, signature) = parts(token);
    format!("{header}.{}.{signature}", base64url(bytes))
}

/// The token with one claim changed and the signature it had; all of the payload is that claim when there was none to read.
pub fn with_claim(token: &str, name: &str, value: impl Into<Value>) -> String {
    let mut claims = match unverified_payload(token) {
        Some(Value::Object(claims)) => claims,
        _ => serde_json::Map::new(),
    };
    claims.insert(name.to_owned(), value.into());
    with_payload(token, Value::Object(claims).to_string())
}

/// The token with other bytes for a signature; none of them leaves an empty third part.
pub fn with_signature(token: &str, bytes: impl AsRef<[u8]>) -> String {
    let (header, payload, _) = parts(token);
    format!("{header}.{payload}.{}", base64url(bytes))
}

/// The token with the lowest bit of its signature's first byte turned: well formed, of the right length, and wrong.
pub fn with_flipped_signature(token: &str) -> String {
    let mut signature = base64url_decode(parts(token).2).unwrap_or_default();
    if let Some(byte) = signature.first_mut() {
        *byte ^= 1;
    }
    with_signature(token, signature)
}

fn parts(token: &str) -> (&str, &str, &str) {
    let mut parts = token.splitn(3, '.');
    let mut next = || parts.next().unwrap_or_default();
    (next(), next(), next())
}

fn json(part: &str) -> Option<Value> {
    serde_json::from_slice(&base64url_decode(part)?).ok()
}
