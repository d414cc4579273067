//! Faults as clients get to see them.

mod bodies;
mod challenges;
mod codes;
mod hostile;
mod kinds;

use super::*;
use crate::profile::Profile;

const PROFILES: [Profile; 3] = [Profile::Strict, Profile::Version4, Profile::Version3];

/// All codes, in their order.
const CODES: [FaultCode; 20] = [
    FaultCode::ApiQuota,
    FaultCode::ResourceQuota,
    FaultCode::ApplicationQuota,
    FaultCode::SubscriptionQuota,
    FaultCode::Blocked,
    FaultCode::SpikeArrest,
    FaultCode::Unclassified,
    FaultCode::Internal,
    FaultCode::InvalidCredentials,
    FaultCode::MissingCredentials,
    FaultCode::TokenExpired,
    FaultCode::TokenRevoked,
    FaultCode::NoResource,
    FaultCode::SubscriptionBlocked,
    FaultCode::NotSubscribed,
    FaultCode::SubscriptionInactive,
    FaultCode::InsufficientScope,
    FaultCode::WrongAudience,
    FaultCode::KeyTypeMismatch,
    FaultCode::MalformedRequest,
];

/// 2026-11-22T10:01:00Z.
const NEXT: u64 = 1_795_341_660;

/// A request with a bearer token.
fn with_token() -> Asked<'static> {
    Asked { has_credential: true, ..Asked::default() }
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let mut found = answer.headers.iter().filter(|(own, _)| *own == name);
    let first = found.next().map(|(_, value)| value.as_str());
    assert_eq!(found.next(), None, "{name} twice");
    first
}
