//! What is in force: what the application says and what its deployment says, made one.

use std::collections::HashMap;
use std::sync::Arc;

use claimgate_core::{ConfigError, ConfigProblem, RequestView};

use crate::credentials::{CredentialView, HeaderChanges};
use crate::deployment::Deployment;
use crate::issuer_rules::IssuerRules;
use crate::rules::Rules;
use crate::settings::Settings;

pub(crate) struct InForce {
    pub(crate) auth_header: String,
    pub(crate) keeps_credential: bool,
    assertion_header: String,
    certificate_header: Option<String>,
    pub(crate) rules: Arc<Rules>,
}

impl InForce {
    /// Where both say something, the application counts.
    pub(crate) fn of(settings: &Settings, deployment: Option<&Deployment>) -> Result<Self, ConfigError> {
        let looks_up = deployment.is_some_and(|deployment| deployment.subscription_validation_via_km);
        if looks_up && settings.store.is_none() {
            let message = "subscription_validation_via_km = true: no subscription store is given";
            return Err([ConfigProblem::new("apim.jwt_authentication", message)].into_iter().collect());
        }
        let described = deployment.map(|deployment| &*deployment.issuers).unwrap_or_default();
        let described = described.iter().map(|issuer| (issuer.name.clone(), IssuerRules::of(issuer)));
        let mut issuers: HashMap<_, _> = described.collect();
        for (name, own) in &settings.issuers {
            let rules = match issuers.remove(name) {
                Some(described) => own.clone().over(described),
                None => own.clone(),
            };
            issuers.insert(name.clone(), rules);
        }
        let text = |said: &Option<String>, described: fn(&Deployment) -> &str, default: &str| {
            said.clone().unwrap_or_else(|| deployment.map_or(default, described).to_owned())
        };
        Ok(InForce {
            auth_header: text(&settings.auth_header, |it| &it.oauth.auth_header, "Authorization"),
            keeps_credential: settings.keeps_credential.unwrap_or_else(|| {
                deployment.is_some_and(|deployment| deployment.oauth.enable_outbound_auth_header)
            }),
            assertion_header: text(&settings.assertion_header, |it| &it.backend_jwt.header, ASSERTION_HEADER),
            certificate_header: settings.forwarded.as_ref().map(|it| it.field().to_owned()),
            rules: Arc::new(Rules {
                profile: settings.profile,
                issuers,
                requires_subscription: settings.requires_subscription,
                store: settings.store.clone(),
                store_told: Arc::default(),
                quotas: settings.quotas.clone(),
                revoked: settings.revoked.clone(),
            }),
        })
    }

    /// The same, and the rules of issuers that only `other` knows.
    pub(crate) fn knowing_issuers_of(&self, other: &InForce) -> Self {
        let mut issuers = other.rules.issuers.clone();
        issuers.extend(self.rules.issuers.clone());
        InForce {
            auth_header: self.auth_header.clone(),
            keeps_credential: self.keeps_credential,
            assertion_header: self.assertion_header.clone(),
            certificate_header: self.certificate_header.clone(),
            rules: Arc::new(Rules { issuers, ..Rules::clone(&self.rules) }),
        }
    }

    /// What a client says of itself in the gateway's or the proxy's name never reaches a service, neither under the configured name nor under that
    /// of the original. Services behind CGI and its like take `_` and `-` for one (RFC 3875, section 4.1.18).
    pub(crate) fn changes<V: RequestView>(
        &self,
        mut changes: HeaderChanges,
        view: &CredentialView<'_, V>,
    ) -> HeaderChanges {
        let forged = view.fields().filter(|name| {
            is_same_field(name, &self.assertion_header)
                || is_same_field(name, ASSERTION_HEADER)
                || self.certificate_header.as_ref().is_some_and(|field| is_same_field(name, field))
        });
        changes.removed.extend(forged.map(str::to_owned));
        changes
    }
}

/// The field of the original.
const ASSERTION_HEADER: &str = "X-JWT-Assertion";

fn is_same_field(one: &str, other: &str) -> bool {
    let folded = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    one.bytes().map(folded).eq(other.bytes().map(folded))
}
