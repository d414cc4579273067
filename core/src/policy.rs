//! What an issuer's tokens have to say before they are believed: the claims of a verified JWS, judged.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::algorithm::Algorithm;
use crate::certificate::CertificateValidity;
use crate::claims::{
    Claims, at_path, audience_is_one_of, date, each_string, invalid, missing, string, string_or_strings,
};
use crate::confirmation::{Confirmation, bound_certificate};
use crate::error::{AuthError, AuthErrorKind};
use crate::header::Header;
use crate::json::{JsonObject, JsonValue, KeptText};
use crate::meters::IssuerMeters;
use crate::moment::Moment;
use crate::possession::Possession;
use crate::registered::RegisteredClaims;
use crate::scopes::TokenScopes;

/// The rules for the tokens of one issuer. Immutable; a changed configuration is another policy.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) issuer: Arc<str>,
    pub(crate) realm: Option<Arc<str>>,
    pub(crate) audiences: Audiences,
    pub(crate) algorithms: Box<[Algorithm]>,
    pub(crate) certificate_validity: CertificateValidity,
    pub(crate) token_types: Box<[Box<str>]>,
    pub(crate) requires_key_id: bool,
    pub(crate) required_claims: Box<[Box<str>]>,
    pub(crate) claim_values: Box<[ClaimValues]>,
    pub(crate) leeway: Duration,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) ignores_not_before: bool,
    pub(crate) confirmation: Confirmation,
    pub(crate) scopes_claim: Box<[Box<str>]>,
    /// No rule, but with the token wherever it goes: what is decided about it later is counted too.
    pub(crate) meters: IssuerMeters,
}

/// A claim that has to be one of some strings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ClaimValues {
    pub(crate) claim: Box<str>,
    pub(crate) accepted: Box<[Box<str>]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Audiences {
    /// Said in so many words: the tokens of this issuer may be for anybody.
    Any,
    OneOf(Box<[Box<str>]>),
}

/// What the judgement found out on its way, for the token that comes of it.
pub(crate) struct Judgement {
    pub(crate) subject: Option<KeptText>,
    pub(crate) scopes: TokenScopes,
    pub(crate) times: Times,
    /// The SHA-256 of the certificate that the token is bound to. Few are, so it does not stand in every token.
    pub(crate) bound_to: Option<Box<[u8; 32]>>,
}

/// The dates of a token, in seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) expires_at: i64,
    /// This and the next are [`ABSENT`](Times::ABSENT) where the token has none.
    not_before: i64,
    issued_at: i64,
}

impl Policy {
    /// Judges what `header` and `payload` say, at `now`, in a request with `possession`. Every check that can refuse does so on
    /// its own; their order only decides which reason is told.
    ///
    /// A good judgement of a JWS that is not verified means no more than that fetching a key for it is worth while.
    pub(crate) fn judge(
        &self,
        header: &Header,
        payload: &JsonObject,
        possession: Possession<'_>,
        now: Moment,
    ) -> Result<Judgement, AuthError> {
        let registered = RegisteredClaims::of(payload);
        self.check_type(header.token_type.as_deref())?;
        if self.requires_key_id && header.key_id.is_none() {
            return Err(AuthErrorKind::UnknownKey.into());
        }
        let times = self.times(&registered)?;
        self.check_times(&times, now)?;
        self.check_audience(registered.audience)?;
        self.check_claims(Claims(payload))?;
        check_identifiers(&registered)?;
        let bound_to = self.check_confirmation(registered.confirmation, possession)?;
        let subject = registered.subject.and_then(|subject| payload.keep(subject));
        Ok(Judgement { subject, scopes: self.scopes(payload, registered.scope)?, times, bound_to })
    }

    /// "it is RECOMMENDED that 'typ' … be used" without the prefix `application/`, and a recipient treats both alike
    /// (RFC 7515, section 4.1.9); media types compare without regard to case. An absent `typ` counts as `JWT`.
    fn check_type(&self, token_type: Option<&str>) -> Result<(), AuthError> {
        let token_type = media_subtype(token_type.unwrap_or("JWT"));
        let accepted = self.token_types.iter().any(|accepted| accepted.eq_ignore_ascii_case(token_type));
        if accepted { Ok(()) } else { Err(AuthErrorKind::WrongType.into()) }
    }

    /// The dates of the token. One that does not count is not kept, so that nobody looks at it later; of the wrong type it is
    /// refused all the same.
    fn times(&self, registered: &RegisteredClaims<'_>) -> Result<Times, AuthError> {
        let times = Times::read(registered)?;
        Ok(if self.ignores_not_before { Times { not_before: Times::ABSENT, ..times } } else { times })
    }

    /// A token is good while `nbf - leeway <= now < exp + leeway`: "on or after" `exp` it "MUST NOT be accepted"
    /// (RFC 7519, section 4.1.4).
    ///
    /// Of all rules this is the one whose answer changes while the token, the rules and the keys stay the same.
    pub(crate) fn check_times(&self, times: &Times, now: Moment) -> Result<(), AuthError> {
        let Times { expires_at, not_before, issued_at } = *times;
        let (is_expired, leeway) = (self.is_expired(times, now), self.leeway_seconds());
        let now = now.unix_seconds();
        if is_expired {
            return Err(AuthErrorKind::Expired.into());
        }
        if now < not_before.saturating_sub(leeway) {
            return Err(AuthErrorKind::NotYetValid.into());
        }
        if now < issued_at.saturating_sub(leeway) {
            return Err(AuthErrorKind::IssuedInFuture.into());
        }
        if let Some(longest) = self.max_lifetime {
            if issued_at == Times::ABSENT {
                return Err(missing("iat"));
            }
            let longest = i64::try_from(longest.as_secs()).unwrap_or(i64::MAX);
            if expires_at.saturating_sub(issued_at) > longest {
                return Err(AuthErrorKind::LifetimeTooLong.into());
            }
        }
        Ok(())
    }

