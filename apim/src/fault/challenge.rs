//! `WWW-Authenticate` in the answer to a fault.

use crate::fault::{Asked, FaultCode};
use crate::profile::Profile;

/// The realm of the original.
const REALM: &str = "WSO2 API Manager";

/// The challenge to `asked`, if the answer has one. Printable ASCII.
///
/// The compatible profiles challenge with 401 alone and say the same whatever is wrong.
pub(super) fn challenge(code: FaultCode, profile: Profile, asked: &Asked<'_>) -> Option<String> {
    let is_unauthorized = code.status(profile) == 401;
    let realm = quoted(asked.realm.unwrap_or(REALM));
    match profile {
        Profile::Strict => strict(code, is_unauthorized, asked),
        Profile::Version4 => is_unauthorized.then(|| {
            format!(
                "Internal API Key realm={realm}, Bearer realm={realm}, error=\"invalid_token\", \
                 error_description=\"The provided token is invalid\""
            )
        }),
        Profile::Version3 => is_unauthorized.then(|| {
            format!(
                "OAuth2 realm={realm}, error=\"invalid_token\", \
                 error_description=\"The access token expired\""
            )
        }),
    }
}

/// The challenge of RFC 6750, section 3.
fn strict(code: FaultCode, is_unauthorized: bool, asked: &Asked<'_>) -> Option<String> {
    let error = match code {
        FaultCode::InsufficientScope => Some("insufficient_scope"),
        FaultCode::MalformedRequest => Some("invalid_request"),
        _ if !is_unauthorized => return None,
        // "If the request lacks any authentication information (e.g., the client … attempted using an unsupported
        // authentication method), the resource server SHOULD NOT include an error code" (section 3.1).
        FaultCode::MissingCredentials => None,
        _ => asked.has_credential.then_some("invalid_token"),
    };
    let scope = scope(asked.scopes).filter(|_| code == FaultCode::InsufficientScope);
    let parameters = [("realm", asked.realm), ("error", error), ("scope", scope.as_deref())];
    let written: Vec<_> = parameters
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| format!("{name}={}", quoted(value))))
        .collect();
    Some(format!("Bearer {}", written.join(", ")).trim_end().to_owned())
}

/// The scopes as one value, those left out that the grammar has no place for: "scope-token = 1*( %x21 / %x23-5B / %x5D-7E )"
/// (RFC 6749, section 3.3). `None` where nothing is left, since there is no empty list.
fn scope(scopes: &[String]) -> Option<String> {
    let is_token = |scope: &&str| {
        !scope.is_empty() && scope.bytes().all(|byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~'))
    };
    let named: Vec<_> = scopes.iter().map(String::as_str).filter(is_token).collect();
    (!named.is_empty()).then(|| named.join(" "))
}

/// A quoted-string (RFC 9110, section 5.6.4). What could break the header is left out rather than sent.
fn quoted(text: &str) -> String {
    let mut value = String::from("\"");
    for character in text.chars().filter(|character| matches!(character, ' '..='~')) {
        if matches!(character, '"' | '\\') {
            value.push('\\');
        }
        value.push(character);
    }
    value.push('"');
    value
}
