//! What must not compile, each with a twin that must: without the twin, a mistake in the set-up would pass for proof.

/// An issuer whose audience is not stated.
///
/// ```compile_fail,E0308
/// use claimgate_tower::{Authenticator, Issuer};
/// let _ = Authenticator::builder().issuer(Issuer::new("https://idp.example.com"));
/// ```
///
/// ```
/// use claimgate_tower::{Authenticator, Issuer};
/// let _ = Authenticator::builder().issuer(Issuer::new("https://idp.example.com").audience("api"));
/// ```
pub struct AudienceIsStated;

/// A verified token that nobody verified.
///
/// ```compile_fail
/// use claimgate_tower::VerifiedToken;
/// let _: VerifiedToken = VerifiedToken(Default::default());
/// ```
///
/// ```
/// use claimgate_tower::VerifiedToken;
/// let _: VerifiedToken = claimgate_testkit::TestIssuer::new("https://idp.example.com").token().verified();
/// ```
pub struct TokensAreVerified;

/// A rendered refusal in a body that cannot be made of bytes.
///
/// ```compile_fail,E0277
/// use claimgate_tower::{AuthService, ByteBody};
/// use http::{Request, Response};
/// fn is_service<S: tower::Service<Request<()>, Response = Response<()>>>() {}
/// is_service::<AuthService<tower::util::BoxCloneService<Request<()>, Response<()>, ()>, ByteBody>>();
/// ```
///
/// ```
/// use claimgate_tower::{AuthService, EmptyBody};
/// use http::{Request, Response};
/// fn is_service<S: tower::Service<Request<()>, Response = Response<()>>>() {}
/// is_service::<AuthService<tower::util::BoxCloneService<Request<()>, Response<()>, ()>, EmptyBody>>();
/// ```
pub struct BodiesFit;

/// A handler for claims that cannot be read.
///
/// ```compile_fail,E0277
/// use axum::{Router, routing::get};
/// use claimgate_tower::Claims;
/// struct User;
/// let _: Router = Router::new().route("/", get(async |_: Claims<User>| "hi"));
/// ```
///
/// ```
/// use axum::{Router, routing::get};
/// use claimgate_tower::Claims;
/// #[derive(serde::Deserialize)]
/// struct User {}
/// let _: Router = Router::new().route("/", get(async |_: Claims<User>| "hi"));
/// ```
pub struct ClaimsAreRead;

/// The token of a request in a type that outlives its check.
///
/// ```compile_fail,E0505
/// let text = String::from("a.b.c");
/// let token = claimgate_tower::BearerToken::new(&text, 16).unwrap();
/// drop(text);
/// println!("{token:?}");
/// ```
///
/// ```
/// let text = String::from("a.b.c");
/// let token = claimgate_tower::BearerToken::new(&text, 16).unwrap();
/// println!("{token:?}");
/// drop(text);
/// ```
pub struct TokensAreBorrowed;
