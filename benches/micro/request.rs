//! Requests with a token.

use claimgate_tower::RequestView;

/// A request as small clients send it, with a token among its header fields.
pub(crate) struct Request {
    authorization: String,
}

impl Request {
    pub(crate) fn new(token: &str) -> Self {
        Request { authorization: format!("Bearer {token}") }
    }

    pub(crate) fn all(tokens: &[String]) -> Vec<Self> {
        tokens.iter().map(|token| Request::new(token)).collect()
    }
}

impl RequestView for Request {
    fn method(&self) -> &'static str {
        "GET"
    }

    fn target(&self) -> &'static str {
        "/orders/17"
    }

    fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let others: [(&str, &[u8]); 3] =
            [("host", b"api.test"), ("user-agent", b"web-shop/1.0"), ("accept", b"application/json")];
        others.into_iter().chain([("authorization", self.authorization.as_bytes())])
    }
}