    pub(crate) fn is_expired(&self, times: &Times, now: Moment) -> bool {
        now.unix_seconds() >= times.expires_at.saturating_add(self.leeway_seconds())
    }

    fn leeway_seconds(&self) -> i64 {
        i64::try_from(self.leeway.as_secs()).unwrap_or(i64::MAX)
    }

    fn check_audience(&self, audience: Option<JsonValue<'_>>) -> Result<(), AuthError> {
        match &self.audiences {
            // Whoever it is for, it is an audience: a wrong type is refused and not taken for absent.
            Audiences::Any => match audience.map(|value| each_string(value, |_| ())) {
                Some(None) => Err(invalid("aud")),
                Some(Some(())) | None => Ok(()),
            },
            Audiences::OneOf(audiences) if audience_is_one_of(audience, audiences)? => Ok(()),
            Audiences::OneOf(_) => Err(AuthErrorKind::WrongAudience.into()),
        }
    }

    /// A token with `cnf` is bound to a key, and the request "MUST be rejected" without proof of its possession (RFC 8705,
    /// section 3; RFC 9449, section 7.2). What is understood as a proof is a certificate at most.
    ///
    /// Gives the certificate that later requests have to prove.
    fn check_confirmation(
        &self,
        confirmation: Option<JsonValue<'_>>,
        possession: Possession<'_>,
    ) -> Result<Option<Box<[u8; 32]>>, AuthError> {
        let Some(confirmation) = confirmation else { return Ok(None) };
        let bound_to = match self.confirmation {
            Confirmation::Ignore => return Ok(None),
            Confirmation::Refuse => None,
            Confirmation::ClientCertificate => bound_certificate(confirmation),
        };
        match bound_to.filter(|certificate| possession.proves(certificate)) {
            Some(certificate) => Ok(Some(Box::new(certificate))),
            None => Err(AuthErrorKind::UnprovenPossession.into()),
        }
    }

    fn check_claims(&self, claims: Claims<'_>) -> Result<(), AuthError> {
        for name in &self.required_claims {
            // A claim that is `null` says nothing (RFC 7519 gives it no meaning), so it is not there.
            claims.get(name).filter(|value| value.text() != "null").ok_or_else(|| missing(name))?;
        }
        for ClaimValues { claim, accepted } in &self.claim_values {
            let value = claims.require(claim)?.as_str().ok_or_else(|| invalid(claim))?;
            if !accepted.iter().any(|accepted| **accepted == *value) {
                return Err(AuthError::about_claim(
                    AuthErrorKind::ClaimMismatch,
                    claim.clone().into_string(),
                ));
            }
        }
        Ok(())
    }

    /// `scope` is what the payload says under this name, where most look for them.
    fn scopes(&self, payload: &JsonObject, scope: Option<JsonValue<'_>>) -> Result<TokenScopes, AuthError> {
        if let [claim] = &*self.scopes_claim
            && let Some(value) = if **claim == *"scope" { scope } else { payload.get(claim) }
            && let Some(text) = payload.keep(value)
        {
            return Ok(TokenScopes::SeparatedBySpaces(text));
        }
        let scopes = at_path(Claims(payload), &self.scopes_claim, |value| match value.as_str() {
            Some(text) => Some(TokenScopes::listed(text.split(' '))),
            None => Some(TokenScopes::listed(string_or_strings(value)?.iter().map(Cow::as_ref))),
        })?;
        Ok(scopes.unwrap_or_default())
    }
}

impl Times {
    /// No date of a token is before 1970.
    const ABSENT: i64 = i64::MIN;

    fn read(claims: &RegisteredClaims<'_>) -> Result<Self, AuthError> {
        let expires_at = date("exp", claims.expires_at)?.ok_or_else(|| missing("exp"))?;
        let not_before = date("nbf", claims.not_before)?.unwrap_or(Times::ABSENT);
        let issued_at = date("iat", claims.issued_at)?.unwrap_or(Times::ABSENT);
        Ok(Times { expires_at, not_before, issued_at })
    }
}

/// `at+jwt` for `application/at+jwt`.
pub(crate) fn media_subtype(token_type: &str) -> &str {
    match token_type.split_at_checked("application/".len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
        _ => token_type,
    }
}

/// The registered identifiers are strings wherever they stand (RFC 7519, sections 4.1.2 and 4.1.7; RFC 8693, section
/// 4.3), also where nothing requires them: a number that one reader takes for a string makes two subjects of one.
fn check_identifiers(claims: &RegisteredClaims<'_>) -> Result<(), AuthError> {
    string("sub", claims.subject)?;
    string("jti", claims.token_id)?;
    string("client_id", claims.client_id)?;
    Ok(())
}

#[cfg(test)]
mod tests;
