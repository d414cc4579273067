//! What a request proves to possess besides its token.

use crate::certificate;
use crate::request::RequestView;

/// What a request proves to possess. Only bound tokens ask, so that no other pays for the digest of a certificate.
#[derive(Clone, Copy)]
pub(crate) struct Possession<'r>(&'r dyn Fn() -> Option<[u8; 32]>);

impl<'r> Possession<'r> {
    /// That of whoever shows a token and nothing else.
    pub(crate) const NOTHING: Possession<'static> = Possession(&|| None);

    /// Of the certificate whose SHA-256 `certificate` gives.
    pub(crate) fn of(certificate: &'r dyn Fn() -> Option<[u8; 32]>) -> Self {
        Possession(certificate)
    }

    /// The SHA-256 of the certificate, if there is one.
    pub(crate) fn certificate(self) -> Option<[u8; 32]> {
        (self.0)()
    }

    /// Whether it is that of the certificate with this SHA-256.
    pub(crate) fn proves(self, certificate: &[u8; 32]) -> bool {
        self.certificate().as_ref() == Some(certificate)
    }
}

/// The SHA-256 of the certificate that the client of `request` owns.
pub(crate) fn peer_certificate<V: RequestView>(request: &V) -> Option<[u8; 32]> {
    certificate::sha256(request.peer_certificate()?)
}
