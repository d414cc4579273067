use claimgate_core::{
    Admission, Anonymous, Authenticator, Gate, Passage, RefusalClass, RequestView, VerifiedToken,
};
use tonic::metadata::{KeyAndValueRef, MetadataMap};
use tonic::service::Interceptor;
use tonic::{Code, Request, Status};

use crate::grpc::status;

/// The gate as a tonic interceptor, for those who prefer one to a layer.
///
/// An interceptor cannot wait. A token whose key is being fetched is answered with `UNAVAILABLE` (14), which clients retry,
/// while the fetch goes on; [`AuthLayer::grpc`](crate::AuthLayer::grpc) waits for it instead.
///
/// The [`VerifiedToken`] is in the extensions of the request. An interceptor sees metadata and no URL: of the token sources,
/// a query parameter is out of its sight.
#[derive(Clone, Debug)]
pub struct AuthInterceptor {
    gate: Gate,
}

impl AuthInterceptor {
    /// An interceptor that asks `authenticator` about each call.
    pub fn new(authenticator: Authenticator) -> Self {
        AuthInterceptor { gate: Gate::new(authenticator) }
    }

    /// Lets calls without a credential through too, without claims. A bad credential is refused all the same.
    pub fn optional(self) -> Self {
        AuthInterceptor { gate: self.gate.optional() }
    }
}

impl Interceptor for AuthInterceptor {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let passage = self.gate.check(&Call(request.metadata()));
        // What another guard outside has left behind is not the answer of this one.
        request.extensions_mut().remove::<VerifiedToken>();
        request.extensions_mut().remove::<Anonymous>();
        match passage {
            Passage::Decided(Ok(Admission::Verified(token))) => {
                request.extensions_mut().insert(token);
                Ok(request)
            }
            Passage::Decided(Ok(Admission::Anonymous(anonymous))) => {
                request.extensions_mut().insert(anonymous);
                Ok(request)
            }
            Passage::Decided(Err(rejection)) => Err(status(&rejection)),
            Passage::Pending(pending) => {
                let kind = pending.give_up().error().kind();
                Err(Status::new(Code::Unavailable, RefusalClass::of(kind).title()))
            }
        }
    }
}

/// The metadata of a call as the core sees it. A gRPC request is always a `POST`, and its path carries no credential.
struct Call<'a>(&'a MetadataMap);

impl RequestView for Call<'_> {
    fn method(&self) -> &'static str {
        "POST"
    }

    fn target(&self) -> &'static str {
        "/"
    }

    fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|entry| match entry {
            KeyAndValueRef::Ascii(key, value) => (key.as_str(), value.as_encoded_bytes()),
            KeyAndValueRef::Binary(key, value) => (key.as_str(), value.as_encoded_bytes()),
        })
    }
}
