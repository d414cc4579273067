//! The rules for a request with a good token, in their order.

use std::collections::HashMap;
use std::sync::Arc;

use claimgate_core::{Moment, VerifiedToken};
use serde_json::{Map, Value};

use crate::api::{Api, Resource};
use crate::claim_mapping::TransformError;
use crate::context::{Judged, RequestContext, ServiceClaims};
use crate::fault::{Fault, FaultCode};
use crate::issuer_rules::IssuerRules;
use crate::profile::Profile;
use crate::quota::{Quotas, Taken, Usage};
use crate::revoked_tokens::RevokedTokens;
use crate::subscription::{
    Found, StoreError, Subscribed, SubscriptionQuery, SubscriptionStore, check_key_type, consumer_key,
    self_contained,
};
use crate::token_facts::TokenFacts;
use crate::told::Told;

#[derive(Clone)]
pub(crate) struct Rules {
    pub(crate) profile: Profile,
    pub(crate) issuers: HashMap<String, IssuerRules>,
    pub(crate) requires_subscription: bool,
    pub(crate) store: Option<Arc<dyn SubscriptionStore>>,
    /// That the store fails.
    pub(crate) store_told: Arc<Told>,
    pub(crate) quotas: Option<Arc<Quotas>>,
    pub(crate) revoked: Option<RevokedTokens>,
}

impl Rules {
    /// Whether anything is asked that is not in memory.
    pub(crate) fn may_wait(&self) -> bool {
        self.store.is_some() || self.quotas.as_ref().is_some_and(|quotas| quotas.may_wait())
    }

    /// Judges a request for `resource` with `token`. Each rule refuses on its own; the order only decides which is told, but for the
    /// last: a request that is refused otherwise uses no quota.
    pub(crate) async fn judge(
        &self,
        token: &VerifiedToken,
        resource: &Arc<Resource>,
        now: Moment,
    ) -> Result<RequestContext, Fault> {
        let api = &*resource.api;
        let facts = token.claims::<TokenFacts>().map_err(|_| Fault::new(FaultCode::InvalidCredentials))?;
        self.check_revoked(token, &facts, now)?;
        self.check_kind(token, &facts)?;
        let rules = self.issuers.get(token.issuer());
        let client = consumer_key(&facts, rules.and_then(|rules| rules.consumer_key_claim.as_deref()))?;
        let claims = Self::claims(rules, &facts)?;
        if self.profile == Profile::Version3 {
            check_scopes(resource, token)?;
        }
        let subscribed = self.subscribed(api, token.issuer(), &facts, client, now).await?;
        let key_type = subscribed.as_ref().and_then(|found| found.key_type).unwrap_or(facts.key_type);
        if let Some(subscribed) = &subscribed {
            subscribed.state.check(key_type)?;
        }
        check_key_type(api, key_type)?;
        check_scopes(resource, token)?;
        check_audience(api, &facts.claims)?;
        let judged =
            Judged { profile: self.profile, facts: facts.clone(), client, subscribed, claims, key_type };
        let context = RequestContext::of(resource, judged);
        self.take(&context, token, now).await?;
        Ok(context)
    }

    /// A token that is verified once and kept is asked about here each time, as any other.
    fn check_revoked(&self, token: &VerifiedToken, facts: &TokenFacts, now: Moment) -> Result<(), Fault> {
        let token_id = || facts.claims.get("jti").and_then(Value::as_str);
        let is_revoked =
            self.revoked.as_ref().is_some_and(|revoked| revoked.contains(token.issuer(), token_id, now));
        if is_revoked { Err(Fault::new(FaultCode::TokenRevoked)) } else { Ok(()) }
    }

    /// Tokens of other kinds are signed with the same keys: a refresh token is no access token. Version 3.0 takes only what its header
    /// calls `JWT`.
    fn check_kind(&self, token: &VerifiedToken, facts: &TokenFacts) -> Result<(), Fault> {
        let is_named = self.profile != Profile::Version3 || token.token_type() == Some("JWT");
        let kind = facts.claims.get("token_type");
        let is_access_token = match kind {
            None | Some(Value::Null) => true,
            Some(kind) => kind.as_str().is_some_and(|kind| !OTHER_KINDS.contains(&kind)),
        };
        if is_named && is_access_token {
            return Ok(());
        }
        Err(Fault::new(FaultCode::InvalidCredentials).because("the token is of another type"))
    }

    /// The claims for services. What is only renamed waits until somebody asks.
    fn claims(rules: Option<&IssuerRules>, facts: &Arc<TokenFacts>) -> Result<ServiceClaims, Fault> {
        let mapping = rules.map(|rules| rules.mapping.clone()).unwrap_or_default();
        if !mapping.may_fail() {
            return Ok(ServiceClaims::later(facts.clone(), mapping));
        }
        mapping.apply(&facts.claims).map(ServiceClaims::now).map_err(|error| match error {
            TransformError::Token => {
                Fault::new(FaultCode::InvalidCredentials).because("the claims transformer refuses the token")
            }
            TransformError::Failed => {
                Fault::new(FaultCode::Unclassified).because("the claims transformer fails")
            }
        })
    }

