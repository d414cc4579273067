//! What a host knows of the client of a request, beside what the request says.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// The certificate that the client proved to own during the TLS handshake (RFC 8705, section 3). Whoever ends TLS puts it into the
/// extensions of the requests of that connection; adapters find it there.
///
/// # Security
///
/// Whatever puts it there vouches for it. What a header field says is no proof: see
/// [`RequestView::peer_certificate`](crate::RequestView::peer_certificate).
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate(Arc<[u8]>);

impl ClientCertificate {
    /// The certificate with this DER.
    pub fn from_der(der: impl Into<Arc<[u8]>>) -> Self {
        ClientCertificate(der.into())
    }

    /// Its DER.
    pub fn der(&self) -> &[u8] {
        &self.0
    }
}

/// A certificate tells who somebody is.
impl fmt::Debug for ClientCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ClientCertificate(..)")
    }
}

/// From where the connection of a request came, in its extensions, for hosts that have no other place to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);
