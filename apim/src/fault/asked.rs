//! What of a request decides how its fault is told.

/// What of a request decides how its fault is told. It borrows, so that it costs nothing to make.
///
/// All of it may be a stranger's: what goes into an answer is escaped for the place where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The method. One that comes without a message is not answered with a SOAP fault.
    pub method: &'a str,
    /// `Accept`.
    pub accept: Option<&'a str>,
    /// `Content-Type`. That of SOAP 1.2 asks for a SOAP fault.
    pub content_type: Option<&'a str>,
    /// Whether the request says by other means that it is one of SOAP, such as a field `SOAPAction`.
    pub is_soap: bool,
    /// The name of the header field that tokens come in, such as `Authorization`.
    pub auth_header: &'a str,
    /// The realm of the challenge. Without one the strict profile names none, and the others the original's.
    pub realm: Option<&'a str>,
    /// Whether the request came with a credential.
    pub has_credential: bool,
    /// The scopes of the resource, one of which a token has to grant.
    pub scopes: &'a [String],
    /// The resource, as the description of a missing scope names it.
    pub resource: Option<&'a str>,
}

impl Default for Asked<'_> {
    fn default() -> Self {
        Asked {
            method: "GET",
            accept: None,
            content_type: None,
            is_soap: false,
            auth_header: "Authorization",
            realm: None,
            has_credential: false,
            scopes: &[],
            resource: None,
        }
    }
}

impl Asked<'_> {
    pub(super) fn wants_soap(&self) -> bool {
        let essence = self.content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
        let has_message = !matches!(self.method, "GET" | "HEAD" | "DELETE" | "OPTIONS");
        has_message && (self.is_soap || essence.trim().eq_ignore_ascii_case("application/soap+xml"))
    }

    /// The original looks the whole field up in a list of media types: what is one of several, or has a parameter, is not found.
    pub(super) fn wants_json(&self) -> bool {
        self.accept.is_some_and(|accept| accept.trim_ascii() == "application/json")
    }
}