    async fn subscribed(
        &self,
        api: &Api,
        issuer: &str,
        facts: &TokenFacts,
        client: Option<&str>,
        now: Moment,
    ) -> Result<Option<Arc<Subscribed>>, Fault> {
        if !api.needs_subscription {
            return Ok(None);
        }
        let not_subscribed = || Fault::new(FaultCode::NotSubscribed);
        if let Some(store) = &self.store {
            let client = client.ok_or_else(not_subscribed)?;
            let found = match store.find(SubscriptionQuery::new(api, issuer, client)) {
                Found::Known(found) => found,
                Found::Later(later) => later.await,
            };
            let told = |error: StoreError| {
                if self.store_told.again(now) {
                    // As a value, which is escaped: the text may be that of a server.
                    let reason = error.text();
                    tracing::warn!(target: "claimgate", reason, "requests are refused: the subscription store fails");
                }
                error.fault()
            };
            return found.map_err(told)?.map(Some).ok_or_else(not_subscribed);
        }
        match self_contained(api, facts)? {
            Some(subscribed) => Ok(Some(Arc::new(subscribed))),
            None if self.requires_subscription => Err(not_subscribed()),
            None => Ok(None),
        }
    }

    async fn take<'c>(
        &self,
        context: &'c RequestContext,
        token: &VerifiedToken,
        now: Moment,
    ) -> Result<(), Fault> {
        let Some(quotas) = &self.quotas else { return Ok(()) };
        let api = &context.resource.api;
        let name = format!("{}:{}", api.context, api.version);
        let application = &context.application;
        let issuer = token.issuer();
        let named =
            |kind, name: &'c Option<String>| Some((kind, name.as_deref().filter(|name| !name.is_empty())?));
        let of_application = named("uuid", &application.uuid).or_else(|| named("id", &application.id));
        let application_name = match of_application {
            // A store gives numbers and identifiers once for all issuers. Where an API needs no subscription they are the token's, and
            // count with its user alone, who is named with the issuer.
            Some((kind, own)) if self.store.is_some() => format!("store:{kind}:{own}"),
            // What a token says of its application, its issuer says for its own tokens, and so it names its clients and users. Who has
            // neither application nor client counts for himself.
            of_token => {
                let client = || named("client", &context.consumer_key);
                let (kind, own) = of_token.or_else(client).unwrap_or(("user", &context.end_user));
                format!("{}:{issuer}{kind}:{own}", issuer.len())
            }
        };
        let user = format!("{}:{issuer}{}", issuer.len(), context.end_user);
        let subscription = context.subscription.as_ref();
        let usage = Usage {
            application: &application_name,
            user: &user,
            application_tier: application.tier.as_deref(),
            api: &name,
            subscription_tier: subscription.and_then(|subscription| subscription.tier.as_deref()),
            stop_on_quota_reach: subscription.is_none_or(|subscription| subscription.stop_on_quota_reach),
            spike_arrest: subscription.and_then(|subscription| subscription.spike_arrest),
        };
        match quotas.take(&usage, now) {
            Taken::Allowed => Ok(()),
            Taken::Denied(fault) => Err(fault),
            Taken::Later(later) => later.await,
        }
    }
}

/// `token_type` of what is no access token: refresh tokens, API keys and the test keys of the original.
const OTHER_KINDS: [&str; 3] = ["refresh_token", "apiKey", "InternalKey"];

/// Any one of the scopes is enough; none are needed where the resource names none. A token without scopes has the one that the
/// original gives it, `default`.
fn check_scopes(resource: &Resource, token: &VerifiedToken) -> Result<(), Fault> {
    let is_granted =
        |scope: &String| token.has_scope(scope) || (scope == "default" && token.scopes().next().is_none());
    if resource.scopes.is_empty() || resource.scopes.iter().any(is_granted) {
        return Ok(());
    }
    Err(Fault::new(FaultCode::InsufficientScope))
}

fn check_audience(api: &Api, claims: &Map<String, Value>) -> Result<(), Fault> {
    if api.audiences.is_empty() || api.audiences.iter().any(|audience| audience == "all") {
        return Ok(());
    }
    let is_one = |value: &Value| {
        value.as_str().is_some_and(|own| api.audiences.iter().any(|audience| audience == own))
    };
    let is_for_it = match claims.get("aud") {
        Some(Value::Array(all)) => all.iter().any(is_one),
        Some(value) => is_one(value),
        None => false,
    };
    if is_for_it { Ok(()) } else { Err(Fault::new(FaultCode::WrongAudience)) }
}
