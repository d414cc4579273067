//! What of a request decides how a fault is told, kept for as long as a decision waits.

use claimgate_core::RequestView;

use crate::api::Resource;
use crate::credentials::CredentialView;
use crate::fault::Asked;

pub(crate) struct OwnedAsked {
    method: String,
    accept: Option<String>,
    content_type: Option<String>,
    is_soap: bool,
    auth_header: String,
    realm: Option<String>,
    has_credential: bool,
    scopes: Vec<String>,
    resource: Option<String>,
}

impl OwnedAsked {
    pub(crate) fn new<V: RequestView>(
        request: &V,
        view: &CredentialView<'_, V>,
        resource: Option<&Resource>,
        realm: Option<&str>,
    ) -> Self {
        let field = |field: &str| {
            let mut lines = request.headers().filter(|(name, _)| name.eq_ignore_ascii_case(field));
            lines.next().map(|(_, value)| String::from_utf8_lossy(value).into_owned())
        };
        let content_type = field("content-type");
        let is_soap = field("soapaction").is_some()
            || content_type.as_deref().is_some_and(|kind| kind.starts_with("application/soap+xml"));
        OwnedAsked {
            method: request.method().to_owned(),
            accept: field("accept"),
            content_type,
            is_soap,
            auth_header: view.field().to_owned(),
            realm: realm.map(str::to_owned),
            has_credential: view.has_credential(),
            scopes: resource.map(|resource| resource.scopes.clone()).unwrap_or_default(),
            resource: resource.map(|resource| resource.template.clone()),
        }
    }

    pub(crate) fn as_asked(&self) -> Asked<'_> {
        Asked {
            method: &self.method,
            accept: self.accept.as_deref(),
            content_type: self.content_type.as_deref(),
            is_soap: self.is_soap,
            auth_header: &self.auth_header,
            realm: self.realm.as_deref(),
            has_credential: self.has_credential,
            scopes: &self.scopes,
            resource: self.resource.as_deref(),
        }
    }
}
