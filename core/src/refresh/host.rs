//! Which machine a URL names.

use std::net::IpAddr;

use reqwest::Url;

use crate::fetch_settings::FetchSettings;

/// https, or http where nobody sits on the way, or where the configuration says so.
pub(crate) fn is_safe_scheme(url: &Url, settings: &FetchSettings) -> bool {
    // A proxy elsewhere takes loopback for its own, and is asked for it in the clear.
    let stays_here = settings
        .proxy
        .as_ref()
        .is_none_or(|proxy| Url::parse(proxy.as_str()).is_ok_and(|proxy| is_loopback(&proxy)));
    match url.scheme() {
        "https" => true,
        "http" => settings.allow_insecure_http || (is_loopback(url) && stays_here),
        _ => false,
    }
}

/// 127.0.0.0/8, `[::1]` and `localhost`, which "always resolves to the loopback address" (RFC 6761, section 6.3).
pub(crate) fn is_loopback(url: &Url) -> bool {
    match host(url) {
        Ok(address) => address.is_loopback(),
        Err(name) => name.eq_ignore_ascii_case("localhost"),
    }
}

/// Whether a connection to `url` may end on this machine: loopback, and what else systems take for it. Wider than
/// [`is_loopback`], which says what plain http is safe for.
pub(crate) fn may_be_this_machine(url: &Url) -> bool {
    match host(url) {
        Ok(address) => {
            let address = address.to_canonical();
            address.is_loopback() || address.is_unspecified()
        }
        // With a dot at its end it is the same name, and names below it are loopback too.
        Err(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

/// The address that is the host of `url`, or the name that is. The parser of the URL has already made one spelling of
/// numbers in octal and hex, of fewer than four of them, and of digits that are no ASCII.
pub(crate) fn host(url: &Url) -> Result<IpAddr, &str> {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.parse().map_err(|_| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback() {
        for (url, good) in [
            ("https://a.example/jwks", true),
            ("http://127.0.0.1:80/jwks", true),
            ("http://127.9.9.9/jwks", true),
            ("http://[::1]:80/jwks", true),
            ("http://localhost/jwks", true),
            ("http://LOCALHOST/jwks", true),
            ("http://a.example/jwks", false),
            ("http://localhost.a.example/jwks", false),
            ("http://127.0.0.1.a.example/jwks", false),
            ("http://[::ffff:10.0.0.1]/jwks", false),
            ("http://0.0.0.0/jwks", false),
            ("ftp://127.0.0.1/jwks", false),
        ] {
            assert_eq!(is_safe_scheme(&Url::parse(url).unwrap(), &FetchSettings::default()), good, "{url}");
        }
    }

    #[test]
    fn plain_http_to_loopback_stays_on_this_machine() {
        for (proxy, good) in [
            ("http://127.0.0.1:3128", true),
            ("http://user:secret@localhost:3128", true),
            ("http://proxy.example:3128", false),
            ("https://proxy.example", false),
            ("proxy.example:3128", false),
        ] {
            let settings = FetchSettings { proxy: Some(proxy.into()), ..FetchSettings::default() };
            let loopback = Url::parse("http://127.0.0.1:80/jwks").unwrap();
            assert_eq!(is_safe_scheme(&loopback, &settings), good, "{proxy}");
        }
    }
}
