//! From the name of an issuer to the URL of its keys.

use reqwest::Url;

use crate::fetch_settings::FetchSettings;
use crate::json::{JsonObject, JsonValue};
use crate::refresh::client::JwksClient;
use crate::refresh::fetch_error::FetchError;
use crate::refresh::host::{is_loopback, is_safe_scheme, may_be_this_machine};

/// Finds the key set of `issuer` by `OpenID` Connect Discovery 1.0, section 4, or RFC 8414, section 3.
pub(crate) async fn discover(
    client: &JwksClient,
    issuer: &str,
    url: &Url,
    settings: &FetchSettings,
) -> Result<Url, FetchError> {
    let document = match client.get(&openid_configuration(url)).await {
        // Not an OpenID provider, then: a plain authorization server has its document elsewhere.
        Err(FetchError::Status { status: 404, .. }) => client.get(&authorization_server(url)).await?,
        result => result?,
    };
    let text = String::from_utf8(document.body).map_err(|_| FetchError::NotMetadata)?;
    let metadata = JsonObject::parse(text).map_err(|_| FetchError::NotMetadata)?;
    let member = |name| metadata.get(name).and_then(JsonValue::as_str).ok_or(FetchError::NotMetadata);
    // "The 'issuer' value returned MUST be identical to the authorization server's issuer identifier value into which the
    // well-known URI string was inserted" (RFC 8414, section 3.3).
    if member("issuer")? != issuer {
        return Err(FetchError::OtherIssuer);
    }
    let jwks_uri = Url::parse(&member("jwks_uri")?).map_err(|_| FetchError::UnsafeJwksUri("is not a URL"))?;
    check_jwks_uri(url, &jwks_uri, settings)?;
    Ok(jwks_uri)
}

/// What a document may name: no step down from https, and none of the hosts that the configuration excludes.
fn check_jwks_uri(issuer: &Url, jwks_uri: &Url, settings: &FetchSettings) -> Result<(), FetchError> {
    if issuer.scheme() == "https" && jwks_uri.scheme() != "https" {
        return Err(FetchError::UnsafeJwksUri("is not https although the issuer is"));
    }
    if !is_safe_scheme(jwks_uri, settings) {
        return Err(FetchError::UnsafeJwksUri("is neither https nor loopback"));
    }
    // A document from elsewhere must not send us to services of this machine.
    if may_be_this_machine(jwks_uri) && !is_loopback(issuer) {
        return Err(FetchError::UnsafeJwksUri("is loopback although the issuer is not"));
    }
    let host = jwks_uri.host_str().unwrap_or_default();
    let is_named = settings.jwks_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host));
    if !(settings.jwks_hosts.is_empty() || is_named || issuer.host_str() == Some(host)) {
        return Err(FetchError::UnsafeJwksUri("is on a host that jwks_hosts does not name"));
    }
    Ok(())
}

/// The well-known name is appended to the path of the issuer.
fn openid_configuration(issuer: &Url) -> Url {
    let mut url = issuer.clone();
    url.set_path(&format!("{}/.well-known/openid-configuration", issuer.path().trim_end_matches('/')));
    url
}

/// The well-known name is "inserted … between the host component and the path component" (RFC 8414, section 3).
fn authorization_server(issuer: &Url) -> Url {
    let mut url = issuer.clone();
    url.set_path(&format!("/.well-known/oauth-authorization-server{}", issuer.path().trim_end_matches('/')));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_documents_stand_where_their_rfcs_say() {
        for (issuer, openid, oauth) in [
            (
                "https://a.example",
                "https://a.example/.well-known/openid-configuration",
                "https://a.example/.well-known/oauth-authorization-server",
            ),
            (
                "https://a.example/issuer1/",
                "https://a.example/issuer1/.well-known/openid-configuration",
                "https://a.example/.well-known/oauth-authorization-server/issuer1",
            ),
        ] {
            let url = Url::parse(issuer).unwrap();
            assert_eq!(openid_configuration(&url).as_str(), openid);
            assert_eq!(authorization_server(&url).as_str(), oauth);
        }
    }

    #[test]
    fn f19_a_document_cannot_lead_off_the_safe_way() {
        let named = FetchSettings { jwks_hosts: vec!["Keys.example".to_owned()], ..FetchSettings::default() };
        let any = FetchSettings::default();
        let insecure = FetchSettings { allow_insecure_http: true, ..FetchSettings::default() };
        for (name, settings, issuer, jwks_uri, good) in [
            ("same host", &named, "https://a.example", "https://a.example/jwks", true),
            ("named host", &named, "https://a.example", "https://keys.example/jwks", true),
            ("other host", &named, "https://a.example", "https://b.example/jwks", false),
            ("any https host", &any, "https://a.example", "https://b.example/jwks", true),
            ("downgrade", &any, "https://a.example", "http://a.example/jwks", false),
            ("downgrade to loopback", &any, "https://a.example", "http://127.0.0.1/jwks", false),
            ("downgrade though insecure", &insecure, "https://a.example", "http://a.example/jwks", false),
            ("loopback from elsewhere", &any, "https://a.example", "https://localhost/jwks", false),
            ("any address of this machine", &any, "https://a.example", "https://0.0.0.0/jwks", false),
            ("the same in IPv6", &any, "https://a.example", "https://[::]/jwks", false),
            ("loopback in IPv6", &any, "https://a.example", "https://[::1]/jwks", false),
            ("IPv4 in IPv6", &any, "https://a.example", "https://[::ffff:127.0.0.1]/jwks", false),
            ("a number for an address", &any, "https://a.example", "https://2130706433/jwks", false),
            ("localhost to the root", &any, "https://a.example", "https://localhost./jwks", false),
            ("a name below localhost", &any, "https://a.example", "https://a.LOCALHOST/jwks", false),
            ("a name that ends like it", &any, "https://a.example", "https://notlocalhost/jwks", true),
            ("loopback from loopback", &any, "http://127.0.0.1:1", "http://127.0.0.1:2/jwks", true),
            ("plain http", &any, "http://127.0.0.1:1", "http://a.example/jwks", false),
            ("a file", &any, "http://127.0.0.1:1", "file:///etc/passwd", false),
        ] {
            let [issuer, jwks_uri] = [issuer, jwks_uri].map(|url| Url::parse(url).unwrap());
            assert_eq!(check_jwks_uri(&issuer, &jwks_uri, settings).is_ok(), good, "{name}");
        }
    }
}
