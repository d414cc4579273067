//! Refusals as the application wants them.

use crate::error::AuthError;
use crate::refusal::{Refusal, RefusalClass};

/// Makes a refusal what the application's clients expect. Closures are one.
///
/// The bare refusal comes in, with status, challenge and an empty body; what goes out has the same status and challenge,
/// whatever else it has.
pub trait RenderRefusal: Send + Sync {
    /// The answer for `error`, made from the bare `refusal`.
    fn render(&self, error: &AuthError, refusal: Refusal) -> Refusal;
}

impl<F: Fn(&AuthError, Refusal) -> Refusal + Send + Sync> RenderRefusal for F {
    fn render(&self, error: &AuthError, refusal: Refusal) -> Refusal {
        self(error, refusal)
    }
}

/// `application/problem+json` (RFC 9457): the status in words and, as the extension member `error`, the code of RFC 6750.
/// No `detail`: the client learns no more than from the challenge.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProblemDetails;

impl RenderRefusal for ProblemDetails {
    fn render(&self, error: &AuthError, refusal: Refusal) -> Refusal {
        let class = RefusalClass::of(error.kind());
        let (status, title) = (class.status(), class.title());
        let code = class.error_code().map(|code| format!(r#","error":"{code}""#)).unwrap_or_default();
        let body = format!(r#"{{"type":"about:blank","title":"{title}","status":{status}{code}}}"#);
        refusal.with_body("application/problem+json", body)
    }
}

/// The trailers-only answer of gRPC: status 200, and `grpc-status` with the challenge as metadata, all in the headers.
#[derive(Clone, Copy, Debug, Default)]
pub struct GrpcRefusal;

impl RenderRefusal for GrpcRefusal {
    fn render(&self, error: &AuthError, refusal: Refusal) -> Refusal {
        let class = RefusalClass::of(error.kind());
        refusal
            .for_grpc()
            .with_header("content-type", "application/grpc")
            .with_header("grpc-status", &class.grpc_status().to_string())
            .with_header("grpc-message", class.title())
    }
}

impl RefusalClass {
    /// The status code of gRPC.
    pub fn grpc_status(self) -> u8 {
        match self {
            // UNAUTHENTICATED
            RefusalClass::Unauthenticated | RefusalClass::InvalidToken => 16,
            // INVALID_ARGUMENT
            RefusalClass::InvalidRequest => 3,
            // PERMISSION_DENIED
            RefusalClass::InsufficientScope => 7,
            // UNAVAILABLE
            RefusalClass::Unavailable => 14,
            // INTERNAL
            RefusalClass::Internal => 13,
        }
    }

    /// The status in words (RFC 9110, section 15): "With 'about:blank' … the 'title' … SHOULD be the same as the recommended
    /// HTTP status phrase for that code" (RFC 9457, section 4.2.1).
    pub fn title(self) -> &'static str {
        match self {
            RefusalClass::Unauthenticated | RefusalClass::InvalidToken => "Unauthorized",
            RefusalClass::InvalidRequest => "Bad Request",
            RefusalClass::InsufficientScope => "Forbidden",
            RefusalClass::Unavailable => "Service Unavailable",
            RefusalClass::Internal => "Internal Server Error",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::Rejection;
    use crate::error::AuthErrorKind;

    fn rendered(by: &impl RenderRefusal, kind: AuthErrorKind) -> Refusal {
        let error = AuthError::new(kind);
        by.render(&error, Refusal::new(&error, Some("pizza")))
    }

    #[test]
    fn problem_details_add_a_body_and_keep_the_challenge() {
        let refusal = rendered(&ProblemDetails, AuthErrorKind::Expired);
        let expected =
            r#"{"type":"about:blank","title":"Unauthorized","status":401,"error":"invalid_token"}"#;
        assert_eq!((refusal.status(), str::from_utf8(refusal.body())), (401, Ok(expected)));
        let headers: Vec<_> = refusal.headers().collect();
        assert_eq!(
            headers,
            [
                ("www-authenticate", r#"Bearer realm="pizza", error="invalid_token""#),
                ("content-type", "application/problem+json"),
            ]
        );
    }

    #[test]
    fn grpc_says_its_status_in_the_headers() {
        for (kind, status) in [
            (AuthErrorKind::MissingCredentials, "16"),
            (AuthErrorKind::BadSignature, "16"),
            (AuthErrorKind::MultipleCredentials, "3"),
            (AuthErrorKind::InsufficientScope, "7"),
            (AuthErrorKind::IssuerUnavailable, "14"),
            (AuthErrorKind::KeysUnavailable, "14"),
            (AuthErrorKind::MissingLayer, "13"),
        ] {
            let refusal = rendered(&GrpcRefusal, kind);
            let found =
                refusal.headers().find(|(name, _)| *name == "grpc-status").map(|(_, value)| value.to_owned());
            assert_eq!(
                (refusal.status(), found.as_deref(), refusal.body()),
                (200, Some(status), &b""[..]),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn another_refusal_is_no_way_around_it() {
        let other = |_: &AuthError, _: Refusal| {
            let error = AuthError::new(AuthErrorKind::MissingLayer);
            Refusal::new(&error, Some("other"))
                .with_header("Content-Length", "7")
                .with_body("text/plain", "no")
        };
        let rejection = Rejection::new(AuthErrorKind::Expired.into(), Some("pizza".into()));
        let refusal = rejection.rendered(&other);
        let headers: Vec<_> = refusal.headers().collect();
        let challenge = ("www-authenticate", r#"Bearer realm="pizza", error="invalid_token""#);
        assert_eq!((refusal.status(), headers), (401, vec![challenge, ("content-type", "text/plain")]));
    }

    #[test]
    fn a_closure_cannot_change_what_the_status_means() {
        let own = |_: &AuthError, refusal: Refusal| {
            refusal
                .with_header("WWW-Authenticate", "Basic")
                .with_header("X-Own", "1")
                .with_body("text/plain", "no")
        };
        let refusal = rendered(&own, AuthErrorKind::MissingCredentials);
        assert!(refusal.headers().any(|header| header == ("www-authenticate", r#"Bearer realm="pizza""#)));
        assert!(refusal.headers().any(|header| header == ("x-own", "1")));
        assert_eq!(refusal.body(), b"no");
    }
}
