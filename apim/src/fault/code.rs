//! The codes of the catalogue: number, message and status.

use crate::profile::Profile;

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
    /// 900900: the token cannot be judged, and it is no fault of the client.
    Unclassified,
    /// 900900 with status 500 in every profile: the application is wired wrongly. No token causes it.
    Internal,
    /// 900901.
    InvalidCredentials,
    /// 900902.
    MissingCredentials,
    /// 900903: in version 3.0 and in the strict profile; version 4 says 900901.
    TokenExpired,
    /// 900901: somebody has revoked the token.
    TokenRevoked,
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
    /// 900914: the token is for other audiences, or does not meet another rule of the route.
    WrongAudience,
    /// 900901 with status 403: the API has no endpoint for keys of this type.
    KeyTypeMismatch,
    /// 900901, and in the strict profile with status 400: more than one credential, or one that is malformed as such.
    MalformedRequest,
}

impl FaultCode {
    /// The number that clients know it by.
    pub fn number(self) -> u32 {
        match self {
            FaultCode::ApiQuota => 900_800,
            FaultCode::ResourceQuota => 900_802,
            FaultCode::ApplicationQuota => 900_803,
            FaultCode::SubscriptionQuota => 900_804,
            FaultCode::Blocked => 900_805,
            FaultCode::SpikeArrest => 900_807,
            FaultCode::Unclassified | FaultCode::Internal => 900_900,
            FaultCode::InvalidCredentials
            | FaultCode::TokenRevoked
            | FaultCode::MalformedRequest
            | FaultCode::KeyTypeMismatch => 900_901,
            FaultCode::MissingCredentials => 900_902,
            FaultCode::TokenExpired => 900_903,
            FaultCode::NoResource => 900_906,
            FaultCode::SubscriptionBlocked => 900_907,
            FaultCode::NotSubscribed => 900_908,
            FaultCode::SubscriptionInactive => 900_909,
            FaultCode::InsufficientScope => 900_910,
            FaultCode::WrongAudience => 900_914,
        }
    }

    /// What the answer calls it, to the letter: clients compare it.
    pub fn message(self) -> &'static str {
        match self {
            FaultCode::ApiQuota
            | FaultCode::ResourceQuota
            | FaultCode::ApplicationQuota
            | FaultCode::SubscriptionQuota
            | FaultCode::SpikeArrest => "Message throttled out",
            FaultCode::Blocked => "Message blocked",
            FaultCode::Unclassified | FaultCode::Internal => "Unclassified Authentication Failure",
            FaultCode::InvalidCredentials | FaultCode::TokenRevoked | FaultCode::MalformedRequest => {
                "Invalid Credentials"
            }
            FaultCode::MissingCredentials => "Missing Credentials",
            FaultCode::TokenExpired => "Access Token Expired",
            FaultCode::NoResource => "No matching resource found in the API for the given request",
            FaultCode::SubscriptionBlocked => "The requested API is temporarily blocked",
            // With a blank at its end.
            FaultCode::NotSubscribed => "Resource forbidden ",
            FaultCode::SubscriptionInactive => "The subscription to the API is inactive",
            FaultCode::InsufficientScope => {
                "The access token does not allow you to access the requested resource"
            }
            FaultCode::WrongAudience => "Access Denied",
            FaultCode::KeyTypeMismatch => "Runtime Error",
        }
    }

    /// The status of the answer.
    ///
    /// The strict profile differs in three places. What the gateway depends on and does not get is 503 and not 500. A
    /// subscription that is blocked or inactive is 403 and not 401: the token is good, and 401 is for a request that "lacks
    /// valid authentication credentials for the target resource" (RFC 9110, section 15.5.2). A request that "includes … more
    /// than one method for including an access token, or is otherwise malformed" is 400 and not 401 (RFC 6750, section 3.1).
    pub fn status(self, profile: Profile) -> u16 {
        let strict = profile == Profile::Strict;
        match self {
            FaultCode::ApiQuota
            | FaultCode::ResourceQuota
            | FaultCode::ApplicationQuota
            | FaultCode::SubscriptionQuota
            | FaultCode::SpikeArrest => 429,
            FaultCode::Internal => 500,
            FaultCode::Unclassified => {
                if strict {
                    503
                } else {
                    500
                }
            }
            FaultCode::InvalidCredentials
            | FaultCode::MissingCredentials
            | FaultCode::TokenExpired
            | FaultCode::TokenRevoked => 401,
            FaultCode::MalformedRequest => {
                if strict {
                    400
                } else {
                    401
                }
            }
            FaultCode::SubscriptionBlocked | FaultCode::SubscriptionInactive => {
                if strict {
                    403
                } else {
                    401
                }
            }
            FaultCode::Blocked
            | FaultCode::NoResource
            | FaultCode::NotSubscribed
            | FaultCode::InsufficientScope
            | FaultCode::WrongAudience
            | FaultCode::KeyTypeMismatch => 403,
        }
    }

    /// Whether it is told as throttling is and not as a fault of credentials.
    pub(super) fn is_throttling(self) -> bool {
        matches!(
            self,
            FaultCode::ApiQuota
                | FaultCode::ResourceQuota
                | FaultCode::ApplicationQuota
                | FaultCode::SubscriptionQuota
                | FaultCode::Blocked
                | FaultCode::SpikeArrest
        )
    }

    /// In words, for a log.
    pub(super) fn phrase(self) -> &'static str {
        match self {
            FaultCode::ApiQuota => "the quota of the API is used up",
            FaultCode::ResourceQuota => "the quota of the resource is used up",
            FaultCode::ApplicationQuota => "the quota of the application is used up",
            FaultCode::SubscriptionQuota => "the quota of the subscription is used up",
            FaultCode::Blocked => "the caller is blocked",
            FaultCode::SpikeArrest => "more requests at once than the subscription allows",
            FaultCode::Unclassified => "the token cannot be judged",
            FaultCode::Internal => "the application is wired wrongly",
            FaultCode::InvalidCredentials => "the credentials are not valid",
            FaultCode::MalformedRequest => "the request has several credentials or a malformed one",
            FaultCode::MissingCredentials => "the request has no credential",
            FaultCode::TokenExpired => "the token has expired",
            FaultCode::TokenRevoked => "the token is revoked",
            FaultCode::NoResource => "no resource fits the request",
            FaultCode::SubscriptionBlocked => "the subscription is blocked",
            FaultCode::NotSubscribed => "there is no subscription",
            FaultCode::SubscriptionInactive => "the subscription is not active",
            FaultCode::InsufficientScope => "the token grants none of the scopes",
            FaultCode::WrongAudience => {
                "the token is for other audiences or another rule of the route forbids it"
            }
            FaultCode::KeyTypeMismatch => "the API has no endpoint for keys of this type",
        }
    }
}
