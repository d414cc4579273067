//! A request of actix-web as the core sees it.

use std::cell::OnceCell;
use std::net::IpAddr;

use actix_web::HttpMessage;
use actix_web::dev::{Extensions, ServiceRequest};
use claimgate_core::{Anonymous, Caller, ClientAddress, ClientCertificate, RequestView, VerifiedToken};

pub(crate) struct View<'a> {
    request: &'a ServiceRequest,
    /// Asked for by bound tokens alone.
    certificate: OnceCell<Option<ClientCertificate>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(request: &'a ServiceRequest) -> Self {
        View { request, certificate: OnceCell::new() }
    }
}

impl RequestView for View<'_> {
    fn method(&self) -> &str {
        self.request.method().as_str()
    }

    fn target(&self) -> &str {
        self.request.uri().path_and_query().map_or("/", |target| target.as_str())
    }

    fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    /// Of this request, or else of its connection (`HttpServer::on_connect`).
    fn peer_certificate(&self) -> Option<&[u8]> {
        let find = || {
            let of_request = self.request.extensions().get().cloned();
            of_request.or_else(|| self.request.conn_data().cloned())
        };
        self.certificate.get_or_init(find).as_ref().map(ClientCertificate::der)
    }

    fn peer_address(&self) -> Option<IpAddr> {
        let said = self.request.extensions().get().map(|ClientAddress(address)| *address);
        said.or_else(|| self.request.peer_addr().map(|address| address.ip()))
    }
}

/// Who stands behind a request with these extensions.
pub(crate) fn caller(extensions: &Extensions) -> Caller<'_> {
    Caller::new(extensions.get::<VerifiedToken>(), extensions.get::<Anonymous>())
}
