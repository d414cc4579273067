//! What a fault says to whoever reads the answer.

use std::borrow::Cow;

use crate::fault::{Asked, Fault, FaultCode, date};
use crate::profile::Profile;

impl Fault {
    /// The words of the fault, and after `". "` what the client can do about it. Where the words end in a full stop there are
    /// two: clients compare the whole.
    pub(super) fn told(&self, profile: Profile, asked: &Asked<'_>) -> String {
        let own = self.description.as_deref().map(Cow::Borrowed);
        let mut text = own.unwrap_or_else(|| base(self.code, profile, asked)).into_owned();
        if let Some(advice) = advice(self.code, profile, asked) {
            text.push_str(". ");
            text.push_str(&advice);
        }
        if let Some(seconds) = self.next_access.filter(|_| self.code.is_throttling()) {
            text.push_str(" .You can access API after ");
            text.push_str(&date::access_time(seconds));
        }
        text
    }
}

fn base(code: FaultCode, profile: Profile, asked: &Asked<'_>) -> Cow<'static, str> {
    match code {
        FaultCode::ApiQuota
        | FaultCode::ResourceQuota
        | FaultCode::ApplicationQuota
        | FaultCode::SubscriptionQuota
        | FaultCode::SpikeArrest => "You have exceeded your quota".into(),
        FaultCode::Blocked => "You have been blocked from accessing the resource".into(),
        FaultCode::Unclassified
        | FaultCode::Internal
        | FaultCode::InvalidCredentials
        | FaultCode::MalformedRequest
        | FaultCode::NoResource => code.message().into(),
        FaultCode::MissingCredentials => match profile {
            Profile::Version4 => "Invalid Credentials".into(),
            Profile::Strict | Profile::Version3 => "Required OAuth credentials not provided".into(),
        },
        FaultCode::TokenExpired => "JWT token is expired".into(),
        // What the reason is, only the log is told.
        FaultCode::TokenRevoked if profile == Profile::Strict => code.message().into(),
        FaultCode::TokenRevoked => "Invalid JWT token".into(),
        FaultCode::NotSubscribed if profile == Profile::Version3 => code.message().into(),
        FaultCode::SubscriptionBlocked | FaultCode::NotSubscribed | FaultCode::SubscriptionInactive => {
            "User is NOT authorized to access the Resource. API Subscription validation failed.".into()
        }
        FaultCode::InsufficientScope => match (profile, asked.resource) {
            (Profile::Version3, _) => "Scope validation failed".into(),
            (_, Some(resource)) => {
                format!("User is NOT authorized to access the Resource: {resource}. Scope validation failed.")
                    .into()
            }
            (_, None) => "User is NOT authorized to access the Resource. Scope validation failed.".into(),
        },
        FaultCode::WrongAudience => {
            "The access token does not allow you to access the requested resource".into()
        }
        FaultCode::KeyTypeMismatch => "Key offered to the API with no endpoint for keys of its type".into(),
    }
}

fn advice(code: FaultCode, profile: Profile, asked: &Asked<'_>) -> Option<Cow<'static, str>> {
    let header = asked.auth_header;
    match code {
        FaultCode::InvalidCredentials | FaultCode::TokenRevoked | FaultCode::MalformedRequest => {
            Some("Make sure you have provided the correct security credentials".into())
        }
        FaultCode::MissingCredentials => {
            let bearer =
                format!("Make sure your API invocation call has a header: '{header} : Bearer ACCESS_TOKEN'");
            Some(match profile {
                // Of what the others name, nothing but the bearer token is taken.
                Profile::Strict => bearer.into(),
                Profile::Version4 => {
                    format!("{bearer} or '{header} : Basic ACCESS_TOKEN' or 'ApiKey : API_KEY'").into()
                }
                Profile::Version3 => {
                    format!("{bearer} or '{header} : Basic ACCESS_TOKEN' or 'apikey: API_KEY'").into()
                }
            })
        }
        FaultCode::TokenExpired => Some("Renew the access token and try again".into()),
        FaultCode::NoResource => Some(
            "Check the API documentation and add a proper REST resource path to the invocation URL".into(),
        ),
        // The same as the words before it.
        FaultCode::WrongAudience => Some(base(code, profile, asked)),
        _ => None,
    }
}
