//! What a client is told when a request does not go on: a code, what it means, and the status of the answer.

use std::borrow::Cow;

/// A request that does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    code: FaultCode,
    description: Option<Cow<'static, str>>,
    /// When the client may come again, in seconds since 1970-01-01T00:00:00Z.
    next_access: Option<u64>,
}

/// The codes of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultCode {
    /// 900800: the quota of the API is used up.
    ApiQuota,
    /// 900802: the quota of the resource is used up.
    ResourceQuota,
    /// 900803: the quota of the application is used up.
    ApplicationQuota,
    /// 900804: the quota of the subscription is used up.
    SubscriptionQuota,
    /// 900805: somebody has blocked the caller.
    Blocked,
    /// 900807: more requests at once than the subscription allows.
    SpikeArrest,
    /// 900900: nobody knows, and it is no fault of the client.
    Unclassified,
    /// 900901.
    InvalidCredentials,
    /// 900902.
    MissingCredentials,
    /// 900903: of version 3.0.
    TokenExpired,
    /// 900906: no resource fits.
    NoResource,
    /// 900907: the subscription is blocked.
    SubscriptionBlocked,
    /// 900908: there is no subscription.
    NotSubscribed,
    /// 900909: the subscription waits for approval, or did not get it.
    SubscriptionInactive,
    /// 900910: the token grants none of the scopes.
    InsufficientScope,
    /// 900914: the token is for other audiences.
    WrongAudience,
    /// 900901 with status 403: the API has no endpoint for keys of this type.
    KeyTypeMismatch,
}

impl Fault {
    /// The fault of this code, described as the catalogue does.
    pub fn new(code: FaultCode) -> Self {
        Fault { code, description: None, next_access: None }
    }

    /// In other words. They must not quote the token.
    pub fn described(self, description: impl Into<Cow<'static, str>>) -> Self {
        Fault { description: Some(description.into()), ..self }
    }

    /// Says when the client may come again, in seconds since 1970-01-01T00:00:00Z.
    pub fn next_access(self, seconds: u64) -> Self {
        Fault { next_access: Some(seconds), ..self }
    }

    /// The code.
    pub fn code(&self) -> FaultCode {
        self.code
    }
}
