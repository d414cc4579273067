//! What the core sees of a request: bytes, no framework and no `http` type.

use std::net::IpAddr;

/// A request as the rules about credentials need it. Each adapter implements it for its host's request.
pub trait RequestView {
    /// The method, such as `GET`.
    fn method(&self) -> &str;

    /// The request target as it came: path and query (RFC 9110, section 7.1).
    fn target(&self) -> &str;

    /// All header fields in their order, one pair for each line; names compare without regard to case.
    fn headers(&self) -> impl Iterator<Item = (&str, &[u8])>;

    /// The certificate that the client proved to own during the TLS handshake, as DER. It is asked for where a token is bound to
    /// one ([`Confirmation::ClientCertificate`](crate::Confirmation::ClientCertificate)), and may be asked for again.
    ///
    /// # Security
    ///
    /// Where a proxy ends TLS and passes the certificate on in a header field, anybody who reaches this service by another way
    /// can say any certificate: believe the field of your own proxy only, and only if it removes what clients send.
    fn peer_certificate(&self) -> Option<&[u8]> {
        None
    }

    /// From where the connection came, if that is known: of a proxy, where one is in between.
    fn peer_address(&self) -> Option<IpAddr> {
        None
    }
}
