//! The certificate of a client, as the proxy that ended TLS tells of it.

use std::net::IpAddr;

use claimgate_core::RequestView;

/// Which proxies are believed about the certificate of a client, and in which header field they tell of it.
///
/// The value is the certificate as PEM or its DER in Base64; escapes of URLs in it are decoded, as some proxies write them. With two
/// such fields in one request none counts. The certificate that a proxy itself shows is not that of its clients, and counts for none.
///
/// # Security
///
/// Whoever connects from one of these addresses can say any certificate. The proxy has to take out what its clients send in the field
/// and to ask them for the certificate itself.
#[derive(Clone, Debug)]
pub struct ForwardedCertificate {
    field: String,
    peers: Vec<IpAddr>,
}

impl ForwardedCertificate {
    /// What these peers say in the header field `X-WSO2-CLIENT-CERTIFICATE`, which is that of the original.
    pub fn from_peers(peers: impl IntoIterator<Item = IpAddr>) -> Self {
        let peers = peers.into_iter().map(|peer| peer.to_canonical()).collect();
        ForwardedCertificate { field: "X-WSO2-CLIENT-CERTIFICATE".to_owned(), peers }
    }

    /// Another field.
    pub fn in_field(self, name: impl Into<String>) -> Self {
        ForwardedCertificate { field: name.into(), ..self }
    }

    pub(crate) fn field(&self) -> &str {
        &self.field
    }

    /// Whether it is one of these peers that sends `request`.
    pub(crate) fn believes<V: RequestView>(&self, request: &V) -> bool {
        // An IPv4 peer of a socket for both families has an address of IPv6.
        request.peer_address().is_some_and(|peer| self.peers.contains(&peer.to_canonical()))
    }

    /// The certificate that a believed peer tells of, in DER.
    pub(crate) fn certificate<V: RequestView>(&self, request: &V) -> Option<Vec<u8>> {
        let mut values = request.headers().filter(|(name, _)| name.eq_ignore_ascii_case(&self.field));
        let (_, value) = values.next()?;
        if values.next().is_some() {
            return None;
        }
        der(value)
    }
}

/// Reads PEM, or Base64 alone.
fn der(value: &[u8]) -> Option<Vec<u8>> {
    let text = unescaped(value)?;
    let text = std::str::from_utf8(&text).ok()?.trim();
    let inner = match text.strip_prefix(BEGIN) {
        Some(rest) => rest.trim_end().strip_suffix(END)?,
        None => text,
    };
    let packed: Vec<u8> = inner.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let decoded = base64_simd::STANDARD.decode_to_vec(&packed).ok()?;
    (!decoded.is_empty()).then_some(decoded)
}

/// `%` begins an escape of two hexadecimal digits (RFC 3986, section 2.1); neither PEM nor Base64 has one of its own.
fn unescaped(value: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = value.iter();
    let mut out = Vec::with_capacity(value.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let mut digit = || char::from(*bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => *byte,
        });
    }
    Some(out)
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_proxies_write() {
        let expected = Some(b"\x00\xffcertificate>>".to_vec());
        let base64 = "AP9jZXJ0aWZpY2F0ZT4+";
        assert_eq!(der(base64.as_bytes()), expected);
        for text in [
            format!("{BEGIN}\n{base64}\n{END}\n"),
            format!("{BEGIN} AP9jZXJ0 aWZpY2F0ZT4+ {END}"),
            format!("{BEGIN}\t{base64}\t{END}"),
            format!(
                "-----BEGIN%20CERTIFICATE-----%0A{}%0a-----END%20CERTIFICATE-----%0A",
                base64.replace('+', "%2B")
            ),
        ] {
            assert_eq!(der(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            " ",
            "%",
            "%2",
            "%zz",
            "AP9",
            "AP9j!",
            "-----BEGIN CERTIFICATE-----",
            "\u{e9}",
            "-----BEGIN CERTIFICATE-----AP9j-----END CERTIFICATE-----AP9j",
            "-----BEGIN CERTIFICATE-----AP9j-----END CERTIFICATE----------BEGIN CERTIFICATE-----AP9j-----END CERTIFICATE-----",
            "-----BEGIN PRIVATE KEY-----AP9j-----END PRIVATE KEY-----",
            "AP9j,AP9j",
            "_-9j",
        ] {
            assert_eq!(der(text.as_bytes()), None, "{text}");
        }
        assert_eq!(der(b"\xff\xfe"), None);
    }
}
