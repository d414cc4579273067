//! What the tests share: an issuer, middleware that trusts it, and requests.

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::test::{TestRequest, read_body};
use claimgate_actix::{
    AuthError, AuthErrorKind, AuthMiddleware, Authenticator, AuthenticatorBuilder, Issuer,
};
use claimgate_testkit::{TestIssuer, TokenBuilder};

pub(crate) const AUDIENCE: &str = "https://api.test";
pub(crate) const INVALID: &str = r#"Bearer error="invalid_token""#;

pub(crate) struct Kit {
    pub(crate) issuer: TestIssuer,
}

impl Kit {
    pub(crate) fn new() -> Self {
        Kit { issuer: TestIssuer::new("https://issuer.test") }
    }

    pub(crate) fn builder(&self) -> AuthenticatorBuilder {
        let issuer = Issuer::new(self.issuer.issuer()).audience(AUDIENCE).jwks(self.issuer.jwks());
        Authenticator::builder().issuer(issuer)
    }

    pub(crate) fn auth(&self) -> AuthMiddleware {
        AuthMiddleware::new(self.builder().build().unwrap())
    }

    /// A token that is accepted.
    pub(crate) fn token(&self) -> TokenBuilder {
        self.issuer.token().audience(AUDIENCE)
    }
}

pub(crate) fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

pub(crate) fn bearing(path: &str, token: &TokenBuilder) -> TestRequest {
    get(path).insert_header(("authorization", format!("Bearer {}", token.mint())))
}

/// The status, the challenge or nothing, and the kind of error that is left for middleware outside.
pub(crate) fn told<B>(response: &ServiceResponse<B>) -> (u16, &str, Option<AuthErrorKind>) {
    let kind = response.response().extensions().get::<AuthError>().map(AuthError::kind);
    (response.status().as_u16(), header(response, "www-authenticate").unwrap_or_default(), kind)
}

pub(crate) fn header<'r, B>(response: &'r ServiceResponse<B>, name: &str) -> Option<&'r str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

pub(crate) async fn text<B: MessageBody>(response: ServiceResponse<B>) -> String {
    String::from_utf8(read_body(response).await.to_vec()).unwrap()
}
