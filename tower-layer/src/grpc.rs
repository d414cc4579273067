//! What handlers of tonic services ask of a call behind [`AuthLayer::grpc`](crate::AuthLayer::grpc) or an
//! [`AuthInterceptor`](crate::AuthInterceptor).

use std::sync::Arc;

use claimgate_core::{AccessRule, Anonymous, Caller, RefusalClass, Rejection, VerifiedToken};
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Status};

/// The verified token of a tonic request, and what a handler may ask of it. The status in each error is the one that the
/// layer would answer with, challenge and all; without authentication before the service it is `INTERNAL`.
pub trait AuthenticatedCall {
    /// The verified token.
    ///
    /// # Errors
    ///
    /// `UNAUTHENTICATED` for an anonymous call.
    fn verified_token(&self) -> Result<&VerifiedToken, Status>;

    /// The verified token, if it meets `rule`.
    ///
    /// # Errors
    ///
    /// `PERMISSION_DENIED` if it does not, and those of [`verified_token`](Self::verified_token).
    fn require(&self, rule: &AccessRule) -> Result<&VerifiedToken, Status>;

    /// The claims as `T`.
    ///
    /// # Errors
    ///
    /// `UNAUTHENTICATED` for claims that are no `T`, and those of [`verified_token`](Self::verified_token).
    fn claims<T: DeserializeOwned + Send + Sync + 'static>(&self) -> Result<Arc<T>, Status>;
}

impl<M> AuthenticatedCall for Request<M> {
    fn verified_token(&self) -> Result<&VerifiedToken, Status> {
        caller(self).token().map_err(|rejection| status(&rejection))
    }

    fn require(&self, rule: &AccessRule) -> Result<&VerifiedToken, Status> {
        caller(self).require(rule).map_err(|rejection| status(&rejection))
    }

    fn claims<T: DeserializeOwned + Send + Sync + 'static>(&self) -> Result<Arc<T>, Status> {
        caller(self).claims().map_err(|rejection| status(&rejection))
    }
}

fn caller<M>(request: &Request<M>) -> Caller<'_> {
    let extensions = request.extensions();
    Caller::new(extensions.get::<VerifiedToken>(), extensions.get::<Anonymous>())
}

/// The status that the layer would answer with, and its challenge as metadata.
pub(crate) fn status(rejection: &Rejection) -> Status {
    let class = RefusalClass::of(rejection.error().kind());
    let mut metadata = HeaderMap::new();
    for (name, value) in rejection.refusal().headers() {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            metadata.insert(name, value);
        }
    }
    let code = Code::from_i32(class.grpc_status().into());
    Status::with_metadata(code, class.title(), MetadataMap::from_headers(metadata))
}
