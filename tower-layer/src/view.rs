//! An `http` request as the core sees it.

use std::net::IpAddr;

use claimgate_core::{Anonymous, Caller, ClientAddress, ClientCertificate, RequestView, VerifiedToken};
use http::{Extensions, Request};

pub(crate) struct View<'a, B>(pub(crate) &'a Request<B>);

impl<B> RequestView for View<'_, B> {
    fn method(&self) -> &str {
        self.0.method().as_str()
    }

    fn target(&self) -> &str {
        self.0.uri().path_and_query().map_or("/", |target| target.as_str())
    }

    fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    fn peer_certificate(&self) -> Option<&[u8]> {
        self.0.extensions().get().map(ClientCertificate::der)
    }

    fn peer_address(&self) -> Option<IpAddr> {
        let extensions = self.0.extensions();
        let said = extensions.get().map(|ClientAddress(address)| *address);
        #[cfg(feature = "axum")]
        let said = said.or_else(|| {
            let info = extensions.get::<axum::extract::ConnectInfo<std::net::SocketAddr>>();
            info.map(|info| info.0.ip())
        });
        said
    }
}

/// Who stands behind a request with these extensions.
pub(crate) fn caller(extensions: &Extensions) -> Caller<'_> {
    Caller::new(extensions.get::<VerifiedToken>(), extensions.get::<Anonymous>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_the_host_knows_of_the_client() {
        let mut request = Request::new(());
        assert_eq!(View(&request).peer_certificate(), None);
        assert_eq!(View(&request).peer_address(), None);
        #[cfg(feature = "axum")]
        {
            let address = std::net::SocketAddr::from(([127, 0, 0, 1], 80));
            request.extensions_mut().insert(axum::extract::ConnectInfo(address));
            assert_eq!(View(&request).peer_address(), Some(address.ip()));
        }
        request.extensions_mut().insert(ClientAddress([127, 0, 0, 2].into()));
        assert_eq!(View(&request).peer_address(), Some([127, 0, 0, 2].into()));
        request.extensions_mut().insert(ClientCertificate::from_der(*b"der"));
        assert_eq!(View(&request).peer_certificate(), Some(&b"der"[..]));
    }
}
